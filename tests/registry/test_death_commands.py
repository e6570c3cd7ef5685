"""`espace-sante registry deaths`: what waits is listed without a name, and shown only to whoever says who and why."""

from __future__ import annotations

import getpass
import json
from dataclasses import dataclass
from typing import Any

import pytest
import sqlalchemy as sa
from click.testing import Result
from typer.testing import CliRunner

from pipelines.installation import Installation
from pipelines.platform.errors import FinalError
from pipelines.registry.death_commands import deaths_app
from pipelines.registry.deaths import take_in_death_files
from pipelines.registry.postal_address import fold_line
from tests.campaign_driver import paris
from tests.death_file_builder import death_of, file_of
from tests.registry_builder import invent

ANNE = invent(1, birth_date="19420314")
PERSON = """
insert into registry.person (
  person_id, birth_name, first_names, birth_name_key, first_names_key, sex, birth_date, born_on, birth_precision,
  birthplace_code, known_since
) values (7, :name, :first, :name_key, :first_key, 'F', '19420314', '1942-03-14', 'DAY', '75056', '2024-01-01')
"""
NUMBER = "insert into registry.identifier (matricule, matricule_kind, person_id, known_since) values (:matricule, 'NIR', 7, '2024-01-01')"
WHY = ("--reason", "dossier vu")


@dataclass
class Shell:
    """Somebody at a shell; one death of Anne waits, her day of birth being another in the file."""

    home: Installation
    owner: sa.Engine

    def run(self, *arguments: str) -> Result:
        """Run a command."""
        return CliRunner().invoke(deaths_app, list(arguments))

    def rows(self, statement: str) -> list[dict[str, Any]]:
        """Return what a query finds."""
        with self.owner.begin() as connection:
            return [dict(row) for row in connection.execute(sa.text(statement)).mappings()]

    @property
    def doubt(self) -> str:
        """The number of the doubt."""
        return str(self.rows("select doubt_id from registry.doubt")[0]["doubt_id"])

    def died_on(self) -> Any:
        """Return when Anne died."""
        return self.rows("select died_on from registry.person")[0]["died_on"]


@pytest.fixture
def shell(installation: Installation, owner: sa.Engine, at_a_shell: None) -> Shell:
    traits = {"name": ANNE.birth_name, "first": ANNE.first_names}
    keys = {"name_key": fold_line(ANNE.birth_name), "first_key": fold_line(ANNE.first_names)}
    with owner.begin() as connection:
        connection.execute(sa.text(PERSON), traits | keys)
        connection.execute(sa.text(NUMBER), {"matricule": ANNE.matricule})
    line = death_of(ANNE, birth_date="19420315", birthplace="PARI\x1bS")
    installation.store.put("exchanges", "deaths/inbox/juin.txt", file_of(line))
    take_in_death_files(installation.db, installation.store, paris(2024, 7, 8))
    return Shell(installation, owner)


def test_what_waits_is_listed_by_numbers_only(shell: Shell) -> None:
    result = shell.run("list")
    assert result.exit_code == 0 and f"doubt {shell.doubt} | person 7 | juin.txt:1 | since 2024-07-08" in result.stdout
    assert "QUENEHERVE" not in result.stdout.upper() and "1942" not in result.stdout


def test_what_waits_is_listed_for_machines(shell: Shell) -> None:
    assert json.loads(shell.run("list", "--json").stdout) == [
        {"doubt_id": int(shell.doubt), "person_id": 7, "subject": "juin.txt:1", "raised_on": "2024-07-08"}
    ]


def test_both_identities_are_shown_and_the_look_is_kept(shell: Shell) -> None:
    result = shell.run("show", shell.doubt, *WHY, "--by", "ops")
    assert result.exit_code == 0, result.output
    birth = next(line for line in result.stdout.splitlines() if line.startswith("birth date"))
    assert birth.split()[-2:] == ["19420314", "19420315"]
    looks = shell.rows("select a.reason, u.actor from platform.audit as a join platform.unit_of_work as u using (work_id)")
    assert looks == [{"reason": "dossier vu", "actor": "ops"}]


def test_dirt_of_a_file_never_reaches_the_terminal(shell: Shell) -> None:
    shown = shell.run("show", shell.doubt, *WHY).stdout
    assert "\x1b" not in shown and "PARI?S" in shown


@pytest.mark.parametrize(("choice", "dies"), [("--same", True), ("--different", False)])
def test_a_decision_is_recorded(shell: Shell, choice: str, dies: bool) -> None:
    result = shell.run("decide", shell.doubt, choice, *WHY)
    assert result.exit_code == 0 and (shell.died_on() is not None) is dies
    assert shell.rows("select decided_by, decision_reason from registry.doubt") == [
        {"decided_by": getpass.getuser(), "decision_reason": "dossier vu"}
    ]


def test_nobody_decides_without_saying_which(shell: Shell) -> None:
    assert shell.run("decide", shell.doubt, *WHY).exit_code == 2 and shell.died_on() is None


@pytest.mark.parametrize("who", ["7", ANNE.matricule, f"{ANNE.matricule[:7]} {ANNE.matricule[7:]}"])
def test_a_death_is_reversed_by_the_number_or_the_matricule_of_the_person(shell: Shell, who: str) -> None:
    shell.run("decide", shell.doubt, "--same", *WHY)
    result = shell.run("reverse", who, *WHY)
    assert result.exit_code == 0 and shell.died_on() is None
    assert ANNE.matricule[:13] not in result.output


@pytest.mark.parametrize("command", [("show", "1"), ("decide", "1", "--same"), ("reverse", "7")])
@pytest.mark.parametrize("reason", ["  ", f"appel de {ANNE.matricule[:5]} {ANNE.matricule[5:]}"])
def test_a_reason_is_said_and_holds_no_matricule(shell: Shell, command: tuple[str, ...], reason: str) -> None:
    result = shell.run(*command, "--reason", reason)
    assert isinstance(result.exception, FinalError) and ANNE.matricule[:13] not in str(result.exception).replace(" ", "")
    assert shell.rows("select 1 from platform.audit") == [] and shell.died_on() is None
