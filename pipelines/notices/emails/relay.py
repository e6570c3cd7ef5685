"""Submission to an SMTP relay on one lasting connection, with an answer that says what to do next.

A 250 after the final dot is a hand-over, nothing more. When the connection drops once the text has begun to leave, nobody knows:
the answer is `UNKNOWN`, and the Message-ID tells a repeat apart. No address and no text of the relay leaves this module, since
relays repeat addresses in their answers.
"""

from __future__ import annotations

import re
import smtplib
import ssl
from dataclasses import dataclass
from enum import StrEnum
from types import TracebackType
from typing import Self

from pipelines.notices.emails.mailbox import envelope_address
from pipelines.platform.errors import FinalError, RetryableError
from pipelines.platform.settings import Settings

TIMEOUT_SECONDS = 60.0
_ENHANCED = re.compile(rb"([245]\.\d{1,3}\.\d{1,3})\b")
_LINE_END = re.compile(rb"\r\n|\r|\n")
_LEADING_DOT = re.compile(rb"^\.", re.MULTILINE)


class RelayAwayError(RetryableError):
    """The relay cannot be reached."""


class RelayRefusesUsError(FinalError):
    """The relay does not let us send: authentication, TLS or our own sender address; no recipient is at fault."""


class Fate(StrEnum):
    """What became of a message."""

    ACCEPTED = "accepted"
    REFUSED = "refused"
    TRY_LATER = "try_later"
    UNKNOWN = "unknown"


@dataclass(frozen=True)
class Outcome:
    """The fate of one submission; `code` is the SMTP reply (None if the connection failed), `status` its RFC 3463 code or empty."""

    fate: Fate
    code: int | None = None
    status: str = ""


class Relay:
    """A relay that stays connected; a lost connection is opened again at the next message.

    Used as a context manager. Raises on entry: RelayAwayError, RelayRefusesUsError.
    """

    def __init__(self, settings: Settings, timeout_seconds: float = TIMEOUT_SECONDS) -> None:
        self._settings = settings
        self._timeout = timeout_seconds
        self._connection: smtplib.SMTP | None = None

    def __enter__(self) -> Self:
        """Connect."""
        self._connected()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        """Say goodbye; a relay that has already left is no fault."""
        if self._connection is not None:
            try:
                self._connection.quit()
            except (smtplib.SMTPException, OSError):
                self._drop()
            self._connection = None

    def submit(self, envelope_from: str, recipient: str, message: bytes) -> Outcome:
        """Hand one message to the relay for one recipient and tell what became of it.

        Raises: UnusableAddressError; RelayRefusesUsError if the relay refuses our sender for ever.
        """
        sender, receiver = envelope_address(envelope_from), envelope_address(recipient)
        try:
            connection = self._connected()
            refusal = self._open_transaction(connection, sender, receiver)
        except (RelayAwayError, smtplib.SMTPException, OSError):
            self._drop()
            return Outcome(Fate.TRY_LATER)
        return refusal if refusal is not None else self._send_text(connection, message)

    def _open_transaction(self, connection: smtplib.SMTP, sender: str, receiver: str) -> Outcome | None:
        code, text = connection.mail(sender)
        if code >= 500:
            connection.rset()
            raise RelayRefusesUsError(f"the relay refuses our envelope sender: {code} {_status(text)}".rstrip())
        if code == 250:
            code, text = connection.rcpt(receiver)
        if code in (250, 251):
            code, text = connection.docmd("DATA")
            if code == 354:
                return None
        return self._refused(connection, code, text)

    def _send_text(self, connection: smtplib.SMTP, message: bytes) -> Outcome:
        lines = _LEADING_DOT.sub(b"..", _LINE_END.sub(b"\r\n", message))
        try:
            connection.send(lines + (b".\r\n" if lines.endswith(b"\r\n") else b"\r\n.\r\n"))
            code, text = connection.getreply()
        except (smtplib.SMTPException, OSError):
            self._drop()
            return Outcome(Fate.UNKNOWN)
        return Outcome(Fate.ACCEPTED, code, _status(text)) if code == 250 else self._refused(connection, code, text)

    def _refused(self, connection: smtplib.SMTP, code: int, text: bytes) -> Outcome:
        if code == 421:
            self._drop()
        else:
            try:
                connection.rset()
            except (smtplib.SMTPException, OSError):
                self._drop()
        return Outcome(Fate.REFUSED if 500 <= code < 600 else Fate.TRY_LATER, code, _status(text))

    def _connected(self) -> smtplib.SMTP:
        if self._connection is None:
            self._connection = self._connect()
        return self._connection

    def _connect(self) -> smtplib.SMTP:
        settings = self._settings
        try:
            connection = smtplib.SMTP(settings.smtp_host, settings.smtp_port, timeout=self._timeout)
        except (smtplib.SMTPException, OSError) as error:
            raise RelayAwayError(f"the relay {settings.smtp_host}:{settings.smtp_port} cannot be reached: {type(error).__name__}") from None
        try:
            connection.ehlo_or_helo_if_needed()
            if settings.smtp_starttls:
                connection.starttls(context=ssl.create_default_context())
                connection.ehlo()
            if settings.smtp_username:
                connection.login(settings.smtp_username, settings.smtp_password.get_secret_value())
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


def _at_sign_in(error: Exception) -> RelayAwayError | RelayRefusesUsError:
    if isinstance(error, smtplib.SMTPAuthenticationError) and error.smtp_code < 500:
        return RelayAwayError(f"the relay puts off our authentication: {error.smtp_code}")
    return RelayRefusesUsError(f"the relay does not let us in: {type(error).__name__}; check TLS, user name and password")


def _status(text: bytes) -> str:
    found = _ENHANCED.match(text)
    return found[1].decode() if found else ""
