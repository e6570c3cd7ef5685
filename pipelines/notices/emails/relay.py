"""Submission to an SMTP relay on one lasting connection, with an answer that says what to do next.

A 250 after the final dot is a hand-over, nothing more. When the connection drops once the text has begun to leave, nobody knows:
the answer is `UNKNOWN`, and the Message-ID tells a repeat apart. No address and no text of the relay leaves this module, since
relays repeat addresses in their answers.
"""

from __future__ import annotations

import re
import smtplib
import ssl
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from types import TracebackType
from typing import Self

from pipelines.notices.emails.mailbox import envelope_address
from pipelines.platform.errors import FinalError, RetryableError
from pipelines.platform.settings import SmtpRelay

TIMEOUT_SECONDS = 60.0
CONNECT_SECONDS = 10.0
_ENHANCED = re.compile(rb"([245]\.\d{1,3}\.\d{1,3})\b")
_REPLY = re.compile(rb"(?:\d{3}-[^\n]*\n)*(\d{3})(?: ([^\r\n]*))?\r?\n")
_BLOCK = 8192
_LEADING_DOT = re.compile(rb"^\.", re.MULTILINE)
_GOES_ON = ((250,), (250, 251), (354,))
_ABOUT_US, _ABOUT_RECIPIENT = ("5.3.", "5.5.", "5.6.", "5.7."), ("5.1.", "5.2.")
_NO_SMTPUTF8 = "5.6.7"
_Reply = tuple[int, bytes]


class RelayAwayError(RetryableError):
    """The relay cannot be reached."""


class RelayRefusesUsError(FinalError):
    """The relay does not let us send: authentication, TLS or our own sender address; no recipient is at fault."""


class Fate(StrEnum):
    """What became of a message.

    `REFUSED` is about the recipient and final; `BLOCKED` is about us, our content or the relay, and somebody may lift it (RFC 3463: 5.3,
    5.5, 5.6, 5.7); `TRY_LATER` is about the recipient and passing; `RELAY_BUSY` is about the relay: another may take the message at once.
    """

    ACCEPTED = "accepted"
    REFUSED = "refused"
    BLOCKED = "blocked"
    TRY_LATER = "try_later"
    RELAY_BUSY = "relay_busy"
    UNKNOWN = "unknown"


@dataclass(frozen=True)
class Outcome:
    """The fate of one submission; `code` is the SMTP reply (None if the connection failed), `status` its RFC 3463 code or empty."""

    fate: Fate
    code: int | None = None
    status: str = ""


