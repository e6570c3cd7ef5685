"""What a forecast reckons with: priors that operations set (`forecast.toml`), corrected by what the campaign has shown so far."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from pipelines.platform.toml_file import read_toml

DEFAULT_FILE = Path(__file__).with_name("forecast.toml")
Share = Annotated[float, Field(ge=0, le=1)]
Calls = Annotated[float, Field(ge=0, le=1_000)]


class Assumptions(BaseModel):
    """What is taken for granted; the reason of each value stands beside it in `forecast.toml`. Delays in working days, price in euros."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    bounce_rate: Share
    opposition_rate: Share
    deposit_delay: int = Field(ge=0, le=60)
    notices_a_letter: float = Field(ge=1, le=20)
    prior_weight: int = Field(ge=1)
    activation_rate: Share
    bounce_delay: int = Field(ge=0, le=60)
    letter_price: float = Field(ge=0, le=100)
    calls_per_thousand: tuple[Calls, ...] = Field(max_length=366)


@cache
def load_assumptions(file: Path = DEFAULT_FILE) -> Assumptions:
    """Read the assumptions. Raises: FinalError, naming each key that is missing, unknown or out of bounds."""
    return read_toml(Assumptions, file)


@dataclass(frozen=True)
class Rate:
    """A mean: its prior, worth `weight` observations, and `seen` observations that add up to `total`."""

    prior: float
    weight: int
    seen: int = 0
    total: float = 0

    @property
    def value(self) -> float:
        """The mean of the prior and of what was seen, each by its weight."""
        return (self.prior * self.weight + self.total) / (self.weight + self.seen)


@dataclass(frozen=True)
class Observed:
    """What the campaign has shown so far, in notices; `deposit_days` is the sum of the working days that deposited letters waited."""

    emails: int = 0
    emails_failed: int = 0
    ended: int = 0
    opposed: int = 0
    notices_deposited: int = 0
    letters_deposited: int = 0
    deposit_days: int = 0


@dataclass(frozen=True)
class Rates:
    """What a forecast reckons with. `deposit_delay` is a mean of working days, `notices_a_letter` one of notices an envelope."""

    bounce: Rate
    opposition: Rate
    deposit_delay: Rate
    notices_a_letter: Rate


def rates(assumptions: Assumptions, observed: Observed) -> Rates:
    """Return the priors corrected by what was observed; without any observation, the priors."""
    weight = assumptions.prior_weight
    return Rates(
        bounce=Rate(assumptions.bounce_rate, weight, observed.emails, observed.emails_failed),
        opposition=Rate(assumptions.opposition_rate, weight, observed.ended, observed.opposed),
        deposit_delay=Rate(assumptions.deposit_delay, weight, observed.letters_deposited, observed.deposit_days),
        notices_a_letter=Rate(assumptions.notices_a_letter, weight, observed.letters_deposited, observed.notices_deposited),
    )
