"""Rights that end with the day: another body that knows the person speaks from that day on, and with no delivery."""

from __future__ import annotations

from datetime import date, datetime, timedelta

import pytest
import sqlalchemy as sa

from pipelines.platform.errors import RetryableError
from pipelines.registry.ended_rights import let_others_speak
from tests.campaign_driver import Campaign, paris
from tests.registry_builder import deliver, invent
from tests.registry_state import doubts, facts, person_of

DAY = date(2022, 1, 3)
END = date(2022, 1, 20)
NEXT = END + timedelta(1)
MOTHER = invent(11)
PERSON = invent(1, birth_date="20100314")
AT_CPAM = PERSON.but(email="cpam@courriel.example", affiliated_since=date(2015, 1, 1), representative_1=MOTHER.matricule)
AT_MSA = PERSON.but(email="msa@courriel.example", affiliated_since=date(2021, 12, 1), rights_end_on=END)


def at(day: date) -> datetime:
    """Return an early hour of a day in Paris."""
    return paris(day.year, day.month, day.day, 1)


def elect(campaign: Campaign, *days: date) -> list[int]:
    """Let others speak on some days; return for how many people each time."""
    return [let_others_speak(campaign.home.db, at(day)) for day in days]


def speaks(campaign: Campaign) -> tuple[str, str]:
    """Return the body that speaks for the person, and the e-mail that it gives."""
    contact = person_of(campaign, PERSON)["contact"]
    return contact["body"], contact["email"]


@pytest.fixture
def ending(campaign: Campaign) -> Campaign:
    """A campaign in which MSA speaks for a child until a day, and CPAM has a word as well."""
    campaign.register(AT_CPAM, MOTHER, on=DAY)
    campaign.register(AT_MSA, body="MSA", on=DAY)
    assert speaks(campaign) == ("MSA", "msa@courriel.example")
    return campaign


def test_another_body_speaks_from_the_day_on(ending: Campaign) -> None:
    assert elect(ending, END - timedelta(1)) == [0] and speaks(ending)[0] == "MSA"
    assert elect(ending, END) == [1] and speaks(ending) == ("CPAM", "cpam@courriel.example")
    assert person_of(ending, PERSON)["person"]["rights_end_on"] is None
    assert ("BODY_CHANGED", AT_CPAM.affiliated_since) in facts(ending, PERSON) and ("RETURNED", END) in facts(ending, PERSON)


def test_its_whole_word_is_taken_up(ending: Campaign) -> None:
    elect(ending, END)
    found = person_of(ending, PERSON)
    assert [row["linked"] for row in found["representatives"]] == [MOTHER.matricule]
    assert [other["body"] for other in found["others"]] == ["MSA"]
    assert ending.rows("select 1 from registry.named_representative") == [] and ending.broken_equations() == []


def test_days_that_no_run_saw_are_made_up_for(ending: Campaign) -> None:
    assert elect(ending, DAY, END + timedelta(7)) == [0, 1]


def test_a_day_is_done_once_and_the_next_finds_nothing(ending: Campaign) -> None:
    elect(ending, END)
    before = ending.everything()
    elect(ending, END)
    assert ending.everything() == before and elect(ending, NEXT) == [0]


def test_rights_that_had_ended_when_the_delivery_came_are_judged_by_its_intake(campaign: Campaign) -> None:
    elect(campaign, NEXT)
    campaign.register(AT_CPAM, MOTHER, on=DAY)
    campaign.take_in(deliver(campaign.home.store, "MSA", [AT_MSA], END - timedelta(2)), at(NEXT))
    assert speaks(campaign)[0] == "CPAM"


def test_where_all_rights_ended_the_newest_still_speaks(campaign: Campaign) -> None:
    campaign.register(AT_CPAM.but(rights_end_on=END), MOTHER, on=DAY)
    campaign.register(AT_MSA, body="MSA", on=DAY)
    assert elect(campaign, END) == [0] and speaks(campaign)[0] == "MSA"
    assert [other["body"] for other in person_of(campaign, PERSON)["others"]] == ["CPAM"]


def test_who_has_one_body_only_keeps_it(campaign: Campaign) -> None:
    campaign.register(AT_MSA, body="MSA", on=DAY)
    assert elect(campaign, END) == [0] and speaks(campaign)[0] == "MSA"


def test_a_body_whose_rights_go_on_again_speaks_again(ending: Campaign) -> None:
    elect(ending, END)
    ending.register(AT_MSA.but(rights_end_on=None), body="MSA", on=NEXT)
    assert speaks(ending)[0] == "MSA"


def test_a_name_that_changes_with_the_body_is_asked_about(campaign: Campaign) -> None:
    alike = invent(2, birth_date=PERSON.birth_date, birth_name=PERSON.birth_name, first_names=PERSON.first_names)
    campaign.register(AT_MSA.but(birth_name="AUTREMENT"), body="MSA", on=DAY)
    campaign.register(AT_CPAM, MOTHER, alike, on=DAY)
    assert doubts(campaign) == []
    elect(campaign, END)
    assert doubts(campaign) == ["SAME_TRAITS"]


def test_nobody_is_moved_while_a_delivery_is_half_in(ending: Campaign) -> None:
    with ending.owner.begin() as connection:
        connection.exec_driver_sql("update registry.delivery set status = 'LOADING' where body = 'MSA'")
    with pytest.raises(RetryableError, match="is finished first"):
        elect(ending, END)


def test_the_index_of_rights_is_used(ending: Campaign) -> None:
    statement = (ending.home.db.folder / "registry" / "make_contested_by_end.sql").read_text()
    with ending.home.db.transaction() as session:
        found = session.connection.execute(sa.text(f"explain {statement}"), {"day": END, "unit": END.isoformat()})
        plan = "\n".join(found.scalars())
    assert "rights_end_on_idx" in plan and "Seq Scan on person" not in plan
