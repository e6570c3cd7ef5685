"""Each role of the database may do what it must, and nothing else: every refusal is tried, and told by its SQLSTATE."""

from __future__ import annotations

from datetime import date, timedelta

import psycopg
import pytest
import sqlalchemy as sa

from pipelines.campaign.forecast_sources import forecast_campaign
from pipelines.campaign.waves import find_wave
from pipelines.installation import Installation
from pipelines.notices.proofs import Look
from pipelines.notices.samples import email_samples, letter_samples
from pipelines.platform.database import Database, Role
from pipelines.platform.errors import FinalError
from pipelines.platform.settings import Settings
from pipelines.reporting.daily_report import publish_report
from pipelines.reporting.equations import balance
from pipelines.reporting.journey import consult
from tests.campaign_driver import SENT, Campaign
from tests.registry_builder import by_letter, invent

DENIED = "42501"
REFUSED = {
    Role.PIPELINE: [
        "update platform.audit set reason = 'other'",
        "delete from platform.audit",
        "truncate platform.audit",
        "truncate platform.audit_p00",
        "insert into platform.audit (person_id, work_id, occurred_at, subject, after, recorded_in) values (1, 1, now(), 's', 'a', 7)",
        "update platform.audit_link set digest = 'other'",
        "delete from platform.audit_seal",
        "delete from platform.unit_of_work",
        "update platform.unit_of_work set actor = 'other'",
        "alter table campaign.journey disable trigger all",
        "drop trigger moves on campaign.journey",
        "create trigger other after insert on campaign.journey for each row execute function campaign.journey_begins()",
        "create or replace function campaign.journey_moves() returns trigger language plpgsql as 'begin return null; end'",
        "set session_replication_role = replica",
        "alter table platform.audit add column other text",
        "create table campaign.other (other integer)",
        "create table public.other (other integer)",
        "create schema other",
        "insert into campaign.journey_move (before, after, meaning) values ('OPPOSED', 'OPENED', 'other')",
        "truncate campaign.journey",
        "update campaign.attempt set recipient_id = 1",
        "update registry.identifier set matricule = 'other'",
        "delete from registry.identifier",
        "update registry.former_contact set town = 'OTHER'",
        "delete from oppositions.opposition",
        "insert into accounts.event select * from accounts.event",
        "set role espace_owner",
    ],
    Role.REPORTING: [
        "select matricule from registry.identifier",
        "select birth_name from registry.person",
        "select born_on from registry.person",
        "select * from registry.person",
        "select email from registry.contact",
        "select town from registry.contact",
        "select * from registry.former_contact",
        "select * from registry.contact_version",
        "select * from registry.former_identity",
        "select * from registry.second_affiliation",
        "select * from registry.spoken",
        "select * from registry.representative",
        "select * from notices.addressed_attempt",
        "select * from notices.unsent_letter",
        "select reason from platform.audit",
        "select actor from platform.unit_of_work",
        "select agent from oppositions.request",
        "select record_no from accounts.event",
        "insert into platform.audit (person_id, work_id, occurred_at, subject, after) values (1, 1, now(), 's', 'a')",
        "insert into platform.unit_of_work (step, unit, as_of, actor) values ('s', 'u', now(), 'a')",
        "update campaign.journey set status = 'OPENED'",
        "delete from accounts.account",
        "create temporary table other (other integer)",
        "set role espace_pipeline",
    ],
    Role.DESK: [
        "update registry.person set birth_name = 'OTHER'",
        "update registry.identifier set person_id = 1",
        "insert into registry.contact select * from registry.contact",
        "select * from registry.second_affiliation",
        "select * from registry.former_identity",
        "update campaign.journey set status = 'OPENED'",
        "update campaign.wave set status = 'APPROVED'",
        "update campaign.attempt set status = 'SENT'",
        "insert into oppositions.opposition select * from oppositions.opposition",
        "update platform.audit set reason = 'other'",
        "delete from platform.audit",
        "truncate platform.audit",
        "set role espace_pipeline",
    ],
}
# Who owns or creates may do anything: nobody but the owner does. Whoever may make a trigger may stop one.
POWERS = """
select format('%s may %s %s', r.rolname, p.power, c.oid::regclass)
from pg_roles as r
cross join pg_class as c
cross join unnest(array['TRUNCATE', 'TRIGGER']) as p (power)
where
  r.rolname ~ '^espace_(pipeline|reporting|desk)(_login)?$' and c.relkind in ('r', 'p')
  and c.relnamespace::regnamespace::text not in ('pg_catalog', 'information_schema')
  and has_table_privilege(r.oid, c.oid, p.power)
union all
select format('%s may create in %s', r.rolname, n.nspname)
from pg_roles as r
cross join pg_namespace as n
where r.rolname ~ '^espace_(pipeline|reporting|desk)(_login)?$' and n.nspname !~ '^pg_' and has_schema_privilege(r.oid, n.oid, 'CREATE')
union all
select format('%s is more than a member of its role', r.rolname)
from pg_roles as r
where
  r.rolname ~ '^espace_(pipeline|reporting|desk)(_login)?$'
  and (r.rolsuper or r.rolcreaterole or r.rolcreatedb or r.rolreplication or r.rolbypassrls)
"""
TRUNCATED_WHILE_A_DELIVERY_IS_LOADED = "espace_pipeline may TRUNCATE registry.named_representative"


