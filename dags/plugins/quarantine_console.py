"""Airflow's own screens show what is held of refused documents, and how each sender sends: pages in the menu, behind Airflow's sign-in.

Every component of Airflow loads this file, and only the api-server answers pages: what pages need is imported at the first one.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any
from uuid import UUID

from airflow.plugins_manager import AirflowPlugin

if TYPE_CHECKING:
    from fastapi import FastAPI

    from pipelines.installation import Installation
    from pipelines.reporting.sender_page import SenderQuality

PREFIX = "/quarantine"
DECIDING = "identity_correction"
LISTED = 200
# Nothing is kept by a browser or a proxy, nothing is loaded from elsewhere, no other site frames the page or fills its form.
HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; frame-ancestors 'self'; base-uri 'none'",
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
}


@cache
def _here() -> Installation:
    from pipelines.installation import Installation

    return Installation()


def _list_page() -> str:
    from pipelines.documents.feed import declarations
    from pipelines.documents.quarantine import Chosen, causes, held_files
    from pipelines.platform.clock import now
    from pipelines.reporting.quarantine_page import render_quarantine

    db = _here().db
    feeds = [file.stem for file in declarations(_here().settings.feeds_directory)]
    return render_quarantine(causes(db), held_files(db, Chosen(now()), LISTED), feeds, _here().settings.home / "templates")


def _sender(feed: str) -> SenderQuality:
    from pipelines.documents.feed import named_feed
    from pipelines.platform.clock import now
    from pipelines.reporting.sender_page import sender_quality

    return sender_quality(_here().reporting_db, named_feed(_here().settings.feeds_directory, feed), now())


def _file_page(file: UUID) -> str:
    from pipelines.documents.bounded_reader import BoundedReader
    from pipelines.documents.quarantine import find_held, metadata_of
    from pipelines.documents.routes import named_route
    from pipelines.reporting.quarantine_page import render_held_file

    held = find_held(_here().db, file)
    with BoundedReader() as reader:
        documents = metadata_of(_here().db, named_route(held.feed, _here().store), held, reader.read)
    return render_held_file(held, documents, _here().settings.home / "templates")


def _content(file: UUID, looked_by: str, reason: str) -> bytes:
    from pipelines.documents.quarantine import content_of, find_held
    from pipelines.documents.routes import named_route
    from pipelines.platform.clock import now

    held = find_held(_here().db, file)
    return content_of(_here().db, named_route(held.feed, _here().store), held, looked_by, reason, now())[1]


def console() -> FastAPI:
    """Return the pages; whoever may answer the approval of a correction of identity may see them."""
    from airflow.api_fastapi.auth.managers.models.resource_details import DagAccessEntity
    from airflow.api_fastapi.core_api.security import get_user, requires_access_dag
    from fastapi import Depends, FastAPI, Form, Request
    from fastapi.responses import HTMLResponse, PlainTextResponse, Response

    from pipelines.platform.errors import EspaceSanteError
    from pipelines.reporting.sender_page import render_sender, sender_csv

    whoever = Depends(get_user)
    typed = Form()
    may_decide = Depends(requires_access_dag("PUT", DagAccessEntity.HITL_DETAIL, DECIDING))
    app = FastAPI(dependencies=[may_decide], docs_url=None, redoc_url=None, openapi_url=None, default_response_class=HTMLResponse)

    @app.exception_handler(EspaceSanteError)
    def refused(_request: Request, error: EspaceSanteError) -> PlainTextResponse:
        return PlainTextResponse(f"{error}\n", 409, HEADERS)

    @app.get("/")
    def files() -> HTMLResponse:
        return HTMLResponse(_list_page(), headers=HEADERS)

    @app.get("/senders/{feed}")
    def sender(feed: str) -> HTMLResponse:
        return HTMLResponse(render_sender(_sender(feed), _here().settings.home / "templates"), headers=HEADERS)

    @app.get("/senders/{feed}/csv")
    def sender_table(feed: str) -> Response:
        saved = {"Content-Disposition": f'attachment; filename="{_sender(feed).feed}.csv"'}
        return Response(sender_csv(_sender(feed)), media_type="text/csv; charset=utf-8", headers=HEADERS | saved)

    @app.get("/files/{file}")
    def held_file(file: UUID) -> HTMLResponse:
        return HTMLResponse(_file_page(file), headers=HEADERS)

    @app.post("/files/{file}/content")
    def content(file: UUID, reason: str = typed, user: Any = whoever) -> Response:
        # Never shown by the browser: it may be hostile.
        saved = {"Content-Disposition": f'attachment; filename="{file}.bin"'}
        return Response(_content(file, user.get_name(), reason), media_type="application/octet-stream", headers=HEADERS | saved)

    return app


class Console:
    """The pages, put together when the first one is asked for."""

    def __init__(self) -> None:
        self._app: FastAPI | None = None

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Answer a request (ASGI)."""
        if self._app is None:
            self._app = console()
        await self._app(scope, receive, send)


class QuarantineConsole(AirflowPlugin):
    """What Airflow shows."""

    name = "quarantine_console"
    fastapi_apps = [{"app": Console(), "url_prefix": PREFIX, "name": "Quarantine console"}]  # noqa: RUF012 - as Airflow declares it
    external_views = [  # noqa: RUF012
        {"name": "Quarantine", "href": f"{PREFIX}/", "destination": "nav", "url_route": "quarantine", "category": "browse"},
    ]
