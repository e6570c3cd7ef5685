"""`espace-sante window`: the six weeks of a sending, from a shell."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest
from typer.testing import CliRunner

from pipelines.cli import app

HEAVY = ("airflow", "boto3", "numpy", "pandas", "pyarrow", "sqlalchemy", "weasyprint")


def window_of(sent_at: str) -> dict[str, str]:
    result = CliRunner().invoke(app, ["window", sent_at])
    assert result.exit_code == 0, result.output
    shown: dict[str, str] = json.loads(result.stdout)
    return shown


def test_the_sending_of_31_january_2022_ends_on_14_march() -> None:
    assert window_of("2022-01-31T09:00:00+01:00") == {
        "sent_at": "2022-01-31T09:00:00+01:00",
        "sent_on": "2022-01-31",
        "last_day": "2022-03-14",
        "last_instant": "2022-03-14T23:59:59.999999+01:00",
        "opens_on": "2022-03-15",
    }


@pytest.mark.parametrize(
    ("sent_at", "last_instant", "opens_on"),
    [
        ("2022-02-14T23:30:00+01:00", "2022-03-28T23:59:59.999999+02:00", "2022-03-29"),
        ("2022-09-26T12:00:00+02:00", "2022-11-07T23:59:59.999999+01:00", "2022-11-08"),
        ("2022-02-13T12:00:00+01:00", "2022-03-27T23:59:59.999999+02:00", "2022-03-28"),
        ("2022-09-18T12:00:00+02:00", "2022-10-30T23:59:59.999999+01:00", "2022-10-31"),
    ],
)
def test_a_change_of_clocks_neither_shortens_nor_lengthens_the_six_weeks(sent_at: str, last_instant: str, opens_on: str) -> None:
    shown = window_of(sent_at)
    assert (shown["last_instant"], shown["opens_on"]) == (last_instant, opens_on)


@pytest.mark.parametrize("sent_at", ["2022-01-30T23:00:00Z", "2022-01-31T22:59:59.999999+00:00", "2022-01-31T08:00:00+09:00"])
def test_the_day_of_sending_is_that_of_paris(sent_at: str) -> None:
    assert window_of(sent_at)["sent_on"] == "2022-01-31"


def test_the_option_for_machines_changes_nothing() -> None:
    plain, asked = (CliRunner().invoke(app, ["window", "2022-01-31T09:00:00Z", *more]).stdout for more in ([], ["--json"]))
    assert plain == asked


@pytest.mark.parametrize(
    ("sent_at", "what"),
    [
        ("2022-01-31T09:00:00", "no time zone"),
        ("2022-01-31", "no time zone"),
        ("tomorrow", "not an instant"),
        ("", "not an instant"),
        ("2022-02-30T09:00:00Z", "not an instant"),
        ("9999-12-01T09:00:00Z", "end of the calendar"),
        ("0001-01-01T00:00:00+14:00", "end of the calendar"),
    ],
)
def test_what_is_no_instant_is_refused_in_one_sentence(sent_at: str, what: str) -> None:
    result = CliRunner().invoke(app, ["window", sent_at])
    assert result.exit_code in (1, 2) and result.stdout == ""
    assert what in result.stderr and len(result.stderr.strip().splitlines()) == 1


def test_the_command_loads_nothing_heavy() -> None:
    program = (
        "import sys\nfrom typer.testing import CliRunner\nfrom pipelines.cli import app\n"
        "assert CliRunner().invoke(app, ['window', '2022-01-31T09:00:00Z']).exit_code == 0\n"
        f"print([name for name in {HEAVY} if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
