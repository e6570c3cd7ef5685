"""What every request passes before a page sees it, and every answer on its way out: hosts, sizes, origins, rates, headers, the log.

The log holds the method, the route as the site names it and the status: no path as it was asked for, no query, no body, no address.
"""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, MutableMapping
from dataclasses import dataclass
from typing import Any, TypeAlias
from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.exceptions import HTTPException
from starlette.responses import HTMLResponse, Response

from pipelines.portal.rate_limit import RateLimit

Message: TypeAlias = MutableMapping[str, Any]
Receive: TypeAlias = Callable[[], Awaitable[Message]]
Send: TypeAlias = Callable[[Message], Awaitable[None]]
App: TypeAlias = Callable[[Message, Receive, Send], Awaitable[None]]

LARGEST_BODY = 32 * 1024
LONGEST_TARGET = 2048
FORM = "application/x-www-form-urlencoded"
HEALTH = "/health"
# What says nothing of the site; a page of refusal needs its style as well.
FOR_ANY_HOST = (HEALTH, "/style.css")
# The referrer policy is not `no-referrer`: that would hide from us where a form comes from (its Origin becomes "null"). No address
# here says anything about anybody, and other sites get none.
HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'self'; img-src data:; form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
    ),
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}
TRANSPORT_SECURITY = "max-age=63072000; includeSubDomains"
log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Gate:
    """An ASGI application around the site's; `origin` is the address by which browsers know it, `error_page` makes a page of a status."""

    app: App
    origin: str
    limit: RateLimit
    error_page: Callable[[int], str]

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        """Answer a request."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        out = _Out(send, secure=self.origin.startswith("https://"))
        refused = self._refusal(scope)
        if refused:
            await self._refuse(refused, scope, receive, out)
        else:
            await self._let_in(scope, receive, out)
        route = getattr(scope.get("route"), "path", "-")
        log.info("%s %s %d", scope["method"] if scope["method"].isalpha() else "-", route, out.status)

    def _refusal(self, scope: Message) -> int | None:
        """Return the status by which a request is refused before anything is read of it."""
        headers = Headers(scope=scope)
        if scope["path"] not in FOR_ANY_HOST and headers.get("host", "") != urlsplit(self.origin).netloc:
            return 421
        if len(scope["path"]) + len(scope["query_string"]) > LONGEST_TARGET:
            return 414
        address = scope["client"][0] if scope.get("client") else ""
        if scope["path"] != HEALTH and not self.limit.lets_through(address):
            return 429
        return self._refusal_of_form(headers) if scope["method"] == "POST" else None

    def _refusal_of_form(self, headers: Headers) -> int | None:
        length = headers.get("content-length", "0")
        if not length.isascii() or not length.isdecimal():
            return 400
        if len(length) > len(str(LARGEST_BODY)) or int(length) > LARGEST_BODY:
            return 413
        if headers.get("content-type", "").partition(";")[0].strip().lower() != FORM:
            return 415
        return None if self._is_ours(headers) else 403

    def _is_ours(self, headers: Headers) -> bool:
        """Tell whether a form was sent by a page of this site: browsers say so in one of two headers."""
        if "origin" in headers:
            return headers["origin"] == self.origin
        return headers.get("sec-fetch-site") == "same-origin"

    async def _let_in(self, scope: Message, receive: Receive, out: _Out) -> None:
        try:
            await self.app(scope, _limited(receive), out)
        except Exception as error:  # Told by its place and kind: its text, and those of its frames, could quote a form.
            log.error("a page failed: %s", _place(error))
            await self._refuse(500, scope, receive, out)

    async def _refuse(self, status: int, scope: Message, receive: Receive, out: _Out) -> None:
        if not out.status:
            await error_response(status, self.error_page(status))(scope, receive, out)


def error_response(status: int, page: str) -> Response:
    """Return the answer of a refusal."""
    headers = {"Retry-After": "60"} if status in (429, 503) else {}
    return HTMLResponse(page, status, headers)


class _Out:
    """What sends an answer, its headers completed; remembers its status."""

    def __init__(self, send: Send, *, secure: bool) -> None:
        self._send, self._secure = send, secure
        self.status = 0

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]
            headers = MutableHeaders(scope=message)
            headers.update(HEADERS)
            headers.setdefault("Cache-Control", "no-store")
            if self._secure:
                headers["Strict-Transport-Security"] = TRANSPORT_SECURITY
        await self._send(message)


def _limited(receive: Receive) -> Receive:
    read = 0

    async def counted() -> Message:
        nonlocal read
        message = await receive()
        read += len(message.get("body", b""))
        if read > LARGEST_BODY:
            raise HTTPException(413)
        return message

    return counted


def _place(error: Exception) -> str:
    frame = error.__traceback__
    while frame and frame.tb_next:
        frame = frame.tb_next
    place = f"{frame.tb_frame.f_globals.get('__name__')}:{frame.tb_lineno}" if frame else "?"
    return f"{type(error).__name__} at {place}"
