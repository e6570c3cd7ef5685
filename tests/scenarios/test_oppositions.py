"""Who opposes gets no space: the code proves, the time of receipt decides, and every failure of proof gets the same answer."""

from __future__ import annotations

import io
import json
from datetime import UTC, datetime, timedelta

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from pipelines.accounts.steps import plan_openings
from pipelines.platform.clock import Clock, ClockMode
from pipelines.platform.errors import RuleError
from tests.campaign_driver import LAST_DAY, OPENING, SENT, Campaign, code_in, paris, request
from tests.registry_builder import Person, invent

IN_TIME = paris(2022, 2, 10)
TYPED_WELL_BUT_WRONG = "0000-0000-0000"


def test_the_code_of_the_email_opposes(campaign: Campaign, person: Person, code: str) -> None:
    campaign.oppose(request(person, code, IN_TIME), at=IN_TIME)
    assert campaign.status(person) == "OPPOSED"


def test_who_opposed_gets_no_space(campaign: Campaign, person: Person, code: str) -> None:
    campaign.oppose(request(person, code, IN_TIME), at=IN_TIME)
    campaign.open()
    assert campaign.accounts(person) == []


def test_who_opposed_is_not_planned_again(campaign: Campaign, person: Person, code: str) -> None:
    campaign.oppose(request(person, code, IN_TIME), at=IN_TIME)
    assert campaign.plan(paris(2022, 4, 1)).is_empty


@pytest.mark.parametrize("channel", ["WEB", "PHONE_3422", "PAPER", "DESK"])
def test_every_channel_can_bring_an_opposition(campaign: Campaign, person: Person, code: str, channel: str) -> None:
    (answer,) = campaign.oppose(request(person, code, IN_TIME), at=IN_TIME, channel=channel)
    assert answer["result"] == "ACCEPTED" and answer["receipt"].startswith("OPP-")


def test_a_file_from_an_unknown_channel_is_left_where_it_lies(campaign: Campaign, person: Person, code: str) -> None:
    content = json.dumps(request(person, code, IN_TIME)).encode() + b"\n"
    campaign.home.store.put("exchanges", "oppositions/FAX/inbox/1.jsonl", content)
    assert campaign.take_in_oppositions(IN_TIME)["files"] == 0
    assert campaign.status(person) == "NOTIFIED" and campaign.home.store.get("exchanges", "oppositions/FAX/inbox/1.jsonl") == content


@pytest.mark.parametrize("received", [datetime(2022, 3, 14, 21, 59, 30, tzinfo=UTC), datetime(2022, 3, 14, 22, 59, 59, 999999, tzinfo=UTC)])
def test_opposition_at_the_last_second_in_paris_counts(campaign: Campaign, person: Person, code: str, received: datetime) -> None:
    (answer,) = campaign.oppose(request(person, code, received), at=OPENING)
    found = campaign.rows("select cause from oppositions.request")
    assert (answer["result"], found) == ("ACCEPTED", [{"cause": None}])


def test_a_late_opposition_before_the_opening_run_still_counts_and_is_marked_late(campaign: Campaign, person: Person, code: str) -> None:
    received = datetime(2022, 3, 14, 23, 0, tzinfo=UTC)
    campaign.oppose(request(person, code, received), at=OPENING)
    campaign.open(OPENING)
    assert campaign.accounts(person) == [] and campaign.rows("select cause from oppositions.request") == [{"cause": "LATE"}]


def test_an_opposition_of_the_last_day_that_is_processed_before_the_opening_run_prevents_it(
    campaign: Campaign, person: Person, code: str
) -> None:
    campaign.oppose(request(person, code, paris(2022, 3, 14, 23, 59)), at=OPENING)
    campaign.open(OPENING)
    assert campaign.accounts(person) == []


