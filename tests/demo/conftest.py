"""One demonstration of its first days, with few people, that all tests of this folder look at."""

from __future__ import annotations

import os
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from pipelines.platform.embedded.instance import Instance
from pipelines.platform.embedded.platform import EmbeddedPlatform
from pipelines.platform.embedded.ports import free_ports
from pipelines.synthetic.demo import FIRST_DAY, Demo

HOME = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="session")
def played(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Instance]:
    """What five days leave behind, on servers of their own, which still run."""
    var = tmp_path_factory.mktemp("demo") / "var"
    demo = Demo(
        EmbeddedPlatform(HOME, var, {**os.environ, **free_ports().environment()}),
        400,
        lambda words: None,
        last_day=FIRST_DAY + timedelta(days=4),
    )
    try:
        instance = demo.prepare()
        demo.play(instance)
        assert demo.failed_runs == []
        yield instance
    finally:
        demo.platform.down()
