from __future__ import annotations

import json
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest

from pipelines.platform.embedded.health import Health
from pipelines.platform.embedded.instance import Instance
from pipelines.platform.embedded.platform import EmbeddedPlatform
from pipelines.platform.embedded.ports import free_ports
from pipelines.platform.embedded.processes import marked

SCHEDULER = "airflow-scheduler"


@pytest.fixture
def platform(home: Path, tmp_path: Path) -> Iterator[EmbeddedPlatform]:
    embedded = EmbeddedPlatform(home, tmp_path / "var", free_ports().environment())
    try:
        embedded.up()
        yield embedded
    finally:
        embedded.down()


def call(instance: Instance, path: str, body: dict[str, Any] | None = None, person: str = "ops") -> Any:
    def request(path: str, body: dict[str, Any] | None, headers: dict[str, str]) -> Any:
        data = None if body is None else json.dumps(body).encode()
        asked = urllib.request.Request(instance.airflow_address + path, data, {"Content-Type": "application/json", **headers})  # noqa: S310
        with urllib.request.urlopen(asked, timeout=30) as answer:  # noqa: S310
            return json.load(answer)

    token = request("/auth/token", {"username": person, "password": instance.secrets.airflow_people[person]}, {})
    return request(path, body, {"Authorization": f"Bearer {token['access_token']}"})


def until(found: Callable[[], bool], patience: float) -> bool:
    deadline = time.monotonic() + patience
    while not found():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.2)
    return True


@pytest.mark.timeout(600)
def test_a_killed_scheduler_costs_a_minute_and_no_task(platform: EmbeddedPlatform) -> None:
    instance = platform.instance()
    journal = platform.var / "journal"
    assert {"slow", "failing"} <= {dag["dag_id"] for dag in call(instance, "/api/v2/dags")["dags"]}, "ready is with every DAG"
    call(instance, "/api/v2/dags/failing/dagRuns", {"logical_date": None})
    assert until(lambda: any(b"Subject: it failed" in mail.read_bytes() for mail in (platform.var / "mail").glob("*.eml")), 60)
    call(instance, "/api/v2/dags/slow/dagRuns", {"logical_date": None})
    assert until(lambda: journal.exists() and "begin" in journal.read_text(), 60)

    scheduler = psutil.Process(int((platform.var / "run" / SCHEDULER).read_text()))
    scheduler.kill()
    scheduler.wait(10)
    orphans = marked(instance.identity, SCHEDULER)
    assert orphans, "the workers of a killed scheduler live on"
    platform.up()

    assert not any(orphan.is_running() and orphan.status() != psutil.STATUS_ZOMBIE for orphan in orphans)
    assert until(lambda: journal.read_text().split() == ["begin", "begin", "end"], 60)
    assert {state.state for state in platform.status()} == {Health.READY}
    pools = {pool["name"]: pool["slots"] for pool in call(instance, "/api/v2/pools", person="engineer")["pools"]}
    assert pools | {"db_write": 4, "smtp": 2, "render": 2, "backlog": 1} == pools
    logs = "".join(log.read_text(errors="replace") for log in instance.logs.glob("*.log"))
    assert not any(password in logs for password in instance.secrets.airflow_people.values())

    platform.down()

    assert marked(instance.identity) == []


@pytest.mark.timeout(120)
def test_the_configuration_has_no_key_that_this_airflow_does_not_know(tmp_path: Path) -> None:
    """`airflow config lint` ends with 0 whatever it finds: its words count."""
    project = Path(__file__).parents[3]
    environment = {"AIRFLOW_HOME": str(tmp_path), "AIRFLOW_CONFIG": str(project / "airflow.cfg"), "PATH": "/usr/bin:/bin"}
    command = [sys.executable, "-m", "airflow", "config", "lint"]

    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)

    assert "No issues found" in done.stdout


def test_every_key_of_the_configuration_exists_and_has_its_reason() -> None:
    import yaml

    project = Path(__file__).parents[3]
    template = Path(str(__import__("airflow").__path__[0])) / "config_templates" / "config.yml"
    known = {section: set(content["options"]) for section, content in yaml.safe_load(template.read_text()).items()}
    section, reason = "", False
    for line in (project / "airflow.cfg").read_text().splitlines():
        if line.startswith("["):
            section, reason = line.strip("[]"), False
        elif line.startswith("# production: "):
            assert line.removeprefix("# production: ").split(" = ")[0].split(" =")[0] in known[section], line
        elif line.startswith("#"):
            reason = True
        elif line:
            assert line.split(" = ")[0] in known[section], line
            assert reason, f"{line} has no reason"
        else:
            reason = False
