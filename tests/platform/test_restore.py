"""A backup, put into servers that know nothing: the books balance, the trail is as it was sealed, and the campaign goes on."""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import uuid4

import pytest
import sqlalchemy as sa

from pipelines.audit.sealing import BUCKET, seal_audit
from pipelines.audit.verification import verify_audit
from pipelines.installation import Installation
from pipelines.platform.embedded.account import database_account
from pipelines.platform.embedded.environment import server_environment
from pipelines.platform.embedded.instance import Instance, prepare_directory, read_instance
from pipelines.platform.embedded.ports import free_ports
from pipelines.platform.embedded.postgres import COMPONENT, Postgres
from pipelines.platform.embedded.secrets import DATABASE, OWNER
from pipelines.platform.errors import FinalError
from pipelines.platform.object_store import ObjectStore
from pipelines.reporting.equations import balance
from tests.audit_store import new_audit_store
from tests.campaign_driver import OPENING, SENT, Campaign, code_in, paris, request
from tests.registry_builder import by_letter, invent

YEARS = 10
NUMBERS = """
select table_schema || '.' || table_name || '.' || column_name
from information_schema.columns
where
  table_schema in ('platform', 'registry', 'campaign', 'notices', 'oppositions', 'accounts', 'documents', 'lifecycle')
  and (column_name in ('up_to', 'recorded_in') or data_type = 'xid8') and table_name !~ '_p\\d\\d$'
"""


@dataclass(frozen=True)
class Elsewhere:
    """A server of its own, made as for a new installation: roles and an empty database."""

    postgres: Postgres
    instance: Instance

    def tool(self, name: str, *arguments: str, port: int | None = None) -> subprocess.CompletedProcess[str]:
        """Run a program of PostgreSQL as the owner of the tables; on the server's own files as the account that it runs under."""
        account = None if port else database_account()
        return subprocess.run(
            [str(self.postgres._binaries / name), *arguments], capture_output=True, text=True, check=True, cwd="/",
            env={"PATH": os.environ["PATH"], "PGPASSWORD": self.instance.secrets.owner_password},
            **({"user": account.uid, "group": account.gid, "extra_groups": []} if account else {}),
        )  # type: ignore[call-overload]  # fmt: skip

    def on(self, port: int) -> list[str]:
        return ["--host=127.0.0.1", f"--port={port}", f"--username={OWNER}"]


@pytest.fixture
def elsewhere(campaign: Campaign, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Elsewhere]:
    here = campaign.home.settings
    lost = read_instance(here.home, here.var)
    assert lost is not None
    var = tmp_path_factory.mktemp("elsewhere") / "var"
    prepare_directory(var)
    ports = replace(lost.ports, postgres=free_ports().postgres)
    instance = replace(lost, var=var, ports=ports, identity=uuid4().hex[:12])
    postgres = Postgres(instance, server_environment(instance, COMPONENT))
    try:
        postgres.up()
        postgres.make_databases()
        yield Elsewhere(postgres, instance)
    finally:
        postgres.down()


@pytest.fixture
def restored(campaign: Campaign, elsewhere: Elsewhere, tmp_path: Path) -> Iterator[Installation]:
    """The campaign, lived and sealed here, as the documented steps bring it up elsewhere."""
    campaign.register(invent(1), invent(2))
    campaign.register(by_letter(3), body="MSA")
    campaign.notify_by_letter()
    campaign.oppose(request(invent(1), code_in(campaign.mails_to(invent(1))[0]), SENT), at=paris(2022, 2, 3))
    use_numbers(campaign.owner)
    own = new_audit_store(campaign.home.settings)
    seal_audit(campaign.home.db, own, YEARS, paris(2022, 2, 4, 6))
    port = campaign.home.settings.database_url.get_secret_value().rpartition(":")[2].partition("/")[0]
    dump = tmp_path / "espace_sante.dump"
    elsewhere.tool("pg_dump", *elsewhere.on(int(port)), "--format=custom", f"--file={dump}", DATABASE, port=int(port))
    there = elsewhere.instance.ports.postgres
    elsewhere.tool("pg_restore", *elsewhere.on(there), "--single-transaction", f"--dbname={DATABASE}", str(dump), port=there)
    settings = own.settings
    urls = {
        name: type(getattr(settings, name))(getattr(settings, name).get_secret_value().replace(f":{port}/", f":{there}/"))
        for name in ("database_url", "database_reporting_url", "database_desk_url")
    }
    brought_up = Installation(settings.model_copy(update=urls | {"bucket_prefix": copied(own)}))
    yield brought_up
    brought_up.close()


def use_numbers(owner: sa.Engine) -> None:
    """Let the server that will be lost use more numbers of transactions than a new one has used."""
    with owner.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.exec_driver_sql("do $$ begin for n in 1..5000 loop perform pg_current_xact_id(); commit; end loop; end $$")


def copied(store: ObjectStore) -> str:
    """Copy the heads into a bucket of another prefix, under retention again; return the prefix."""
    copy = new_audit_store(store.settings)
    for key in store.keys(BUCKET, "heads/"):
        copy.keep(BUCKET, key, store.first_version(BUCKET, key), datetime.now(UTC) + timedelta(days=1))
    return copy.settings.bucket_prefix


def go_on(elsewhere: Elsewhere, told: str) -> None:
    """Do what the refusal to seal tells an engineer to do."""
    found = re.search(r"`pg_resetwal (--next-transaction-id=\d+)`", told)
    assert found is not None
    elsewhere.postgres.down()
    elsewhere.tool("pg_resetwal", found[1], f"--pgdata={elsewhere.postgres.data}")
    elsewhere.postgres.up()


def test_a_dump_put_into_an_empty_server_balances_and_its_trail_holds_and_goes_on(restored: Installation, elsewhere: Elsewhere) -> None:
    """One test for the steps in their order: each of them needs the one before."""
    assert [str(equation) for equation in balance(restored.reporting_db) if not equation.holds] == []
    with pytest.raises(FinalError, match="began anew") as refused:
        seal_audit(restored.db, restored.store, YEARS, OPENING)
    restored.close()
    go_on(elsewhere, str(refused.value))
    assert verify_audit(restored.db, restored.store).seals == 1
    assert seal_audit(restored.db, restored.store, YEARS, OPENING)["seal_no"] == 2
    assert verify_audit(restored.db, restored.store).seals == 2


def test_every_number_of_a_transaction_that_is_kept_is_gone_on_after(owner: sa.Engine, campaign: Campaign) -> None:
    statement = (campaign.home.db.folder / "audit" / "numbers.sql").read_text()
    with owner.begin() as connection:
        kept = list(connection.execute(sa.text(NUMBERS)).scalars())
    assert kept
    assert [column for column in kept if column.rpartition(".")[0] not in statement and "audit_seal" not in column] == []
