"""The pages of the site and the receipt as a file: templates, filled."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from functools import lru_cache
from itertools import pairwise
from pathlib import Path
from threading import Lock
from typing import NamedTuple

from jinja2 import Environment

from pipelines.notices import code_format
from pipelines.notices.french_text import french_date, page_environment, spaced
from pipelines.platform.clock import PARIS, legal_day
from pipelines.portal.exchange import Answer
from pipelines.portal.follow_up import grouped
from pipelines.portal.person_form import Insured, Typed
from pipelines.portal.sealed import MOST_PEOPLE

RECEIPTS_KEPT = 200


class Shown(NamedTuple):
    """A request as its person sees it: number, end of the code, minute of receipt, and the answer once there is one."""

    number: str
    code_end: str
    received_at: datetime
    answer: Answer | None


class Pages:
    """Renders every page from the templates of a folder; safe between threads."""

    def __init__(self, templates_dir: Path) -> None:
        self._folder = templates_dir
        self._environment = _environment(templates_dir)
        # A receipt takes a processor for some tenths of a second: one is laid out at a time, and the last ones are kept.
        self._layout = Lock()
        self._laid_out = lru_cache(RECEIPTS_KEPT)(self._lay_out)

    def person(self, draft: str, people: Sequence[Insured], typed: Typed, faults: dict[str, str]) -> str:
        """Return the form for one person, with what was typed and what is at fault in it."""
        return self._page("person", draft=draft, people=people, typed=typed, faults=faults)

    def review(self, draft: str, people: Sequence[Insured], fault: str = "") -> str:
        """Return the page on which the request is looked at again, and decided."""
        return self._page("review", draft=draft, people=people, fault=fault, more=len(people) < MOST_PEOPLE)

    def kept(self) -> str:
        """Return the page of who keeps the space: nothing was written."""
        return self._page("kept")

    def lost_code(self, draft: str, typed: Typed, faults: dict[str, str]) -> str:
        """Return the form by which a new code is asked for."""
        return self._page("lost_code", draft=draft, typed=typed, faults=faults)

    def receipt(self, shown: Sequence[Shown]) -> str:
        """Return the receipt, with the answers that there are."""
        return self._page("receipt", shown=shown)

    def follow_up(self, draft: str, number: str = "", fault: str = "") -> str:
        """Return the form that leads from the number of a receipt to its answer."""
        return self._page("follow_up", draft=draft, number=number, fault=fault)

    def information(self) -> str:
        """Return what the site says of itself: data, cookie, accessibility."""
        return self._page("information")

    def error(self, status: int) -> str:
        """Return the page of a refusal, which says what to do and nothing of the cause."""
        return self._page("error", status=status)

    def receipt_pdf(self, shown: Sequence[Shown]) -> bytes:
        """Return the receipt as a tagged PDF (PDF/UA-1)."""
        html = self._page("receipt_file", shown=shown)
        with self._layout:
            return self._laid_out(html)

    def style(self) -> str:
        """Return the style sheet."""
        return (self._folder / "portal" / "style.css").read_text(encoding="utf-8")

    def _lay_out(self, html: str) -> bytes:
        from weasyprint import HTML
        from weasyprint.urls import URLFetcher

        fetcher = URLFetcher(allowed_protocols=("file",), fail_on_errors=True)
        base = f"{self._folder.resolve().as_uri()}/"
        file: bytes = HTML(string=html, base_url=base, url_fetcher=fetcher).write_pdf(pdf_variant="pdf/ua-1")
        return file

    def _page(self, name: str, **values: object) -> str:
        return self._environment.get_template(f"portal/{name}.html.j2").render(values)


def _environment(templates_dir: Path) -> Environment:
    environment = page_environment(templates_dir)
    filters: dict[str, Callable[..., str]] = {
        "code": code_format.grouped,
        "matricule": _matricule,
        "birth_date": _birth_date,
        "number": grouped,
        "day": _day,
        "hour": _hour,
        "spaced": spaced,
    }
    environment.filters |= filters
    return environment


def _matricule(number: str) -> str:
    """Write a matricule as a card shows it: sex, year, month, department, commune, order, key."""
    cuts = (0, 1, 3, 5, 7, 10, 13, 15)
    return "\u00a0".join(number[start:end] for start, end in pairwise(cuts) if number[start:end])


def _birth_date(date: str) -> str:
    return f"{date[6:8]}/{date[4:6]}/{date[:4]}"


def _day(instant: datetime) -> str:
    return french_date(legal_day(instant))


def _hour(instant: datetime) -> str:
    return f"{instant.astimezone(PARIS):%-H\u00a0h\u00a0%M}"
