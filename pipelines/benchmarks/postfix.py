"""A Postfix of one's own on the loopback: private directories, no system service, nothing that leaves the machine. Needs root."""

from __future__ import annotations

import os
import pwd
import shutil
import socket
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from tempfile import mkdtemp

from pipelines.platform.embedded.ports import LOOPBACK
from pipelines.platform.errors import FinalError

PROGRAM, SOURCE = "/usr/sbin/postfix", "/usr/sbin/smtp-source"
_OWNER, _GROUP, _NOBODY = "postfix", "postdrop", "nobody"
_MAIN = """
compatibility_level = 3.6
queue_directory = {home}/queue
data_directory = {home}/data
maillog_file = {home}/maillog
maillog_file_prefixes = {home}
mail_owner = postfix
setgid_group = postdrop
myhostname = relay.example
mydestination =
mynetworks = 127.0.0.0/8
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
smtpd_relay_restrictions = permit_mynetworks, reject
smtpd_client_connection_count_limit = 0
smtp_dns_support_level = disabled
default_transport = discard:
alias_maps =
"""
_MASTER = """
127.0.0.1:{port} inet n - n - - smtpd
pickup unix n - n 60 1 pickup
cleanup unix n - n - 0 cleanup
qmgr unix n - n 300 1 qmgr
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
trace unix - - n - 0 bounce
flush unix n - n 1000 0 flush
proxymap unix - - n - - proxymap
showq unix n - n - - showq
error unix - - n - - error
retry unix - - n - - error
discard unix - - n - - discard
smtp unix - - n - - smtp
virtual unix - n n - - virtual
anvil unix - - n - 1 anvil
postlog unix-dgram n - n - 1 postlogd
"""


@dataclass(frozen=True)
class Postfix:
    """One that runs: where it listens, its directory, the process that leads it."""

    port: int
    home: Path
    leader: int

    def returned(self) -> list[bytes]:
        """Return the messages that lie in its mailbox, in the order in which they came."""
        return [file.read_bytes() for file in sorted((self.home / "mail" / "returned" / "new").glob("*"))]

    def ask(self, command: str, *arguments: str) -> str:
        """Run one of its own commands, such as `postqueue`."""
        return subprocess.run(
            [f"/usr/sbin/{command}", "-c", str(self.home / "etc"), *arguments], capture_output=True, text=True, check=True
        ).stdout


def can_run() -> bool:
    """Tell whether Postfix is installed and may be started here."""
    return Path(PROGRAM).exists() and os.geteuid() == 0


@contextmanager
def postfix(returned_to: tuple[str, ...] = (), tables: Mapping[str, Mapping[str, str]] | None = None) -> Iterator[Postfix]:
    """Run a Postfix for as long as the block lasts, in a directory that is gone afterwards.

    It discards what it accepts, save for the domains `returned_to`, whose messages it keeps; `tables` are look-up tables by the name of
    their setting (`transport_maps`). Raises: FinalError if it does not start.
    """
    home = Path(mkdtemp(prefix="espace-sante-postfix-"))
    try:
        home.chmod(0o755)
        port = _free_port()
        _configure(home, port, returned_to, tables or {})
        _command(home, "start")
        try:
            yield Postfix(port, home, int((home / "queue" / "pid" / "master.pid").read_text()))
        finally:
            _command(home, "stop")
    finally:
        shutil.rmtree(home, ignore_errors=True)


def _configure(home: Path, port: int, returned_to: tuple[str, ...], tables: Mapping[str, Mapping[str, str]]) -> None:
    etc, mail, nobody = home / "etc", home / "mail", pwd.getpwnam(_NOBODY)
    for directory in (etc, home / "queue", home / "data", mail):
        directory.mkdir(mode=0o755)
    shutil.chown(home / "data", _OWNER)
    shutil.chown(mail, nobody.pw_uid)
    lines = [_MAIN.format(home=home)]
    if returned_to:
        lines += [
            f"virtual_mailbox_domains = {', '.join(returned_to)}", "virtual_mailbox_maps = static:returned/",
            f"virtual_mailbox_base = {mail}", f"virtual_uid_maps = static:{nobody.pw_uid}", f"virtual_gid_maps = static:{nobody.pw_gid}",
        ]  # fmt: skip
    for setting, entries in tables.items():
        (etc / setting).write_text("".join(f"{key} {value}\n" for key, value in entries.items()))
        lines.append(
            f"smtpd_recipient_restrictions = check_recipient_access texthash:{etc / setting}"
            if setting == "recipient_access"
            else f"{setting} = texthash:{etc / setting}"
        )
    (etc / "main.cf").write_text("\n".join([*lines, ""]))
    (etc / "master.cf").write_text(_MASTER.format(port=port))


def _command(home: Path, verb: str) -> None:
    done = subprocess.run([PROGRAM, "-c", str(home / "etc"), verb], capture_output=True, text=True, check=False)
    if done.returncode and verb == "start":
        log = ""
        with suppress(OSError):
            log = (home / "maillog").read_text()
        raise FinalError(f"Postfix does not start: {(done.stderr + log)[-500:]}")


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind((LOOPBACK, 0))
        return int(probe.getsockname()[1])
