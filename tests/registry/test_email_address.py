"""Which declared e-mail addresses can be used."""

from __future__ import annotations

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.registry.email_address import clean_email, clean_emails


@pytest.mark.parametrize(
    ("text", "clean"),
    [
        ("Jean.Dupont@Orange.Example", "Jean.Dupont@orange.example"),
        (" a+b@c.example ", "a+b@c.example"),
        ("x@COURRIEL-SANTÉ.example", "x@courriel-santé.example"),
        ("x@xn--courriel-sant-fhb.example", "x@xn--courriel-sant-fhb.example"),
        ("o'neill@free.example", "o'neill@free.example"),
    ],
)
def test_usable_address_has_its_domain_in_lower_case(text: str, clean: str) -> None:
    assert clean_email(text) == clean


@pytest.mark.parametrize(
    "text",
    [
        "inconnu", "", "@orange.example", "a@b", "a..b@c.example", ".a@c.example", "a.@c.example", "a@@c.example", "a b@c.example",
        "a@c..example", "a@-c.example", "a@c-.example", "a@c.1", "a@[127.0.0.1]", '"a b"@c.example', "rené@c.example", "a@c,example",
        "a@c_d.example", "a@c.example\nb", "a" * 65 + "@c.example", "a@" + "b" * 64 + ".example", "a@" + "b.c." * 70 + "example",
    ],
)  # fmt: skip
def test_address_that_cannot_be_one_is_refused(text: str) -> None:
    assert clean_email(text) is None


@given(st.lists(st.one_of(st.none(), st.emails(), st.text("aA.@-é_ '1", max_size=20), st.text(max_size=15)), max_size=20))
def test_a_column_follows_the_rule_of_one_address(texts: list[str | None]) -> None:
    cleaned, refused = clean_emails(pa.array([None, *texts], pa.string()).slice(1))
    assert cleaned.to_pylist() == [clean_email(text or "") for text in texts]
    assert refused.tolist() == [bool((text or "").strip()) and clean_email(text or "") is None for text in texts]
