"""The number on a receipt leads to one line of one file, and cannot be made up."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.campaign.opposition_code import ALPHABET
from pipelines.portal.follow_up import LENGTH, MOST_LINES, FileName, Receipt, grouped, read_number

KEY = b"a key of this site"
RECEIPT = Receipt(FileName(datetime(2022, 2, 10, 11, 0, tzinfo=UTC), "0A1B2C"), 17)


@given(
    st.integers(0, 60 * 365 * 24 * 60),
    st.text(ALPHABET, min_size=6, max_size=6),
    st.integers(1, MOST_LINES),
)
def test_a_number_leads_back_to_its_line(minutes: int, suffix: str, line: int) -> None:
    receipt = Receipt(FileName(datetime(2020, 1, 1, tzinfo=UTC) + timedelta(minutes=minutes), suffix), line)
    number = receipt.number(KEY)
    assert len(number) == LENGTH and read_number(number, KEY) == receipt
    assert FileName.read(str(receipt.file)) == receipt.file


@pytest.mark.parametrize(
    "typed", [grouped(RECEIPT.number(KEY)), RECEIPT.number(KEY).lower(), grouped(RECEIPT.number(KEY)).replace("-", " ")]
)
def test_a_number_is_read_however_it_is_grouped(typed: str) -> None:
    assert read_number(typed, KEY) == RECEIPT


@pytest.mark.parametrize("place", range(LENGTH))
def test_a_number_with_one_other_symbol_is_none_of_ours(place: int) -> None:
    number = RECEIPT.number(KEY)
    changed = number[:place] + ("Z" if number[place] != "Z" else "Y") + number[place + 1 :]
    assert read_number(changed, KEY) is None


def test_the_number_of_another_site_is_none_of_ours() -> None:
    assert read_number(RECEIPT.number(b"another key"), KEY) is None


@pytest.mark.parametrize("typed", ["", "é" * LENGTH, "1" * 200, "U" * LENGTH])
def test_what_is_no_number_is_none(typed: str) -> None:
    assert read_number(typed, KEY) is None


def test_files_sort_by_the_time_of_receipt_and_references_fit_the_contract() -> None:
    minutes = [datetime(2022, 2, 9, 23, 59, tzinfo=UTC), datetime(2022, 2, 10, 0, 0, tzinfo=UTC), datetime(2022, 10, 1, tzinfo=UTC)]
    names = [str(FileName(minute, "ZZZZZZ")) for minute in minutes]
    assert names == sorted(names)
    assert re.fullmatch(r"[A-Za-z0-9_-]{1,64}", RECEIPT.request_ref)
