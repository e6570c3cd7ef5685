"""The secrets of one embedded instance: made once, kept in `var/secrets.json`, readable by their owner only."""

from __future__ import annotations

import base64
import hmac
import json
import secrets
from dataclasses import asdict, dataclass, field
from pathlib import Path

from pipelines.platform.embedded.files import read_json, write_json
from pipelines.platform.embedded.ports import LOOPBACK
from pipelines.platform.errors import FinalError

DATABASE = "espace_sante"
OWNER = "espace_owner"
PIPELINE = "espace_pipeline"
REPORTING = "espace_reporting"
DESK = "espace_desk"
# Of each role, the setting that holds the URL of its login.
ROLES = {PIPELINE: "database_url", REPORTING: "database_reporting_url", DESK: "database_desk_url"}
AIRFLOW = "airflow"
SUPERUSER = "postgres"
# Two print houses, so that a demonstration can do without one.
PRINTERS = ("PRINCIPAL", "SECOND")
# Two people of operations, because the one who approves may not be the one who asked.
PEOPLE = {"ops": "user", "chief": "user", "engineer": "op", "admin": "admin"}


def _password() -> str:
    return secrets.token_urlsafe(24)


def _key() -> str:
    return secrets.token_hex(32)


def _fernet_key() -> str:
    return base64.urlsafe_b64encode(secrets.token_bytes(32)).decode()


def login_of(role: str) -> str:
    """Return the name with which a role signs in."""
    return f"{role}_login"


def _url(user: str, password: str, port: int) -> str:
    return f"postgresql+psycopg://{user}:{password}@{LOOPBACK}:{port}/{DATABASE}"


@dataclass(frozen=True, repr=False)
class Secrets:
    """What `secrets.json` keeps; the names that `Settings` knows are read by it, the others by the embedded platform alone."""

    printer_recipients: dict[str, str | list[str]]
    printer_identities: dict[str, str]
    code_keys: dict[str, str] = field(default_factory=lambda: {"1": _key()})
    reference_key: str = field(default_factory=_key)
    s3_access_key: str = field(default_factory=lambda: secrets.token_hex(10))
    s3_secret_key: str = field(default_factory=_password)
    superuser_password: str = field(default_factory=_password)
    owner_password: str = field(default_factory=_password)
    pipeline_password: str = field(default_factory=_password)
    reporting_password: str = field(default_factory=_password)
    desk_password: str = field(default_factory=_password)
    airflow_password: str = field(default_factory=_password)
    airflow_fernet_key: str = field(default_factory=_fernet_key)
    airflow_jwt_secret: str = field(default_factory=_key)
    airflow_api_secret: str = field(default_factory=_key)
    airflow_people: dict[str, str] = field(default_factory=lambda: {name: secrets.token_urlsafe(12) for name in PEOPLE})

    @property
    def role_passwords(self) -> dict[str, str]:
        """The password of the login of each role of the business database."""
        return {PIPELINE: self.pipeline_password, REPORTING: self.reporting_password, DESK: self.desk_password}

    def database_url(self, role: str, port: int) -> str:
        """Return the URL by which a role of the business database signs in."""
        return _url(login_of(role), self.role_passwords[role], port)

    def database_owner_url(self, port: int) -> str:
        """Return the URL of the role that migrations use."""
        return _url(OWNER, self.owner_password, port)

    def airflow_url(self, port: int) -> str:
        """Return the URL of Airflow's own database."""
        return f"postgresql+psycopg2://{AIRFLOW}:{self.airflow_password}@{LOOPBACK}:{port}/{AIRFLOW}"


def make_secrets() -> Secrets:
    """Return new secrets, the key pairs of the demonstration's print houses among them."""
    from pyrage import x25519

    identities = {name: x25519.Identity.generate() for name in PRINTERS}
    return Secrets(
        printer_recipients={name: str(identity.to_public()) for name, identity in identities.items()},
        printer_identities={name: str(identity) for name, identity in identities.items()},
    )


def read_secrets(file: Path) -> Secrets | None:
    """Return the secrets of this instance, None if it has none yet. Raises FinalError if the file is damaged."""
    values = read_json(file)
    if values is None:
        return None
    kept = {name: value for name, value in values.items() if name in Secrets.__dataclass_fields__}
    missing = set(Secrets.__dataclass_fields__) - set(kept)
    if missing:
        raise FinalError(f"{file} lacks {', '.join(sorted(missing))}: put it back from a backup")
    return Secrets(**kept)  # type: ignore[arg-type]


def write_secrets(file: Path, kept: Secrets, postgres_port: int) -> None:
    """Write the secrets with the URLs and the key of the site that follow from them; leaves an unchanged file alone."""
    following = {setting: kept.database_url(role, postgres_port) for role, setting in ROLES.items()} | {
        "database_owner_url": kept.database_owner_url(postgres_port),
        "airflow_database_url": kept.airflow_url(postgres_port),
        "portal_key": hmac.digest(bytes.fromhex(kept.reference_key), b"portal", "sha256").hex(),
    }
    values = asdict(kept) | following
    if read_json(file) != json.loads(json.dumps(values)):
        write_json(file, values)
