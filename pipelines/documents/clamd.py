"""The stream protocol of clamd (man clamd, INSTREAM in an IDSESSION), on a Unix socket or over TCP: nothing is written to a disk."""

from __future__ import annotations

import re
import socket
from contextlib import suppress
from typing import NamedTuple, Self

from pipelines.platform.errors import RetryableError

_ADDRESS = re.compile(r"unix:(?P<path>/.+)|tcp:(?P<host>[^:/\s]+|\[[0-9A-Fa-f:]+\]):(?P<port>\d{1,5})", re.ASCII)
_REPLY = re.compile(rb"\d+: (?:stream: )?(?P<said>.*)", re.ASCII | re.DOTALL)
_REPLY_BYTES = 4096
_CONNECT_SECONDS = 10


class ScannerAwayError(RetryableError):
    """No virus scanner answers as it should: nothing is known of what it was handed."""


class ScanTooLongError(Exception):
    """clamd answers, but not to this."""


class Address(NamedTuple):
    """Where a clamd listens: a path, or a host and a port."""

    path: str | None
    host: str
    port: int

    @classmethod
    def parse(cls, text: str) -> Address:
        """Read `unix:/run/clamav/clamd.ctl` or `tcp:scanner.example:3310`. Raises: ValueError."""
        match = _ADDRESS.fullmatch(text)
        if match is None:
            raise ValueError("a scanner's address is unix:/path or tcp:host:port")
        return cls(match["path"], (match["host"] or "").strip("[]"), int(match["port"] or 0))


class Session:
    """One connection to one clamd, on which one thing is scanned after the other. Raises: ScannerAwayError where nobody answers."""

    def __init__(self, address: Address, seconds: float) -> None:
        self.address = address
        self._socket = socket.socket(socket.AF_UNIX) if address.path else _tcp(address)
        try:
            self._socket.settimeout(seconds)
            if address.path:
                self._socket.connect(address.path)
            self._socket.sendall(b"zIDSESSION\0")
        except OSError as error:
            self.close()
            raise _away(error) from None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Let the connection go."""
        with suppress(OSError):
            self._socket.close()

    def version(self) -> str:
        """Return the version of the program and of its signatures, as it words it. Raises: ScannerAwayError."""
        try:
            self._socket.sendall(b"zVERSION\0")
            return self._reply()
        except OSError as error:
            raise _away(error) from None

    def scan(self, content: bytes) -> str:
        """Return what clamd says of some bytes: `OK`, `<signature> FOUND` or `<reason> ERROR`.

        Raises: ScannerAwayError; ScanTooLongError where it does not answer in time.
        """
        try:
            with suppress(BrokenPipeError, ConnectionResetError):  # it has said why before it hangs up
                self._socket.sendall(b"zINSTREAM\0" + len(content).to_bytes(4, "big"))
                self._socket.sendall(content)
                # A length of nothing ends the stream; so does an empty content by itself.
                if content:
                    self._socket.sendall(bytes(4))
            return self._reply()
        except TimeoutError:
            raise ScanTooLongError from None
        except OSError as error:
            raise _away(error) from None

    def _reply(self) -> str:
        """Return one reply, without the number of its command. Raises: ScannerAwayError, OSError."""
        said = b""
        while not said.endswith(b"\0"):
            more = self._socket.recv(_REPLY_BYTES)
            if not more or len(said) > _REPLY_BYTES:
                raise ScannerAwayError("the virus scanner hung up without an answer: look at its log")
            said += more
        match = _REPLY.fullmatch(said.removesuffix(b"\0"))
        return (match["said"] if match else said.removesuffix(b"\0")).decode("ascii", "replace").strip()


def _tcp(address: Address) -> socket.socket:
    try:
        connected = socket.create_connection((address.host, address.port), _CONNECT_SECONDS)
    except OSError as error:
        raise _away(error) from None
    connected.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return connected


def _away(error: OSError) -> ScannerAwayError:
    why = error.strerror or type(error).__name__
    return ScannerAwayError(f"no virus scanner answers ({why}): start clamd, or wait until it has read its signatures")
