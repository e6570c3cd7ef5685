"""The form on which people decide: what it takes, what it refuses to keep, and in whose name."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

DAGS = Path(__file__).resolve().parents[2] / "dags"
FOLDER = "deliveries/MSA/2026-01-05-full"


@pytest.fixture(scope="module")
def dag(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    patch = pytest.MonkeyPatch()
    patch.setenv("AIRFLOW_HOME", str(tmp_path_factory.mktemp("airflow")))
    patch.syspath_prepend(str(DAGS))
    for module in ("conventions", "registry_decisions"):
        sys.modules.pop(module, None)
    import registry_decisions

    yield registry_decisions.registry_decisions()
    patch.undo()


def typed(dag: Any, **values: str) -> dict[str, Any]:
    """Return what the form makes of what somebody types."""
    from airflow.sdk.definitions.param import ParamsDict

    form = ParamsDict({name: dag.params.get_param(name) for name in dag.params}, suppress_exception=False)
    form.update({"on": FOLDER, "decision": "accept", "reason": "vu avec l'organisme"} | values)
    return dict(form.validate())


@pytest.mark.parametrize("on", [FOLDER, "deliveries/MSA/2026-01-05-correction-1", "12"])
def test_a_folder_or_a_number_is_taken(dag: Any, on: str) -> None:
    assert typed(dag, on=on)["on"] == on


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("on", "282037505600197"),
        ("on", "../MSA"),
        ("decision", "perhaps"),
        ("reason", ""),
        ("reason", "   "),
        ("reason", "assurée 2 82 03 75 056 001"),
        ("reason", "assuré 1 82 03 2A 056 001"),
        ("reason", "282037505600197"),
        ("reason", "écrit à anne@courriel.example"),
    ],
)
def test_what_could_be_personal_or_means_nothing_is_not_kept(dag: Any, field: str, value: str) -> None:
    from airflow.sdk.exceptions import ParamValidationError

    with pytest.raises(ParamValidationError):
        typed(dag, **{field: value})


@pytest.mark.parametrize("reason", ["dossier 2026-0117 vu le 5 janvier 2026", "taux de rejet de 12,5 %"])
def test_dates_and_figures_are_no_matricules(dag: Any, reason: str) -> None:
    assert typed(dag, reason=reason)["reason"] == reason


def test_nothing_but_a_person_starts_it(dag: Any) -> None:
    assert [str(getattr(kind, "value", kind)) for kind in dag.allowed_run_types] == ["manual"] and not dag.timetable.can_be_scheduled
