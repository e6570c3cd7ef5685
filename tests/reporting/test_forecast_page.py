"""The page of a forecast, and its chart in the daily report."""

from __future__ import annotations

import re
from datetime import date
from html.parser import HTMLParser
from pathlib import Path

import pytest

from pipelines.campaign.forecast import Forecast
from pipelines.reporting.daily_report import render_html
from pipelines.reporting.figures import compute
from pipelines.reporting.forecast_page import render_forecast
from pipelines.reporting.forecast_panels import MOST_COLUMNS, MOST_MARKS, panels
from tests.campaign.forecast_builder import assuming, forecast, nation, stock
from tests.reporting.report_rows import AS_OF, EQUATIONS, SOURCE

TEMPLATES = Path(__file__).parents[2] / "templates"
REAL = forecast(nation(33_000_000, 34_000_000), 850_000, 850_000, assuming(bounce_rate=0.02, bounce_delay=1, calls_per_thousand=(1, 2)))
LONG = forecast(stock({"01": 3_000}), 10)
NEVER = forecast(stock({"01": 12}, {"01": 34_567}), 10, 0)
NOTHING = forecast(stock({}), 10, 10)


class Page(HTMLParser):
    """Reads the elements of a page."""

    def __init__(self, content: bytes) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.feed(content.decode())

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def named(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.tags if name == tag]


def rendered(made: Forecast) -> bytes:
    return render_forecast(made, TEMPLATES)


def words(page: bytes) -> str:
    """The text of a page, spaces told once."""
    return " ".join(re.sub(r"<style>.*?</style>|<[^>]+>", " ", page.decode(), flags=re.DOTALL).replace("\u202f", " ").split())


def test_the_end_and_the_last_window_come_first() -> None:
    text = words(rendered(REAL))
    headline = "Sending ends on Fri 25 Mar 2022; the last window ends on Fri 06 May 2022."
    assert headline in text and text.index(headline) < text.index("e-mails to send")


def test_who_is_never_reached_is_said_at_the_top() -> None:
    text = words(rendered(NEVER))
    alarm = "34 567 people are never reached with caps of 10 e-mails and 0 letters a working day."
    assert alarm in text and "Sending to everybody else ends on Tue 01 Feb 2022" in text
    assert text.index(alarm) < text.index("Sending to everybody else")


def test_where_nothing_is_left_the_page_says_so() -> None:
    text = words(rendered(NOTHING))
    assert "Nothing is left to send." in text and "Nobody is left to be planned." in text


@pytest.mark.parametrize("made", [REAL, LONG, NEVER, NOTHING])
def test_the_page_can_be_read_without_eyes_and_needs_nothing_but_itself(made: Forecast) -> None:
    page = rendered(made)
    found = Page(page)
    assert found.named("html") == [{"lang": "en"}]
    assert len(found.named("caption")) == len(found.named("table"))
    assert all("scope" in cell for cell in found.named("th"))
    named = {str(attributes["id"]) for _, attributes in found.tags if "id" in attributes}
    assert all(chart["role"] == "img" and set(str(chart["aria-labelledby"]).split()) <= named for chart in found.named("svg"))
    assert all(str(link["href"])[1:] in named for link in found.named("a"))
    assert not re.search(rb"https?://|url\(|@import|<script|<link|<img", page)


def test_what_each_rate_rests_on_is_told() -> None:
    seen = words(rendered(forecast(stock({"01": 5}), 10, assumptions=assuming(bounce_rate=0.03), emails=20_000, emails_failed=200)))
    assert "1.67 % 3.00 % 20 000 e-mails" in seen
    assert "0.00 % 0.00 % nothing yet" in seen


def test_a_price_that_nobody_confirmed_says_so() -> None:
    assert "to be confirmed with the contract" in words(rendered(REAL))


def test_the_table_by_week_adds_up_to_its_last_row() -> None:
    table = rendered(REAL).decode().split('id="weeks"')[1].split("</table>")[0].replace("\u202f", "")
    rows = [[int(cell) for cell in re.findall(r'<td class="n[^"]*">(\d+)</td>', row)] for row in table.split("<tr")[2:]]
    assert [sum(column) for place, column in enumerate(zip(*rows[:-1], strict=True)) if place != 2] == rows[-1][:2] + rows[-1][3:]


def test_a_long_campaign_is_drawn_by_week() -> None:
    assert (panels(REAL).unit, panels(LONG).unit) == ("day", "week")
    assert len(LONG.days) > MOST_COLUMNS
    assert {date.fromisoformat(day).weekday() for day in panels(LONG).panels["calls on 3422 (appels)"]} == {0}


@pytest.mark.parametrize("made", [REAL, LONG, NEVER, NOTHING])
def test_dates_below_a_chart_have_room(made: Forecast) -> None:
    shown = panels(made)
    columns = len(next(iter(shown.panels.values())))
    assert -(-columns // shown.marked) <= MOST_MARKS and (shown.unit == "week" or shown.marked % 7 == 0)


def test_the_daily_report_shows_the_headline_and_the_chart() -> None:
    page = render_html(compute(SOURCE, EQUATIONS, AS_OF), TEMPLATES, REAL)
    assert "Sending ends on Fri 25 Mar 2022" in words(page)
    assert page.count(b"<svg") == rendered(REAL).count(b"<svg") + render_html(compute(SOURCE, EQUATIONS, AS_OF), TEMPLATES).count(b"<svg")


def test_the_same_forecast_gives_the_same_bytes() -> None:
    assert rendered(REAL) == rendered(REAL)
