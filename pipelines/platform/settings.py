"""Where everything is, and under which keys: read from the environment, else from what the embedded platform wrote.

Order: `ESPACE_SANTE_*` environment variables, then `var/secrets.json` (mode 600) and `var/platform.json`, then defaults. Whatever meets
personal data is named in `Settings._used`, where the hosting guard reads it.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping
from enum import StrEnum
from functools import cache
from pathlib import Path
from typing import Annotated, cast

from pydantic import BaseModel, ConfigDict, Field, SecretStr, ValidationError, field_validator, model_validator

from pipelines.platform.clock import ClockMode
from pipelines.platform.errors import FinalError
from pipelines.platform.hosting import Used, hosts_of, misplaced
from pipelines.platform.secrets_file import read_secrets_file

PREFIX = "ESPACE_SANTE_"
AIRFLOW_DATABASE = "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN"
AIRFLOW_LOGS = "AIRFLOW__LOGGING__BASE_LOG_FOLDER"


class SmtpRelay(BaseModel):
    """A mail relay: where it listens, how to sign in, connections of one sending task.

    `a_second` limits the messages of one task, `a_day` those of all tasks and runs of a legal day (0: no limit).
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    host: str
    port: int = 25
    starttls: bool = True
    username: str = ""
    password: SecretStr = SecretStr("")
    connections: int = Field(default=4, ge=1, le=50)
    a_second: float = Field(default=0, ge=0)
    a_day: int = Field(default=0, ge=0)

    @property
    def name(self) -> str:
        """What tells it from the others."""
        return f"{self.host}:{self.port}"


class Identities(StrEnum):
    """Whose documents an installation takes: those of people, or those that the national test authorities invented."""

    REAL = "real"
    TEST = "test"


class DkimKey(BaseModel):
    """What signs the messages of a domain: the selector of its record, a private key in PEM."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    selector: str
    key: SecretStr


class Settings(BaseModel):
    """Everything that differs between two installations and is not a business rule (those are in `campaign/policy.toml`)."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    home: Path = Path(__file__).resolve().parents[2]
    var: Path = Path("var")
    clock: ClockMode = ClockMode.SYSTEM
    shard_size: int = Field(default=262_144, ge=1)
    portion_rows: int = Field(default=262_144, ge=1)
    intake_workers: int = Field(default=os.cpu_count() or 1, ge=1)
    policy_file: Path = Path(__file__).resolve().parents[1] / "campaign" / "policy.toml"

    database_url: SecretStr = SecretStr("")
    database_owner_url: SecretStr = SecretStr("")
    database_reporting_url: SecretStr = SecretStr("")
    database_desk_url: SecretStr = SecretStr("")
    airflow_database_url: SecretStr = SecretStr("")
    airflow_logs: Path = Path("var/airflow/logs")
    s3_endpoint: str = ""
    s3_region: str = "eu-west-3"
    s3_access_key: SecretStr = SecretStr("")
    s3_secret_key: SecretStr = SecretStr("")
    bucket_prefix: str = "espace-sante"
    smtp_host: str = "127.0.0.1"
    smtp_port: int = 1025
    smtp_starttls: bool = False
    smtp_username: str = ""
    smtp_password: SecretStr = SecretStr("")
    smtp_relays: tuple[SmtpRelay, ...] = ()
    smtp_domain_paces: dict[str, float] = Field(default_factory=dict)
    dkim_keys: dict[str, DkimKey] = Field(default_factory=dict)

    code_keys: dict[int, SecretStr] = Field(default_factory=dict)
    reference_key: SecretStr = SecretStr("")
    printer_recipients: dict[str, tuple[str, ...]] = Field(default_factory=dict)
    feeds: Path = Path("feeds")
    identities: Identities = Identities.REAL
    answers_from: str = "ne-pas-repondre@espace-sante.example"
    clamd: tuple[Annotated[str, Field(pattern=r"^(unix:/.+|tcp:[^/\s]+:\d{1,5})$")], ...] = ()
    clamd_bytes: int = Field(default=25_000_000, ge=1_000)
    portal_origin: str = ""
    portal_key: SecretStr = SecretStr("")
    portal_proxies: tuple[str, ...] = ()
    portal_requests_a_minute: int = Field(default=6000, ge=1)
    portal_requests_a_minute_by_network: int = Field(default=300, ge=1)
    places: dict[str, str] = Field(default_factory=lambda: {"eu-west-3": "FR-75"})
    allowed_places: tuple[str, ...] = ("FR",)

    def _used(self) -> Iterator[Used]:
        """Tell everything that meets personal data, for the hosting guard."""
        for setting in ("database_url", "database_owner_url", "database_reporting_url", "database_desk_url", "airflow_database_url"):
            url: SecretStr = getattr(self, setting)
            if url.get_secret_value():
                yield from (Used(f"database of {PREFIX}{setting.upper()}", host) for host in hosts_of(url.get_secret_value()))
        if self.s3_endpoint:
            yield from (Used("object store", host) for host in hosts_of(self.s3_endpoint))
        else:
            yield Used("object store's region", self.s3_region)
        yield from (Used("mail relay", relay.host) for relay in self.relays)
        yield from (Used("print house", printer) for printer in self.printer_recipients)
        scanners = (address.replace("tcp:", "tcp://", 1) for address in self.clamd if address.startswith("tcp:"))
        yield from (Used("virus scanner", host) for scanner in scanners for host in hosts_of(scanner))

    @field_validator("printer_recipients", mode="before")
    @classmethod
    def _one_key_or_several(cls, given: dict[str, str | tuple[str, ...]]) -> dict[str, tuple[str, ...]]:
        """Take one key of a print house as well as several, of which the newest is the first."""
        return {printer: (keys,) if isinstance(keys, str) else tuple(keys) for printer, keys in given.items()}

    @model_validator(mode="after")
    def _in_allowed_places(self) -> Settings:
        """Refuse whatever meets personal data outside the places that are allowed (`hosting`)."""
        if told := misplaced(self._used(), self.places, self.allowed_places):
            raise ValueError(f"{'; '.join(told)} ({PREFIX}PLACES, {PREFIX}ALLOWED_PLACES)")
        return self

    @model_validator(mode="after")
    def _relays_told_apart(self) -> Settings:
        """Refuse two relays of one address: the cap of a day is counted by it."""
        names = [relay.name for relay in self.smtp_relays]
        if len(set(names)) < len(names):
            raise ValueError(f"two relays have the same host and port ({PREFIX}SMTP_RELAYS): give one of them more connections")
        return self

    @property
    def relays(self) -> tuple[SmtpRelay, ...]:
        """The mail relays: those of `smtp_relays`, else the one that `smtp_host` names, on one connection."""
        own = {name: getattr(self, f"smtp_{name}") for name in ("host", "port", "starttls", "username", "password")}
        return self.smtp_relays or (SmtpRelay(**own, connections=1),)

    @property
    def feeds_directory(self) -> Path:
        """Where feeds of documents are declared; a relative path is one of this clone."""
        return self.home / self.feeds

    def bucket(self, name: str) -> str:
        """Return the full name of a bucket: `bucket('print')` is `espace-sante-print`."""
        return f"{self.bucket_prefix}-{name}"


