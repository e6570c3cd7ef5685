"""The page that operations open every morning."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from datetime import timedelta
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

from pipelines.platform.database import Database
from pipelines.platform.object_store import ObjectStore
from pipelines.reporting.daily_report import publish_report, render_html, render_json
from pipelines.reporting.figures import EVENTS, STATUSES, compute
from tests.campaign_driver import OPENING, SENT, Campaign, code_in, paris, request
from tests.registry_builder import by_letter, invent
from tests.reporting.report_rows import AS_OF, EQUATIONS, NOTHING, SOURCE

TEMPLATES = Path(__file__).parents[2] / "templates"
VOID = {"meta", "br", "link", "img", "input", "hr"}


class Page(HTMLParser):
    """Reads a page: what it is made of, what is not closed."""

    def __init__(self, content: bytes) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[str] = []
        self.feed(content.decode())

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def named(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.tags if name == tag]


@pytest.fixture(scope="module")
def page() -> bytes:
    return render_html(compute(SOURCE, EQUATIONS, AS_OF), TEMPLATES)


def test_the_page_needs_nothing_but_itself(page: bytes) -> None:
    found = Page(page)
    assert not {"script", "link", "img", "iframe", "object"} & {tag for tag, _ in found.tags}
    assert all((link["href"] or "").startswith("#") for link in found.named("a"))
    assert not re.search(rb"https?://|url\(|@import|\son\w+=", page)


def test_every_element_is_closed_and_every_link_arrives(page: bytes) -> None:
    found = Page(page)
    assert found.open == []
    anchors = [attributes["id"] for _, attributes in found.tags if "id" in attributes]
    assert len(anchors) == len(set(anchors))
    assert {(link["href"] or "")[1:] for link in found.named("a")} <= set(anchors)


def test_the_page_can_be_read_without_eyes(page: bytes) -> None:
    found = Page(page)
    assert found.named("html") == [{"lang": "en"}]
    assert len(found.named("caption")) == len(found.named("table"))
    assert all("scope" in cell for cell in found.named("th"))
    assert all(chart["role"] == "img" and chart["aria-labelledby"] for chart in found.named("svg"))


def test_each_code_has_its_words(page: bytes) -> None:
    text = page.decode()
    assert [code for code in (*EVENTS, *STATUSES, "NO_ADDRESS", "DECEASED") if f">{code}<" in text] == []


def test_thousands_are_told_apart_and_texts_are_escaped(page: bytes) -> None:
    assert "12\u202f345" in page.decode()
    assert b"the header must be &lt;lot_id&gt;" in page


def test_a_broken_equation_is_said_in_words_at_the_top() -> None:
    broken = (EQUATIONS[0], replace(EQUATIONS[1], violations=2))
    text = render_html(compute(SOURCE, broken, AS_OF), TEMPLATES).decode()
    assert "BROKEN: 1 of 2 equations does not hold" in text
    assert text.index("BROKEN") < text.index("<table")
    assert "BROKEN" not in render_html(compute(SOURCE, EQUATIONS, AS_OF), TEMPLATES).decode()


def test_an_empty_installation_has_a_page() -> None:
    text = render_html(compute(NOTHING, EQUATIONS, AS_OF), TEMPLATES).decode()
    assert "No delivery was ever taken in." in text and "No file was refused." in text


def test_the_same_figures_give_the_same_bytes() -> None:
    first, second = (compute(SOURCE, EQUATIONS, AS_OF) for _ in range(2))
    assert render_html(first, TEMPLATES) == render_html(second, TEMPLATES)
    assert render_json(first) == render_json(second)


def published(database: Database, store: ObjectStore, at: Any) -> dict[str, Any]:
    key = publish_report(database, store, TEMPLATES, at)
    report: dict[str, Any] = json.loads(store.get("reports", key.replace(".html", ".json")))
    return report


def test_the_report_of_a_day_is_written_over_the_one_before(database: Database, store: ObjectStore) -> None:
    keys = [publish_report(database, store, TEMPLATES, at) for at in (SENT, SENT, SENT + timedelta(hours=1))]
    assert set(keys) == {"daily/2022-01-31/report.html"}
    assert store.keys("reports", "") == ["daily/2022-01-31/report.html", "daily/2022-01-31/report.json"]


def test_a_campaign_is_told_as_it_happened(campaign: Campaign, database: Database, store: ObjectStore) -> None:
    people = [invent(1), invent(2), by_letter(3), by_letter(4, postcode="20000", town="AJACCIO")]
    campaign.register(*people, by_letter(5, address_4=None, postcode=None, town=None))
    campaign.notify_by_letter()
    told = published(database, store, SENT)
    assert told["by_status"]["NOTIFIED"] == 4 and told["windows"]["2022-03-14"] == 4
    assert told["exclusions"] == {"NO_ADDRESS": {"EXCLUDED": 1, "CANCELLED": 0}}
    events = {event: days["2022-01-31"] for event, days in told["events"].items()}
    assert (events["EMAIL_SENT"], events["LETTER_HANDED_OVER"], events["LETTER_DEPOSITED"]) == (2, 2, 2)

    code = code_in(campaign.mails_to(people[0])[0])
    campaign.oppose(request(people[0], code, paris(2022, 2, 2)), at=paris(2022, 2, 2, 13))
    told = published(database, store, paris(2022, 2, 2, 18))
    assert told["requests"] == {"WEB": {"ACCEPTED": 1, "CLOSING": 0, "REFUSED": 0}}

    campaign.open()
    told = published(database, store, OPENING)
    assert told["events"]["SPACE_OPENED"]["2022-03-15"] == 3
    assert told["opposition"][-1]["of_ended"] == pytest.approx(1 / 4)
    assert told["balanced"] and len(told["equations"]) == len(list((database.folder / "reporting" / "equations").glob("*.sql")))


def test_the_report_names_nobody(campaign: Campaign, database: Database, store: ObjectStore) -> None:
    person = by_letter(7)
    campaign.register(person)
    campaign.notify_by_letter()
    campaign.deposit_report(b"lot,day\n", SENT)
    key = publish_report(database, store, TEMPLATES, SENT)
    content = store.get("reports", key) + store.get("reports", key.replace(".html", ".json"))
    for personal in (person.matricule, person.birth_name, person.first_names, str(person.address_4)):
        assert personal.encode() not in content
    assert b"the header must be lot_id;deposited_on;letters" in content
