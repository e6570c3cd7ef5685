"""The symbol that is put together from parts is, module for module, the one that the library draws, and says the reference."""

from __future__ import annotations

import numpy as np
import pytest
import zxingcpp
from hypothesis import example, given, settings
from hypothesis import strategies as st

from pipelines.notices.letters.datamatrix import MODULES, drawn, masks
from pipelines.platform.errors import RuleError

REFERENCES = st.from_regex(r"ES[0-9]{18}", fullmatch=True)


@settings(max_examples=300, deadline=None)
@given(reference=REFERENCES)
@example(reference="ES" + "0" * 18)
@example(reference="ES" + "9" * 18)
def test_symbol_is_bit_for_bit_that_of_the_library(reference: str) -> None:
    assert bytes.fromhex(masks([reference])[0]) == np.packbits(drawn(reference)).tobytes()


@settings(max_examples=50, deadline=None)
@given(references=st.lists(REFERENCES, min_size=1, max_size=5))
def test_symbol_says_its_reference(references: list[str]) -> None:
    for reference, mask in zip(references, masks(references), strict=True):
        modules = np.unpackbits(np.frombuffer(bytes.fromhex(mask), np.uint8)).reshape(MODULES, MODULES)
        picture = np.pad(np.kron(1 - modules, np.ones((4, 4), np.uint8)) * 255, 16, constant_values=255).astype(np.uint8)
        found = zxingcpp.read_barcode(picture)
        assert found is not None and (found.text, found.format) == (reference, zxingcpp.BarcodeFormat.DataMatrix)


@pytest.mark.parametrize("reference", ["", "ES1", "ES" + "1" * 19, "FR" + "1" * 18, "ES" + "1" * 17 + "A", "ES" + "1" * 17 + "١"])
def test_another_reference_has_no_symbol(reference: str) -> None:
    with pytest.raises(RuleError, match="ES and 18 digits"):
        masks(["ES" + "0" * 18, reference])


def test_no_reference_no_symbol() -> None:
    assert masks([]) == []
