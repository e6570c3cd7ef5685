"""Files of life events: every line answered, in its order, once; a file that is none refused whole; nothing of anybody kept or told."""

from __future__ import annotations

import json
from typing import Any

import pytest

from pipelines.lifecycle.contract import REFUSALS, Cause
from tests.campaign_driver import Campaign, paris
from tests.lifecycle.life_driver import Lives
from tests.registry_builder import Person, invent

AT = paris(2023, 5, 4, 2)


def test_lines_about_one_person_are_followed_in_their_order(lives: Lives, holder: Person) -> None:
    kinds = ("CLOSE", "REOPEN", "CLOSE", "CLOSE", "DELETE_EXPRESS", "REOPEN")
    answers = lives.ask_all(*[lives.line(kind, holder, AT) for kind in kinds], at=AT)
    assert [answer["line"] for answer in answers] == [1, 2, 3, 4, 5, 6]
    assert [answer["result"] for answer in answers] == ["DONE", "DONE", "DONE", "REFUSED", "PLANNED", "DONE"]
    assert lives.moves(holder) == ["OPEN", "CLOSED", "OPEN", "CLOSED", "DELETION_ASKED", "OPEN"]


def test_one_bad_line_stops_no_other(lives: Lives, holder: Person) -> None:
    lines = [b"{", json.dumps(lives.line("CLOSE", holder, AT)).encode(), b""]
    answers = lives.file(b"\n".join(lines) + b"\n", AT)
    assert [(answer["result"], answer["cause"]) for answer in answers] == [("REFUSED", "BAD_LINE"), ("DONE", None), ("REFUSED", "BAD_LINE")]


@pytest.mark.parametrize(
    "changes",
    [
        {"kind": "DESTROY"}, {"agent": "a-1"}, {"motive": "FRAUD"}, {"told_on": "2023-01-01"}, {"received_at": "2023-05-04T02:00:00"},
        {"request_ref": "with space"}, {"birth_date": "1982"}, {"received_at": "1999-12-31T23:59:59+01:00"}, {"more": 1},
    ],
)  # fmt: skip
def test_a_line_outside_the_contract_is_refused(lives: Lives, holder: Person, changes: dict[str, Any]) -> None:
    (answer,) = lives.ask_all(lives.line("CLOSE", holder, AT) | changes, at=AT)
    assert (answer["result"], answer["cause"]) == ("REFUSED", "BAD_LINE") and lives.status(holder) == "OPEN"


def test_an_agent_says_who_took_the_request(campaign: Campaign, lives: Lives, holder: Person) -> None:
    assert lives.ask("CLOSE", holder, AT, system="DESK")["cause"] == "BAD_LINE"
    assert lives.ask("CLOSE", holder, AT, system="DESK", agent="d-7")["result"] == "DONE"
    assert campaign.rows("select system, agent from lifecycle.request where outcome = 'DONE'") == [{"system": "DESK", "agent": "d-7"}]


@pytest.mark.parametrize("changes", [{"birth_date": "19820102"}, {"matricule": invent(9).matricule}, {"matricule": "1"}])
def test_whoever_is_not_known_by_both_is_not_verified(lives: Lives, holder: Person, changes: dict[str, Any]) -> None:
    assert lives.ask("CLOSE", holder, AT, **changes)["cause"] == "NOT_VERIFIED" and lives.status(holder) == "OPEN"


def test_a_request_from_the_future_is_refused(lives: Lives, holder: Person) -> None:
    assert lives.ask("CLOSE", holder, AT, received_at="2023-05-05T00:00:00+02:00")["cause"] == "FROM_THE_FUTURE"


def test_a_file_put_down_twice_gets_the_same_answer_and_changes_nothing(campaign: Campaign, lives: Lives, holder: Person) -> None:
    content = json.dumps(lives.line("CLOSE", holder, AT)).encode() + b"\n"
    first = lives.file(content, AT, name="twice.jsonl")
    before = campaign.everything()
    assert lives.file(content, paris(2023, 6, 1), name="twice.jsonl") == first and campaign.everything() == before


@pytest.mark.parametrize(
    ("content", "words"),
    [(b"", "empty"), (b"\xff\n", "UTF-8"), (b"{}", "cut short"), (b"{}\n" * 100_001, "more than 100000 lines")],
    ids=["empty", "not UTF-8", "cut short", "too long"],
)
def test_a_file_that_is_none_is_refused_whole(lives: Lives, content: bytes, words: str) -> None:
    (answer,) = lives.file(content, AT)
    assert words in answer["file_refused"]


def test_more_lines_about_one_person_than_anybody_needs_are_refused_whole(campaign: Campaign, lives: Lives, holder: Person) -> None:
    lines = [lives.line(kind, holder, AT) for kind in ("CLOSE", "REOPEN") * 11]
    (answer,) = lives.ask_all(*lines, at=AT)
    assert "more than 20 lines" in answer["file_refused"] and lives.status(holder) == "OPEN"
    assert campaign.rows("select 1 from lifecycle.request") == []


def test_nothing_of_a_person_is_kept_but_their_number(campaign: Campaign, lives: Lives, holder: Person) -> None:
    lives.ask("CLOSE", holder, AT)
    kept = str(campaign.rows("select r::text as row from lifecycle.request as r"))
    assert not any(word in kept for word in (holder.matricule[:13], holder.birth_name, holder.birth_date))


def test_every_refusal_has_its_sentence() -> None:
    assert set(REFUSALS) == set(Cause)
