"""The delays of a space's life: three months, two weeks, one month, ten years."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pipelines.accounts.archive import archived_until
from pipelines.lifecycle.delays import last_day_of_express_deletion
from tests.campaign_driver import OPENING, Campaign, paris
from tests.lifecycle.life_driver import Lives
from tests.registry_builder import Person, invent

DEPOSITED = paris(2022, 5, 31, 23, 30)


@pytest.mark.parametrize(
    ("asked", "last"),
    [
        (date(2024, 1, 15), date(2024, 4, 15)),
        (date(2024, 11, 30), date(2025, 2, 28)),
        (date(2023, 11, 30), date(2024, 2, 29)),
        (date(2024, 12, 31), date(2025, 3, 31)),
        (date(2024, 9, 1), date(2024, 12, 1)),
    ],
)
def test_an_express_deletion_has_three_months(asked: date, last: date) -> None:
    assert last_day_of_express_deletion(asked) == last


@given(
    closed=st.dates(date(2000, 1, 1), date(2090, 12, 31)) | st.sampled_from([date(2024, 2, 29), date(2096, 2, 29)]),
    years=st.integers(1, 30),
)
@settings(max_examples=200, deadline=None, suppress_health_check=list(HealthCheck))
def test_the_database_ends_an_archive_on_the_day_that_python_says(owner: sa.Engine, closed: date, years: int) -> None:
    with owner.connect() as connection:
        found = connection.execute(sa.text("select accounts.archive_end(:closed, :years)"), {"closed": closed, "years": years})
        assert found.scalar_one() == archived_until(closed, years)


@pytest.mark.parametrize(("day", "warned"), [(date(2022, 6, 13), 0), (date(2022, 6, 14), 1)])
def test_two_weeks_after_its_deposit_the_patient_is_told_that_the_record_was_updated(
    lives: Lives, holder: Person, day: date, warned: int
) -> None:
    lives.store(holder, b"<a/>", DEPOSITED, hidden=True)
    assert lives.end_delays(paris(day.year, day.month, day.day, 2)) == {"people_warned": warned, "documents_shown": 0}
    assert lives.messages(holder) == [("record_updated", day)] * warned


@pytest.mark.parametrize(("born", "warned"), [("20100101", 0), ("20000101", 1)])
def test_a_minor_s_secret_care_is_announced_to_no_parent(campaign: Campaign, lives: Lives, born: str, warned: int) -> None:
    parent = invent(2)
    patient = invent(3, birth_date=born, representative_1=parent.matricule)
    campaign.register(parent, patient)
    campaign.notify()
    campaign.open(OPENING)
    lives.store(patient, b"<secret/>", DEPOSITED, hidden=True, is_secret=True)
    assert lives.end_delays(paris(2022, 6, 14, 2))["people_warned"] == warned
    assert len(lives.messages(patient)) == warned


def test_somebody_with_two_such_documents_is_told_once(lives: Lives, holder: Person) -> None:
    for content in (b"<a/>", b"<b/>"):
        lives.store(holder, content, DEPOSITED, hidden=True)
    days = [paris(2022, 6, 14, 2) + timedelta(days=more) for more in range(3)]
    assert [lives.end_delays(day)["people_warned"] for day in days] == [1, 0, 0]


@pytest.mark.parametrize(("day", "shown"), [(date(2022, 6, 29), 0), (date(2022, 6, 30), 1)])
def test_one_month_after_its_deposit_the_patient_can_see_it(
    campaign: Campaign, lives: Lives, holder: Person, day: date, shown: int
) -> None:
    """A document of 31 May is shown on 30 June: a month that has no such day ends on its last."""
    lives.store(holder, b"<a/>", DEPOSITED, hidden=True)
    assert lives.end_delays(paris(day.year, day.month, day.day, 2))["documents_shown"] == shown
    assert campaign.rows("select hidden_from_patient as hidden from documents.document") == [{"hidden": not shown}]


def test_what_the_patient_can_see_already_is_told_to_nobody(lives: Lives, holder: Person) -> None:
    lives.store(holder, b"<a/>", DEPOSITED)
    assert lives.end_delays(paris(2022, 7, 31, 2)) == {"people_warned": 0, "documents_shown": 0}


def test_nobody_is_told_of_a_document_in_a_space_that_was_closed(lives: Lives, holder: Person) -> None:
    lives.store(holder, b"<a/>", DEPOSITED, hidden=True)
    lives.ask("CLOSE", holder, paris(2022, 6, 2))
    assert lives.end_delays(paris(2022, 6, 20, 2))["people_warned"] == 0