def test_an_opposition_in_time_that_arrives_after_the_opening_closes_the_account(campaign: Campaign, person: Person, code: str) -> None:
    campaign.open(OPENING)
    campaign.oppose(request(person, code, paris(2022, 3, 14, 23, 59)), at=paris(2022, 3, 16))
    campaign.close(paris(2022, 3, 16, 20))
    assert [(a["status"], a["closing_reason"]) for a in campaign.accounts(person)] == [("CLOSED", "IN_TIME_AFTER_OPENING")]


def test_late_opposition_after_opening_closes_the_account(campaign: Campaign, person: Person, code: str) -> None:
    campaign.open(OPENING)
    (answer,) = campaign.oppose(request(person, code, paris(2022, 3, 20)), at=paris(2022, 3, 20))
    campaign.close(paris(2022, 3, 21))
    assert answer["result"] == "CLOSING" and [a["status"] for a in campaign.accounts(person)] == ["CLOSED"]


def test_a_closed_account_is_archived_ten_years_from_its_closing(campaign: Campaign, person: Person, code: str) -> None:
    campaign.open(OPENING)
    campaign.oppose(request(person, code, paris(2024, 2, 29)), at=paris(2024, 2, 29))
    campaign.close(paris(2024, 2, 29, 20))
    assert [a["archived_until"].isoformat() for a in campaign.accounts(person)] == ["2034-03-01"]


def test_an_opposition_taken_in_during_the_night_of_a_summer_opening_closes_the_account(campaign: Campaign) -> None:
    someone = invent(2)
    campaign.register(someone)
    campaign.notify(paris(2022, 5, 2))
    night = paris(2022, 6, 14, 0, 30)
    campaign.open(night)
    code = code_in(campaign.mails_to(someone)[0])
    campaign.oppose(request(someone, code, paris(2022, 6, 13, 23, 50)), at=night + timedelta(minutes=15))
    campaign.close(paris(2022, 6, 15, 20))
    assert [a["status"] for a in campaign.accounts(someone)] == ["CLOSED"]


def test_same_code_is_accepted_once_and_refused_the_second_time(campaign: Campaign, person: Person, code: str) -> None:
    first, second = (campaign.oppose(request(person, code, IN_TIME), at=IN_TIME + timedelta(days=day))[0] for day in (0, 1))
    assert (first["result"], second["result"]) == ("ACCEPTED", "REFUSED")


def test_the_second_time_is_refused_with_the_words_of_a_wrong_code(campaign: Campaign, person: Person, code: str) -> None:
    wrong, _, second = campaign.oppose(
        request(person, TYPED_WELL_BUT_WRONG, IN_TIME), request(person, code, IN_TIME), request(person, code, IN_TIME), at=IN_TIME
    )
    assert _without_reference(second) == _without_reference(wrong)


def test_a_parquet_file_is_decided_and_answered_as_lines_are(campaign: Campaign, person: Person, code: str) -> None:
    sink = io.BytesIO()
    pq.write_table(pa.Table.from_pylist([request(person, code, IN_TIME), request(person, TYPED_WELL_BUT_WRONG, IN_TIME)]), sink)
    answers = campaign.opposition_file(sink.getvalue(), IN_TIME, suffix="parquet")
    assert [answer["result"] for answer in answers] == ["ACCEPTED", "REFUSED"]


def test_the_same_line_twice_in_one_file_makes_one_opposition(campaign: Campaign, person: Person, code: str) -> None:
    answers = campaign.oppose(request(person, code, IN_TIME), request(person, code, IN_TIME), at=IN_TIME)
    assert [answer["result"] for answer in answers] == ["ACCEPTED", "REFUSED"]


def test_the_same_file_sent_again_makes_one_opposition(campaign: Campaign, person: Person, code: str) -> None:
    line = request(person, code, IN_TIME)
    campaign.oppose(line, at=IN_TIME)
    campaign.oppose(line, at=IN_TIME)
    assert campaign.rows("select count(*) as n from oppositions.opposition") == [{"n": 1}]


