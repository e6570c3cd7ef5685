"""What the reports of print houses share: read strictly, decided line by line, none held up by another, none without its answer."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from pipelines.notices import printer_reports, steps
from pipelines.notices.acceptances import ACCEPTANCES, Acceptance
from pipelines.notices.printer_reports import Decision, Outcome, Reception
from pipelines.platform import inbox
from pipelines.platform.errors import FinalError
from tests.campaign_driver import SENT, Campaign, paris
from tests.registry_builder import by_letter

PERSON, OTHER = by_letter(1), by_letter(2)
CONTRACTS = Path(__file__).parents[2] / "docs" / "contracts"
KINDS = ("acceptances", "printings", "deposits", "returned_letters")


@pytest.fixture
def lots(campaign: Campaign) -> list[int]:
    """Two lots of one letter each, of two insurance bodies, handed over on 31 January."""
    campaign.register(PERSON)
    campaign.register(OTHER, body="MSA")
    return campaign.notify()


@pytest.fixture
def undepositable(campaign: Campaign, lots: list[int]) -> Iterator[int]:
    """The first of the lots, whose deposit the database refuses until the constraint is dropped."""
    with campaign.owner.begin() as connection:
        connection.exec_driver_sql(
            f"alter table notices.print_lot add constraint broken check (lot_id <> {lots[0]} or status <> 'DEPOSITED')"
        )
    yield lots[0]
    with campaign.owner.begin() as connection:
        connection.exec_driver_sql("alter table notices.print_lot drop constraint if exists broken")


def put_down(campaign: Campaign, kind: str, name: str, content: bytes) -> None:
    """Put a report of the print house into its inbox."""
    campaign.home.store.put("exchanges", f"printers/PRINCIPAL/{kind}/inbox/{name}", content)


def deposit_of(lot: int) -> bytes:
    """Return the deposit report of a lot of one letter."""
    return f"lot_id;deposited_on;letters\n{lot};2022-01-31;1\n".encode()


def answer_to(campaign: Campaign, kind: str, name: str) -> str:
    """Return what the print house reads of its report."""
    return campaign.home.store.get("exchanges", f"printers/PRINCIPAL/{kind}/answers/{name}").decode()


# One that cannot be taken in.


def test_a_report_that_cannot_be_taken_in_holds_up_no_other(campaign: Campaign, lots: list[int], undepositable: int) -> None:
    put_down(campaign, "deposits", "1.csv", deposit_of(undepositable))
    put_down(campaign, "deposits", "2.csv", deposit_of(lots[1]))
    put_down(campaign, "acceptances", "1.csv", b"lot_id;verdict;reason\n%d;ACCEPTED;\n" % undepositable)
    with pytest.raises(FinalError, match=r"^a report in printers/PRINCIPAL/deposits: the database refused"):
        campaign.take_in_reports(SENT)
    assert {campaign.status(PERSON), campaign.status(OTHER)} == {"PLANNED", "NOTIFIED"}
    assert "RECORDED" in answer_to(campaign, "acceptances", "1.csv")


def test_a_defect_in_one_kind_holds_up_no_other(campaign: Campaign, lots: list[int], monkeypatch: pytest.MonkeyPatch) -> None:
    def defect(_: Reception, said: Acceptance) -> Decision:
        raise KeyError(said.reason)

    monkeypatch.setattr(steps, "ACCEPTANCES", replace(ACCEPTANCES, decide=defect))
    put_down(campaign, "acceptances", "1.csv", b"lot_id;verdict;reason\n%d;REFUSED;SECRET\n" % lots[0])
    put_down(campaign, "deposits", "1.csv", deposit_of(lots[0]))
    with pytest.raises(FinalError, match="acceptances: KeyError at") as told:
        campaign.take_in_reports(SENT)
    assert campaign.status(PERSON) == "NOTIFIED" and "SECRET" not in str(told.value)


def test_what_could_not_be_taken_in_is_once_its_cause_is_gone(campaign: Campaign, undepositable: int) -> None:
    put_down(campaign, "deposits", "1.csv", deposit_of(undepositable))
    with pytest.raises(FinalError):
        campaign.take_in_reports(SENT)
    with campaign.owner.begin() as connection:
        connection.exec_driver_sql("alter table notices.print_lot drop constraint broken")
    assert campaign.take_in_reports(SENT)["deposits"]["RECORDED"] == 1


# One that is too large.


def test_a_file_that_is_too_large_is_refused_without_being_read(
    campaign: Campaign, lots: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(inbox, "LARGEST_FILE", 1024 * 1024)
    put_down(campaign, "acceptances", "1.csv", b"\n" * (1024 * 1024 + 1))
    put_down(campaign, "deposits", "1.csv", deposit_of(lots[0]))
    read: list[str] = []
    real = campaign.home.store.get
    monkeypatch.setattr("pipelines.platform.object_store.ObjectStore.get", lambda _, bucket, key: read.append(key) or real(bucket, key))
    counts = campaign.take_in_reports(SENT)
    assert read == ["printers/PRINCIPAL/deposits/inbox/1.csv"]
    assert (counts["acceptances"]["files_refused"], counts["deposits"]["RECORDED"]) == (1, 1)
    assert answer_to(campaign, "acceptances", "1.csv") == "file_refused\nthe file is larger than 1 MiB: send it in parts\n"


@pytest.mark.parametrize("line", [b"\n", b"x;y;z\n"], ids=["empty", "bad"])
def test_a_report_of_too_many_lines_is_refused_whole(
    campaign: Campaign, lots: list[int], line: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(printer_reports, "MOST_LINES", 10)
    counts = campaign.report_file("deposits", deposit_of(lots[0]) + line * 10, SENT)
    assert (counts["files_refused"], counts["lines"], campaign.status(PERSON)) == (1, 0, "PLANNED")
    assert "the file has more than 10 lines: send it in parts" in answer_to(campaign, "deposits", "0001.csv")


def test_a_report_of_the_most_lines_is_answered_line_by_line(campaign: Campaign, lots: list[int]) -> None:
    content = deposit_of(lots[0]) + b"\n" * (printer_reports.MOST_LINES - 1)
    counts = campaign.report_file("deposits", content, SENT)
    assert (counts["RECORDED"], counts["BAD_LINE"]) == (1, printer_reports.MOST_LINES - 1)
    assert len(campaign.answers("deposits")) == printer_reports.MOST_LINES


def test_a_line_that_never_ends_is_no_report(campaign: Campaign) -> None:
    counts = campaign.report_file("deposits", b"lot_id;deposited_on;letters\n" + b"1" * 200_000, SENT)
    assert counts["files_refused"] == 1


# Written in one way only.


@pytest.mark.parametrize(
    ("kind", "line"),
    [
        ("acceptances", " {lot};ACCEPTED;"),
        ("printings", "{lot};20220201;1;"),
        ("printings", "{lot};2022-02-01;1_0;"),
        ("printings", "{lot};2022-02-01;1;1  1"),
        ("printings", "{lot};2022-02-01;1;１"),
        ("deposits", "{lot};2022-W05-1;1"),
        ("deposits", "{lot};2022-01-31;+1"),
        ("returned_letters", "ES100000000101000000;UNCLAIMED;20220201"),
    ],
)
def test_a_number_or_day_in_another_form_is_a_bad_line(campaign: Campaign, lots: list[int], kind: str, line: str) -> None:
    assert campaign.report(kind, line.format(lot=lots[0]), at=paris(2022, 2, 2))["BAD_LINE"] == 1


# Outcomes from one closed list.


def outcomes_of(page: str) -> set[str]:
    """Return the outcomes in the table of a contract."""
    table = (CONTRACTS / f"{page}.md").read_text().partition("| outcome |")[2].partition("\n\n")[0]
    return set(re.findall(r"`([A-Z_]+)`", "\n".join(line.split("|")[1] for line in table.splitlines()[2:])))


@pytest.mark.parametrize(("kind", "line"), [("acceptances", "ACCEPTED;"), ("printings", "2022-02-01;1;"), ("deposits", "2022-02-01;1")])
def test_a_lot_of_nobody_or_of_another_print_house_is_unknown_to_every_kind(
    campaign: Campaign, lots: list[int], kind: str, line: str
) -> None:
    campaign.report(kind, f"{lots[1] + 1};{line}", at=paris(2022, 2, 2))
    assert campaign.answers(kind) == ["UNKNOWN_LOT"]
    campaign.report(kind, f"{lots[0]};{line}", at=paris(2022, 2, 2), printer="SECOND")
    assert campaign.answers(kind, "SECOND") == ["UNKNOWN_LOT"]


def test_the_contract_explains_every_outcome_and_no_other() -> None:
    assert outcomes_of("printer_reports") == set(map(str, Outcome))


def test_every_outcome_may_be_the_answer_to_some_kind_of_report() -> None:
    assert set().union(*map(outcomes_of, KINDS)) == set(map(str, Outcome))
