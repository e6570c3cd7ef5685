"""`espace-sante registry`: what waits is listed without a name; what is personal is written or shown to whoever says who and why."""

from __future__ import annotations

import getpass
import json
from datetime import date
from pathlib import Path

import pytest
from click.testing import Result
from typer.testing import CliRunner

from pipelines.cli import app
from pipelines.registry import intake
from pipelines.registry.limits import Limits
from tests.campaign_driver import Campaign, paris
from tests.registry_builder import deliver, invent

DAY = date(2022, 1, 3)
FOLDER = "deliveries/CPAM/2022-01-03-delta"
BAD = invent(1).but(matricule=invent(1).matricule[:13] + "00")
WHY = ("--reason", "asked by the body")
PERSONAL = (invent(1).matricule[:13], invent(2).matricule[:13], "QUENEHERVE", "Ysoline", "courriel.example", "Glycines")


@pytest.fixture
def here(campaign: Campaign, at_a_shell: None, monkeypatch: pytest.MonkeyPatch) -> Campaign:
    """Commands run on the servers of the test; deliveries are judged however small they are."""
    monkeypatch.setattr(intake, "limits", lambda: Limits(bad_rows=0.6, fall=0.02, gone=0.6, smallest_judged=1))
    return campaign


def run(*arguments: str) -> Result:
    return CliRunner().invoke(app, ["registry", *arguments])


def names(text: str) -> list[str]:
    """Return the words of the test's people that a text shows."""
    return [word for word in PERSONAL if word.lower() in text.lower()]


def waiting(here: Campaign) -> str:
    """Let a delivery wait for a decision, after one that was taken in."""
    here.register(invent(3), body="MSA", on=DAY)
    folder = deliver(here.home.store, "CPAM", [BAD], DAY)
    here.take_in(folder, paris(2022, 1, 4))
    return folder


def test_the_group_has_every_command_and_those_of_its_neighbours() -> None:
    told = run("--help").output
    for command in ("deliveries", "decide", "abandon", "quarantine", "export", "replay", "doubts", "doubt", "deaths", "generate"):
        assert f" {command} " in told


def test_invented_deliveries_are_put_down_once_and_taken_in(here: Campaign, tmp_path: Path) -> None:
    assert run("generate", "--people", "40", "--out", str(tmp_path), "--bodies", "MSA", "--as-of", "2022-01-03").exit_code == 0
    assert "deliveries/MSA/2022-01-03-full\n1 deliveries put down" in run("deliver", "--from", str(tmp_path)).stdout
    assert "0 deliveries put down" in run("deliver", "--from", str(tmp_path)).stdout
    assert [report.folder for report in here.take_in_all(paris(2022, 1, 4))] == ["deliveries/MSA/2022-01-03-full"]


def test_deliveries_that_wait_come_first(here: Campaign) -> None:
    folder = waiting(here)
    lines = run("deliveries").stdout.splitlines()
    assert lines[1].startswith(folder) and "TO DECIDE (à décider) since 2022-01-04" in lines[1]
    assert "taken in (intégrée) 2022-01-03" in lines[2]
    assert [row["folder"] for row in json.loads(run("deliveries", "--waiting", "--json").stdout)] == [folder]


@pytest.mark.parametrize(("choice", "state"), [("--accept", "taken in"), ("--refuse", "refused (refusée) by chief")])
def test_a_decision_is_recorded_and_told(here: Campaign, choice: str, state: str) -> None:
    folder = waiting(here)
    result = run("decide", folder, choice, *WHY, "--by", "chief")
    assert result.exit_code == 0 and "the next run of registry_intake" in result.stdout
    assert "no delivery waits" in run("deliveries", "--waiting").stdout
    here.take_in_all(paris(2022, 1, 5))
    told = run("deliveries").stdout
    assert state in next(line for line in told.splitlines() if line.startswith(folder))
    assert ("because:" in told and WHY[1] in told) == (choice == "--refuse")


def test_nobody_decides_twice_nor_without_saying_which(here: Campaign) -> None:
    folder = waiting(here)
    assert run("decide", folder, *WHY).exit_code == 2
    run("decide", folder, "--refuse", *WHY)
    again = run("decide", folder, "--accept", *WHY)
    assert again.exit_code == 1 and "waits for a decision" in again.stderr


def test_the_same_decision_again_changes_nothing(here: Campaign) -> None:
    folder = waiting(here)
    run("decide", folder, "--refuse", *WHY)
    assert run("decide", folder, "--refuse", *WHY).exit_code == 0


def test_a_delivery_that_was_interrupted_is_abandoned_and_told_so(here: Campaign) -> None:
    here.register(invent(1), on=DAY)
    with here.owner.begin() as connection:
        connection.exec_driver_sql("update registry.delivery set status = 'LOADING'")
    here.home.store.delete("registry", f"{FOLDER}/report.json")
    result = run("abandon", FOLDER, *WHY, "--by", "chief")
    assert result.exit_code == 0 and "what of it was in stays" in result.stdout
    assert "abandoned (abandonnée) by chief" in run("deliveries").stdout
    here.take_in_all(paris(2022, 1, 5))
    assert json.loads(here.home.store.get("registry", f"{FOLDER}/report.json"))["taken_in"] is False


