"""What is over goes, what is undecided or held stays, nothing goes before its plan or its time, and the ledger tells all of it."""

from __future__ import annotations

import os
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa
from click.testing import Result
from pydantic import SecretStr
from typer.testing import CliRunner

from pipelines.cli import app
from pipelines.platform.clock import Clock, ClockMode
from pipelines.platform.errors import FinalError, RuleError
from pipelines.platform.object_store import ObjectStore, RetainedObjectError
from pipelines.registry.contract import DeliveryKind
from pipelines.retention.rules import RuleTable, load_rules
from pipelines.retention.steps import Retention, delete_due, plan_retention
from pipelines.retention.swept import Swept
from tests.campaign_driver import SENT, Campaign, code_in, paris, request
from tests.registry_builder import by_letter, deliver, invent

# Objects are as old as the machine says that they are: the time passes by the instant of the run.
LATER = datetime.now(UTC) + timedelta(days=2_000)
SOON = datetime.now(UTC) + timedelta(days=20)


@pytest.fixture
def rules() -> RuleTable:
    """The rules of the database, the store and the logs: Airflow's own database is another test's."""
    table = load_rules()
    return table.model_copy(update={"rules": tuple(rule for rule in table.rules if rule.how != "airflow")})


@pytest.fixture
def shell(campaign: Campaign, at_a_shell: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """Commands run on the test's installation."""
    monkeypatch.setattr("pipelines.installation.settings", lambda: campaign.home.settings)


@pytest.fixture
def here(campaign: Campaign, rules: RuleTable, tmp_path: Path) -> Retention:
    home = campaign.home
    return Retention(rules, home.db, home.store, home.clock, tmp_path / "logs", SecretStr(""))


def due(here: Retention, rule: str, as_of: datetime = LATER) -> tuple[int, int]:
    """What a rule would delete, and what it holds back."""
    (found,) = [swept for swept in plan_retention(here, as_of) if swept.rule == rule]
    return found.due, found.held


def keys(here: Retention, bucket: str, prefix: str = "") -> list[str]:
    return here.store.keys(bucket, prefix)


def ledger(campaign: Campaign) -> int:
    found = campaign.rows("select coalesce(sum((counts ->> 'deleted')::int), 0) as n from platform.unit_of_work where step = 'retention'")
    return int(found[0]["n"])


def test_a_plan_deletes_nothing(campaign: Campaign, here: Retention) -> None:
    here.store.put("reports", "2022-01-31/report.json", b"{}")
    assert due(here, "reports") == (1, 0)
    assert keys(here, "reports") == ["2022-01-31/report.json"] and ledger(campaign) == 0


def test_nothing_goes_before_its_time(here: Retention) -> None:
    here.store.put("reports", "2022-01-31/report.json", b"{}")
    assert due(here, "reports", SOON) == (0, 0)
    delete_due(here, "reports", SOON)
    assert keys(here, "reports") == ["2022-01-31/report.json"]


def test_what_is_over_goes_once_and_is_in_the_ledger(campaign: Campaign, here: Retention) -> None:
    for day in range(1, 4):
        here.store.put("reports", f"2022-01-0{day}/report.json", b"{}")
    assert delete_due(here, "reports", LATER).due == 3
    assert delete_due(here, "reports", LATER).due == 0
    assert keys(here, "reports") == [] and ledger(campaign) == 3


def test_the_ledger_tells_of_a_page_before_it_goes(campaign: Campaign, here: Retention, monkeypatch: pytest.MonkeyPatch) -> None:
    here.store.put("reports", "2022-01-31/report.json", b"{}")

    def killed(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(ObjectStore, "delete_versions", killed)
    with pytest.raises(KeyboardInterrupt):
        delete_due(here, "reports", LATER)
    assert ledger(campaign) == 1
    monkeypatch.undo()
    assert delete_due(here, "reports", LATER).due == 1 and keys(here, "reports") == [] and ledger(campaign) == 1


def test_every_version_of_an_object_goes(campaign: Campaign, here: Retention) -> None:
    """A bucket with versioning would keep what is only marked as deleted."""
    client, name = here.store.client, campaign.home.settings.bucket("reports")
    client.put_bucket_versioning(Bucket=name, VersioningConfiguration={"Status": "Enabled"})
    try:
        for content in (b"first", b"second"):
            here.store.put("reports", "some/report.json", content)
        here.store.delete("reports", "some/report.json")
        delete_due(here, "reports", LATER)
        left = client.list_object_versions(Bucket=name)
    finally:
        client.put_bucket_versioning(Bucket=name, VersioningConfiguration={"Status": "Suspended"})
    assert left.get("Versions", []) == [] and left.get("DeleteMarkers", []) == []


def test_what_the_store_retains_stays_and_is_told(here: Retention, rules: RuleTable) -> None:
    until = datetime.now(UTC) + timedelta(seconds=3)
    here.store.keep("audit", "retention-test/kept.json", b"{}", until)
    rule = next(rule for rule in rules.timed if rule.name == "reports").model_copy(update={"bucket": "audit", "prefix": "retention-test/"})
    locked = Retention(RuleTable(rules=(rule,)), here.db, here.store, here.clock, here.airflow_logs, here.airflow_database)
    with pytest.raises(RetainedObjectError, match="refused to delete 1 objects"):
        delete_due(locked, "reports", LATER)


def test_a_lot_goes_once_it_is_deposited_and_not_before(campaign: Campaign, here: Retention) -> None:
    campaign.register(by_letter(1))
    lots = campaign.notify()
    assert due(here, "lots") == (0, 3)
    campaign.deposit(lots, SENT.date(), SENT)
    assert delete_due(here, "lots", LATER).due == 3
    assert [key for key in keys(here, "print") if "/lots/" in key] == []


def test_a_full_delivery_goes_once_another_is_in_and_its_report_stays(here: Retention, campaign: Campaign) -> None:
    first = deliver(here.store, "CPAM", [invent(1)], date(2022, 1, 3), DeliveryKind.FULL)
    assert due(here, "deliveries") == (0, 2)
    campaign.take_in_all(paris(2022, 1, 4))
    assert due(here, "deliveries") == (0, 2)
    second = deliver(here.store, "CPAM", [invent(1)], date(2022, 1, 10), DeliveryKind.FULL)
    campaign.take_in_all(paris(2022, 1, 11))
    assert delete_due(here, "deliveries", LATER) == Swept("deliveries", due=2, held=2)
    assert keys(here, "registry", f"{first}/") == [f"{first}/report.json"] and len(keys(here, "registry", f"{second}/")) == 3
    assert campaign.take_in_all(paris(2022, 1, 12)) == []


def test_a_delivery_that_put_an_identity_in_doubt_stays_until_it_is_decided(campaign: Campaign, here: Retention) -> None:
    campaign.register(invent(1))
    campaign.register(invent(1).but(birth_date="19900101"), on=date(2022, 1, 10))
    campaign.register(invent(1), on=date(2022, 1, 17))
    assert campaign.rows("select kind from registry.doubt where status = 'OPEN'") == [{"kind": "OTHER_TRAITS"}]
    doubtful = "deliveries/CPAM/2022-01-10-delta/"
    delete_due(here, "deliveries", LATER)
    delete_due(here, "quarantine", LATER)
    assert len(keys(here, "registry", doubtful)) == 3 and campaign.rows("select count(*) as n from registry.quarantine")[0]["n"] > 0
    with campaign.owner.begin() as connection:
        connection.execute(sa.text("update registry.doubt set status = 'DIFFERENT', decided_by = 'ops', decided_at = now()"))
    delete_due(here, "deliveries", LATER)
    delete_due(here, "quarantine", LATER)
    assert keys(here, "registry", doubtful) == [f"{doubtful}report.json"]
    assert campaign.rows("select count(*) as n from registry.quarantine")[0]["n"] == 0
    assert campaign.broken_equations() == []


def test_files_of_partners_go_once_they_are_decided(campaign: Campaign, here: Retention) -> None:
    campaign.register(invent(1))
    campaign.notify()
    campaign.oppose(request(invent(1), code_in(campaign.mails_to(invent(1))[0]), SENT), at=paris(2022, 2, 3))
    here.store.put("exchanges", "oppositions/WEB/taken/never-decided.jsonl", b"{}")
    here.store.put("exchanges", "oppositions/WEB/inbox/waits.jsonl", b"{}")
    assert due(here, "opposition_files") == (1, 1) and due(here, "answers") == (1, 0)
    delete_due(here, "opposition_files", LATER)
    delete_due(here, "answers", LATER)
    assert keys(here, "exchanges") == ["oppositions/WEB/inbox/waits.jsonl", "oppositions/WEB/taken/never-decided.jsonl"]
    assert campaign.status(invent(1)) == "OPPOSED"


def test_a_refused_file_stays_while_its_day_is_not_known_whole(campaign: Campaign, here: Retention) -> None:
    campaign.opposition_file(b"\xff\xfe not text", SENT, name="refused.jsonl")
    assert due(here, "opposition_files") == (0, 1)


def test_a_former_name_goes_once_no_lot_can_need_it(campaign: Campaign, here: Retention) -> None:
    campaign.register(by_letter(1))
    lots = campaign.notify()
    campaign.register(by_letter(1).but(used_name="AUTRENOM"), on=date(2022, 2, 7))
    assert campaign.rows("select count(*) as n from registry.former_identity")[0]["n"] == 1
    assert due(here, "former_identities") == (0, 0)
    campaign.deposit(lots, SENT.date(), SENT)
    assert delete_due(here, "former_identities", LATER).due == 1
    assert campaign.rows("select count(*) as n from registry.former_identity")[0]["n"] == 0


def test_old_logs_go_with_folders_that_are_empty_then(here: Retention) -> None:
    for name, age in (("old/run/1.log", 200), ("new/run/1.log", 1)):
        file = here.airflow_logs / name
        file.parent.mkdir(parents=True)
        file.write_text("a line")
        at = (LATER - timedelta(days=age)).timestamp()
        os.utime(file, (at, at))
    assert delete_due(here, "airflow_logs", LATER).due == 1
    assert sorted(path.name for path in here.airflow_logs.iterdir()) == ["new"]


def run(*arguments: str) -> Result:
    return CliRunner().invoke(app, ["retention", *arguments])


def test_what_somebody_disputes_stays_until_the_hold_is_lifted(here: Retention, shell: None) -> None:
    for key in ("2022-01/report.json", "2022-011/report.json"):
        here.store.put("reports", key, b"{}")
    assert run("hold", "reports/2022-01", "--reason", "a dispute of a partner").exit_code == 0
    assert "reports/2022-01, since" in run("holds").output and "a dispute of a partner" in run("holds").output
    assert run("hold", "reports/2022-01", "--reason", "again").exit_code == 1
    delete_due(here, "reports", LATER)
    assert keys(here, "reports") == ["2022-01/report.json"]
    assert run("lift", "reports/2022-01").exit_code == 0 and run("lift", "reports/2022-01").exit_code == 1
    delete_due(here, "reports", LATER)
    assert keys(here, "reports") == [] and run("holds").output == "nothing is held\n"


@pytest.mark.parametrize("rule", ["reports", "airflow_logs", "former_identities"])
def test_a_whole_rule_can_be_held(campaign: Campaign, here: Retention, shell: None, rule: str) -> None:
    campaign.register(by_letter(1))
    campaign.register(by_letter(1).but(used_name="AUTRENOM"), on=date(2022, 2, 7))
    here.store.put("reports", "2022-01/report.json", b"{}")
    here.airflow_logs.mkdir()
    (here.airflow_logs / "1.log").write_text("a line")
    assert run("hold", rule, "--reason", "an inquiry").exit_code == 0
    assert delete_due(here, rule, LATER).due == 0
    assert ledger(campaign) == 0


def test_a_run_from_the_future_deletes_nothing(campaign: Campaign, here: Retention) -> None:
    """By this machine's clock, and by the store's where this machine's is wrong."""
    here.store.put("reports", "2022-01/report.json", b"{}")
    system = Retention(here.rules, here.db, here.store, Clock(ClockMode.SYSTEM), here.airflow_logs, here.airflow_database)
    with pytest.raises(RuleError, match="in the future"):
        delete_due(system, "reports", LATER)


def test_a_clock_that_the_store_contradicts_deletes_nothing(here: Retention, monkeypatch: pytest.MonkeyPatch) -> None:
    system = Retention(here.rules, here.db, here.store, Clock(ClockMode.SYSTEM), here.airflow_logs, here.airflow_database)
    monkeypatch.setattr(Clock, "present", lambda _, as_of: as_of)
    with pytest.raises(RuleError, match="in the future for the object store"):
        plan_retention(system, LATER)


def test_airflows_database_must_be_known_to_be_cleaned(here: Retention) -> None:
    every = Retention(load_rules(), here.db, here.store, here.clock, here.airflow_logs, SecretStr(""))
    with pytest.raises(FinalError, match="ESPACE_SANTE_AIRFLOW_DATABASE_URL"):
        delete_due(every, "airflow_records", LATER)
