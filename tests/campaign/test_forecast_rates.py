"""Priors give way to what the campaign shows."""

from __future__ import annotations

from pathlib import Path

import pytest

from pipelines.campaign.forecast_rates import DEFAULT_FILE, Observed, load_assumptions, rates
from pipelines.platform.errors import FinalError
from tests.campaign.forecast_builder import assuming

ASSUMED = assuming(bounce_rate=0.03, opposition_rate=0.02, deposit_delay=1, notices_a_letter=1.0, prior_weight=100)


def test_before_anything_is_seen_the_priors_count() -> None:
    found = rates(ASSUMED, Observed())
    assert (found.bounce.value, found.opposition.value, found.deposit_delay.value, found.notices_a_letter.value) == (0.03, 0.02, 1, 1)


def test_a_prior_counts_as_much_as_its_weight_of_observations() -> None:
    assert rates(ASSUMED, Observed(emails=100, emails_failed=7)).bounce.value == pytest.approx(0.05)


def test_much_that_was_seen_outweighs_the_prior() -> None:
    found = rates(
        ASSUMED, Observed(ended=10**7, opposed=5 * 10**5, letters_deposited=10**7, notices_deposited=15 * 10**6, deposit_days=3 * 10**7)
    )
    assert found.opposition.value == pytest.approx(0.05, rel=0.001)
    assert (round(found.notices_a_letter.value, 2), round(found.deposit_delay.value)) == (1.5, 3)


@pytest.mark.parametrize(("key", "value"), [("bounce_rate", "1.5"), ("prior_weight", "0"), ("deposit_delay", "-1"), ("unknown", "1")])
def test_what_cannot_be_assumed_is_refused_by_its_name(tmp_path: Path, key: str, value: str) -> None:
    lines = [line for line in DEFAULT_FILE.read_text().splitlines() if not line.startswith(key)]
    file = tmp_path / "forecast.toml"
    file.write_text("\n".join([*lines, f"{key} = {value}"]))
    with pytest.raises(FinalError, match=key):
        load_assumptions(file)
