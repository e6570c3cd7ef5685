"""Files of existing records: what is kept, what is answered, what is refused whole."""

from __future__ import annotations

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from pipelines.accounts.existing_records import take_in_existing_records
from tests.accounts.systems_behind import BUCKET, SystemsBehind
from tests.campaign_driver import OPENING, SENT, Campaign
from tests.doubt_driver import AGAIN, ANNE, alike, decide
from tests.registry_builder import Person, invent

FIRST, SECOND = invent(1), invent(2)


@pytest.fixture
def registered(campaign: Campaign) -> None:
    """Two people of the registry."""
    campaign.register(FIRST, SECOND)


@pytest.mark.usefixtures("registered")
def test_each_line_is_kept_or_answered_with_its_fault(campaign: Campaign, systems: SystemsBehind) -> None:
    answer = systems.bring_records(
        (FIRST.matricule, "DMP-1", "ACTIVE"),
        (invent(9).matricule, "DMP-9", "ACTIVE"),
        (FIRST.matricule, "DMP-2", "ACTIVE"),
        (SECOND.matricule, "DMP-1", "ACTIVE"),
        ("not a number", "DMP-3", "ACTIVE"),
        (SECOND.matricule, "DMP 4", "ACTIVE"),
        (SECOND.matricule, "DMP-5", "OPEN"),
        at=SENT,
    )
    assert answer == ["2;UNKNOWN_PERSON", "3;REPEATED", "4;REPEATED", "5;BAD_LINE", "6;BAD_LINE", "7;BAD_LINE"]
    assert campaign.rows("select record_no from accounts.existing_record") == [{"record_no": "DMP-1"}]


@pytest.mark.usefixtures("registered")
def test_a_record_keeps_its_number_and_its_holder(systems: SystemsBehind) -> None:
    systems.bring_records((FIRST.matricule, "DMP-1", "ACTIVE"), at=SENT)
    answer = systems.bring_records(
        (SECOND.matricule, "DMP-1", "ACTIVE"), (FIRST.matricule, "DMP-2", "ACTIVE"), at=SENT, name="2.parquet"
    )  # fmt: skip
    assert answer == ["1;OTHER_PERSON", "2;OTHER_RECORD"]


def test_a_record_goes_with_whom_its_holder_was_found_to_be(campaign: Campaign, systems: SystemsBehind) -> None:
    doubt = alike(campaign)
    systems.bring_records((AGAIN.matricule, "DMP-1", "ACTIVE"), at=SENT)
    decide(campaign, doubt, same=True)
    assert systems.bring_records((AGAIN.matricule, "DMP-1", "ACTIVE"), at=SENT, name="2.parquet") == []
    assert campaign.rows("select person_id from accounts.existing_record") == [{"person_id": campaign.person_id(ANNE)}]


@pytest.mark.usefixtures("registered")
def test_a_record_that_comes_after_the_opening_is_not_taken_over(campaign: Campaign, systems: SystemsBehind) -> None:
    campaign.notify()
    campaign.open(OPENING)
    assert systems.bring_records((FIRST.matricule, "DMP-1", "ACTIVE"), at=OPENING) == ["1;AFTER_OPENING"]


@pytest.mark.usefixtures("registered")
def test_a_file_is_decided_once(campaign: Campaign, systems: SystemsBehind) -> None:
    first = systems.bring_records((invent(9).matricule, "DMP-9", "ACTIVE"), at=SENT)
    before = campaign.everything()
    assert systems.bring_records((invent(9).matricule, "DMP-9", "ACTIVE"), at=SENT) == first and campaign.everything() == before


@pytest.mark.parametrize(
    ("content", "sentence"),
    [(b"matricule;record_no\n", "not Parquet"), (None, "the columns must be matricule, record_no, state")],
)
def test_a_file_of_another_form_is_refused_whole(campaign: Campaign, content: bytes | None, sentence: str, person: Person) -> None:
    sink = pa.BufferOutputStream()
    pq.write_table(pa.table({"matricule": [person.matricule]}), sink)
    home = campaign.home
    home.store.put(BUCKET, "systems/RECORDS/existing/inbox/1.parquet", content or sink.getvalue().to_pybytes())
    assert take_in_existing_records(home.db, home.store, home.clock, SENT)["files_refused"] == 1
    assert sentence in home.store.get(BUCKET, "systems/RECORDS/existing/answers/1.parquet").decode()
