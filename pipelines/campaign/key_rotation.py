"""Rotation of the key of codes: a new version for new codes, while codes in flight keep theirs; old versions go once no code needs them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from pipelines.platform.clock import legal_day
from pipelines.platform.database import Counts, Database, Work
from pipelines.platform.errors import RuleError

# A channel's file may come late, and what it brings counts by the day of its receipt.
LATE_FILES = timedelta(days=90)


class KeyInUseError(RuleError):
    """A key is still needed."""


@dataclass(frozen=True)
class CodeKeyUse:
    """How many codes of one version may still be used, and the last day to oppose among them (None where no window runs yet)."""

    version: int
    codes: int
    last_day: date | None


@dataclass(frozen=True)
class CodeKeyState:
    """The version in force, the oldest that still proves something, and the use of each that is in flight."""

    in_force: int
    oldest: int
    uses: tuple[CodeKeyUse, ...]


def code_key_state(db: Database, campaign_id: int, as_of: datetime) -> CodeKeyState:
    """Return where the keys of a campaign's codes stand."""
    with db.snapshot() as session:
        versions = session.one("campaign/code_key_version", campaign_id=campaign_id)
        heard_until = legal_day(as_of) - LATE_FILES
        uses = session.all("campaign/code_keys_in_flight", campaign_id=campaign_id, heard_until=heard_until)
    return CodeKeyState(
        versions["code_key_version"],
        versions["oldest_code_key"],
        tuple(CodeKeyUse(row["version"], row["codes"], row["last_day"]) for row in uses),
    )


def next_version(db: Database, campaign_id: int) -> int:
    """Return the version that the next rotation puts in force."""
    with db.transaction() as session:
        return int(session.one("campaign/code_key_version", campaign_id=campaign_id)["code_key_version"]) + 1


def put_in_force(db: Database, campaign_id: int, version: int, keys: Mapping[int, bytes], as_of: datetime, actor: str) -> None:
    """Derive new codes from the next version; codes in flight keep theirs. Safe to repeat.

    Raises: FinalError where the installation does not hold the key of that version.
    """
    _ = keys[version]

    def switch(work: Work) -> Counts:
        return {"campaigns": work.run("campaign/put_code_key_in_force", campaign_id=campaign_id, version=version)}

    db.once("rotate_code_key", f"{campaign_id}/{version}", as_of, switch, actor=actor)


def retire_code_keys(db: Database, campaign_id: int, as_of: datetime, actor: str) -> list[int]:
    """Let codes of every version before the one in force prove nothing any more; return the versions whose keys may be destroyed.

    Raises: KeyInUseError, with the first such version, while one of its codes may still be used.
    """
    state = code_key_state(db, campaign_id, as_of)
    for use in state.uses:
        if use.version < state.in_force:
            until = f", as it seems until {use.last_day + LATE_FILES:%Y-%m-%d}" if use.last_day else ""
            raise KeyInUseError(f"{use.codes:,} codes of version {use.version} may still be used{until}: retire it later")

    def retire(work: Work) -> Counts:
        return {"campaigns": work.run("campaign/retire_code_keys", campaign_id=campaign_id, version=state.in_force)}

    db.once("retire_code_keys", f"{campaign_id}/{state.in_force}", as_of, retire, actor=actor)
    return list(range(state.oldest, state.in_force))
