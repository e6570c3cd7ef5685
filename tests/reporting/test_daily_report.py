"""The page that operations open every morning."""

from __future__ import annotations

import csv
import io
import json
import re
from dataclasses import replace
from datetime import date, timedelta
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

from pipelines.campaign.policy import load_policy
from pipelines.installation import Installation
from pipelines.notices.withdrawn_lots import Withdrawal, withdraw_lot
from pipelines.platform.database import Database
from pipelines.platform.object_store import ObjectStore
from pipelines.registry.doubts import DoubtKind
from pipelines.reporting.daily_report import publish_report, render_html, render_json
from pipelines.reporting.figures import EVENTS, STATUSES, compute
from pipelines.reporting.registry_figures import MEASURES
from pipelines.reporting.report_tables import tables
from tests.campaign.forecast_builder import forecast, stock
from tests.campaign_driver import OPENING, SENT, Campaign, code_in, paris, request
from tests.registry_builder import by_letter, invent
from tests.reporting.report_rows import AS_OF, EQUATIONS, NOTHING, SOURCE

TRAITS_OF_ONE = {name: getattr(invent(1), name) for name in ("birth_name", "first_names", "birth_date", "sex", "birthplace_code")}
TEMPLATES = Path(__file__).parents[2] / "templates"
POLICY = load_policy(Path(__file__).parents[2] / "pipelines" / "campaign" / "policy.toml")
FORECAST = forecast(stock({}), 10, 10)
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


@pytest.fixture
def database(installation: Installation) -> Database:
    """The empty database, as whoever counts sees it."""
    return installation.reporting_db


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
    assert [code for code in (*EVENTS, *STATUSES, *MEASURES, *DoubtKind, "NO_ADDRESS", "DECEASED") if f">{code}<" in text] == []


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
    for sentence in (
        "No delivery was ever taken in.",
        "No delivery waits",
        "No delivery was refused.",
        "No question waits",
        "No file was refused.",
    ):
        assert sentence in text


def test_the_same_figures_give_the_same_bytes() -> None:
    first, second = (compute(SOURCE, EQUATIONS, AS_OF) for _ in range(2))
    assert render_html(first, TEMPLATES) == render_html(second, TEMPLATES)
    assert render_json(first) == render_json(second)


def test_a_delivery_is_told_against_the_one_before_it(page: bytes) -> None:
    row = re.search(r'<th scope="row">MSA<.*?</tr>', page.decode())
    assert row is not None
    cells = re.findall(r'>([^<>]+)<span class="change">([^<]*)<', row[0])
    received, accepted, new = cells[2:5]
    assert (received, accepted, new) == (("110", "+10"), ("107", "+12"), ("100", "+5"))


def test_what_waits_for_a_person_comes_first_among_the_deliveries(page: bytes) -> None:
    text = page.decode()
    assert "1 delivery waits" in text and "7.50\u202f%" in text
    assert text.index("deliveries/MGEN/2022-03-12-full") < text.index("The latest full or delta delivery of each")


def test_charts_do_not_tell_things_apart_by_colour(page: bytes) -> None:
    classes = {attributes.get("class") for attributes in Page(page).named("rect")}
    assert classes == {"bar"}
    text = page.decode()
    for words in ("new (arrivées): 12\u202f445", "changed (modifiées): 2", "gone (départs): 4"):
        assert words in text


def published(database: Database, store: ObjectStore, at: Any) -> dict[str, Any]:
    key = publish_report(database, store, POLICY, TEMPLATES, at)
    report: dict[str, Any] = json.loads(store.get("reports", key.replace(".html", ".json")))
    return report


def test_the_report_of_a_day_is_written_over_the_one_before(database: Database, store: ObjectStore) -> None:
    keys = [publish_report(database, store, POLICY, TEMPLATES, at) for at in (SENT, SENT, SENT + timedelta(hours=1))]
    assert set(keys) == {"daily/2022-01-31/report.html"}
    written = {key.removeprefix("daily/2022-01-31/") for key in store.keys("reports", "")}
    pages = {"report.html", "report.json", "report.eml", "forecast.html", "forecast.json"}
    assert written == pages | set(tables(compute(NOTHING, EQUATIONS, AS_OF), FORECAST))


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
    assert {outcome: lines for outcome, lines in told["requests"]["WEB"].items() if lines} == {"ACCEPTED": 1}

    campaign.open()
    told = published(database, store, OPENING)
    assert told["events"]["SPACE_OPENED"]["2022-03-15"] == 3
    assert told["opposition"][-1]["of_ended"] == pytest.approx(1 / 4)
    assert told["balanced"] and len(told["equations"]) == len(list((database.folder / "reporting" / "equations").glob("*.sql")))


