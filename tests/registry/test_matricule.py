"""Syntax and key of the matricule (domain rules: CNAM's validator, and its test vectors)."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.registry.matricule import (
    MatriculeFault,
    MatriculeKind,
    check_matricule,
    check_matricules,
    guess_kinds,
    kind_of,
    matricule_faults,
    matricule_key,
)

VALID = [
    "255081416802538",
    "284058832102532",
    "284052A32102552",
    "284052B32102579",
    "284202B32102528",
    "284992B32102531",
    "185057500004897",
    "279035121518989",
]


@pytest.mark.parametrize("number", VALID)
def test_published_vectors_are_accepted(number: str) -> None:
    assert check_matricule(number) == (number, MatriculeFault.NONE)


@pytest.mark.parametrize("number", VALID)
def test_missing_key_is_added(number: str) -> None:
    assert check_matricule(number[:13]) == (number, MatriculeFault.NONE)


@pytest.mark.parametrize(
    ("number", "right"), [("221042545611404", "83"), ("223042545611404", "82"), ("224027511583555", "12"), ("276037510669380", "26")]
)
def test_wrong_keys_of_the_official_samples_are_refused(number: str, right: str) -> None:
    assert matricule_key(number[:13]) == right
    assert check_matricule(number) == (None, MatriculeFault.KEY)


def test_corsica_key_is_computed_with_19_and_18() -> None:
    assert matricule_key("284052A321025") == matricule_key("2840519321025") == "52"
    assert matricule_key("284052B321025") == matricule_key("2840518321025") == "79"


def test_19_and_18_are_never_turned_back_into_2a_and_2b() -> None:
    assert check_matricule("284051932102552") == ("284051932102552", MatriculeFault.NONE)


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("2 84 05 2a 321 025 52", "284052A32102552"),
        ("284052a32102552", "284052A32102552"),
        ("284052b32102579", "284052B32102579"),
        ("284052b321025", "284052B32102579"),
    ],
)
def test_lower_case_corsica_and_spaces_are_normalised(text: str, number: str) -> None:
    assert check_matricule(text) == (number, MatriculeFault.NONE)
    assert check_matricules(pa.array([text])).values.to_pylist() == [number]


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("284058832102500", MatriculeFault.KEY),
        ("284058832102530", MatriculeFault.KEY),
        ("884058832102532", MatriculeFault.SHAPE),
        ("584058832102532", MatriculeFault.SHAPE),
    ],
)
def test_published_wrong_numbers_are_refused(text: str, fault: MatriculeFault) -> None:
    """A key 00, the key of the validator's own README, a first digit 8 in a NIR, and the number of a migrant (MIG)."""
    assert check_matricule(text) == (None, fault)
    assert matricule_faults(pa.array([text])).tolist() == [fault]


def test_born_abroad_is_a_department_like_another() -> None:
    assert check_matricule("2840599321025") == ("284059932102526", MatriculeFault.NONE)


@pytest.mark.parametrize("month", ["20", "42", "50", "99"])
def test_month_code_above_20_is_accepted(month: str) -> None:
    assert check_matricule(f"284{month}75321025")[1] is MatriculeFault.NONE


@pytest.mark.parametrize("month", ["00", "13", "19"])
def test_month_codes_00_and_13_to_19_are_refused(month: str) -> None:
    assert check_matricule(f"284{month}75321025")[1] is MatriculeFault.SHAPE


@pytest.mark.parametrize("key", ["00", "98", "99"])
def test_keys_00_98_and_99_are_refused(key: str) -> None:
    """98 and 99 are 01 and 02 modulo 97, and 00 is 97: a test by remainder would let them through."""
    remainder = int(key) % 97
    number = next(f"1850575{i:06d}" for i in range(1000) if int(matricule_key(f"1850575{i:06d}")) % 97 == remainder)
    assert check_matricule(number + key)[1] is MatriculeFault.KEY
    assert matricule_faults(pa.array([number + key])).tolist() == [MatriculeFault.KEY]


