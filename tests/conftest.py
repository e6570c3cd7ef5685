"""Real servers for every test that asks: PostgreSQL, an object store and a mail server, brought up once a session (once a worker)."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import hypothesis
import pytest
import sqlalchemy as sa

from pipelines.installation import Installation
from pipelines.notices.emails.message import NoticeWriter
from pipelines.notices.letter_dispatch import LetterDispatch
from pipelines.platform import settings as settings_module
from pipelines.platform.clock import ClockMode
from pipelines.platform.database import Database
from pipelines.platform.embedded.platform import EmbeddedPlatform
from pipelines.platform.embedded.ports import free_ports
from pipelines.platform.object_store import ObjectStore
from pipelines.platform.settings import Settings, load_settings
from tests.campaign_driver import Campaign, code_in
from tests.registry_builder import Person, invent

# No test asserts a duration.
hypothesis.settings.register_profile("house", deadline=None)
hypothesis.settings.load_profile("house")
PROJECT = Path(__file__).parents[1]
BUCKETS = ("registry", "print", "exchanges", "reports")
SEEDED = {"campaign.campaign", "campaign.journey_move", "accounts.default_consent", "accounts.account_move"}
POLICY = """
campaign_id = 1
emails_a_day = 100000
letters_a_day = 100000
notices_a_day_by_body = {}
pilot_departments = []
look_again_after_days = 0
letters_a_lot = 50
cut_off_hour = 18
printers = ["PRINCIPAL"]
acceptance_after_days = 1
deposit_after_days = 2
bounces_after_days = 2
emails_without_bounce = 2
returned_letter = "KEEP_WINDOW"
code_after_restart = "DIES"
emails_a_chunk = 20
failures_before_lock = 5
new_code_after_days = 7
opposes_without_code = []
closes_after_opening = ["WEB", "PHONE_3422", "DESK"]
reports_daily = []
grace_days = 0
override_days = 2
mailbox_domain = "patient.mssante.example"
answer_after_days = 1
refusals_before_impossible = 2
tells_of_documents = true
archive_years = 10
express_deletion_after_days = 14
closes_after_rights_ended_days = 90
represented_by = ["TUTELLE", "HABILITATION"]
"""
OUR_TABLES = """
select c.oid::regclass::text
from pg_class as c
where
  c.relnamespace::regnamespace::text in
    ('platform', 'registry', 'campaign', 'notices', 'oppositions', 'accounts', 'documents', 'lifecycle')
  and c.relkind in ('r', 'p') and not c.relispartition
order by 1
"""


@pytest.fixture(scope="session")
def platform_settings(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Settings]:
    """The settings of embedded servers of this worker alone, under the replay clock, with a policy of small lots and chunks."""
    directory = tmp_path_factory.mktemp("servers")
    policy = directory / "policy.toml"
    policy.write_text(POLICY)
    embedded = EmbeddedPlatform(PROJECT, directory / "var", {**os.environ, **free_ports().environment()})
    try:
        embedded.up(clock=ClockMode.REPLAY, with_airflow=False)
        yield load_settings(
            {"ESPACE_SANTE_VAR": str(embedded.var), "ESPACE_SANTE_POLICY_FILE": str(policy), "ESPACE_SANTE_SHARD_SIZE": "64"}
        )
    finally:
        embedded.down()


@pytest.fixture(scope="session")
def owner(platform_settings: Settings) -> Iterator[sa.Engine]:
    """The database as its owner, to empty it between tests and to look at every table."""
    engine = sa.create_engine(platform_settings.database_owner_url.get_secret_value(), hide_parameters=True)
    yield engine
    engine.dispose()


@pytest.fixture(scope="session")
def tables(owner: sa.Engine) -> list[str]:
    """The names of all tables of the project."""
    with owner.begin() as connection:
        return list(connection.execute(sa.text(OUR_TABLES)).scalars())


@pytest.fixture(scope="session")
def shared_installation(platform_settings: Settings) -> Iterator[Installation]:
    """One installation a worker: its connections last for the session."""
    shared = Installation(platform_settings)
    yield shared
    shared.close()


@pytest.fixture
def installation(shared_installation: Installation, owner: sa.Engine, tables: list[str]) -> Installation:
    """An installation in which nothing has happened yet."""
    _empty(shared_installation, owner, tables)
    return shared_installation


@pytest.fixture
def database(installation: Installation) -> Database:
    """The empty database, with the pipeline's rights."""
    return installation.db


