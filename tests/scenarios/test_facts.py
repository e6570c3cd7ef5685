"""Dated facts are read by whoever acts on them: each once, none missed, however long a delivery takes to write them."""

from __future__ import annotations

from datetime import date

import sqlalchemy as sa

from pipelines.registry.ended_rights import let_others_speak
from pipelines.registry.majority import note_majorities
from tests.campaign_driver import Campaign, paris
from tests.registry_builder import invent

FIRST, SECOND, THIRD = (date(2022, 1, day) for day in (3, 10, 17))
ADULT, CHILD = invent(1), invent(2, birth_date="20040120")


def read(campaign: Campaign, after: int, *kinds: str) -> tuple[int, list[tuple[str, date]]]:
    """Read facts as a consumer does: how far they are settled, then those noted since it read last."""
    with campaign.home.db.transaction() as session:
        settled = session.connection.execute(sa.text("select platform.settled()")).scalar_one()
        found = session.connection.execute(
            sa.text("select kind, happened_on from registry.facts_noted(:kinds, :after, :up_to) order by happened_on, kind"),
            {"kinds": list(kinds), "after": after, "up_to": settled},
        )
        return int(settled), [(row.kind, row.happened_on) for row in found]


def test_a_fact_is_read_once(campaign: Campaign) -> None:
    campaign.register(ADULT, on=FIRST)
    seen, none = read(campaign, 0, "PROTECTED", "PROTECTION_ENDED")
    campaign.register(ADULT.but(protection="TUTELLE"), on=SECOND)
    seen, begun = read(campaign, seen, "PROTECTED", "PROTECTION_ENDED")
    campaign.register(ADULT, on=THIRD)
    seen, ended = read(campaign, seen, "PROTECTED", "PROTECTION_ENDED")
    assert (none, begun, ended) == ([], [("PROTECTED", SECOND)], [("PROTECTION_ENDED", THIRD)])
    assert read(campaign, seen, "PROTECTED", "PROTECTION_ENDED")[1] == []


def test_only_the_kinds_that_are_asked_for_are_read(campaign: Campaign) -> None:
    campaign.register(ADULT, on=FIRST)
    campaign.register(ADULT.but(protection="TUTELLE"), invent(3), on=SECOND)
    assert read(campaign, 0, "ARRIVED", "BORN")[1] == [("ARRIVED", SECOND)]


def test_a_fact_of_a_day_gone_by_is_read_when_it_is_noted(campaign: Campaign) -> None:
    campaign.register(ADULT, CHILD, on=FIRST)
    note_majorities(campaign.home.db, paris(2022, 1, 19))
    seen, _ = read(campaign, 0, "CAME_OF_AGE")
    note_majorities(campaign.home.db, paris(2022, 2, 20))
    assert read(campaign, seen, "CAME_OF_AGE")[1] == [("CAME_OF_AGE", date(2022, 1, 20))]


def test_protection_that_ends_with_the_word_of_a_body_is_a_fact_of_the_day(campaign: Campaign) -> None:
    campaign.register(ADULT, on=FIRST)
    campaign.register(ADULT.but(protection="TUTELLE", affiliated_since=FIRST, rights_end_on=THIRD), body="MSA", on=SECOND)
    let_others_speak(campaign.home.db, paris(2022, 1, 17))
    assert read(campaign, 0, "PROTECTED", "PROTECTION_ENDED")[1] == [("PROTECTED", SECOND), ("PROTECTION_ENDED", THIRD)]


def test_a_transaction_under_way_holds_back_what_comes_after_it(campaign: Campaign) -> None:
    """A later fact that is seen first would let the reader go on past an earlier one that is not written yet."""
    campaign.register(ADULT, on=FIRST)
    with campaign.owner.connect() as slow:
        slow.exec_driver_sql("create table registry.slow (id integer)")
        campaign.register(ADULT.but(protection="TUTELLE"), on=SECOND)
        seen, found = read(campaign, 0, "PROTECTED")
        slow.rollback()
    assert found == [] and read(campaign, seen, "PROTECTED")[1] == [("PROTECTED", SECOND)]


def test_facts_are_read_by_their_index(campaign: Campaign) -> None:
    with campaign.home.db.transaction() as session:
        plan = session.connection.execute(sa.text("explain select * from registry.facts_noted(array['BORN'], 0, 10)")).scalars()
        assert "kind_noted_in_idx" in "\n".join(plan)


def test_a_representative_who_was_awaited_is_a_fact_of_the_child(campaign: Campaign) -> None:
    child = CHILD.but(representative_1=ADULT.matricule)
    campaign.register(child, on=FIRST)
    seen, none = read(campaign, 0, "REPRESENTATIVE_CHANGED")
    campaign.register(child, ADULT, on=SECOND)
    assert (none, read(campaign, seen, "REPRESENTATIVE_CHANGED")[1]) == ([], [("REPRESENTATIVE_CHANGED", SECOND)])
