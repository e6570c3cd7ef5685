"""Processes that run one step each, to be stopped at a marker and killed there."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.campaign_driver import Campaign

PATIENCE = 120.0
PROJECT = Path(__file__).parents[2]


class Victims:
    """Processes that run one step each."""

    def __init__(self, campaign: Campaign, directory: Path) -> None:
        self._settings, self._directory = campaign.home.settings, directory

    @contextmanager
    def stopped(self, step: str, method: str, call: int, moment: str, **environment: str) -> Iterator[subprocess.Popen[bytes]]:
        """Give a process that has stopped at its marker; whatever happens, it is killed at the end."""
        marker = self._directory / f"{step}-{method.replace('/', '.')}-{call}-{moment}"
        settings = self._settings
        environment |= {
            "ESPACE_SANTE_VAR": str(settings.var),
            "ESPACE_SANTE_POLICY_FILE": str(settings.policy_file),
            "ESPACE_SANTE_SHARD_SIZE": str(settings.shard_size),
            "PATH": "",
        }
        command = [sys.executable, "-m", "tests.faults.victim", step, method, str(call), moment, str(marker)]
        with subprocess.Popen(command, env=environment, cwd=PROJECT, stderr=subprocess.PIPE) as process:
            try:
                deadline = time.monotonic() + PATIENCE
                while not marker.exists():
                    assert process.poll() is None, f"the step ended before its marker: {process.stderr.read().decode()[-2000:]}"  # type: ignore[union-attr]
                    assert time.monotonic() < deadline, "the marker was never reached"
                    time.sleep(0.02)
                yield process
            finally:
                process.kill()
                process.wait()

    def kill(self, step: str, method: str, call: int, moment: str, **environment: str) -> None:
        """Run a step until its marker, and kill it there with SIGKILL."""
        with self.stopped(step, method, call, moment, **environment):
            pass