@pytest.mark.parametrize("typed", [str.lower, lambda c: c.replace("-", " "), lambda c: c.replace("0", "O").replace("1", "l")])
def test_a_code_is_accepted_as_people_type_it(campaign: Campaign, person: Person, code: str, typed) -> None:  # type: ignore[no-untyped-def]
    (answer,) = campaign.oppose(request(person, typed(code), IN_TIME), at=IN_TIME)
    assert answer["result"] == "ACCEPTED"


def test_a_matricule_typed_with_spaces_and_without_key_is_found(campaign: Campaign, person: Person, code: str) -> None:
    spaced = f"{person.matricule[0]} {person.matricule[1:3]} {person.matricule[3:13]}"
    (answer,) = campaign.oppose(request(person, code, IN_TIME, matricule=spaced), at=IN_TIME)
    assert answer["result"] == "ACCEPTED"


def _without_reference(answer: dict[str, object]) -> dict[str, object]:
    return {name: value for name, value in answer.items() if name not in ("line", "request_ref")}


def test_wrong_code_and_unknown_person_get_the_same_answer(campaign: Campaign, person: Person, code: str) -> None:
    answers = campaign.oppose(
        request(person, TYPED_WELL_BUT_WRONG, IN_TIME),
        request(invent(99), code, IN_TIME),
        request(person, code, IN_TIME, birth_date="19820315"),
        request(person, "1234-5678-9ABC", IN_TIME),
        request(person, code, IN_TIME, matricule="nonsense"),
        at=IN_TIME,
    )
    assert all(_without_reference(answer) == _without_reference(answers[0]) for answer in answers)


def test_the_code_of_one_person_does_not_oppose_for_another(campaign: Campaign) -> None:
    one, other = invent(1), invent(2)
    campaign.register(one, other)
    campaign.notify()
    campaign.oppose(request(other, code_in(campaign.mails_to(one)[0]), IN_TIME), at=IN_TIME)
    assert {campaign.status(one), campaign.status(other)} == {"NOTIFIED"}


def test_five_wrong_codes_lock_the_code(campaign: Campaign, person: Person, code: str) -> None:
    campaign.oppose(*[request(person, TYPED_WELL_BUT_WRONG, IN_TIME)] * 5, at=IN_TIME)
    campaign.oppose(request(person, code, IN_TIME), at=IN_TIME + timedelta(days=1))
    assert campaign.status(person) == "NOTIFIED"


def test_four_wrong_codes_do_not_lock_the_code(campaign: Campaign, person: Person, code: str) -> None:
    campaign.oppose(*[request(person, TYPED_WELL_BUT_WRONG, IN_TIME)] * 4, at=IN_TIME)
    campaign.oppose(request(person, code, IN_TIME), at=IN_TIME + timedelta(days=1))
    assert campaign.status(person) == "OPPOSED"


def test_wrong_codes_add_up_over_channels(campaign: Campaign, person: Person, code: str) -> None:
    for channel in ("WEB", "PHONE_3422", "PAPER", "DESK", "WEB"):
        campaign.oppose(request(person, TYPED_WELL_BUT_WRONG, IN_TIME), at=IN_TIME, channel=channel)
    campaign.oppose(request(person, code, IN_TIME), at=IN_TIME)
    assert campaign.status(person) == "NOTIFIED"


def test_a_locked_code_gets_the_answer_of_a_wrong_one(campaign: Campaign, person: Person, code: str) -> None:
    answers = campaign.oppose(*[request(person, TYPED_WELL_BUT_WRONG, IN_TIME)] * 5, request(person, code, IN_TIME), at=IN_TIME)
    assert _without_reference(answers[5]) == _without_reference(answers[0])


def test_a_mistyped_code_costs_no_trial(campaign: Campaign, person: Person, code: str) -> None:
    mistyped = ("1" if code[0] != "1" else "2") + code[1:]
    campaign.oppose(*[request(person, mistyped, IN_TIME)] * 6, request(person, code, IN_TIME), at=IN_TIME)
    assert campaign.status(person) == "OPPOSED"


