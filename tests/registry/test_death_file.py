"""The INSEE file of deaths: cut by characters whatever its encoding, dirt kept from passing for a name, bad lines set aside."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest

from pipelines.platform.errors import BadFileError
from pipelines.registry.death_file import LineFault, possible_days, read_death_file, read_death_line
from tests.death_file_builder import Death, file_of


def rows_of(content: bytes) -> list[dict[str, Any]]:
    return read_death_file(content).rows.to_pylist()


def row_of(content: bytes) -> dict[str, Any]:
    (row,) = rows_of(content)
    return row


def faults_of(content: bytes) -> dict[str, list[int]]:
    return {str(fault): lines for fault, lines in read_death_file(content).faults.items() if lines}


def test_a_line_is_read_by_its_columns() -> None:
    assert row_of(file_of(Death())) == {
        "line": 1, "birth_name_key": "QUENEHERVE", "first_names_key": "YSOLINE MARIE", "sex": "F", "birth_date": "19420314",
        "birth_is_whole": True, "birthplace_code": "75112", "died_from": dt.date(2024, 6, 12), "died_to": dt.date(2024, 6, 12),
    }  # fmt: skip


@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_lines_end_with_lf_or_crlf(end: str) -> None:
    assert [row["line"] for row in rows_of(file_of(Death(), Death(sex="1"), end=end))] == [1, 2]


def test_the_last_line_needs_no_end() -> None:
    assert len(rows_of(file_of(Death()).rstrip(b"\n"))) == 1


@pytest.mark.parametrize("encoding", ["latin-1", "utf-8", "utf-8-sig"])
def test_accents_move_no_column_whichever_the_encoding(encoding: str) -> None:
    row = row_of(file_of(Death(birth_name="LEFÈVRE-ÉÈ", first_names="ZOÉ MAËLLE", birthplace="SAINT-ÉTIENNE"), encoding=encoding))
    assert (row["birth_name_key"], row["first_names_key"], row["sex"]) == ("LEFEVRE EE", "ZOE MAELLE", "F")
    assert row["died_to"] == dt.date(2024, 6, 12)


def test_a_latin_1_letter_alone_in_a_utf_8_line_moves_no_column() -> None:
    text = Death(birth_name="ŒUVRÉ@", birthplace="NÎMES").text.encode().replace(b"@", b"\xc9")
    assert row_of(text)["birth_name_key"] == "OEUVREE" and row_of(text)["birthplace_code"] == "75112"


@pytest.mark.parametrize(
    ("written", "key"), [("D'ALMEIDA", "D ALMEIDA"), ("SAINT-MÉRY", "SAINT MERY"), ("LE  GOFF", "LE GOFF"), ("Nuñez", "NUNEZ")]
)
def test_names_are_folded_as_in_the_registry(written: str, key: str) -> None:
    assert row_of(file_of(Death(birth_name=written)))["birth_name_key"] == key


@pytest.mark.parametrize("dirt", [b"\x00", b"\x7f", b"\x95", b"\xef\xbf\xbd", b"\x0b", b"\x1c", b"\xd7"])
def test_a_byte_that_cannot_be_read_stands_for_any_text(dirt: bytes) -> None:
    row = row_of(file_of(Death(birth_name="LEF@VRE")).replace(b"@", dirt))
    assert (row["birth_name_key"], row["first_names_key"], row["sex"]) == ("LEF%VRE", "YSOLINE MARIE", "F")


def test_a_next_line_character_ends_no_line() -> None:
    content = file_of(Death(birthplace="PARIS@")).replace(b"@", "\x85".encode())
    assert row_of(content)["died_to"] == dt.date(2024, 6, 12)


def test_dirt_after_the_names_is_no_dirt_of_a_name() -> None:
    row = row_of(file_of(Death(birthplace="PAR@S")).replace(b"@", b"\x00"))
    assert row["birth_name_key"] == "QUENEHERVE"


def test_a_percent_sign_in_a_name_is_no_pattern() -> None:
    assert row_of(file_of(Death(birth_name="QUENE%HERVE")))["birth_name_key"] == "QUENE HERVE"


def test_first_names_that_fill_the_field_without_their_slash_may_be_cut() -> None:
    full = Death(first_names="YSOLINE MARIE".ljust(80 - len("QUENEHERVE*"), "A"), end="")
    assert row_of(file_of(full))["first_names_key"].endswith("AAA%")


def test_first_names_without_a_slash_are_whole_where_the_field_goes_on() -> None:
    assert row_of(file_of(Death(end="")))["first_names_key"] == "YSOLINE MARIE"


@pytest.mark.parametrize("code", ["", "00000", "2C004", "7511", "ABCDE"])
def test_a_birthplace_that_is_no_cog_code_is_missing(code: str) -> None:
    assert row_of(file_of(Death(birthplace_code=code)))["birthplace_code"] is None


@pytest.mark.parametrize("code", ["2A004", "99100", "97105"])
def test_corsica_abroad_and_overseas_are_birthplaces(code: str) -> None:
    assert row_of(file_of(Death(birthplace_code=code)))["birthplace_code"] == code


@pytest.mark.parametrize("raw", ["19420300", "19420000", "00000000", "19420230", "19423100"])
def test_a_birth_date_with_an_unknown_or_impossible_part_is_not_whole(raw: str) -> None:
    row = row_of(file_of(Death(birth_date=raw)))
    assert (row["birth_date"], row["birth_is_whole"]) == (raw, False)


@pytest.mark.parametrize(
    ("raw", "first", "last"),
    [
        ("20240612", dt.date(2024, 6, 12), dt.date(2024, 6, 12)),
        ("20240200", dt.date(2024, 2, 1), dt.date(2024, 2, 29)),
        ("20240000", dt.date(2024, 1, 1), dt.date(2024, 12, 31)),
        ("20240015", dt.date(2024, 1, 1), dt.date(2024, 12, 31)),
    ],
)
def test_an_incomplete_date_is_a_span_of_days(raw: str, first: dt.date, last: dt.date) -> None:
    assert possible_days(raw) == (first, last)


@pytest.mark.parametrize("raw", ["00000612", "20240631", "20241301", "2024061", "2024O612", "２０２４０６１２"])
def test_a_date_without_a_year_or_that_does_not_exist_is_no_span(raw: str) -> None:
    assert possible_days(raw) is None


@pytest.mark.parametrize(
    ("bad", "fault"),
    [
        (Death().text[:161], "TOO_SHORT"),
        ("", "TOO_SHORT"),
        (Death(birth_name="").text, "NAME_MISSING"),
        (Death(first_names="").text, "NAME_MISSING"),
        (Death().text.replace("*", " "), "NAME_MISSING"),
        (Death(sex="3").text, "SEX_UNKNOWN"),
        (Death(birth_date="1942 314").text, "BIRTH_DATE_UNREADABLE"),
        (Death(died_on="00000000").text, "DEATH_DATE_UNREADABLE"),
        (Death(died_on="20240631").text, "DEATH_DATE_UNREADABLE"),
        (Death(died_on="19420313").text, "DEATH_BEFORE_BIRTH"),
    ],
)
def test_a_bad_line_is_set_aside_with_its_reason_and_the_others_are_read(bad: str, fault: str) -> None:
    content = file_of(Death(), bad, Death(sex="1"))
    assert faults_of(content) == {fault: [2]} and [row["line"] for row in rows_of(content)] == [1, 3]


def test_a_death_in_the_year_of_birth_is_possible_where_the_day_of_birth_is_unknown() -> None:
    assert faults_of(file_of(Death(birth_date="20240000", died_on="20240101"))) == {}


def test_a_line_that_comes_twice_is_read_once() -> None:
    assert faults_of(file_of(Death(), Death(sex="1"), Death(act="9999"))) == {"REPEATED": [3]}


def test_a_line_may_end_after_the_death_date_or_go_on_with_junk() -> None:
    assert len(rows_of(file_of(Death().text[:162], Death(sex="1").text + "   \x00 junk"))) == 2


def test_every_line_counts() -> None:
    assert read_death_file(file_of(Death(), "x", Death())).lines == 3


@pytest.mark.parametrize("content", [b"", b"\n\n", b"nom;prenom;sexe\n" * 40, b"\x00" * 500, Death().text.encode("utf-16")])
def test_what_is_not_such_a_file_is_refused_whole(content: bytes) -> None:
    with pytest.raises(BadFileError, match="not the INSEE file"):
        read_death_file(content)


def test_a_refusal_quotes_nothing() -> None:
    with pytest.raises(BadFileError) as caught:
        read_death_file(file_of(Death(sex="9")))
    assert "QUENEHERVE" not in str(caught.value)


def test_a_line_is_found_again_by_its_number() -> None:
    line = read_death_line(file_of("x", Death(birthplace="NÎMES")), 2)
    assert (line.birth_name, line.first_names, line.birthplace, line.died_on) == ("QUENEHERVE", "YSOLINE MARIE", "NÎMES", "20240612")


@pytest.mark.parametrize("number", [1, 3])
def test_a_line_that_is_not_there_is_not_read(number: int) -> None:
    with pytest.raises(BadFileError, match=f"no line {number}"):
        read_death_line(file_of("x", Death()), number)


def test_every_fault_can_happen() -> None:
    """The list of reasons is closed: each is met by a test of this file."""
    assert set(LineFault) == {
        "TOO_SHORT", "NAME_MISSING", "SEX_UNKNOWN", "BIRTH_DATE_UNREADABLE", "DEATH_DATE_UNREADABLE", "DEATH_BEFORE_BIRTH", "REPEATED",
    }  # fmt: skip
