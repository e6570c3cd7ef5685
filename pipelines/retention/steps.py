"""The verbs of retention: show what every rule would delete, then delete what one of them says."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from pydantic import SecretStr

from pipelines.platform.clock import Clock, ClockMode
from pipelines.platform.database import Database
from pipelines.platform.errors import RuleError
from pipelines.platform.object_store import ObjectStore
from pipelines.retention.airflow_records import sweep_airflow
from pipelines.retention.log_files import sweep_logs
from pipelines.retention.objects import sweep_objects
from pipelines.retention.rows import sweep_rows
from pipelines.retention.rules import AirflowRule, FileRule, ObjectRule, RowRule, RuleTable, TimedRule
from pipelines.retention.swept import Swept

CLOCKS_APART = timedelta(hours=1)


@dataclass(frozen=True)
class Retention:
    """What retention needs: rules, and where the things are that they speak of."""

    rules: RuleTable
    db: Database
    store: ObjectStore
    clock: Clock
    airflow_logs: Path
    airflow_database: SecretStr


def plan_retention(here: Retention, as_of: datetime) -> list[Swept]:
    """Return what each rule would delete and what it holds back; nothing is deleted. Raises: RuleError on a clock that is ahead."""
    _require_right_clock(here, as_of)
    return [_sweep(here, rule, as_of, deletes=False) for rule in here.rules.timed]


def delete_due(here: Retention, rule: str, as_of: datetime) -> Swept:
    """Delete what the time of one rule is over for. Safe to repeat. Raises: FinalError if there is no such rule, RuleError as above."""
    _require_right_clock(here, as_of)
    return _sweep(here, here.rules.named(rule), as_of, deletes=True)


def _sweep(here: Retention, rule: TimedRule, as_of: datetime, deletes: bool) -> Swept:
    match rule:
        case ObjectRule():
            return sweep_objects(here.db, here.store, rule, as_of, deletes)
        case RowRule():
            return sweep_rows(here.db, rule, as_of, deletes)
        case FileRule():
            return sweep_logs(here.db, here.airflow_logs, rule, as_of, deletes)
        case AirflowRule():
            return sweep_airflow(here.db, here.airflow_database, rule, as_of, deletes)


def _require_right_clock(here: Retention, as_of: datetime) -> None:
    """Refuse a run that is dated in the future, by this machine's clock or by the object store's: it would delete too early."""
    here.clock.present(as_of)
    if here.clock.mode is ClockMode.SYSTEM and as_of > here.store.present() + CLOCKS_APART:
        raise RuleError(f"this run is dated {as_of.isoformat()}, which is in the future for the object store: set the right clock first")
