"""What operations may change without a programmer: caps, lots, print houses, locks, delays."""

from __future__ import annotations

import tomllib
from enum import StrEnum
from functools import cache
from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from pipelines.campaign.opposition_channel import Channel
from pipelines.platform.errors import FinalError


class ReturnedLetter(StrEnum):
    """What a letter that the post gives back does to a window that runs (no text says: the data protection officer decides)."""

    KEEP_WINDOW = "KEEP_WINDOW"
    STOP_WINDOW = "STOP_WINDOW"


class RestartedCode(StrEnum):
    """What becomes of the code of an e-mail that bounced, once a letter with another code and six weeks of its own replaces it."""

    DIES = "DIES"
    LIVES = "LIVES"


class Policy(BaseModel):
    """The campaign's policy; the reason of each value stands beside it in `policy.toml`."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    campaign_id: int = Field(ge=1, le=9)
    emails_a_day: int = Field(ge=0)
    letters_a_day: int = Field(ge=0)
    notices_a_day_by_body: dict[str, Annotated[int, Field(ge=0)]]
    pilot_departments: tuple[str, ...]
    look_again_after_days: int = Field(ge=0, le=90)
    letters_a_lot: int = Field(ge=1, le=10_000)
    cut_off_hour: int = Field(ge=0, le=24)
    printers: tuple[str, ...] = Field(min_length=1)
    acceptance_after_days: int = Field(ge=1, le=30)
    deposit_after_days: int = Field(ge=1, le=30)
    bounces_after_days: int = Field(ge=1, le=30)
    emails_without_bounce: int = Field(ge=1)
    returned_letter: ReturnedLetter
    code_after_restart: RestartedCode
    emails_a_chunk: int = Field(ge=1, le=5_000)
    failures_before_lock: int = Field(ge=1, le=100)
    new_code_after_days: int = Field(ge=0, le=90)
    opposes_without_code: tuple[Channel, ...]
    closes_after_opening: tuple[Channel, ...]
    reports_daily: tuple[Channel, ...]
    grace_days: int = Field(ge=0, le=30)
    override_days: int = Field(ge=0, le=30)
    mailbox_domain: str = Field(pattern=r"^[a-z0-9-]+(\.[a-z0-9-]+)+$")
    answer_after_days: int = Field(ge=1, le=30)
    refusals_before_impossible: int = Field(ge=1, le=100)
    tells_of_documents: bool
    archive_years: int = Field(ge=1, le=100)
    express_deletion_after_days: int = Field(ge=0, le=60)
    closes_after_rights_ended_days: int = Field(ge=0, le=3_650)
    represented_by: tuple[str, ...]


@cache
def load_policy(file: Path) -> Policy:
    """Read a policy file. Raises: FinalError, naming each key that is missing, unknown or out of bounds."""
    try:
        return Policy.model_validate(tomllib.loads(file.read_text()))
    except OSError as error:
        raise FinalError(f"the policy file {file.name} cannot be read: {error.strerror}") from None
    except (tomllib.TOMLDecodeError, ValidationError) as error:
        faults = (
            "; ".join(f"{'.'.join(map(str, e['loc']))}: {e['msg']}" for e in error.errors())
            if isinstance(error, ValidationError)
            else str(error)
        )
        raise FinalError(f"the policy file {file.name} cannot be used: {faults}") from None