def test_deliveries_are_told_as_they_came(campaign: Campaign, database: Database, store: ObjectStore) -> None:
    campaign.register(invent(1), invent(2), by_letter(3, postcode="20000", town="AJACCIO"), invent(4, sex="X"), on=date(2022, 1, 3))
    campaign.register(invent(1, email="neuf@courriel.example"), invent(5), on=date(2022, 1, 10))
    campaign.register(invent(6).but(**TRAITS_OF_ONE), body="MSA", on=date(2022, 1, 10))
    store.client.put_object(Bucket=store.settings.bucket("registry"), Key="deliveries/ENIM/2022-01-31-full/manifest.json", Body=b"{}")
    campaign.take_in_all(SENT)
    told = published(database, store, SENT)["registry"]
    (cpam,) = [delivery for delivery in told["deliveries"] if delivery["body"] == "CPAM"]
    assert {name: tuple(found.values()) for name, found in cpam["measures"].items()} == {
        "received": (2, -2), "accepted": (2, -1), "newcomers": (1, -2), "changed": (1, 1), "unchanged": (0, 0), "departed": (0, 0),
        "quarantined": (0, -1), "corrected": (0, 0), "doubtful": (0, 0),
    }  # fmt: skip
    assert told["by_department"]["75"] == {"newcomers": 2, "changed": 1, "departed": 0}
    assert [(row["kind"], row["doubts"]) for row in told["doubts"]] == [("SAME_TRAITS", 1)]
    assert [(row["folder"], row["day"]) for row in told["refused"]] == [("deliveries/ENIM/2022-01-31-full", "2022-01-31")]


def test_the_page_tells_what_waits_at_the_print_houses(page: bytes) -> None:
    text = page.decode()
    assert (
        "1 answer is overdue" in text and "lots without a deposit report by SECOND: 3 (12000 letters), the oldest due on 2022-03-09" in text
    )
    assert "LOT_WITHDRAWN" in text and "&lt;PRINCIPAL&gt;" in text
    assert "No partner is silent" in render_html(compute(NOTHING, EQUATIONS, AS_OF), TEMPLATES).decode()


def test_what_print_houses_owe_is_told_as_it_happened(campaign: Campaign, database: Database, store: ObjectStore) -> None:
    campaign.register(by_letter(1))
    campaign.register(by_letter(2), body="MSA")
    accepted, withdrawn = campaign.notify()
    campaign.report("acceptances", f"{accepted};ACCEPTED;", at=SENT)
    withdraw_lot(campaign.home.db, store, withdrawn, Withdrawal("ops", "burnt", nothing_printed=True), SENT)
    campaign.report("deposits", f"{withdrawn};2022-01-31;1", at=SENT)
    told = published(database, store, paris(2022, 2, 4, 6))
    assert told["lots"] == [{"printer": "PRINCIPAL", "handed_over": 0, "accepted": 1, "printed": 0, "refused": 0}]
    assert [(line["kind"], line["outcome"], line["lines"]) for line in told["lines_set_aside"]] == [
        ("printers/PRINCIPAL/deposits", "LOT_WITHDRAWN", 1)
    ]
    assert [(silence["awaited"], silence["lots"]) for silence in told["silences"]] == [("DEPOSIT", 1)]


def test_the_tables_open_in_a_spreadsheet() -> None:
    found = tables(compute(SOURCE, EQUATIONS, AS_OF), FORECAST)
    rows = list(csv.DictReader(io.StringIO(found["deliveries.csv"].decode()), delimiter=";"))
    assert [(row["body"], row["received"], row["received_change"]) for row in rows] == [("MSA", "110", "10"), ("CPAM", "12345", "")]
    assert found["delivery_departments.csv"].decode().splitlines()[:2] == ["body;department;newcomers;changed;departed", "CPAM;2A;45;0;0"]
    assert found["departments.csv"].decode().splitlines()[1] == "01;0;0;0;1200;30;970;0;0"
    assert found["opposition_rates.csv"].decode().splitlines()[-1].startswith("ALL;3200;40;1960;0.0125;")
    assert all(table.endswith(b"\n") and table.count(b"\n") >= 1 for table in found.values())


def test_the_report_names_nobody(campaign: Campaign, database: Database, store: ObjectStore) -> None:
    person = by_letter(7)
    campaign.register(person)
    campaign.notify_by_letter()
    campaign.report_file("deposits", b"lot,day\n", SENT)
    publish_report(database, store, POLICY, TEMPLATES, SENT)
    content = b"".join(store.get("reports", name) for name in store.keys("reports", ""))
    for personal in (person.matricule, person.birth_name, person.first_names, str(person.address_4)):
        assert personal.encode() not in content
    assert b"the header must be lot_id;deposited_on;letters" in content
