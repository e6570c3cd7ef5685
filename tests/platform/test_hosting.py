"""Whatever meets personal data outside the allowed places stops everything at its start, by name, one thing at a time."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from pipelines.platform.clock import ClockMode
from pipelines.platform.embedded.platform import EmbeddedPlatform
from pipelines.platform.errors import FinalError
from pipelines.platform.hosting import HERE, hosts_of, place_of
from pipelines.platform.settings import Settings, load_settings

URL = "postgresql+psycopg://who:secret-word@{}/espace_sante"
RELAY = '[{{"host": "{}"}}]'
# Each setting that names a place, as it is written for one, and what the refusal calls it.
USES = {
    "DATABASE_URL": (URL, "database of ESPACE_SANTE_DATABASE_URL"),
    "DATABASE_OWNER_URL": (URL, "database of ESPACE_SANTE_DATABASE_OWNER_URL"),
    "DATABASE_REPORTING_URL": (URL, "database of ESPACE_SANTE_DATABASE_REPORTING_URL"),
    "DATABASE_DESK_URL": (URL, "database of ESPACE_SANTE_DATABASE_DESK_URL"),
    "AIRFLOW_DATABASE_URL": (URL, "database of ESPACE_SANTE_AIRFLOW_DATABASE_URL"),
    "S3_ENDPOINT": ("https://{}", "object store"),
    "S3_REGION": ("{}", "object store's region"),
    "SMTP_HOST": ("{}", "mail relay"),
    "SMTP_RELAYS": (RELAY, "mail relay"),
    "PRINTER_RECIPIENTS": ('{{"{}": "age1key"}}', "print house"),
    "CLAMD": ('["tcp:{}:3310"]', "virus scanner"),
}
every_use = pytest.mark.parametrize(("setting", "written", "called"), [(name, *use) for name, use in USES.items()], ids=USES)
FAR = "elsewhere.example"


def load(tmp_path: Path, **given: str) -> Settings:
    return load_settings({"ESPACE_SANTE_VAR": str(tmp_path), **{f"ESPACE_SANTE_{name}": value for name, value in given.items()}})


@every_use
def test_what_has_no_declared_place_is_refused_by_name(tmp_path: Path, setting: str, written: str, called: str) -> None:
    with pytest.raises(FinalError, match=f"the {called} {FAR} has no declared place") as told:
        load(tmp_path, **{setting: written.format(FAR)})
    assert "secret-word" not in str(told.value)


@every_use
def test_what_is_declared_outside_the_allowed_places_is_refused_by_name(tmp_path: Path, setting: str, written: str, called: str) -> None:
    with pytest.raises(FinalError, match=f"the {called} {FAR} is in US-VA, which is not allowed"):
        load(tmp_path, **{setting: written.format(FAR)}, PLACES=json.dumps({FAR: "US-VA", "eu-west-3": "FR-75"}))


@every_use
def test_what_is_declared_in_an_allowed_place_is_used(tmp_path: Path, setting: str, written: str, called: str) -> None:
    assert load(tmp_path, **{setting: written.format(FAR)}, PLACES=json.dumps({FAR: "FR-59", "eu-west-3": "FR-75"}))


def test_every_setting_that_names_a_place_is_guarded() -> None:
    """A setting that ends like one of these names a place: give it a line in `Settings._used`, and one above."""
    endings = ("_url", "_endpoint", "_region", "_host", "_relays", "_recipients", "clamd")
    naming = [name.upper() for name in Settings.model_fields if name.endswith(endings)]
    assert sorted(USES) == sorted(naming)


def test_a_part_of_an_allowed_country_is_allowed_and_a_like_name_is_not(tmp_path: Path) -> None:
    near = {"eu-west-3": "FR", "db.example": "FR-59"}
    assert load(tmp_path, DATABASE_URL=URL.format("db.example"), PLACES=json.dumps(near))
    with pytest.raises(FinalError, match="is in FRX"):
        load(tmp_path, DATABASE_URL=URL.format("db.example"), PLACES=json.dumps(near | {"db.example": "FRX"}))


def test_another_list_of_places_may_be_chosen(tmp_path: Path) -> None:
    with pytest.raises(FinalError, match="eu-west-3 is in FR-75, which is not allowed"):
        load(tmp_path, ALLOWED_PLACES='["FR-59"]')


def test_all_that_is_wrong_is_told_at_once(tmp_path: Path) -> None:
    with pytest.raises(FinalError) as told:
        load(tmp_path, DATABASE_URL=URL.format(FAR), SMTP_HOST="relay.example")
    assert FAR in str(told.value) and "relay.example" in str(told.value)


@pytest.mark.parametrize(
    ("url", "hosts"),
    [
        ("postgresql://u:p@db.example:5432/d", ["db.example"]),
        ("postgresql://u:p@db-1.example:5432,db-2.example/d", ["db-1.example", "db-2.example"]),
        ("postgresql://u:p@127.0.0.1/d?host=elsewhere.example", ["127.0.0.1", "elsewhere.example"]),
        ("postgresql:///d?hostaddr=192.0.2.1", ["192.0.2.1"]),
        ("postgresql://u:p%40x@[2001:db8::1]:5432/d", ["2001:db8::1"]),
        ("postgresql:///d?host=/var/run/postgresql", ["/var/run/postgresql"]),
        ("postgresql:///d", [""]),
        ("https://s3.example", ["s3.example"]),
    ],
)
def test_every_host_of_a_url_is_seen(url: str, hosts: list[str]) -> None:
    assert hosts_of(url) == hosts


@pytest.mark.parametrize(("name", "place"), [("localhost", HERE), ("127.8.0.1", HERE), ("::1", HERE), ("/run/s", HERE), ("10.0.0.1", None)])
def test_only_this_machine_needs_no_declaration(name: str, place: str | None) -> None:
    assert place_of(name, {}) == place


def test_a_url_that_leaves_the_host_to_others_is_refused(tmp_path: Path) -> None:
    with pytest.raises(FinalError, match="names no host"):
        load(tmp_path, DATABASE_URL="postgresql+psycopg:///espace_sante")


def test_airflows_own_database_is_guarded_where_a_process_has_it(tmp_path: Path) -> None:
    with pytest.raises(FinalError, match=r"ESPACE_SANTE_AIRFLOW_DATABASE_URL elsewhere\.example has no declared place"):
        load_settings({"ESPACE_SANTE_VAR": str(tmp_path), "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": URL.format(FAR)})


def test_nothing_starts_beside_something_misplaced(tmp_path: Path) -> None:
    platform = EmbeddedPlatform(Path(__file__).parents[2], tmp_path / "var", {"ESPACE_SANTE_SMTP_HOST": "relay.example"})
    with pytest.raises(FinalError, match=r"the mail relay relay\.example has no declared place"):
        platform.up(clock=ClockMode.REPLAY, with_airflow=False)
    assert {state.pid for state in platform.status()} == {None}


def test_secrets_that_others_may_read_are_refused(tmp_path: Path) -> None:
    (tmp_path / "secrets.json").write_text("{}")
    (tmp_path / "secrets.json").chmod(0o640)
    with pytest.raises(FinalError, match="may be read by others than its owner"):
        load(tmp_path)
