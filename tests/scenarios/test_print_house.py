"""What the print house says of a lot before the post has it, and what becomes of a lot that it refuses or loses."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date, datetime
from typing import Any

import pytest
from typer.testing import CliRunner

from pipelines.notices.cancellation import making
from pipelines.notices.commands import letters_app
from pipelines.notices.lot_production import LotLostError, remake_lot
from pipelines.notices.print_lot import PrinterKeyError, object_keys
from pipelines.notices.refused_lots import settle_refused_lots
from pipelines.notices.withdrawn_lots import Withdrawal, withdraw_lot
from pipelines.platform.errors import FinalError, RetryableError, RuleError
from tests.campaign_driver import SENT, Campaign, paris
from tests.registry_builder import by_letter

PEOPLE = [by_letter(number) for number in range(1, 4)]
NEXT_DAY = paris(2022, 2, 1)


@pytest.fixture
def lot(campaign: Campaign) -> int:
    """A lot of three letters, handed over on 31 January."""
    campaign.register(*PEOPLE)
    (made,) = campaign.notify()
    return made


def state(campaign: Campaign, lot: int) -> str:
    """Return where a lot stands."""
    return str(campaign.rows("select status from notices.print_lot where lot_id = :lot", lot=lot)[0]["status"])


def said(campaign: Campaign, kind: str, *lines: str) -> list[str]:
    """Send reports of one line each, in their order; return the outcomes."""
    outcomes = []
    for line in lines:
        campaign.report(kind, line, at=NEXT_DAY)
        outcomes += campaign.answers(kind)
    return outcomes


# Announced before they leave.


def test_the_volumes_of_a_day_are_announced_before_any_lot_leaves(campaign: Campaign) -> None:
    campaign.register(*[by_letter(number) for number in range(1, 61)])
    campaign.register(*[by_letter(number) for number in range(61, 64)], body="MSA")
    campaign.decide(campaign.plan())
    campaign.gather()
    (key,) = campaign.home.store.keys("print", "")
    assert key == "PRINCIPAL/announcements/2022-01-31.json"
    assert json.loads(campaign.home.store.get("print", key)) == {
        "contract": "print_announcement/1",
        "printer": "PRINCIPAL",
        "prepared_for": "2022-01-31",
        "lots": 3,
        "letters": 63,
        "volumes": [
            {"sender": "CPAM", "large_print": False, "lots": 2, "letters": 60},
            {"sender": "MSA", "large_print": False, "lots": 1, "letters": 3},
        ],
    }


@pytest.mark.parametrize(
    ("at", "day"), [(paris(2022, 1, 28, 17), "2022-01-28"), (paris(2022, 1, 28, 18), "2022-01-31"), (paris(2022, 4, 16), "2022-04-19")]
)
def test_a_lot_is_prepared_for_the_day_on_which_it_can_be_deposited(campaign: Campaign, at: datetime, day: str) -> None:
    campaign.register(*PEOPLE)
    (lot,) = campaign.notify(at)
    assert campaign.manifest(lot)["prepared_for"] == day


# Accepted or refused.


def test_a_lot_is_accepted_then_printed(campaign: Campaign, lot: int) -> None:
    assert said(campaign, "acceptances", f"{lot};ACCEPTED;") == ["RECORDED"] and state(campaign, lot) == "ACCEPTED"
    assert said(campaign, "printings", f"{lot};2022-02-01;3;") == ["RECORDED"] and state(campaign, lot) == "PRINTED"


@pytest.mark.parametrize(
    ("lines", "outcomes"),
    [
        (["ACCEPTED;", "ACCEPTED;"], ["RECORDED", "REPEATED"]),
        (["ACCEPTED;", "REFUSED;PDF_UNREADABLE"], ["RECORDED", "CONTRADICTS"]),
        (["REFUSED;PDF_UNREADABLE", "REFUSED;PDF_UNREADABLE"], ["RECORDED", "REPEATED"]),
        (["REFUSED;PDF_UNREADABLE", "REFUSED;TOTALS_DIFFER"], ["RECORDED", "CONTRADICTS"]),
        (["REFUSED;PDF_UNREADABLE", "ACCEPTED;"], ["RECORDED", "CONTRADICTS"]),
        (
            ["REFUSED;WEATHER", "REFUSED;", "PERHAPS;", "ACCEPTED;PDF_UNREADABLE"],
            ["UNKNOWN_REASON", "UNKNOWN_REASON", "BAD_LINE", "BAD_LINE"],
        ),
    ],
)
def test_the_first_word_on_a_lot_stands(campaign: Campaign, lot: int, lines: list[str], outcomes: list[str]) -> None:
    assert said(campaign, "acceptances", *[f"{lot};{line}" for line in lines]) == outcomes


def test_an_acceptance_that_comes_after_the_deposit_is_late_and_a_refusal_contradicts(campaign: Campaign, lot: int) -> None:
    campaign.deposit([lot], SENT.date(), SENT)
    assert said(campaign, "acceptances", f"{lot};ACCEPTED;", f"{lot};REFUSED;PDF_UNREADABLE") == ["LATE", "CONTRADICTS"]
    assert state(campaign, lot) == "DEPOSITED"


def test_a_lot_damaged_on_the_way_is_handed_over_again_identical(campaign: Campaign, lot: int) -> None:
    before, index_before = campaign.opened(lot)
    keys = object_keys("PRINCIPAL", lot)
    campaign.home.store.put("print", keys[0], b"damaged")
    said(campaign, "acceptances", f"{lot};REFUSED;CANNOT_DECRYPT")
    assert settle_refused_lots(campaign.letters_made_by, NEXT_DAY) == 1
    assert campaign.opened(lot) == (before, index_before) and state(campaign, lot) == "HANDED_OVER"


def test_a_lot_refused_again_after_it_was_made_again_calls_somebody_on_each_run_until_it_is_decided(campaign: Campaign, lot: int) -> None:
    said(campaign, "acceptances", f"{lot};REFUSED;DIGEST_DIFFERS")
    settle_refused_lots(campaign.letters_made_by, NEXT_DAY)
    said(campaign, "acceptances", f"{lot};REFUSED;FILE_MISSING")
    for _ in range(2):
        with pytest.raises(FinalError, match=rf"^lot {lot} of PRINCIPAL: refused for FILE_MISSING"):
            settle_refused_lots(campaign.letters_made_by, NEXT_DAY)
    remake_lot(campaign.letters_made_by, lot, NEXT_DAY, "ops")
    assert settle_refused_lots(campaign.letters_made_by, NEXT_DAY) == 0 and state(campaign, lot) == "HANDED_OVER"


def test_a_lot_whose_content_is_refused_is_not_made_again(campaign: Campaign, lot: int) -> None:
    said(campaign, "acceptances", f"{lot};REFUSED;PDF_UNREADABLE")
    with pytest.raises(FinalError, match="PDF_UNREADABLE"):
        settle_refused_lots(campaign.letters_made_by, NEXT_DAY)
    assert state(campaign, lot) == "REFUSED"


def test_a_lot_that_cannot_be_made_again_holds_up_no_other(campaign: Campaign) -> None:
    campaign.register(PEOPLE[0])
    campaign.register(PEOPLE[1], body="MSA")
    lost, damaged = campaign.notify()
    said(campaign, "acceptances", f"{lost};REFUSED;FILE_MISSING", f"{damaged};REFUSED;FILE_MISSING")
    with campaign.owner.begin() as connection:
        connection.exec_driver_sql("update notices.print_lot set template = 'letter/notice 0.9/older' where body = 'CPAM'")
    with pytest.raises(FinalError, match=rf"^lot {lost} of PRINCIPAL: .*put that version of the template back$"):
        settle_refused_lots(campaign.letters_made_by, NEXT_DAY)
    assert (state(campaign, lost), state(campaign, damaged)) == ("REFUSED", "HANDED_OVER")


# Given up.


def given_up(campaign: Campaign, lot: int, nothing_printed: bool = False) -> int:
    """Withdraw a lot; return to how many people its letters were."""
    why = Withdrawal("ops", "the print house burnt down", nothing_printed)
    return withdraw_lot(campaign.home.db, campaign.home.store, lot, why, NEXT_DAY)["people"]


def test_the_letters_of_a_withdrawn_lot_leave_in_another_with_the_same_codes(campaign: Campaign, lot: int) -> None:
    before = {letter.reference: letter.code for letter in campaign.letters(lot)}
    said(campaign, "acceptances", f"{lot};REFUSED;PDF_UNREADABLE")
    assert given_up(campaign, lot) == len(PEOPLE)
    (again,) = campaign.print_letters(NEXT_DAY)
    assert again != lot and {letter.reference: letter.code for letter in campaign.letters(again)} == before
    assert said(campaign, "deposits", f"{again};2022-02-01;3") == ["RECORDED"]
    with pytest.raises(RuleError, match="was withdrawn"):
        remake_lot(campaign.letters_made_by, lot, NEXT_DAY)
    assert campaign.broken_equations() == []


def test_whoever_withdraws_a_lot_at_a_shell_says_why_and_states_that_nothing_is_printed(campaign: Campaign, lot: int) -> None:
    app = letters_app(lambda: campaign.letters_made_by, lambda: campaign.letters_made_by)
    asked = ["withdraw", "--lot", str(lot)]
    for more, told in ([], "--reason"), (["--reason", "burnt"], "--nothing-printed"):
        refused = CliRunner().invoke(app, [*asked, *more])
        assert isinstance(refused.exception, FinalError) and told in str(refused.exception)
    done = CliRunner().invoke(app, [*asked, "--reason", "burnt", "--nothing-printed"])
    assert (done.exit_code, done.output.strip()) == (0, f"lot {lot} is withdrawn: the letters to 3 people wait for the next dispatch")


@pytest.mark.parametrize("accepted", [True, False])
def test_a_lot_that_is_not_refused_is_withdrawn_where_somebody_states_that_nothing_is_printed(
    campaign: Campaign, lot: int, accepted: bool
) -> None:
    if accepted:
        said(campaign, "acceptances", f"{lot};ACCEPTED;")
    with pytest.raises(RuleError, match="is not refused by its print house"):
        given_up(campaign, lot)
    assert given_up(campaign, lot, nothing_printed=True) == len(PEOPLE)
    (again,) = campaign.print_letters(NEXT_DAY)
    campaign.deposit([again], NEXT_DAY.date(), NEXT_DAY)
    assert {campaign.status(person) for person in PEOPLE} == {"NOTIFIED"} and campaign.broken_equations() == []


def test_who_withdrew_a_lot_and_why_is_kept(campaign: Campaign, lot: int) -> None:
    given_up(campaign, lot, nothing_printed=True)
    kept = campaign.rows(
        "select u.actor, l.withdrawn_because from notices.print_lot as l join platform.unit_of_work as u on u.unit = l.lot_id::text "
        "where u.step = 'withdraw_lot'"
    )
    assert kept == [{"actor": "ops", "withdrawn_because": "the print house burnt down"}]


@pytest.mark.parametrize(
    ("kind", "line"),
    [
        ("printings", "2022-02-01;3;"),
        ("printings", "2022-02-01;2;"),
        ("deposits", "2022-02-01;3"),
        ("deposits", "2022-02-01;2"),
        ("deposits", "2022-02-07;3"),
    ],
)
def test_a_lot_of_which_a_printing_or_deposit_was_reported_is_not_withdrawn(campaign: Campaign, lot: int, kind: str, line: str) -> None:
    said(campaign, kind, f"{lot};{line}")
    with pytest.raises(RuleError, match="reported as printed or deposited"):
        given_up(campaign, lot, nothing_printed=True)


def test_a_lot_that_was_not_handed_over_is_not_withdrawn(campaign: Campaign) -> None:
    campaign.register(*PEOPLE)
    campaign.decide(campaign.plan())
    ((lot,),) = campaign.gather()
    for unknown in (lot, lot + 1):
        with pytest.raises(RuleError, match="was not handed over"):
            given_up(campaign, unknown, nothing_printed=True)


def test_nothing_of_a_withdrawn_lot_stays_where_its_print_house_reads(campaign: Campaign, lot: int) -> None:
    given_up(campaign, lot, nothing_printed=True)
    assert campaign.home.store.keys("print", f"PRINCIPAL/lots/{lot}/") == []


def test_a_withdrawal_that_was_killed_half_way_is_finished_by_the_next(campaign: Campaign, lot: int) -> None:
    manifest = object_keys("PRINCIPAL", lot)[2]
    given_up(campaign, lot, nothing_printed=True)
    campaign.home.store.put("print", manifest, b"still there")
    given_up(campaign, lot, nothing_printed=True)
    assert campaign.home.store.keys("print", manifest) == []


def test_a_lot_that_is_being_made_again_is_not_withdrawn(campaign: Campaign, lot: int) -> None:
    with campaign.home.db.exclusively(making(lot)), pytest.raises(RetryableError, match="another run is busy"):
        given_up(campaign, lot, nothing_printed=True)


def test_a_lot_that_is_being_withdrawn_is_not_made_again(campaign: Campaign, lot: int) -> None:
    with campaign.home.db.exclusively(making(lot)), pytest.raises(RetryableError, match="another run is busy"):
        remake_lot(campaign.letters_made_by, lot, NEXT_DAY)


@pytest.mark.parametrize(
    ("kind", "line"),
    [
        ("acceptances", "ACCEPTED;"),
        ("acceptances", "REFUSED;FILE_MISSING"),
        ("printings", "2022-02-01;3;"),
        ("deposits", "2022-02-01;3"),
    ],
)
def test_whatever_is_reported_of_a_withdrawn_lot_is_kept_aside(campaign: Campaign, lot: int, kind: str, line: str) -> None:
    given_up(campaign, lot, nothing_printed=True)
    assert said(campaign, kind, f"{lot};{line}") == ["LOT_WITHDRAWN"]
    assert {campaign.status(person) for person in PEOPLE} == {"PLANNED"}


def test_a_withdrawn_lot_is_no_longer_announced(campaign: Campaign, lot: int) -> None:
    given_up(campaign, lot, nothing_printed=True)
    campaign.gather()
    announced = json.loads(campaign.home.store.get("print", "PRINCIPAL/announcements/2022-01-31.json"))
    assert (announced["lots"], announced["letters"]) == (1, len(PEOPLE))


# Printed, with what was damaged.


def test_damaged_letters_printed_again_are_kept_by_their_sequence(campaign: Campaign, lot: int) -> None:
    assert campaign.report("printings", f"{lot};2022-02-01;3;3 1", at=NEXT_DAY)["reprinted"] == 2
    found = campaign.rows("select sequence from notices.reprint where lot_id = :lot order by sequence", lot=lot)
    assert [row["sequence"] for row in found] == [1, 3]


@pytest.mark.parametrize(
    ("line", "outcome"),
    [
        ("2022-02-01;2;", "COUNT_DIFFERS"),
        ("2022-02-01;3;4", "COUNT_DIFFERS"),
        ("2022-02-01;3;0", "COUNT_DIFFERS"),
        ("2022-01-30;3;", "DATE_IMPOSSIBLE"),
        ("2022-02-02;3;", "DATE_IMPOSSIBLE"),
        ("2022-02-01;3;two", "BAD_LINE"),
        ("2022-02-01;3", "BAD_LINE"),
    ],
)
def test_a_printing_that_cannot_be_is_kept_aside(campaign: Campaign, lot: int, line: str, outcome: str) -> None:
    assert said(campaign, "printings", f"{lot};{line}") == [outcome] and state(campaign, lot) == "HANDED_OVER"


def test_the_first_printing_of_a_lot_stands(campaign: Campaign, lot: int) -> None:
    lines = [f"{lot};2022-02-01;3;", f"{lot};2022-02-01;3;", f"{lot};2022-01-31;3;"]
    assert said(campaign, "printings", *lines) == ["RECORDED", "REPEATED", "CONTRADICTS"]


def test_a_printing_of_a_refused_lot_is_kept_aside_and_one_after_the_deposit_is_late(campaign: Campaign, lot: int) -> None:
    said(campaign, "acceptances", f"{lot};REFUSED;FILE_MISSING")
    assert said(campaign, "printings", f"{lot};2022-02-01;3;") == ["LOT_REFUSED"]
    settle_refused_lots(campaign.letters_made_by, NEXT_DAY)
    campaign.deposit([lot], SENT.date(), NEXT_DAY)
    assert said(campaign, "printings", f"{lot};2022-02-01;3;") == ["LATE"]


# Lost, and made again.


@pytest.mark.parametrize("deposited", [False, True])
def test_a_lost_lot_is_made_again_byte_for_byte(campaign: Campaign, lot: int, deposited: bool) -> None:
    before, manifest = campaign.opened(lot), campaign.manifest(lot)
    if deposited:
        campaign.deposit([lot], SENT.date(), SENT)
    window = campaign.journey(PEOPLE[0])
    for key in object_keys("PRINCIPAL", lot):
        campaign.home.store.client.delete_object(Bucket=campaign.home.settings.bucket("print"), Key=key)
    remake_lot(campaign.letters_made_by, lot, paris(2022, 3, 1), "ops")
    assert (campaign.opened(lot), campaign.manifest(lot), campaign.journey(PEOPLE[0])) == (before, manifest, window)
    assert campaign.rows("select actor from platform.unit_of_work where step = 'remake_lot'") == [{"actor": "ops"}]


def test_a_lot_is_not_made_again_with_another_template(campaign: Campaign, lot: int) -> None:
    with campaign.owner.begin() as connection:
        connection.exec_driver_sql("update notices.print_lot set template = 'letter/notice 0.9/older'")
    with pytest.raises(LotLostError, match="put that version of the template back"):
        remake_lot(campaign.letters_made_by, lot, NEXT_DAY)


@pytest.mark.parametrize(
    "changes",
    [{"used_name": "NOUVEAUNOM"}, {"first_names": "AUTREPRENOM"}, {"address_4": "1 RUE NEUVE"}, {"died_on": date(2022, 2, 1)}],
    ids=lambda changes: "+".join(changes),
)
def test_a_lot_is_made_again_as_it_was_whatever_the_registry_says_of_its_people_since(
    campaign: Campaign, lot: int, changes: dict[str, Any]
) -> None:
    before = campaign.opened(lot)
    for day in (1, 2):
        campaign.register(PEOPLE[0].but(**changes) if day == 1 else PEOPLE[0].but(used_name="ENCOREUN"), *PEOPLE[1:], on=date(2022, 2, day))
    remake_lot(campaign.letters_made_by, lot, paris(2022, 3, 1), "ops")
    assert campaign.opened(lot) == before


@pytest.mark.parametrize("changes", [{"used_name": "NOUVEAUNOM"}, {"first_names": "AUTREPRENOM"}], ids=lambda changes: "+".join(changes))
def test_a_letter_about_a_child_is_made_again_with_the_name_that_the_child_had(campaign: Campaign, changes: dict[str, Any]) -> None:
    child = by_letter(99, birth_date="20120501", representative_1=PEOPLE[0].matricule)
    campaign.register(*PEOPLE, child)
    before = {lot: campaign.opened(lot) for lot in campaign.notify()}
    campaign.register(*PEOPLE, child.but(**changes), on=date(2022, 2, 1))
    for lot in before:
        remake_lot(campaign.letters_made_by, lot, paris(2022, 3, 1), "ops")
    assert {lot: campaign.opened(lot) for lot in before} == before


def test_a_lot_from_which_a_letter_was_left_out_is_made_again_as_it_was(campaign: Campaign) -> None:
    campaign.register(by_letter(1, birth_name="W" * 70), *PEOPLE[1:])
    (lot,) = campaign.notify()
    before = campaign.opened(lot)
    remake_lot(campaign.letters_made_by, lot, paris(2022, 3, 1), "ops")
    assert campaign.opened(lot) == before


def test_a_lot_that_would_differ_is_not_written_over_the_one_that_left(campaign: Campaign, lot: int) -> None:
    before = campaign.opened(lot)
    with campaign.owner.begin() as connection:
        connection.exec_driver_sql("update notices.print_lot set pdf_sha256 = 'made by other software'")
    with pytest.raises(LotLostError, match="what lays letters out has changed"):
        remake_lot(campaign.letters_made_by, lot, NEXT_DAY)
    assert campaign.opened(lot) == before


def test_a_lot_that_never_left_is_not_made_again(campaign: Campaign) -> None:
    campaign.register(*PEOPLE)
    campaign.decide(campaign.plan())
    ((lot,),) = campaign.gather()
    for unknown in (lot, lot + 1):
        with pytest.raises(RuleError, match="never handed over"):
            remake_lot(campaign.letters_made_by, unknown, SENT)


# Two print houses.


@pytest.fixture
def two_printers(campaign: Campaign) -> None:
    """A policy by which the second print house gets every third lot of a run."""
    policy = campaign.home.policy.model_copy(update={"printers": ("PRINCIPAL", "PRINCIPAL", "SECOND"), "letters_a_lot": 10})
    campaign.letters_made_by = replace(campaign.letters_made_by, policy=policy)


@pytest.mark.usefixtures("two_printers")
def test_lots_are_dealt_in_turn_and_each_is_sealed_for_its_print_house(campaign: Campaign) -> None:
    campaign.register(*[by_letter(number) for number in range(1, 61)])
    lots = campaign.notify()
    assert [campaign.printer_of(lot) for lot in lots] == ["PRINCIPAL", "PRINCIPAL", "SECOND"] * 2
    assert [campaign.manifest(lot)["printer"] for lot in lots] == ["PRINCIPAL", "PRINCIPAL", "SECOND"] * 2
    assert sum(len(campaign.letters(lot)) for lot in lots) == 60


def test_no_letter_is_gathered_for_a_print_house_without_a_key(campaign: Campaign) -> None:
    campaign.register(*PEOPLE)
    campaign.decide(campaign.plan())
    campaign.letters_made_by = replace(campaign.letters_made_by, printers={})
    with pytest.raises(PrinterKeyError, match="PRINCIPAL is missing"):
        campaign.gather()
    assert campaign.rows("select 1 as made from notices.print_lot") == []
