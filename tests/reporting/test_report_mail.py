"""What operations receive every morning: the verdict, the page and the tables, and nothing by which few people could be known again."""

from __future__ import annotations

import io
import zipfile
from dataclasses import replace
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path

import pytest

from pipelines.platform.errors import RetryableError
from pipelines.platform.settings import SmtpRelay
from pipelines.reporting.daily_report import render_html
from pipelines.reporting.figures import compute
from pipelines.reporting.report_mail import send_mail, write_mail
from pipelines.reporting.report_tables import BY_PLACE, tables
from tests.campaign.forecast_builder import forecast, stock
from tests.campaign_driver import Campaign
from tests.reporting.report_rows import AS_OF, EQUATIONS, SOURCE

TEMPLATES = Path(__file__).parents[2] / "templates"
FORECAST = forecast(stock({}), 10, 10)
FIGURES = compute(SOURCE, EQUATIONS, AS_OF)
OPERATIONS = "operations@espace-sante.example"


def written(figures: object = FIGURES) -> bytes:
    page = render_html(FIGURES, TEMPLATES, FORECAST, mailed=True)
    return write_mail(figures, page, tables(FIGURES, FORECAST))  # type: ignore[arg-type]


def read(mail: bytes) -> EmailMessage:
    message: EmailMessage = message_from_bytes(mail, policy=policy.default)  # type: ignore[assignment]
    return message


def attached(mail: bytes) -> dict[str, bytes]:
    return {str(part.get_filename()): part.get_payload(decode=True) for part in read(mail).iter_attachments()}  # type: ignore[misc]


def test_the_verdict_is_the_subject() -> None:
    assert read(written())["Subject"] == "Daily report of 2022-03-14: the books balance"
    broken = replace(FIGURES, equations=(EQUATIONS[0], replace(EQUATIONS[1], violations=2)))
    assert read(written(broken))["Subject"] == "Daily report of 2022-03-14: BROKEN, 1 of 2 equations"


def test_what_cannot_wait_is_told_in_the_text() -> None:
    text = read(written()).get_body(("plain",)).get_content()  # type: ignore[union-attr]
    assert "Openings and purges wait" in text and "Opposed in time and opened all the same: 1." in text


def test_the_page_and_the_tables_are_beside_it() -> None:
    found = attached(written())
    assert list(found) == ["report-2022-03-14.html", "tables-2022-03-14.zip"]
    with zipfile.ZipFile(io.BytesIO(found["tables-2022-03-14.zip"])) as packed:
        assert set(packed.namelist()) == set(tables(FIGURES, FORECAST)) - set(BY_PLACE)


def test_nothing_below_the_country_leaves_by_email() -> None:
    page = attached(written())["report-2022-03-14.html"].decode()
    whole = render_html(FIGURES, TEMPLATES, FORECAST).decode()
    assert 'id="departments"' in whole and ">2A<" in whole
    assert 'id="departments"' not in page and ">2A<" not in page and "by department (par" not in page


def test_the_same_figures_give_the_same_bytes() -> None:
    assert written() == written()


def test_it_reaches_operations_once_a_run(campaign: Campaign) -> None:
    relays = campaign.home.settings.relays
    for _ in range(2):
        send_mail(campaign.home.db, relays, written(), OPERATIONS, AS_OF)
    (received,) = campaign.mails()
    assert (received["To"], received["From"], received["Subject"]) == (
        OPERATIONS,
        OPERATIONS,
        "Daily report of 2022-03-14: the books balance",
    )
    assert next(part.get_filename() for part in received.iter_attachments()) == "report-2022-03-14.html"


def test_a_relay_that_is_away_is_passed_over_and_without_any_it_is_tried_again(campaign: Campaign) -> None:
    away = SmtpRelay(host="127.0.0.1", port=9)
    with pytest.raises(RetryableError, match="tried again"):
        send_mail(campaign.home.db, [away], written(), OPERATIONS, AS_OF)
    send_mail(campaign.home.db, [away, *campaign.home.settings.relays], written(), OPERATIONS, AS_OF)
    assert len(campaign.mails()) == 1
