"""What stands in the window of the envelope."""

from __future__ import annotations

from typing import Any

import pytest

from pipelines.notices.addressee import LINE_WIDTH, address_lines


def row(**changes: Any) -> dict[str, Any]:
    name = {"recipient_first_names": "Zoé Marie", "recipient_name": "LE GOFF"}
    address = {"address_2": None, "address_3": None, "address_4": "1 RUE DU FOUR", "address_5": None, "postcode": "29200", "town": "BREST"}
    return name | address | changes


@pytest.mark.parametrize(
    ("changes", "lines"),
    [
        ({}, ("Zoé LE GOFF", "1 RUE DU FOUR", "29200 BREST")),
        ({"address_3": "Bât. C", "address_5": "BP 12"}, ("Zoé LE GOFF", "Bât. C", "1 RUE DU FOUR", "BP 12", "29200 BREST")),
        ({"postcode": None, "town": "GENEVE"}, ("Zoé LE GOFF", "1 RUE DU FOUR", "GENEVE")),
        ({"postcode": None, "town": None}, ("Zoé LE GOFF", "1 RUE DU FOUR")),
    ],
    ids=["plain", "complements", "abroad", "no locality"],
)
def test_an_address_has_no_blank_line_and_nothing_that_is_not_known(changes: dict[str, Any], lines: tuple[str, ...]) -> None:
    assert address_lines(row(**changes)) == lines


def test_a_first_name_becomes_an_initial_where_the_name_would_be_too_long() -> None:
    name = "N" * (LINE_WIDTH - 5)
    assert address_lines(row(recipient_name=name))[0] == f"Zoé {name}"
    assert address_lines(row(recipient_name=f"{name}NN"))[0] == f"Z. {name}NN"
