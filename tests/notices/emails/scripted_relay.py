"""A mail server on the loopback that answers as a test tells it."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session

from pipelines.platform.settings import SmtpRelay


class Scripted:
    """Answers as it is told; keeps what it accepts and counts the connections."""

    def __init__(self) -> None:
        self.mail = "250 OK"
        self.rcpt = "250 OK"
        self.data = "250 2.0.0 queued"
        self.answers: dict[str, str] = {}
        self.asked: list[str] = []
        self.accepted: list[Envelope] = []
        self.sessions: set[int] = set()
        self.drop_at: str | None = None

    async def handle_MAIL(self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]) -> str:  # noqa: N802
        self.sessions.add(id(session))
        envelope.mail_from = address
        return self.mail

    async def handle_RCPT(self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]) -> str:  # noqa: N802
        self._drop(server, "rcpt")
        self.asked.append(address)
        answer = self.answers.get(address, self.rcpt)
        if answer.startswith("250"):
            envelope.rcpt_tos.append(address)
        return answer

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        self._drop(server, "data")
        if self.data.startswith("250"):
            self.accepted.append(envelope)
        return self.data

    def _drop(self, server: Any, stage: str) -> None:
        if self.drop_at == stage:
            self.drop_at = None
            server.transport.abort()


Server = tuple[Scripted, SmtpRelay]


def here(port: int, **more: Any) -> SmtpRelay:
    return SmtpRelay(**{"host": "127.0.0.1", "port": port, "starttls": False, "connections": 1, **more})


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def scripted() -> Iterator[Server]:
    """Run one for as long as the block lasts."""
    answers = Scripted()
    controller = Controller(answers, hostname="127.0.0.1", port=free_port())
    controller.start()
    try:
        yield answers, here(controller.port)
    finally:
        controller.stop()