def test_key_97_and_keys_with_a_leading_zero_are_accepted() -> None:
    numbers = [f"1850575{i:06d}" for i in range(400)]
    complete = [n + matricule_key(n) for n in numbers]
    assert {"97", "01", "09"} <= {n[13:] for n in complete}
    assert not matricule_faults(pa.array(complete)).any()


@pytest.mark.parametrize(
    "text", ["884058832102532", "084058832102532", "28405C832102532", "2840588321025322", "28405883210253", "2840A8832102532"]
)
def test_other_shapes_are_refused(text: str) -> None:
    assert check_matricule(text) == (None, MatriculeFault.SHAPE)


def test_provisional_number_has_13_characters_and_no_key() -> None:
    number = "7112312345678"
    assert check_matricule(number, MatriculeKind.NNP) == (number, MatriculeFault.NONE)
    assert check_matricule(number + "10", MatriculeKind.NNP)[1] is MatriculeFault.SHAPE
    assert check_matricule("7312312345678", MatriculeKind.NNP)[1] is MatriculeFault.SHAPE


def test_nia_starts_with_7_or_8_and_has_a_key() -> None:
    number = "8840588321025"
    assert check_matricule(number, MatriculeKind.NIA) == (number + "23", MatriculeFault.NONE)
    assert check_matricule(number, MatriculeKind.NIR)[1] is MatriculeFault.SHAPE
    assert check_matricule("2840588321025", MatriculeKind.NIA)[1] is MatriculeFault.SHAPE


def test_missing_number_is_its_own_fault() -> None:
    assert matricule_faults(pa.array([None, "", "  "], pa.string())).tolist() == [MatriculeFault.MISSING] * 3


def test_unknown_kind_is_a_fault() -> None:
    assert matricule_faults(pa.array([VALID[0]]), pa.array(["MIG"])).tolist() == [MatriculeFault.SHAPE]


def test_column_may_be_a_slice() -> None:
    column = pa.array(["x", *VALID, None])
    assert check_matricules(column.slice(1, len(VALID))).values.to_pylist() == VALID


_NUMBERS = st.one_of(
    st.sampled_from([*VALID, "7112312345678", "884058832102523"]),
    st.from_regex(r"[0-9]{3}([01][0-9]|[2-9][0-9])(2[ABab]|[0-9]{2})[0-9]{6}([0-9]{2})?", fullmatch=True),
    st.text(alphabet="0123456789ABab éx\n", max_size=17),
    st.none(),
)


@given(st.lists(st.tuples(_NUMBERS, st.sampled_from(list(MatriculeKind))), max_size=30))
def test_a_column_follows_the_rule_of_one_number(rows: list[tuple[str | None, MatriculeKind]]) -> None:
    checked = check_matricules(pa.array([r[0] for r in rows], pa.string()), pa.array([str(r[1]) for r in rows], pa.string()))
    expected = [check_matricule(text, kind) for text, kind in rows]
    assert list(zip(checked.values.to_pylist(), checked.faults.tolist(), strict=True)) == expected


@given(st.from_regex(r"[12][0-9]{2}(0[1-9]|1[0-2])(2[AB]|[0-9]{2})[0-9]{6}", fullmatch=True), st.integers(0, 12), st.integers(1, 9))
def test_one_wrong_digit_is_always_seen(number: str, place: int, shift: int) -> None:
    """97 is prime, so a single changed digit always changes the remainder."""
    if number[place].isdigit():
        wrong = number[:place] + str((int(number[place]) + shift) % 10) + number[place + 1 :] + matricule_key(number)
        assert check_matricule(wrong)[1] is not MatriculeFault.NONE


def test_kind_of_a_representative_is_read_from_its_number() -> None:
    numbers = ["284058832102532", "884058832102523", "7112312345678"]
    assert [kind_of(n) for n in numbers] == list(MatriculeKind)
    assert guess_kinds(pa.array(numbers)).to_pylist() == [str(k) for k in MatriculeKind]
    assert np.array_equal(check_matricules(pa.array(numbers), guess_kinds(pa.array(numbers))).faults, [0, 0, 0])
