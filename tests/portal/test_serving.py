"""The command: a killed site loses no request that it gave a receipt for, and a stopped one leaves none behind."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

from pipelines.installation import Installation
from pipelines.platform.settings import Settings
from pipelines.portal.exchange import BUCKET, FOLDER
from tests.portal.conftest import KEY, Visitor
from tests.portal.people import ANNE


@pytest.fixture
def environment(platform_settings: Settings, tmp_path: Path) -> dict[str, str]:
    """What the machine of a site is given: the store and a key, no database."""
    here = platform_settings
    own = {
        "VAR": str(tmp_path),
        "S3_ENDPOINT": here.s3_endpoint,
        "S3_ACCESS_KEY": here.s3_access_key.get_secret_value(),
        "S3_SECRET_KEY": here.s3_secret_key.get_secret_value(),
        "PORTAL_KEY": KEY,
    }
    return os.environ | {f"ESPACE_SANTE_{name}": value for name, value in own.items()}


@contextmanager
def portal(environment: dict[str, str], log: Path, stop: signal.Signals) -> Iterator[Visitor]:
    """Run the command until the block ends, then stop it by a signal."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    with log.open("ab") as out:
        command = [sys.executable, "-m", "pipelines.cli", "portal", "--port", str(port)]
        process = subprocess.Popen(command, env=environment, stdout=out, stderr=out)
        visitor = Visitor(f"http://localhost:{port}")
        try:
            while process.poll() is None and not _answers(visitor):
                time.sleep(0.05)
            yield visitor
        finally:
            process.send_signal(stop)
            process.wait()


def _answers(visitor: Visitor) -> bool:
    try:
        return visitor.get("/health").status_code == 200
    except httpx.TransportError:
        return False


def test_a_request_with_a_receipt_outlives_a_kill_and_leaves_no_trace_in_the_log(
    environment: dict[str, str], shared_installation: Installation, tmp_path: Path
) -> None:
    log = tmp_path / "log"
    with portal(environment, log, signal.SIGKILL) as visitor:
        assert "Nous avons bien reçu" in visitor.oppose(ANNE).text
        (file,) = (tmp_path / "portal").glob("*.jsonl")
        kept = file.read_bytes()
    assert file.exists()
    with portal(environment, log, signal.SIGTERM):
        pass
    assert not file.exists() and shared_installation.store.get(BUCKET, f"{FOLDER}/inbox/{file.name}") == kept
    told = log.read_text()
    assert "POST /choix 303" in told and ANNE["code"] not in told and ANNE["matricule"] not in told


def test_two_sites_do_not_share_a_directory(environment: dict[str, str], tmp_path: Path) -> None:
    with portal(environment, tmp_path / "log", signal.SIGTERM):
        command = [sys.executable, "-m", "pipelines.cli", "portal", "--port", "1"]
        second = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=60)
    assert second.returncode == 1 and second.stderr.startswith("espace-sante: another portal writes to")