def _as(home: Installation, role: Role, statement: str) -> None:
    url = getattr(home.settings, role).get_secret_value().replace("+psycopg", "")
    with psycopg.connect(url) as connection:
        connection.execute(statement.encode())
        connection.rollback()


@pytest.mark.parametrize(("role", "statement"), [(role, statement) for role, tried in REFUSED.items() for statement in tried])
def test_what_a_role_must_not_do_is_refused(shared_installation: Installation, role: Role, statement: str) -> None:
    with pytest.raises(psycopg.Error) as caught:
        _as(shared_installation, role, statement)
    assert caught.value.sqlstate == DENIED


def test_no_role_but_the_owner_can_undo_a_rule(owner: sa.Engine) -> None:
    with owner.begin() as connection:
        powers = connection.execute(sa.text(POWERS)).scalars().all()
    assert [power for power in powers if not power.endswith("registry.named_representative")] == []
    assert TRUNCATED_WHILE_A_DELIVERY_IS_LOADED in powers


def test_no_role_may_change_the_trail(owner: sa.Engine) -> None:
    with owner.begin() as connection:
        may = connection.execute(
            sa.text(
                "select count(*) from pg_roles as r cross join pg_class as c where r.rolname ~ '^espace_(pipeline|reporting|desk)' "
                "and c.relname ~ '^audit' and c.relnamespace = 'platform'::regnamespace and c.relkind in ('r', 'p') "
                "and (has_any_column_privilege(r.oid, c.oid, 'UPDATE') or has_table_privilege(r.oid, c.oid, 'DELETE'))"
            )
        ).scalar_one()
    assert may == 0


@pytest.fixture
def told(campaign: Campaign) -> Campaign:
    """A wave of two notices, one by post, that waits for its decision."""
    campaign.register(invent(1), by_letter(2))
    campaign.plan()
    return campaign


def test_the_daily_report_is_made_by_the_role_that_counts(told: Campaign) -> None:
    home = told.home
    key = publish_report(home.reporting_db, home.store, home.policy, home.settings.home / "templates", SENT)
    assert home.store.size("reports", key) > 0


def test_equations_and_the_forecast_are_computed_by_the_role_that_counts(told: Campaign) -> None:
    equations = balance(told.home.reporting_db)
    assert [equation.name for equation in equations if not equation.holds] == []
    assert forecast_campaign(told.home.reporting_db, told.home.policy, date(2022, 1, 31)).days


def test_a_journey_is_read_by_the_desk_and_the_look_is_kept(told: Campaign) -> None:
    home = told.home
    read = consult(
        home.desk_db, home.settings.home / "templates", invent(1).matricule, "agent", "call of the person", SENT + timedelta(days=1)
    )
    assert read.events
    assert told.rows("select count(*) as looks from platform.audit where after = 'CONSULTED'")[0]["looks"] == 1


def test_letters_and_emails_of_a_wave_are_looked_at_by_the_desk(told: Campaign) -> None:
    home, (found,) = told.home, told.rows("select wave_id from campaign.wave")
    wave = find_wave(home.desk_db, found["wave_id"])
    dispatch, look = home.letter_dispatch(home.desk_db), Look("chief", "before a decision", SENT)
    assert letter_samples(dispatch, wave.wave_id, look)
    assert email_samples(dispatch, told.emails_written_by, wave.wave_id, look)


@pytest.mark.parametrize("role", Role)
def test_a_role_without_url_is_told_by_its_setting(platform_settings: Settings, role: Role) -> None:
    without = platform_settings.model_copy(update={role.value: type(platform_settings.database_url)("")})
    with pytest.raises(FinalError, match=f"ESPACE_SANTE_{role.upper()} is not set"):
        Database(without, role)


def test_the_site_has_no_role(owner: sa.Engine) -> None:
    with owner.begin() as connection:
        names = connection.execute(sa.text("select rolname from pg_roles where rolname ~ '^espace_' order by 1")).scalars().all()
    assert names == [
        "espace_desk", "espace_desk_login", "espace_owner", "espace_pipeline", "espace_pipeline_login", "espace_reporting",
        "espace_reporting_login",
    ]  # fmt: skip
