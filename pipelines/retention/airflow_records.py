"""Cleaning of Airflow's own database by its own command, which knows its tables."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from datetime import datetime

from pydantic import SecretStr

from pipelines.platform.database import Database
from pipelines.platform.errors import FinalError
from pipelines.platform.settings import AIRFLOW_DATABASE, PREFIX
from pipelines.retention.holds import held_places, is_held
from pipelines.retention.rules import AirflowRule
from pipelines.retention.swept import Swept

# Old serialized DAGs and versions go with their runs; connections, variables and pools are no records.
_FOUND = re.compile(r"Found (\d+) rows meeting deletion criteria")
PATIENCE = 1_500
ROWS_AT_ONCE = 10_000


def sweep_airflow(db: Database, url: SecretStr, rule: AirflowRule, as_of: datetime, deletes: bool) -> Swept:
    """Run `airflow db clean` for what is older than the time of the rule: dry, or in small transactions. Safe to repeat.

    Raises: FinalError where this process is not given Airflow's database, or the command fails.
    """
    if not url.get_secret_value():
        raise FinalError(f"Airflow's database is not known here: give the workers of `retention` {PREFIX}AIRFLOW_DATABASE_URL")
    is_kept = is_held([hold["place"] for hold in held_places(db)], rule.name)
    found = _clean(url, rule.before(as_of), "--dry-run")
    if is_kept:
        return Swept(rule.name, held=found)
    if deletes and found:
        db.once("retention", f"{rule.name}/{as_of.isoformat()}", as_of, lambda _: {"deleted": found})
        _clean(url, rule.before(as_of), "--yes", "--skip-archive", "--error-on-cleanup-failure", "--batch-size", str(ROWS_AT_ONCE))
    return Swept(rule.name, due=found)


def _clean(url: SecretStr, before: datetime, *options: str) -> int:
    """Run the command; return how many rows it found."""
    environment = {**os.environ, AIRFLOW_DATABASE: url.get_secret_value()}
    command = [sys.executable, "-m", "airflow", "db", "clean", "--clean-before-timestamp", before.isoformat(), *options]
    try:
        ran = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=PATIENCE, check=False)
    except subprocess.TimeoutExpired:
        raise FinalError(f"`airflow db clean` did not end within {PATIENCE} s: run it by hand with fewer rows at a time") from None
    if ran.returncode:
        raise FinalError(
            f"`airflow db clean` ended with {ran.returncode}: run it by hand as `espace-sante airflow db clean --dry-run` to see why"
        )
    return sum(map(int, _FOUND.findall(ran.stdout + ran.stderr)))
