"""`espace-sante reconcile` and `person`, on a real database."""

from __future__ import annotations

import getpass
import json
import stat
from pathlib import Path

import pypdf
import pytest
import sqlalchemy as sa
from click.testing import Result
from typer.testing import CliRunner

from pipelines.cli import app
from tests.campaign_driver import Campaign
from tests.registry_builder import invent


@pytest.fixture
def here(campaign: Campaign, at_a_shell: None) -> Campaign:
    """Commands run on the database of the test."""
    return campaign


def run(*arguments: str) -> Result:
    return CliRunner().invoke(app, list(arguments))


def test_balanced_books_end_with_0(here: Campaign) -> None:
    here.register(invent(1))
    result = run("reconcile")
    assert result.exit_code == 0 and "BROKEN" not in result.stdout


def test_books_that_do_not_balance_end_with_1_and_name_the_equation(here: Campaign) -> None:
    here.register(invent(1))
    here.notify()
    with here.owner.begin() as connection:
        connection.execute(sa.text("delete from platform.audit"))
    result = run("reconcile")
    assert result.exit_code == 1
    assert [line.split()[0] for line in result.stdout.splitlines() if "BROKEN" in line] == ["10_audit"]


def test_equations_for_machines(here: Campaign) -> None:
    here.register(invent(1), invent(2))
    equations = {equation["name"]: equation for equation in json.loads(run("reconcile", "--json").stdout)}
    assert equations["02_people"] == {
        "name": "02_people", "title": equations["02_people"]["title"], "left_hand": 2, "right_hand": 2, "violations": 0, "breaks": [],
        "holds": True,
    }  # fmt: skip


def test_a_journey_is_told_in_plain_words_without_the_matricule(here: Campaign) -> None:
    person = invent(1)
    here.register(person)
    here.notify()
    result = run("person", person.matricule, "--reason", "call of the person")
    assert result.exit_code == 0, result.output
    told = [line.split(" | ")[1] for line in result.stdout.splitlines()]
    assert told == ["planned in a wave", "notified: the six weeks run", "this journey was looked at"]
    assert person.matricule[:13] not in result.stdout


def test_a_journey_is_written_to_a_file_that_its_owner_alone_reads(here: Campaign, tmp_path: Path) -> None:
    person, file = invent(1), tmp_path / "journey.pdf"
    here.register(person)
    here.notify()
    result = run("person", person.matricule, "--reason", "demande d'accès", "--pdf", str(file))
    assert (result.exit_code, result.stdout, stat.filemode(file.stat().st_mode)) == (0, "", "-rw-------")
    told = " ".join("".join(page.extract_text() for page in pypdf.PdfReader(file).pages).split())
    assert "Dernier jour pour vous opposer : 14 mars 2022" in told and "Motif : demande d’accès" in told


def test_whoever_looks_is_kept_with_the_reason(here: Campaign) -> None:
    person = invent(1)
    here.register(person)
    here.notify()
    spaced = " ".join((person.matricule[:1], person.matricule[1:7], person.matricule[7:]))
    last = json.loads(run("person", spaced, "--reason", "call of the person", "--json").stdout)[-1]
    assert (last["what"], last["why"], last["by"]) == (
        "this journey was looked at", "call of the person", f"consult_person ({getpass.getuser()})",
    )  # fmt: skip


@pytest.mark.parametrize("reason", [[], ["--reason", "  "]])
def test_nobody_looks_without_a_reason(here: Campaign, reason: list[str]) -> None:
    person = invent(1)
    here.register(person)
    result = run("person", person.matricule, *reason)
    assert result.exit_code == 1 and "--reason" in result.stderr
    assert here.rows("select 1 from platform.audit where subject = 'person'") == []


def test_a_reason_that_repeats_the_matricule_is_refused(here: Campaign) -> None:
    person = invent(1)
    here.register(person)
    result = run("person", person.matricule, "--reason", f"caller {person.matricule[:7]} {person.matricule[7:]}")
    assert result.exit_code == 1 and person.matricule[:13] not in result.output


def test_an_unknown_matricule_is_not_repeated(here: Campaign) -> None:
    result = run("person", invent(1).matricule, "--reason", "call")
    assert result.exit_code == 1 and invent(1).matricule not in result.output