def test_a_delivery_that_is_whole_is_not_abandoned(here: Campaign) -> None:
    here.register(invent(1), on=DAY)
    result = run("abandon", FOLDER, *WHY)
    assert result.exit_code == 1 and "is not half in (TAKEN_IN)" in result.stderr


def test_a_quarantine_is_told_without_anybodys_data(here: Campaign) -> None:
    here.register(invent(3), BAD, on=DAY)
    told = run("quarantine", FOLDER).stdout
    assert "1 rows in the quarantine (rejets)" in told and "assures-0001.parquet:2  MATRICULE_KEY (matricule)" in told
    assert json.loads(run("quarantine", FOLDER, "--json").stdout)["by_reason"] == [
        {"reason": "MATRICULE_KEY", "column_name": "matricule", "rows": 1}
    ]
    assert names(told) == []


def test_rows_go_out_and_come_back(here: Campaign, tmp_path: Path) -> None:
    here.register(invent(3), BAD, on=DAY)
    out = tmp_path / "rejets.csv"
    result = run("export", FOLDER, "--out", str(out), *WHY)
    assert result.exit_code == 0 and "1 rows written" in result.stdout and names(result.output.replace(str(out), "")) == []
    out.write_text(out.read_text().replace(BAD.matricule, invent(1).matricule))
    result = run("replay", FOLDER, "--file", str(out))
    assert "deliveries/CPAM/2022-01-03-correction-1: 1 rows wait" in result.stdout and names(result.output) == []
    assert "as it did before" in run("replay", FOLDER, "--file", str(out)).stdout
    here.take_in_all(paris(2022, 1, 4))
    assert here.person_id(invent(1))


def alike(here: Campaign) -> str:
    """Let two people with the same traits come; return the number of the doubt."""
    here.register(invent(1), on=DAY)
    here.register(invent(1).but(matricule=invent(2).matricule), body="MSA", on=date(2022, 1, 11))
    return str(here.rows("select doubt_id from registry.doubt")[0]["doubt_id"])


def test_doubts_are_listed_by_numbers_only(here: Campaign) -> None:
    number = alike(here)
    told = run("doubts").stdout
    assert f"doubt {number} | SAME_TRAITS | person 2 and person 1 | since 2022-01-11" in told and names(told) == []
    assert [row["kind"] for row in json.loads(run("doubts", "--kind", "same_traits", "--json").stdout)] == ["SAME_TRAITS"]
    assert run("doubts", "--kind", "OTHER").exit_code == 2


def test_both_sides_are_shown_to_whoever_says_why(here: Campaign) -> None:
    shown = run("doubt", "show", alike(here), *WHY, "--by", "ops").stdout
    birth = next(line for line in shown.splitlines() if "birth date" in line)
    assert birth.split()[0] == "=" and birth.split()[-2:] == ["19820314", "19820314"]
    assert invent(1).matricule in shown and invent(2).matricule in shown
    looks = here.rows("select u.actor, count(*) as n from platform.audit join platform.unit_of_work as u using (work_id) group by 1")
    assert looks == [{"actor": "ops", "n": 2}]


@pytest.mark.parametrize(("choice", "left"), [("--same", 1), ("--different", 2)])
def test_a_doubt_is_decided(here: Campaign, choice: str, left: int) -> None:
    number = alike(here)
    result = run("doubt", "decide", number, choice, *WHY)
    assert result.exit_code == 0 and names(result.output) == []
    assert here.rows("select count(*) as n from registry.person") == [{"n": left}]
    assert here.rows("select decided_by, decision_reason from registry.doubt") == [
        {"decided_by": getpass.getuser(), "decision_reason": WHY[1]}
    ]
    assert "0 waiting" in run("doubts").stdout


@pytest.mark.parametrize("reason", ["  ", f"appel de {invent(1).matricule[:5]} {invent(1).matricule[5:]}", "écrit à a@courriel.example"])
@pytest.mark.parametrize("command", [("doubt", "show", "1"), ("doubt", "decide", "1", "--same"), ("export", FOLDER, "--out", "x.csv")])
def test_a_reason_is_said_and_names_nobody(here: Campaign, command: tuple[str, ...], reason: str) -> None:
    alike(here)
    result = run(*command, "--reason", reason)
    assert result.exit_code == 1 and names(result.stderr.replace(" ", "")) == []
    assert here.rows("select 1 from platform.audit") == []


def test_what_is_decided_is_in_the_journey_of_the_person(here: Campaign) -> None:
    run("doubt", "decide", alike(here), "--same", *WHY)
    told = CliRunner().invoke(app, ["person", invent(2).matricule, *WHY]).stdout
    assert "a doubt about identity was decided: the same person" in told and WHY[1] in told
