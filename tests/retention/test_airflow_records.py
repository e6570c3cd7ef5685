"""Airflow's own database is cleaned by Airflow's own command, on a real one."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa

from pipelines.installation import Installation
from pipelines.platform.errors import FinalError
from pipelines.platform.settings import AIRFLOW_DATABASE, Settings
from pipelines.retention.airflow_records import sweep_airflow
from pipelines.retention.holds import lift_hold, put_hold
from pipelines.retention.rules import AirflowRule, load_rules
from pipelines.retention.swept import Swept

NOW = datetime.now(UTC)
RULE = load_rules().named("airflow_records")
CLICK = "insert into log (dttm, event, owner) values (:at, 'some_click', 'ops')"
assert isinstance(RULE, AirflowRule)


@pytest.fixture(scope="module")
def airflow(platform_settings: Settings, tmp_path_factory: pytest.TempPathFactory) -> Iterator[sa.Engine]:
    """Airflow's database with its tables, and no server of Airflow."""
    url = platform_settings.airflow_database_url.get_secret_value()
    own = {"AIRFLOW_HOME": str(tmp_path_factory.mktemp("airflow")), AIRFLOW_DATABASE: url, "AIRFLOW__CORE__LOAD_EXAMPLES": "False"}
    patch = pytest.MonkeyPatch()
    for name, value in own.items():
        patch.setenv(name, value)
    subprocess.run([sys.executable, "-m", "airflow", "db", "migrate"], env=dict(os.environ), check=True, capture_output=True)
    engine = sa.create_engine(url)
    yield engine
    engine.dispose()
    patch.undo()


@pytest.fixture
def clicks(airflow: sa.Engine) -> sa.Engine:
    """An old click and a new one."""
    with airflow.begin() as connection:
        connection.execute(sa.text("delete from log"))
        for days in (RULE.days + 10, 10):
            connection.execute(sa.text(CLICK), {"at": NOW - timedelta(days=days)})
    return airflow


def left(airflow: sa.Engine) -> int:
    with airflow.begin() as connection:
        return int(connection.execute(sa.text("select count(*) from log where event = 'some_click'")).scalar_one())


def test_old_records_go_once_they_are_not_held_and_new_ones_stay(installation: Installation, clicks: sa.Engine) -> None:
    def sweep() -> tuple[Swept, int]:
        return sweep_airflow(installation.db, installation.settings.airflow_database_url, RULE, NOW, deletes=True), left(clicks)

    put_hold(installation.db, "airflow_records", "an inquiry", NOW, "ops")
    assert sweep() == (Swept("airflow_records", held=1), 2)
    lift_hold(installation.db, "airflow_records", NOW, "ops")
    assert sweep() == (Swept("airflow_records", due=1), 1)
    with installation.db.transaction() as session:
        done = session.one("platform/find_work", step="retention", unit=f"airflow_records/{NOW.isoformat()}")
    assert done["counts"] == {"deleted": 1}


def test_a_command_that_fails_is_told(installation: Installation, tmp_path: Path) -> None:
    nowhere = type(installation.settings.airflow_database_url)("postgresql+psycopg2://nobody:word@127.0.0.1:9/airflow")
    with pytest.raises(FinalError, match="`airflow db clean` ended with 1") as told:
        sweep_airflow(installation.db, nowhere, RULE, NOW, deletes=False)
    assert "word" not in str(told.value)
