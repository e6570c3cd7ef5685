"""Instances of the embedded platform on free ports, in a directory of their own."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from pipelines.platform.embedded.platform import EmbeddedPlatform
from pipelines.platform.embedded.ports import free_ports

PROJECT = Path(__file__).parents[3]


def environment() -> dict[str, str]:
    """Return the caller's environment with free ports."""
    return {**os.environ, **free_ports().environment()}


@pytest.fixture(scope="module")
def platform(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedPlatform]:
    """Return a platform that was brought up without Airflow; a test that kills something brings it up again."""
    embedded = EmbeddedPlatform(PROJECT, tmp_path_factory.mktemp("platform") / "var", environment())
    try:
        embedded.up(with_airflow=False)
        yield embedded
    finally:
        embedded.down()


@pytest.fixture
def other(tmp_path: Path) -> Iterator[EmbeddedPlatform]:
    """Return a platform that was never brought up."""
    embedded = EmbeddedPlatform(PROJECT, tmp_path / "var", environment())
    yield embedded
    if (tmp_path / "var").is_dir():
        embedded.down()


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """Return a project whose only DAG is the slow one of these tests."""
    project = tmp_path / "project"
    (project / "dags").mkdir(parents=True)
    shutil.copy(PROJECT / "airflow.cfg", project)
    shutil.copy(Path(__file__).with_name("slow_dag.txt"), project / "dags" / "slow.py")
    return project
