"""A mail server that accepts everything and keeps each message as an .eml file; nothing leaves the machine.

Run as a module: `python -m pipelines.platform.embedded.smtp_sink PORT DIRECTORY NAME`.
"""

from __future__ import annotations

import asyncio
import os
import secrets
import signal
import smtplib
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import psutil
from aiosmtpd.smtp import SMTP, Envelope, Session

from pipelines.platform.embedded.health import Health
from pipelines.platform.embedded.instance import Instance
from pipelines.platform.embedded.ports import LOOPBACK, require_free
from pipelines.platform.embedded.processes import Launch, arrives, end, leader, marked, remember, start, wait_until, why

COMPONENT = "smtp"
LARGEST_MESSAGE = 32 * 2**20
JOIN_PATIENCE = 30.0
START_PATIENCE = 30.0
STOP_PATIENCE = 5.0


@dataclass(frozen=True)
class MailSink:
    """The mail server of one instance; its messages are in `var/mail`."""

    instance: Instance
    environment: Mapping[str, str]

    @property
    def address(self) -> str:
        """Return where it listens."""
        return f"{LOOPBACK}:{self.instance.ports.smtp}"

    @property
    def directory(self) -> Path:
        """Return where the messages are."""
        return self.instance.var / "mail"

    def health(self) -> Health:
        """Greet the server and look whether it answers with this instance's name."""
        if self.leader() is None:
            return Health.STOPPED
        try:
            with smtplib.SMTP(timeout=5) as client:
                _, greeting = client.connect(LOOPBACK, self.instance.ports.smtp)
        except (OSError, smtplib.SMTPException):
            return Health.STARTING
        return Health.READY if self.instance.identity.encode() in greeting else Health.STARTING

    def processes(self) -> list[psutil.Process]:
        """Return its processes."""
        return marked(self.instance.identity, COMPONENT)

    def leader(self) -> psutil.Process | None:
        """Return its process."""
        return leader(self.instance.var / "run", self.instance.identity, COMPONENT)

    def up(self) -> None:
        """Start the server unless it runs. Raises FinalError if it does not come."""
        if arrives(self._is_ready, self._is_alive, JOIN_PATIENCE):
            return
        end(self.processes, None, signal.SIGKILL, 0)
        self._launch()
        wait_until(self._is_ready, self._is_alive, START_PATIENCE, lambda: why("the mail sink", self.instance.log(COMPONENT)))

    def down(self) -> None:
        """Stop the server."""
        end(self.processes, self.leader(), signal.SIGTERM, STOP_PATIENCE)

    def _is_ready(self) -> bool:
        return self.health() is Health.READY

    def _is_alive(self) -> bool:
        return self.leader() is not None

    def _launch(self) -> None:
        require_free(self.instance.ports.smtp, "the mail sink")
        command = [sys.executable, "-m", __name__, str(self.instance.ports.smtp), str(self.directory), self.instance.identity]
        launch = Launch(COMPONENT, command, self.environment, self.instance.log(COMPONENT), self.instance.home)
        remember(self.instance.var / "run", COMPONENT, start(launch))


@dataclass(frozen=True)
class KeepMessages:
    """The handler that aiosmtpd calls for each message."""

    directory: Path

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802 (the name that aiosmtpd looks for)
        """Keep one message, its envelope in the trace headers that a delivery would add."""
        now = datetime.now(UTC)
        trace = [f"Return-Path: <{envelope.mail_from or ''}>", *(f"Delivered-To: {recipient}" for recipient in envelope.rcpt_tos)]
        head = "".join(f"{line}\r\n" for line in trace).encode()
        body = envelope.original_content or b""
        name = f"{now:%Y%m%dT%H%M%S.%f}-{secrets.token_hex(4)}"
        draft = self.directory / f".{name}"
        try:
            draft.write_bytes(head + body)
            draft.rename(self.directory / f"{name}.eml")
        except OSError:
            draft.unlink(missing_ok=True)
            return "452 4.3.1 Insufficient system storage"
        return "250 2.0.0 kept"


async def serve(port: int, directory: Path, name: str) -> None:
    """Keep the messages that arrive until SIGTERM."""
    loop = asyncio.get_running_loop()
    stop = asyncio.Event()
    for how in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(how, stop.set)

    def session() -> SMTP:
        handler = KeepMessages(directory)
        return SMTP(handler, data_size_limit=LARGEST_MESSAGE, enable_SMTPUTF8=True, hostname="localhost", ident=f"espace-sante {name}")

    server = await loop.create_server(session, LOOPBACK, port, backlog=256)
    async with server:
        await stop.wait()


if __name__ == "__main__":
    os.umask(0o077)
    asyncio.run(serve(int(sys.argv[1]), Path(sys.argv[2]), sys.argv[3]))
