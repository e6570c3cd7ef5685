"""A DAG that a person starts, imported as Airflow does, to run its tasks on a real database."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest

DAGS = Path(__file__).resolve().parents[2] / "dags"


def form(name: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[ModuleType]:
    """Give the module of a DAG, with a home of Airflow of its own."""
    patch = pytest.MonkeyPatch()
    patch.setenv("AIRFLOW_HOME", str(tmp_path_factory.mktemp("airflow")))
    patch.syspath_prepend(str(DAGS))
    for module in ("conventions", "approval", name):
        sys.modules.pop(module, None)
    yield importlib.import_module(name)
    patch.undo()
