"""What does not move: each kind with its age limit and its owner (`stuck.toml`). The sweep settles what it can and tells the rest."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field, RootModel

from pipelines.campaign.waves import Answer, decide_wave, find_wave
from pipelines.platform.clock import legal_day
from pipelines.platform.database import Database, Session
from pipelines.platform.errors import FinalError
from pipelines.platform.object_store import ObjectStore
from pipelines.platform.toml_file import read_toml
from pipelines.registry.contract import MANIFEST_NAME
from pipelines.registry.steps import ROOT

FOLDER = "reporting/stuck"
SETTLED = "undecided_waves"
SWEEP = "reconciliation"
INBOX = "/inbox/"
# What lies beside an inbox and is nobody's to take.
ASIDE = ("/answers/", "/taken/", "/outbound/", "/parked/", "/quarantine/", "/backlog/", "/returned/")


class StuckError(FinalError):
    """Something does not move, and the sweep cannot move it."""


class Limit(BaseModel):
    """After how many hours something counts as stuck, who is called, and what it is."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    after_hours: int = Field(ge=1)
    owner: str
    what: str

    def before(self, present: datetime) -> datetime:
        """Return the instant before which something must have begun to count."""
        return present - timedelta(hours=self.after_hours)


class Limits(RootModel[dict[str, Limit]]):
    """The limits by kind."""


@dataclass(frozen=True)
class Stuck:
    """Something that does not move: what, where, how much of it, since when at the latest, and who is called."""

    kind: str
    what: str
    place: str
    things: int
    since: datetime
    owner: str

    def __str__(self) -> str:
        """As operations read it."""
        return f"{self.owner}: {self.place}, {self.things} {self.what}, since {legal_day(self.since).isoformat()}"


@cache
def limits() -> Mapping[str, Limit]:
    """Return the limits by kind. Raises: FinalError, naming what is wrong in the file."""
    return read_toml(Limits, Path(__file__).with_name("stuck.toml")).root


def stuck_rows(session: Session, as_of: datetime) -> list[Stuck]:
    """Return what does not move in the database, in the order of its kinds."""
    kinds = sorted(file.stem for file in (session.folder / FOLDER).glob("*.sql"))
    return [_stuck(kind, **row) for kind in kinds for row in session.all(f"{FOLDER}/{kind}", before=limits()[kind].before(as_of))]


def stuck_files(store: ObjectStore, as_of: datetime) -> list[Stuck]:
    """Return what lies in the object store and nothing takes, by the store's own clock: by inbox, and deliveries without their manifest."""
    written = store.written("registry", ROOT)
    whole = {_folder(key) for key in written if key.endswith(f"/{MANIFEST_NAME}")}
    incomplete = {key: at for key, at in written.items() if _folder(key) not in whole}
    waiting = {key: at for inbox in _inboxes(store, "") for key, at in store.written("exchanges", inbox).items() if not key.endswith("/")}
    return [
        *_too_old("waiting_files", waiting, lambda key: key.partition(INBOX)[0], as_of),
        *_too_old("incomplete_deliveries", incomplete, _folder, as_of),
    ]


def _inboxes(store: ObjectStore, folder: str) -> Iterator[str]:
    """Yield every inbox under a folder, without listing what lies beside it: hundreds of millions of objects."""
    for inner in store.folders("exchanges", folder):
        if inner.endswith(INBOX):
            yield inner
        elif not inner.endswith(ASIDE):
            yield from _inboxes(store, inner)


def _too_old(kind: str, written: Mapping[str, datetime], place_of: Callable[[str], str], as_of: datetime) -> Iterator[Stuck]:
    """Yield the places that hold files older than the limit, each with how many."""
    before = limits()[kind].before(as_of)
    old = [(place_of(key), at) for key, at in written.items() if at < before]
    for place, things in sorted(Counter(place for place, _ in old).items()):
        yield _stuck(kind, place, things, min(at for of, at in old if of == place))


def _folder(key: str) -> str:
    return key.rpartition("/")[0]


def _stuck(kind: str, place: str, things: int, since: datetime) -> Stuck:
    return Stuck(kind, limits()[kind].what, place, things, since, limits()[kind].owner)


def settle_stuck(books: Database, db: Database, store: ObjectStore, as_of: datetime) -> list[str]:
    """Settle what the sweep can: waves on which nobody decided are rejected. Return what was settled, as sentences.

    Safe to repeat: a wave is decided once. Raises: StuckError, with all the rest and who is to be called.
    """
    with books.snapshot() as session:
        found = [*stuck_rows(session, as_of), *stuck_files(store, as_of)]
    undecided = [each for each in found if each.kind == SETTLED]
    for each in undecided:
        _reject(db, int(each.place.removeprefix("wave ")), as_of)
    if rest := [str(each) for each in found if each.kind != SETTLED]:
        raise StuckError(f"{'; '.join(rest)}; see docs/runbooks/reconciliation.md")
    return [f"{each.place} was rejected: nobody decided since {legal_day(each.since).isoformat()}" for each in undecided]


def _reject(db: Database, wave_id: int, as_of: datetime) -> None:
    wave = find_wave(db, wave_id)
    decide_wave(db, wave_id, Answer(approved=False, decided_by=SWEEP, content=wave.content, comment="nobody decided in time"), as_of)