def load_settings(environment: Mapping[str, str] = os.environ) -> Settings:
    """Read the settings of this installation.

    Raises: FinalError, naming the setting and never its value, where one is missing or out of its bounds.
    """
    values: dict[str, object] = {}
    home = Path(environment.get(f"{PREFIX}HOME", Settings.model_fields["home"].default))
    var = Path(environment.get(f"{PREFIX}VAR", home / "var")).absolute()
    if (var / "platform.json").is_file():
        values.update(json.loads((var / "platform.json").read_text()))
    values.update(read_secrets_file(var))
    if environment.get(AIRFLOW_DATABASE, "").startswith("postgresql"):
        values.setdefault("airflow_database_url", environment[AIRFLOW_DATABASE])
    for name in Settings.model_fields:
        text = environment.get(f"{PREFIX}{name.upper()}")
        if text is not None:
            values[name] = json.loads(text) if text.startswith(("[", "{")) else text
    values.setdefault("airflow_logs", environment.get(AIRFLOW_LOGS, var / "airflow" / "logs"))
    values |= {"home": home, "var": var}
    try:
        return Settings.model_validate(values)
    except ValidationError as error:
        faults = "; ".join(f"{'.'.join(map(str, e['loc'])) or 'settings'}: {e['msg']}" for e in error.errors(include_input=False))
        raise FinalError(f"the settings cannot be used: {faults}") from None


def held_code_keys(known: Settings) -> dict[int, SecretStr]:
    """Return the keys of codes by version, those included that were made since the settings were read."""
    kept = cast(dict[str, str], read_secrets_file(known.var).get("code_keys", {}))
    return {int(version): SecretStr(key) for version, key in kept.items()} | known.code_keys


@cache
def settings() -> Settings:
    """Return the settings of this process, read once."""
    return load_settings()
