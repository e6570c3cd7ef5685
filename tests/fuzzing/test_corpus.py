"""What fuzzing once reached is read again, and documents of every format are mutated for a moment."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.fuzzing.corpus import KEPT, kept_inputs
from tests.fuzzing.targets import TARGETS, require_answer

HOME = Path(__file__).parents[2]


@pytest.mark.parametrize("parser", TARGETS)
def test_every_kept_input_gets_an_answer(parser: str) -> None:
    for data in (*TARGETS[parser].seeds, *kept_inputs(parser)):
        require_answer(TARGETS[parser].wrap(data))


def test_every_kept_input_belongs_to_a_parser() -> None:
    assert {file.stem for file in KEPT.iterdir()} <= set(TARGETS)


def test_a_moment_of_mutations_finds_nothing(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "tests.fuzzing", "any", "-runs=1000", "-seed=1", f"-artifact_prefix={tmp_path}/"]
    done = subprocess.run(command, cwd=HOME, capture_output=True, text=True, check=False, timeout=200)
    assert done.returncode == 0, done.stderr[-2000:]
    assert list(tmp_path.iterdir()) == []
