"""What the site remembers between two pages, without keeping it: sealed by a key, in the form itself and in one cookie.

The **draft** travels in the form: who was typed so far, bound to the session, so that it is the proof against forged forms as well.
The **session** travels in the cookie: a random name, and the receipts given; no matricule, no whole code.
"""

from __future__ import annotations

import base64
import hmac
import json
import secrets
from dataclasses import dataclass, replace
from typing import NamedTuple

from cryptography.fernet import Fernet, InvalidToken

from pipelines.portal.person_form import Insured

LIFE = 7200
MOST_PEOPLE = 10


class Kept(NamedTuple):
    """A receipt in a browser: its number, and the end of the code that was typed, by which a parent tells one child from another."""

    number: str
    code_end: str = ""


@dataclass(frozen=True)
class Session:
    """One browser: its random name, its receipts."""

    name: str
    receipts: tuple[Kept, ...] = ()

    @staticmethod
    def new() -> Session:
        """Return a session that nobody can guess."""
        return Session(secrets.token_urlsafe(18))

    def showing(self, *receipts: Kept) -> Session:
        """Return the session with these receipts to show, in the place of those before."""
        return replace(self, receipts=receipts)


@dataclass(frozen=True)
class Draft:
    """One request that is being typed, under a random name by which a second click is recognised."""

    name: str
    session: str
    people: tuple[Insured, ...] = ()

    @staticmethod
    def new(session: Session) -> Draft:
        """Return an empty request of a session."""
        return Draft(secrets.token_urlsafe(18), session.name)

    def with_person(self, person: Insured) -> Draft:
        """Return the request with one more person; the same matricule typed again replaces the first one."""
        others = [other for other in self.people if other.matricule != person.matricule]
        return replace(self, people=(*others, person)[:MOST_PEOPLE])

    def only_for(self, person: Insured) -> Draft:
        """Return the request with this person alone."""
        return replace(self, people=(person,))

    def without(self, rank: int) -> Draft:
        """Return the request without the person at a rank from 0."""
        return replace(self, people=self.people[:rank] + self.people[rank + 1 :])


class Seal:
    """Seals and opens both with keys derived from the site's; what is older than `LIFE` seconds is as good as forged."""

    def __init__(self, key: bytes) -> None:
        self._session, self._draft = (Fernet(_derived(key, use)) for use in (b"session", b"draft"))

    def session_text(self, session: Session) -> str:
        """Return a session for the cookie."""
        return _sealed(self._session, [session.name, *session.receipts])

    def session(self, text: str) -> Session | None:
        """Open the session of a cookie, None if there is none to trust."""
        values = _opened(self._session, text)
        return Session(values[0], tuple(Kept(*receipt) for receipt in values[1:])) if values else None

    def draft_text(self, draft: Draft) -> str:
        """Return a draft for the form."""
        return _sealed(self._draft, [draft.name, draft.session, *draft.people])

    def draft(self, text: str, session: Session) -> Draft | None:
        """Open the draft of a form; None where it is forged, too old or of another session."""
        values = _opened(self._draft, text)
        if not values or not hmac.compare_digest(values[1], session.name):
            return None
        return Draft(values[0], values[1], tuple(Insured(*person) for person in values[2:]))


def _derived(key: bytes, use: bytes) -> bytes:
    return base64.urlsafe_b64encode(hmac.digest(key, b"portal|" + use, "sha256"))


def _sealed(fernet: Fernet, values: list[object]) -> str:
    return fernet.encrypt(json.dumps(values).encode()).decode()


def _opened(fernet: Fernet, text: str) -> list[str]:
    try:
        opened: list[str] = json.loads(fernet.decrypt(text.encode(), ttl=LIFE))
    except InvalidToken:
        return []
    return opened
