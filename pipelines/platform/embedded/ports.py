"""Which loopback ports the embedded servers take, and what to say when one is taken."""

from __future__ import annotations

import errno
import os
import random
import socket
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields

import psutil

from pipelines.platform.errors import FinalError
from pipelines.platform.settings import PREFIX

LOOPBACK = "127.0.0.1"
HIGHEST = 65_535
GRPC_OFFSET = 10_000  # SeaweedFS puts each server's gRPC port this far above its HTTP port


@dataclass(frozen=True)
class Ports:
    """The four ports that people meet; SeaweedFS's own follow the S3 port."""

    postgres: int = 15_432
    s3: int = 18_333
    smtp: int = 11_025
    airflow: int = 18_080

    @property
    def weed(self) -> dict[str, int]:
        """Return the HTTP port of each server inside SeaweedFS."""
        return {name: self.s3 + step for step, name in enumerate(("s3", "master", "volume", "filer", "admin"))}

    @property
    def object_store(self) -> tuple[int, ...]:
        """Return every port on which SeaweedFS listens."""
        return tuple(self.weed.values()) + tuple(port + GRPC_OFFSET for port in self.weed.values())

    def everyone(self) -> tuple[int, ...]:
        """Return every port of the instance."""
        return (self.postgres, self.smtp, self.airflow, *self.object_store)

    def environment(self) -> dict[str, str]:
        """Return the variables that choose these ports."""
        return {f"{PREFIX}{name.upper()}_PORT": str(port) for name, port in asdict(self).items()}

    def remembered(self) -> dict[str, int]:
        """Return what `platform.json` keeps."""
        return asdict(self)


def choose_ports(environment: Mapping[str, str], remembered: Mapping[str, int]) -> Ports:
    """Return the ports of this instance: the environment, else what was remembered, else the defaults.

    Raises: FinalError if one is no port number, is too high for SeaweedFS, or two servers would share one.
    """
    chosen = {
        field.name: _number(f"{PREFIX}{field.name.upper()}_PORT", environment, remembered.get(field.name, field.default))
        for field in fields(Ports)
    }
    ports = Ports(**chosen)
    highest = HIGHEST - GRPC_OFFSET - len(ports.weed) + 1
    if ports.s3 > highest:
        raise FinalError(f"{PREFIX}S3_PORT={ports.s3} leaves no room for SeaweedFS's gRPC ports: choose one up to {highest}")
    everyone = ports.everyone()
    twice = sorted({port for port in everyone if everyone.count(port) > 1})
    if twice:
        raise FinalError(
            f"two servers would listen on port {twice[0]}: choose other {PREFIX}*_PORT values "
            f"(the object store takes {ports.s3}-{max(ports.weed.values())} and the same plus {GRPC_OFFSET})"
        )
    return ports


def free_ports() -> Ports:
    """Return ports that nobody holds at this moment, for one more instance on the same machine. Raises FinalError if there are none."""
    first, step = 20_000, 10
    # Below the range from which the kernel picks the ports of outgoing connections, the gRPC ports included.
    for base in random.sample(range(first, first + 2_000, step), 200):
        ports = Ports(postgres=base + 5, s3=base, smtp=base + 6, airflow=base + 7)
        if not any(_refusal(port) for port in ports.everyone()):
            return ports
    raise FinalError(f"no free ports were found from {first} to {first + 2_000}: stop other instances of this platform")


def require_free(port: int, purpose: str) -> None:
    """Refuse to start a server on a port that somebody else holds. Raises FinalError saying who, where that can be seen."""
    refusal = _refusal(port)
    if refusal == errno.EACCES:
        raise FinalError(f"port {port} for {purpose} is reserved for root: choose one above 1023")
    if refusal:
        raise FinalError(
            f"port {port} for {purpose} is taken{_holder(port)}: stop what holds it, or choose another port "
            f"with the {PREFIX}*_PORT variables (docs/platform.md)"
        )


def _refusal(port: int) -> int | None:
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        # Without it, connections of a server that just stopped would make its port look taken for a minute.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((LOOPBACK, port))
        except OSError as error:
            return error.errno
    return None


def _number(variable: str, environment: Mapping[str, str], otherwise: object) -> int:
    text = environment.get(variable, str(otherwise))
    if not text.isdecimal() or not 0 < int(text) <= HIGHEST:
        raise FinalError(f"{variable}={text} is not a port number: choose one from 1024 to {HIGHEST}")
    return int(text)


def _holder(port: int) -> str:
    try:
        for connection in psutil.net_connections("tcp"):
            address = connection.laddr
            if connection.status == psutil.CONN_LISTEN and address and address.port == port and connection.pid not in (None, os.getpid()):
                return f" by process {connection.pid} ({psutil.Process(connection.pid).name()})"
    except psutil.Error:
        return ""
    return ""