class Relay:
    """A relay that stays connected; a lost connection is opened again at the next message.

    Used as a context manager, which opens nothing and closes what is open.
    """

    def __init__(self, relay: SmtpRelay, timeout_seconds: float = TIMEOUT_SECONDS) -> None:
        self._relay = relay
        self._timeout = timeout_seconds
        self._connection: smtplib.SMTP | None = None
        self._unread = b""

    def __enter__(self) -> Self:
        """Return the relay; it is connected to when the first message comes."""
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        """Say goodbye; a relay that has already left is no fault."""
        if self._connection is not None:
            try:
                self._connection.quit()
            except (smtplib.SMTPException, OSError):
                self._drop()
            self._connection = None

    def submit(self, envelope_from: str, recipient: str, message: bytes, envelope_id: str = "") -> Outcome:
        """Hand one message, with CRLF at the end of its lines, to the relay for one recipient and tell what became of it.

        A relay that knows DSN (RFC 3461) is asked to report failures with the headers only, under `envelope_id` (letters, digits, dots).
        Raises: UnusableAddressError; RelayRefusesUsError if the relay does not let us in or refuses our sender for ever.
        """
        sender, receiver = envelope_address(envelope_from), envelope_address(recipient)
        try:
            connection = self._connected()
            if not receiver.isascii() and not connection.has_extn("smtputf8"):
                return Outcome(Fate.REFUSED, status=_NO_SMTPUTF8)
            refusal = self._open_transaction(connection, _commands(connection, sender, receiver, envelope_id))
        except (RelayAwayError, smtplib.SMTPException, OSError):
            self._drop()
            return Outcome(Fate.RELAY_BUSY)
        return refusal if refusal is not None else self._send_text(connection, message)

    def _open_transaction(self, connection: smtplib.SMTP, commands: Sequence[bytes]) -> Outcome | None:
        """Name sender and recipient; return None once the text may follow. A relay that knows PIPELINING (RFC 2920) is asked once."""
        replies = self._ask_at_once(connection, commands) if connection.has_extn("pipelining") else self._ask(connection, commands)
        for stage, ((code, text), wanted) in enumerate(zip(replies, _GOES_ON, strict=False)):
            if code not in wanted:
                if replies[-1][0] == 354:
                    self._ask(connection, [b"."])
                self._reset(connection, code)
                if stage == 0 and code >= 500:
                    raise RelayRefusesUsError(f"the relay refuses our envelope sender: {code} {_status(text)}".rstrip())
                return _refusal(code, _status(text), about_recipient=stage == 1)
        return None

    def _send_text(self, connection: smtplib.SMTP, message: bytes) -> Outcome:
        try:
            connection.send(_as_sent(message))
            code, text = self._reply(connection)
        except (smtplib.SMTPException, OSError):
            self._drop()
            return Outcome(Fate.UNKNOWN)
        if code == 250:
            return Outcome(Fate.ACCEPTED, code, _status(text))
        self._reset(connection, code)
        return _refusal(code, _status(text), about_recipient=False)

    def _reset(self, connection: smtplib.SMTP, code: int) -> None:
        if code == 421:
            self._drop()
        else:
            try:
                self._ask(connection, [b"RSET"])
            except (smtplib.SMTPException, OSError):
                self._drop()

    def _ask_at_once(self, connection: smtplib.SMTP, commands: Sequence[bytes]) -> list[_Reply]:
        connection.send(b"\r\n".join([*commands, b""]))
        return [self._reply(connection) for _ in commands]

    def _ask(self, connection: smtplib.SMTP, commands: Sequence[bytes]) -> list[_Reply]:
        """Ask one thing after the other, until one is refused."""
        replies: list[_Reply] = []
        for command, wanted in zip(commands, _GOES_ON, strict=False):
            connection.send(command + b"\r\n")
            replies.append(self._reply(connection))
            if replies[-1][0] not in wanted:
                break
        return replies

    def _reply(self, connection: smtplib.SMTP) -> _Reply:
        """Read one reply: at the pace of a campaign, smtplib's reading line by line costs more than all the rest."""
        while not (found := _REPLY.match(self._unread)):
            more = connection.sock.recv(_BLOCK) if connection.sock is not None and len(self._unread) < _BLOCK else b""
            if not more:
                raise smtplib.SMTPServerDisconnected("the relay left or makes no sense")
            self._unread += more
        self._unread = self._unread[found.end() :]
        return int(found[1]), found[2] or b""

    def _connected(self) -> smtplib.SMTP:
        if self._connection is None:
            self._connection = self._connect()
        return self._connection

    def _connect(self) -> smtplib.SMTP:
        relay = self._relay
        try:
            connection = smtplib.SMTP(relay.host, relay.port, timeout=min(CONNECT_SECONDS, self._timeout))
        except (smtplib.SMTPException, OSError) as error:
            raise RelayAwayError(f"the relay {relay.host}:{relay.port} cannot be reached: {type(error).__name__}") from None
        try:
            connection.ehlo_or_helo_if_needed()
            if relay.starttls:
                connection.starttls(context=ssl.create_default_context())
                connection.ehlo()
            if relay.username:
                connection.login(relay.username, relay.password.get_secret_value())
            if connection.sock is not None:
                connection.sock.settimeout(self._timeout)
        except (smtplib.SMTPAuthenticationError, smtplib.SMTPNotSupportedError, ssl.SSLError) as error:
            connection.close()
            raise _at_sign_in(error) from None
        except (smtplib.SMTPException, OSError) as error:
            connection.close()
            raise RelayAwayError(f"the relay left before the first message: {type(error).__name__}") from None
        return connection

    def _drop(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None
            self._unread = b""


def _commands(connection: smtplib.SMTP, sender: str, receiver: str, envelope_id: str) -> tuple[bytes, bytes, bytes]:
    reports = bool(envelope_id) and connection.has_extn("dsn")
    mail = f"MAIL FROM:<{sender}>" + (f" RET=HDRS ENVID={envelope_id}" if reports else "") + ("" if receiver.isascii() else " SMTPUTF8")
    rcpt = f"RCPT TO:<{receiver}>" + (" NOTIFY=FAILURE" if reports else "")
    return mail.encode(), rcpt.encode(), b"DATA"


def _as_sent(message: bytes) -> bytes:
    """Return a text as it follows DATA: dots doubled at the start of a line, the final dot (RFC 5321, 4.5.2)."""
    if b"\n." in message or message.startswith(b"."):
        message = _LEADING_DOT.sub(b"..", message)
    return message + (b".\r\n" if message.endswith(b"\r\n") else b"\r\n.\r\n")


def _refusal(code: int, status: str, *, about_recipient: bool) -> Outcome:
    if 500 <= code < 600:
        blocked = status.startswith(_ABOUT_US) or not (about_recipient or status.startswith(_ABOUT_RECIPIENT))
        return Outcome(Fate.BLOCKED if blocked else Fate.REFUSED, code, status)
    passing = about_recipient and code != 421 and not status.startswith("4.3.")
    return Outcome(Fate.TRY_LATER if passing else Fate.RELAY_BUSY, code, status)


def _at_sign_in(error: Exception) -> RelayAwayError | RelayRefusesUsError:
    if isinstance(error, smtplib.SMTPAuthenticationError) and error.smtp_code < 500:
        return RelayAwayError(f"the relay puts off our authentication: {error.smtp_code}")
    return RelayRefusesUsError(f"the relay does not let us in: {type(error).__name__}; check TLS, user name and password")


def _status(text: bytes) -> str:
    found = _ENHANCED.match(text)
    return found[1].decode() if found else ""
