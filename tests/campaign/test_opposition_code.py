"""The code of a notice: the same every time, no use to anyone else, and a slip of the pen is seen at once."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.campaign.opposition_code import ALPHABET, LENGTH, are_well_formed, as_derived, derive, derive_all, is_well_formed, prove_all

KEY, OTHER_KEY = bytes(range(32)), bytes(range(1, 33))
CODES = st.builds(derive, st.just(KEY), st.integers(1, 9), st.integers(1, 10**8), st.integers(1, 99))


def test_a_code_is_known_by_heart() -> None:
    """A change of the derivation would make every code already sent worthless."""
    assert derive(KEY, 1, 42, 1) == "HRRDXDNA2SFY"


@given(st.lists(st.tuples(st.integers(1, 9), st.integers(1, 10**9), st.integers(1, 99)), max_size=5))
def test_codes_derived_together_are_those_derived_one_by_one(attempts: list[tuple[int, int, int]]) -> None:
    assert derive_all(KEY, attempts) == [derive(KEY, *attempt) for attempt in attempts]


@given(CODES)
def test_a_code_has_twelve_symbols_that_cannot_be_confused(code: str) -> None:
    assert re.fullmatch(r"[0-9A-HJKMNP-TV-Z]{12}", code)


@given(CODES)
def test_every_derived_code_is_well_formed(code: str) -> None:
    assert is_well_formed(code)


@given(CODES)
def test_every_substitution_of_one_symbol_is_caught(code: str) -> None:
    wrong = [code[:place] + symbol + code[place + 1 :] for place in range(LENGTH) for symbol in ALPHABET if symbol != code[place]]
    assert len(wrong) == LENGTH * 31 and not any(is_well_formed(one) for one in wrong)


@given(CODES)
def test_every_swap_of_two_symbols_is_caught(code: str) -> None:
    caught = []
    for left in range(LENGTH):
        for right in range(left + 1, LENGTH):
            if code[left] != code[right]:
                symbols = list(code)
                symbols[left], symbols[right] = symbols[right], symbols[left]
                caught.append(not is_well_formed("".join(symbols)))
    assert all(caught)


@pytest.mark.parametrize("text", ["", "0", "0" * 11, "0" * 13, "O" * 12, "00000000000U", "00000000000\u0660", "0000-0000-0000"])
def test_what_has_not_the_form_of_a_code_is_not_well_formed(text: str) -> None:
    assert not is_well_formed(text)


@given(CODES)
def test_a_code_proves_however_it_is_typed(code: str) -> None:
    typed = [
        code.lower(),
        f" {code[:4]}-{code[4:8]}-{code[8:]} ",
        f"{code[:4]}\u00a0{code[4:8]}\u202f{code[8:]}",
        code.replace("0", "O").replace("1", "I"),
        code.replace("0", "o").replace("1", "l"),
    ]
    assert all(as_derived(one) == code for one in typed)


@given(st.text(max_size=40))
def test_any_text_can_be_looked_at(text: str) -> None:
    code = as_derived(text)
    assert prove_all({1: KEY}, [code], [1], [(1, 42, 1)]) == [code == derive(KEY, 1, 42, 1)]


@given(st.lists(st.one_of(st.text(max_size=13), CODES, CODES.map(lambda code: code[::-1])), max_size=5))
def test_codes_looked_at_together_are_judged_as_one_by_one(codes: list[str]) -> None:
    assert list(are_well_formed(codes)) == [is_well_formed(code) for code in codes]


@given(st.integers(1, 9), st.integers(1, 10**8), st.integers(1, 99))
def test_the_same_notice_always_has_the_same_code(campaign_id: int, person_id: int, attempt_no: int) -> None:
    attempt = (campaign_id, person_id, attempt_no)
    code = derive(KEY, *attempt)
    assert derive(KEY, *attempt) == code and prove_all({1: KEY}, [code], [1], [attempt]) == [True]


@pytest.mark.parametrize("other", [(OTHER_KEY, 1, 42, 1), (KEY, 2, 42, 1), (KEY, 1, 43, 1), (KEY, 1, 42, 2)])
def test_a_code_proves_nothing_for_another_key_campaign_person_or_attempt(other: tuple[bytes, int, int, int]) -> None:
    key, campaign_id, person_id, attempt_no = other
    assert prove_all({1: key}, [derive(KEY, 1, 42, 1)], [1], [(campaign_id, person_id, attempt_no)]) == [False]


def test_codes_of_many_people_are_all_different() -> None:
    assert len({derive(KEY, 1, person, 1) for person in range(20_000)}) == 20_000


def test_every_symbol_is_used_in_every_place() -> None:
    codes = [derive(KEY, 1, person, 1) for person in range(2_000)]
    assert all(len({code[place] for code in codes}) == len(ALPHABET) for place in range(LENGTH))