def test_a_request_from_the_future_is_refused(campaign: Campaign, person: Person, code: str) -> None:
    (answer,) = campaign.oppose(request(person, code, IN_TIME + timedelta(seconds=1)), at=IN_TIME)
    assert answer["result"] == "REFUSED" and campaign.status(person) == "NOTIFIED"


@pytest.mark.parametrize(
    "line",
    [b"not json", b"[]", b"{}", b'{"request_ref": "r"}', b"\x00", b'{"received_at": "2022-02-10T12:00:00"}', b""],
)
def test_a_bad_line_is_answered_and_does_not_stop_the_others(campaign: Campaign, person: Person, code: str, line: bytes) -> None:
    good = json.dumps(request(person, code, IN_TIME)).encode()
    answers = campaign.opposition_file(line + b"\n" + good + b"\n", IN_TIME)
    assert [answer["result"] for answer in answers] == ["REFUSED", "ACCEPTED"]


def test_a_time_without_its_offset_is_a_bad_line(campaign: Campaign, person: Person, code: str) -> None:
    (answer,) = campaign.oppose(request(person, code, IN_TIME) | {"received_at": "2022-02-10T12:00:00"}, at=IN_TIME)
    assert answer["message"] == "La ligne ne respecte pas le contrat de fichier."


@pytest.mark.parametrize("separator", ["\u2028", "\u0085", "\x0b", "\x1c"])
def test_a_line_ends_with_a_line_feed_only(campaign: Campaign, person: Person, code: str, separator: str) -> None:
    good = json.dumps(request(person, code, IN_TIME))
    content = good.replace(code, code + separator) + "\n"
    assert len(campaign.opposition_file(content.encode(), IN_TIME)) == 1


@pytest.mark.parametrize("content", [b"", b"\n\n", b'{"cut": "short', b"\xff\xfe{}\n"])
def test_an_opposition_file_that_is_not_one_is_refused_whole_and_answered(campaign: Campaign, content: bytes) -> None:
    (answer,) = campaign.opposition_file(content, IN_TIME)
    assert set(answer) == {"file_refused"}


def test_every_line_is_answered_in_its_order(campaign: Campaign, person: Person, code: str) -> None:
    lines = [request(person, TYPED_WELL_BUT_WRONG, IN_TIME, request_ref=f"r{number}") for number in range(20)]
    answers = campaign.oppose(*lines, at=IN_TIME)
    assert [(answer["line"], answer["request_ref"]) for answer in answers] == [(n + 1, f"r{n}") for n in range(20)]


def test_neither_code_nor_matricule_is_kept_in_the_database(campaign: Campaign, person: Person, code: str) -> None:
    campaign.oppose(request(person, code, IN_TIME), at=IN_TIME)
    kept = str([campaign.rows(f"select t::text as row from oppositions.{table} as t") for table in ("request", "opposition")])  # noqa: S608
    assert not any(word in kept for word in (code, code.replace("-", ""), person.matricule))


def test_opening_in_the_future_is_refused_under_the_machines_clock(campaign: Campaign, person: Person) -> None:
    with pytest.raises(RuleError):
        plan_openings(campaign.home.db, campaign.home.policy, 64, Clock(ClockMode.SYSTEM), datetime.now(UTC) + timedelta(days=1))


def test_equations_hold_after_oppositions(campaign: Campaign) -> None:
    people = [invent(number) for number in range(1, 11)]
    campaign.register(*people)
    campaign.notify(SENT)
    for number, someone in enumerate(people[:4]):
        at = SENT + timedelta(days=14 * number)
        campaign.open(at)
        campaign.oppose(request(someone, code_in(campaign.mails_to(someone)[0]), at), at=at)
    campaign.open(OPENING)
    assert (campaign.journey(people[9])["last_day"], campaign.broken_equations()) == (LAST_DAY, [])