@pytest.fixture
def store(installation: Installation) -> ObjectStore:
    """The empty object store."""
    return installation.store


@pytest.fixture(scope="session")
def letter_dispatch(shared_installation: Installation) -> LetterDispatch:
    """What makes letters, with the layouts that it has made so far."""
    return shared_installation.letter_dispatch()


@pytest.fixture(scope="session")
def notice_writer(platform_settings: Settings) -> NoticeWriter:
    """What writes e-mails."""
    return NoticeWriter(platform_settings.home / "templates")


@pytest.fixture
def campaign(
    installation: Installation, owner: sa.Engine, tables: list[str], letter_dispatch: LetterDispatch, notice_writer: NoticeWriter
) -> Campaign:
    """The whole campaign, one verb a step, on an empty installation."""
    return Campaign(installation, owner, tables, letter_dispatch, notice_writer)


@pytest.fixture
def at_a_shell(installation: Installation, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Commands run on the empty installation; the databases that they open are closed at the end."""
    monkeypatch.setattr(settings_module, "settings", lambda: installation.settings)
    opened: list[Database] = []
    real = Database.__init__

    def remembered(self: Database, *arguments: object) -> None:
        real(self, *arguments)  # type: ignore[arg-type]
        opened.append(self)

    monkeypatch.setattr(Database, "__init__", remembered)
    yield
    for database in opened:
        database.engine.dispose()


@pytest.fixture
def fresh_campaign(campaign: Campaign) -> Callable[[], Campaign]:
    """A function that empties the installation and gives the campaign again, for tests that begin many times."""

    def fresh() -> Campaign:
        _empty(campaign.home, campaign.owner, campaign.tables)
        return campaign

    return fresh


def _empty(installation: Installation, owner: sa.Engine, tables: list[str]) -> None:
    _empty_tables(owner, tables)
    _empty_buckets(installation)
    for message in (installation.settings.var / "mail").glob("*.eml"):
        message.unlink()


def _empty_tables(owner: sa.Engine, tables: list[str]) -> None:
    """Delete rather than truncate: hundreds of partitions, nearly all empty, would each get a new file."""
    last = (
        "accounts.outbound_file",
        "accounts.outbound_round",
        "platform.finding",
        "platform.inbound_file",
        "registry.delivery",
        "campaign.wave",
        "notices.print_lot",
        "platform.unit_of_work",
    )
    first = [name for name in tables if name not in SEEDED and name not in last]
    statements = "; ".join(f"delete from {name}" for name in (*first, *last))  # noqa: S608 - names come from the catalogue
    with owner.begin() as connection:
        connection.exec_driver_sql(statements)
        connection.exec_driver_sql("insert into registry.last_person_id values (0)")


def _empty_buckets(installation: Installation) -> None:
    store = installation.store
    for bucket in BUCKETS:
        for key in store.keys(bucket, ""):
            store.client.delete_object(Bucket=installation.settings.bucket(bucket), Key=key)
    store.destroy("documents", [""], despite_retention=True)


@pytest.fixture
def person(campaign: Campaign) -> Person:
    """Somebody who was told by e-mail on 31 January."""
    someone = invent(1)
    campaign.register(someone)
    campaign.notify()
    return someone


@pytest.fixture
def code(campaign: Campaign, person: Person) -> str:
    """The code as that person reads it in the e-mail."""
    return code_in(campaign.mails_to(person)[0])
