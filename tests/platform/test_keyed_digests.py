"""Digests of many messages are the HMAC-SHA-256 of each."""

from __future__ import annotations

import hmac

from hypothesis import given
from hypothesis import strategies as st

from pipelines.platform.keyed_digests import keyed_digests


@given(key=st.binary(max_size=200), messages=st.lists(st.binary(max_size=200), max_size=5))
def test_digests_are_those_of_the_standard_library(key: bytes, messages: list[bytes]) -> None:
    assert keyed_digests(key, messages) == [hmac.digest(key, message, "sha256") for message in messages]
