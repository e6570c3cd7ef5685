"""Airflow's own screens show what a wave would send: a tab on each run, a page in the menu, behind Airflow's sign-in.

Every component of Airflow loads this file, and only the api-server answers pages: what pages need is imported at the first one.
"""

from __future__ import annotations

from functools import cache, lru_cache
from threading import Lock
from typing import TYPE_CHECKING, Any

from airflow.plugins_manager import AirflowPlugin

if TYPE_CHECKING:
    from fastapi import FastAPI

    from pipelines.campaign.waves import Wave
    from pipelines.installation import Installation
    from pipelines.notices.emails.message import NoticeWriter
    from pipelines.notices.letter_dispatch import LetterDispatch

PREFIX = "/campaign"
PLANNING = "notice_planning"
LISTED = 50
# Nothing is kept by a browser or a proxy, nothing is loaded from elsewhere, no other site frames the page.
HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; img-src data:; style-src 'unsafe-inline'; frame-ancestors 'self'; base-uri 'none'",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}
# PDFium draws for one thread at a time.
_drawing = Lock()


@cache
def _here() -> Installation:
    from pipelines.installation import Installation

    return Installation()


@lru_cache(1)
def _makers(_content: str) -> tuple[LetterDispatch, NoticeWriter]:
    """Return what makes letters and what writes e-mails; made anew once templates or senders change."""
    from pipelines.notices.emails.message import NoticeWriter

    return _here().letter_dispatch(_here().desk_db), NoticeWriter(_here().settings.home / "templates")


def _wave_page(wave: Wave, looked_by: str) -> str:
    from pipelines.notices.proofs import Look
    from pipelines.notices.samples import email_samples, letter_samples
    from pipelines.platform.clock import now
    from pipelines.reporting.wave_page import render_wave

    look = Look(looked_by, f"wave {wave.wave_id} before a decision", now())
    with _drawing:
        dispatch, writer = _makers(_here().content)
        letters = letter_samples(dispatch, wave.wave_id, look)
        emails = email_samples(dispatch, writer, wave.wave_id, look)
    return render_wave(wave, letters, emails, _here().settings.home / "templates")


def _run_wave(run_id: str) -> Wave | None:
    """Return the wave of a planning run, None where it proposed none."""
    from airflow.models.dagrun import DagRun
    from airflow.utils.session import create_session

    from pipelines.campaign.waves import wave_of_run

    with create_session() as session:
        run = session.query(DagRun).filter_by(dag_id=PLANNING, run_id=run_id).one_or_none()
        instant = run and (run.logical_date or run.run_after)
    return wave_of_run(_here().desk_db, instant) if instant else None


def console() -> FastAPI:
    """Return the pages; whoever may answer the approval of a wave may see them."""
    from airflow.api_fastapi.auth.managers.models.resource_details import DagAccessEntity
    from airflow.api_fastapi.core_api.security import get_user, requires_access_dag
    from fastapi import Depends, FastAPI, Request
    from fastapi.responses import HTMLResponse, PlainTextResponse

    from pipelines.campaign.waves import find_wave, last_waves
    from pipelines.platform.errors import EspaceSanteError
    from pipelines.reporting.wave_page import render_waves

    whoever = Depends(get_user)
    may_decide = Depends(requires_access_dag("PUT", DagAccessEntity.HITL_DETAIL, PLANNING))
    app = FastAPI(dependencies=[may_decide], docs_url=None, redoc_url=None, openapi_url=None, default_response_class=HTMLResponse)

    @app.exception_handler(EspaceSanteError)
    def refused(_request: Request, error: EspaceSanteError) -> PlainTextResponse:
        return PlainTextResponse(f"{error}\n", 409, HEADERS)

    @app.get("/")
    def waves() -> HTMLResponse:
        return HTMLResponse(render_waves(last_waves(_here().desk_db, LISTED), _here().settings.home / "templates"), headers=HEADERS)

    @app.get("/waves/{wave_id}")
    def wave(wave_id: int, user: Any = whoever) -> HTMLResponse:
        return HTMLResponse(_wave_page(find_wave(_here().desk_db, wave_id), user.get_name()), headers=HEADERS)

    @app.get("/runs/{dag_id}/{run_id:path}")
    def run(dag_id: str, run_id: str, user: Any = whoever) -> Any:
        found = _run_wave(run_id) if dag_id == PLANNING else None
        if found is None:
            return PlainTextResponse("This run proposed no wave.\n", headers=HEADERS)
        return HTMLResponse(_wave_page(found, user.get_name()), headers=HEADERS)

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


class CampaignConsole(AirflowPlugin):
    """What Airflow shows."""

    name = "campaign_console"
    fastapi_apps = [{"app": Console(), "url_prefix": PREFIX, "name": "Campaign console"}]  # noqa: RUF012 - as Airflow declares it
    external_views = [  # noqa: RUF012
        {"name": "Waves", "href": f"{PREFIX}/", "destination": "nav", "url_route": "waves", "category": "browse"},
        {
            "name": "What would leave",
            "href": f"{PREFIX}/runs/{{DAG_ID}}/{{RUN_ID}}",
            "destination": "dag_run",
            "url_route": "what_would_leave",
        },
    ]
