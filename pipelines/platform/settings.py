"""Where everything is, and under which keys: read from the environment, else from what the embedded platform wrote.

Order: `ESPACE_SANTE_*` environment variables, then `var/secrets.json` (mode 600) and `var/platform.json`, then defaults.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field, SecretStr, ValidationError, model_validator

from pipelines.platform.clock import ClockMode
from pipelines.platform.errors import FinalError

PREFIX = "ESPACE_SANTE_"
LOOPBACK = ("127.0.0.1", "::1", "localhost")


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
    printer_recipients: dict[str, str] = Field(default_factory=dict)
    portal_origin: str = ""
    portal_key: SecretStr = SecretStr("")
    portal_proxies: tuple[str, ...] = ()
    portal_requests_a_minute: int = Field(default=6000, ge=1)
    portal_requests_a_minute_by_network: int = Field(default=300, ge=1)
    allowed_hosts: tuple[str, ...] = LOOPBACK
    allowed_regions: tuple[str, ...] = ("eu-west-3",)

    @model_validator(mode="after")
    def _hosted_in_france(self) -> Settings:
        """Refuse a data host that is not on the list of allowed hosting (CSP L1111-8: data stay with a certified host)."""
        hosts = {
            "database": urlsplit(self.database_url.get_secret_value()).hostname,
            "object store": urlsplit(self.s3_endpoint).hostname,
        }
        for what, host in hosts.items():
            if host and host not in self.allowed_hosts:
                raise ValueError(f"the {what} host is not in the list of allowed hosting ({PREFIX}ALLOWED_HOSTS)")
        if self.s3_region not in self.allowed_regions:
            raise ValueError(f"the object store region is not in the list of allowed regions ({PREFIX}ALLOWED_REGIONS)")
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
    for name in ("platform.json", "secrets.json"):
        file = var / name
        if file.is_file():
            values.update(json.loads(file.read_text()))
    for name in Settings.model_fields:
        text = environment.get(f"{PREFIX}{name.upper()}")
        if text is not None:
            values[name] = json.loads(text) if text.startswith(("[", "{")) else text
    values |= {"home": home, "var": var}
    try:
        return Settings.model_validate(values)
    except ValidationError as error:
        faults = "; ".join(f"{'.'.join(map(str, e['loc'])) or 'settings'}: {e['msg']}" for e in error.errors(include_input=False))
        raise FinalError(f"the settings cannot be used: {faults}") from None


@cache
def settings() -> Settings:
    """Return the settings of this process, read once."""
    return load_settings()
