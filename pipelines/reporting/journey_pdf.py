"""A person's journey as a file to hand over: the answer to a request for access (RGPD art. 15), in French, every step in plain words."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path

from jinja2 import Environment

from pipelines.notices.french_text import french_date, page_environment, spaced
from pipelines.platform.clock import PARIS, legal_day
from pipelines.reporting.journey import Event, Journey
from pipelines.reporting.journey_sentences import Sentences

TEMPLATE = "journey/journey.html.j2"
LOOK = "person.CONSULTED"
# Documents have a table of their own.
DOCUMENT = "document."


@dataclass(frozen=True)
class Step:
    """One step as the person reads it: when, what, by whom, under which text, and what belongs to it."""

    at: datetime
    text: str
    by: str
    rule: str
    details: tuple[tuple[str, str], ...]


def journey_pdf(journey: Journey, templates_dir: Path, as_of: datetime) -> bytes:
    """Return the journey as a tagged PDF (PDF/UA-1); agents are told by their office, not by name (CJUE, C-579/21).

    Raises: FinalError if an event has no sentence.
    """
    from weasyprint import HTML
    from weasyprint.urls import URLFetcher

    fetcher = URLFetcher(allowed_protocols=("file",), fail_on_errors=True)
    html = journey_page(journey, templates_dir, as_of)
    file: bytes = HTML(string=html, base_url=f"{templates_dir.resolve().as_uri()}/", url_fetcher=fetcher).write_pdf(pdf_variant="pdf/ua-1")
    return file


def journey_page(journey: Journey, templates_dir: Path, as_of: datetime) -> str:
    """Return the journey as the page of which the file is made."""
    sentences = Sentences.read(templates_dir)
    events = [event for event in journey.events if not event.kind.startswith(DOCUMENT)]
    return (
        _environment(templates_dir)
        .get_template(TEMPLATE)
        .render(
            person=journey.person,
            steps=[step_of(event, sentences) for event in events if event.kind != LOOK],
            looks=[step_of(event, sentences) for event in events if event.kind == LOOK],
            documents=journey.documents,
            made_on=as_of,
        )
    )


def step_of(event: Event, sentences: Sentences) -> Step:
    """Return an event in words. Raises: FinalError if it has no sentence."""
    sentence = sentences.of(event.kind)
    by = sentence.by or ("Traitement automatique" if event.is_automatic else "Un agent habilité")
    return Step(event.at, spaced(sentence.text), spaced(by), spaced(sentence.rule), tuple(_details(event, sentences)))


def _details(event: Event, sentences: Sentences) -> Iterator[tuple[str, str]]:
    # Why somebody looked was written for the person; a reason of any other step is told by its code alone.
    why = event.why if event.kind == LOOK else sentences.reason(event.why or "")
    if why:
        yield "Motif", spaced(why)
    for name, value in event.detail.items():
        if name in sentences.details:
            yield spaced(sentences.details[name]), spaced(sentences.words.get(str(value)) or _day_in_words(str(value)))


def _day_in_words(value: str) -> str:
    """Return a day or an instant in ISO 8601 as a day of Paris in words; anything else as it is."""
    try:
        return french_date(date.fromisoformat(value) if len(value) == len("2022-01-31") else legal_day(datetime.fromisoformat(value)))
    except ValueError:
        return value


def _environment(templates_dir: Path) -> Environment:
    environment = page_environment(templates_dir)
    environment.filters |= {"day": _day, "hour": _hour, "birth_date": _birth_date}
    return environment


def _day(instant: datetime) -> str:
    return french_date(legal_day(instant))


def _hour(instant: datetime) -> str:
    return f"{instant.astimezone(PARIS):%-H\u00a0h\u00a0%M}"


def _birth_date(raw: str) -> str:
    return f"{raw[6:8]}/{raw[4:6]}/{raw[:4]}"
