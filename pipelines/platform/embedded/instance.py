"""One embedded instance: its directory, identity, ports, clock and secrets, the same for every shell that asks."""

from __future__ import annotations

import os
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from pipelines.platform.clock import ClockMode
from pipelines.platform.embedded.files import PUBLIC, read_json, write_json
from pipelines.platform.embedded.ports import LOOPBACK, Ports, choose_ports
from pipelines.platform.embedded.secrets import Secrets, make_secrets, read_secrets, write_secrets
from pipelines.platform.errors import FinalError
from pipelines.platform.hosting import HERE
from pipelines.platform.settings import PREFIX, Settings


@dataclass(frozen=True)
class Instance:
    """Everything that the embedded servers must agree on."""

    home: Path
    var: Path
    identity: str
    ports: Ports
    clock: ClockMode
    secrets: Secrets

    @property
    def logs(self) -> Path:
        """Return where the servers' own logs are."""
        return self.var / "logs"

    @property
    def s3_endpoint(self) -> str:
        """Return the address of the object store."""
        return f"http://{LOOPBACK}:{self.ports.s3}"

    @property
    def airflow_address(self) -> str:
        """Return the address of Airflow's screens."""
        return f"http://{LOOPBACK}:{self.ports.airflow}"

    def log(self, component: str) -> Path:
        """Return the log file of one server."""
        return self.logs / f"{component}.log"


def read_instance(home: Path, var: Path) -> Instance | None:
    """Return the instance kept in `var`, None if there is none. Raises FinalError if its files are damaged."""
    kept = read_json(var / "platform.json")
    known = read_secrets(var / "secrets.json")
    if kept is None or known is None:
        return None
    try:
        ports = choose_ports({}, kept["ports"])  # type: ignore[arg-type]
        return Instance(home, var, str(kept["instance"]), ports, ClockMode(str(kept["clock"])), known)
    except (KeyError, ValueError, TypeError, AttributeError):
        raise FinalError(f"{var / 'platform.json'} is damaged: put it back from a backup") from None


def open_instance(home: Path, var: Path, environment: Mapping[str, str], clock: ClockMode | None, running: bool) -> Instance:
    """Return the instance of `var`, made if there is none, with the ports and clock asked for.

    Raises: FinalError if the clock of existing data would change, or the ports of servers that run (`running`).
    """
    instance = read_instance(home, var) or _make_instance(home, var, environment, clock)
    if clock and clock is not instance.clock:
        raise FinalError(
            f"{var} was made with --clock {instance.clock}, and dates already written follow it: "
            f"leave --clock out, or set {PREFIX}VAR to another directory for an instance with --clock {clock}"
        )
    ports = choose_ports(environment, instance.ports.remembered())
    if running and ports != instance.ports:
        raise FinalError("this instance runs on other ports than the environment asks for: `espace-sante down` first, then `up`")
    instance = replace(instance, ports=ports)
    _write_instance(instance)
    return instance


def prepare_directory(var: Path) -> None:
    """Make `var` and its private directories. Raises FinalError in one sentence where that is impossible."""
    try:
        var.mkdir(mode=0o700, parents=True, exist_ok=True)
        for name in ("logs", "run", "mail", "s3", "airflow", "postgres"):
            (var / name).mkdir(mode=0o700, exist_ok=True)
        probe = var / f".probe.{secrets.token_hex(4)}"
        probe.touch()
        probe.unlink()
    except (FileExistsError, NotADirectoryError):
        raise FinalError(f"{var} or something in it is a file where a directory is needed: move it away") from None
    except PermissionError:
        raise FinalError(f"{var} cannot be written by this account: change its owner, or set {PREFIX}VAR to a directory of yours") from None
    owner = (var / "postgres").stat().st_uid
    if owner != os.geteuid():
        raise FinalError(f"{var} belongs to the account with uid {owner}: run as that account, or set {PREFIX}VAR to a directory of yours")


def _make_instance(home: Path, var: Path, environment: Mapping[str, str], clock: ClockMode | None) -> Instance:
    known = read_secrets(var / "secrets.json")
    if known is None and (var / "postgres" / "data").exists():
        raise FinalError(
            f"{var / 'secrets.json'} is missing although there are data: put it back from a backup, or delete {var} to begin again"
        )
    return Instance(
        home=home,
        var=var,
        identity=secrets.token_hex(6),
        ports=choose_ports(environment, {}),
        clock=clock or ClockMode.SYSTEM,
        secrets=known or make_secrets(),
    )


def _write_instance(instance: Instance) -> None:
    write_secrets(instance.var / "secrets.json", instance.secrets, instance.ports.postgres)
    file = instance.var / "platform.json"
    kept = read_json(file) or {"shard_size": Settings.model_fields["shard_size"].default}
    values = kept | {
        "instance": instance.identity,
        "clock": str(instance.clock),
        "ports": instance.ports.remembered(),
        "s3_endpoint": instance.s3_endpoint,
        "smtp_host": LOOPBACK,
        "smtp_port": instance.ports.smtp,
        "places": dict.fromkeys(instance.secrets.printer_recipients, HERE),
    }
    if values != kept:
        write_json(file, values, PUBLIC)
