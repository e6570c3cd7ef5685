"""The reference of a notice: read back exactly, never invented, never forged."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.notices.reference import NoticeId, find_tag, read_reference, reference, tag

KEY, OTHER_KEY = bytes(range(32)), bytes(range(1, 33))
NOTICES = st.builds(NoticeId, st.integers(1, 9), st.integers(1, 134_217_727), st.integers(1, 99))
NOTICE = NoticeId(1, 123_456_789, 2)


@given(NOTICES)
def test_a_reference_is_es_and_18_digits(notice: NoticeId) -> None:
    found = reference(KEY, notice)
    assert len(found) == 20 and found.startswith("ES") and found[2:].isdecimal()


@given(NOTICES)
def test_a_reference_is_read_back(notice: NoticeId) -> None:
    assert read_reference(KEY, reference(KEY, notice)) == notice


@given(NOTICES)
def test_a_tag_is_found_in_the_address_that_carries_it(notice: NoticeId) -> None:
    assert find_tag(KEY, f"To: <retour+{tag(KEY, notice)}@assurance-maladie.example>") == notice


def test_a_reference_of_another_key_is_refused() -> None:
    assert read_reference(KEY, reference(OTHER_KEY, NOTICE)) is None


def test_a_wrong_digit_is_refused() -> None:
    good = reference(KEY, NOTICE)
    wrong = [good[:place] + str((int(good[place]) + 1) % 10) + good[place + 1 :] for place in range(2, 20)]
    assert [read_reference(KEY, one) for one in wrong] == [None] * 18


@pytest.mark.parametrize("text", ["", "ES", "es1", "ES1234567890123456789", " ES112345678902123456"])
def test_what_is_no_reference_is_refused(text: str) -> None:
    assert read_reference(KEY, text) is None


def test_a_guessed_proof_is_refused() -> None:
    good = tag(KEY, NOTICE)
    wrong = [good[:-1] + digit for digit in "0123456789abcdef" if digit != good[-1]]
    assert [find_tag(KEY, one) for one in wrong] == [None] * 15


def test_a_reference_without_its_proof_attributes_nothing() -> None:
    assert find_tag(KEY, reference(KEY, NOTICE)) is None


def test_a_forged_tag_does_not_hide_the_true_one() -> None:
    assert find_tag(KEY, f"{tag(OTHER_KEY, NOTICE)} {tag(KEY, NOTICE)}") == NOTICE
