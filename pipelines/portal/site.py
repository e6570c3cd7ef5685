"""The routes of the site: what is typed, looked at again, decided, received, followed up. Nothing acts but a POST."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from datetime import date, datetime
from time import monotonic
from typing import Annotated, Any, NamedTuple, TypeVar

from fastapi import FastAPI, Form, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import HTMLResponse, JSONResponse, RedirectResponse
from pydantic import BaseModel, Field
from starlette.exceptions import HTTPException

from pipelines.platform.clock import legal_day
from pipelines.platform.errors import FinalError, RetryableError
from pipelines.platform.object_store import ObjectStore
from pipelines.platform.settings import PREFIX, Settings
from pipelines.portal.days import Days
from pipelines.portal.desk import Desk
from pipelines.portal.exchange import Exchange, HandingOver
from pipelines.portal.gate import HEALTH, Gate, error_response
from pipelines.portal.pages import Pages
from pipelines.portal.person_form import Typed, read_person
from pipelines.portal.rate_limit import RateLimit
from pipelines.portal.sealed import LIFE, MOST_PEOPLE, Draft, Seal, Session
from pipelines.portal.spool import Spool

COOKIE = "__Host-session"
SPOOL = "portal"
LEAST_KEY = 32
NOTHING = Typed()
CHOICE_MISSING = "Choisissez : vous opposer, ou garder l'espace."
NUMBER_WRONG = "Ce numéro de suivi n'est pas valable : comparez-le à celui de votre récépissé."
REFUSALS: dict[int | str, dict[str, Any]] = {
    status: {"description": "A page that says what to do", "content": {"text/html": {}}}
    for status in (400, 403, 413, 414, 415, 421, 429, 503)
}

AnyResponse = TypeVar("AnyResponse", bound=Response)
ShortText = Annotated[str, Field(max_length=100)]


class DraftForm(BaseModel):
    """What every form carries: the request so far, sealed."""

    draft: str = ""


class PersonForm(DraftForm):
    """One person, as typed."""

    code: ShortText = ""
    matricule: ShortText = ""
    day: ShortText = ""
    month: ShortText = ""
    year: ShortText = ""

    @property
    def typed(self) -> Typed:
        """The fields that say who it is."""
        return Typed(self.code, self.matricule, self.day, self.month, self.year)


class RemovalForm(DraftForm):
    """Whom to take out of the request, by the rank in its list."""

    rank: Annotated[int, Field(ge=0, lt=MOST_PEOPLE)]


class ChoiceForm(DraftForm):
    """What was decided: `oppose` or `keep`."""

    choice: ShortText = ""


class NumberForm(DraftForm):
    """The number of a receipt, as typed."""

    number: ShortText = ""


class Site(NamedTuple):
    """The site put together: what is served, and what hands over beside it while it is served."""

    gate: Gate
    handing_over: HandingOver


def site(settings: Settings, store: ObjectStore, clock: Callable[[], datetime], origin: str) -> Site:
    """Return the whole site, to be served by one process. Raises: FinalError without its key, or where another process serves it."""
    key = _key(settings)
    exchange, pages = Exchange(store), Pages(settings.home / "templates")
    folder = settings.var / SPOOL

    def today() -> date:
        return legal_day(clock())

    desk = Desk(Spool(folder, clock), exchange, key)
    handing_over = HandingOver(desk.spool, Days(folder / "days", today()), exchange)

    @asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
        handing_over.start()
        yield
        handing_over.stop()
        desk.spool.close()

    limit = RateLimit(settings.portal_requests_a_minute_by_network, settings.portal_requests_a_minute, monotonic)
    return Site(Gate(_application(desk, pages, Seal(key), today, lifespan), origin, limit, pages.error), handing_over)


def _key(settings: Settings) -> bytes:
    with suppress(ValueError):
        key = bytes.fromhex(settings.portal_key.get_secret_value())
        if len(key) >= LEAST_KEY:
            return key
    raise FinalError(f"the site has no key: set {PREFIX}PORTAL_KEY to {2 * LEAST_KEY} hexadecimal digits from the secrets backend")


def _application(desk: Desk, pages: Pages, seal: Seal, today: Callable[[], date], lifespan: Callable[[FastAPI], Any]) -> FastAPI:
    app = FastAPI(
        title="Espace santé: opposition",
        version="1",
        lifespan=lifespan,
        openapi_url=None,
        docs_url=None,
        redoc_url=None,
        default_response_class=HTMLResponse,
        responses=REFUSALS,
    )
    _refuse_with_pages(app, pages)
    _serve_what_stands(app, desk, pages)
    _serve_request(app, desk, pages, seal, today)
    _serve_lost_code(app, desk, pages, seal, today)
    _serve_receipt(app, desk, pages, seal)
    return app


def _refuse_with_pages(app: FastAPI, pages: Pages) -> None:
    @app.exception_handler(HTTPException)
    def refused(_request: Request, error: HTTPException) -> Response:
        answer = error_response(error.status_code, pages.error(error.status_code))
        answer.headers.update(error.headers or {})
        return answer

    @app.exception_handler(RequestValidationError)
    def unreadable(_request: Request, _error: RequestValidationError) -> Response:
        """The error itself would repeat what was typed."""
        return error_response(400, pages.error(400))

    @app.exception_handler(Exception)
    def failed(_request: Request, _error: Exception) -> Response:
        return error_response(500, pages.error(500))

    @app.exception_handler(RetryableError)
    def not_received(_request: Request, _error: RetryableError) -> Response:
        return error_response(503, pages.error(503))


def _serve_what_stands(app: FastAPI, desk: Desk, pages: Pages) -> None:
    @app.get("/informations")
    def information() -> HTMLResponse:
        return HTMLResponse(pages.information())

    @app.get("/style.css", response_class=Response, responses={200: {"content": {"text/css": {}}}})
    def style() -> Response:
        return Response(pages.style(), media_type="text/css", headers={"Cache-Control": "public, max-age=3600"})

    @app.get(HEALTH, response_class=JSONResponse)
    def health() -> JSONResponse:
        """Tell that the site answers, and how many files wait for the object store since when."""
        waiting = desk.spool.waiting()
        return JSONResponse({"status": "ok", "files_waiting": len(waiting), "oldest": waiting[0].minute.isoformat() if waiting else None})


def _serve_request(app: FastAPI, desk: Desk, pages: Pages, seal: Seal, today: Callable[[], date]) -> None:
    def form_page(session: Session, draft: Draft, typed: Typed = NOTHING, faults: dict[str, str] | None = None) -> HTMLResponse:
        page = pages.person(seal.draft_text(draft), draft.people, typed, faults or {})
        return _remembering(seal, session, HTMLResponse(page, 422 if faults else 200))

    def review_page(session: Session, draft: Draft, fault: str = "") -> HTMLResponse:
        page = pages.review(seal.draft_text(draft), draft.people, fault)
        return _remembering(seal, session, HTMLResponse(page, 422 if fault else 200))

    @app.get("/")
    def begin(request: Request) -> HTMLResponse:
        session = _session(seal, request)
        return form_page(session, Draft.new(session))

    @app.post("/personne", responses={422: {"description": "Something typed is at fault", "content": {"text/html": {}}}})
    def add_person(form: Annotated[PersonForm, Form()], request: Request) -> HTMLResponse:
        session, draft = _opened(seal, form, request)
        person, faults = read_person(form.typed, today().year)
        return review_page(session, draft.with_person(person)) if person else form_page(session, draft, form.typed, faults)

    @app.post("/autre-personne")
    def ask_for_another(form: Annotated[DraftForm, Form()], request: Request) -> HTMLResponse:
        return form_page(*_opened(seal, form, request))

    @app.post("/retrait")
    def take_out(form: Annotated[RemovalForm, Form()], request: Request) -> HTMLResponse:
        session, draft = _opened(seal, form, request)
        left = draft.without(form.rank)
        return review_page(session, left) if left.people else form_page(session, left)

    @app.post("/choix", status_code=303, responses={200: {"content": {"text/html": {}}}, 422: {"content": {"text/html": {}}}})
    def decide(form: Annotated[ChoiceForm, Form()], request: Request) -> Response:
        session, draft = _opened(seal, form, request)
        if not draft.people:
            return form_page(session, draft)
        if form.choice == "keep":
            return HTMLResponse(pages.kept())
        if form.choice != "oppose":
            return review_page(session, draft, CHOICE_MISSING)
        return _remembering(seal, session.showing(*desk.receive(draft)), RedirectResponse("/recepisse", 303))


def _serve_lost_code(app: FastAPI, desk: Desk, pages: Pages, seal: Seal, today: Callable[[], date]) -> None:
    def page(session: Session, draft: Draft, typed: Typed = NOTHING, faults: dict[str, str] | None = None) -> HTMLResponse:
        made = pages.lost_code(seal.draft_text(draft), typed, faults or {})
        return _remembering(seal, session, HTMLResponse(made, 422 if faults else 200))

    @app.get("/code-perdu")
    def begin(request: Request) -> HTMLResponse:
        session = _session(seal, request)
        return page(session, Draft.new(session))

    @app.post("/code-perdu", status_code=303, responses={422: {"content": {"text/html": {}}}})
    def ask_for_code(form: Annotated[PersonForm, Form()], request: Request) -> Response:
        session, draft = _opened(seal, form, request)
        person, faults = read_person(form.typed, today().year, with_code=False)
        if person is None:
            return page(session, draft, form.typed, faults)
        return _remembering(seal, session.showing(*desk.receive(draft.only_for(person))), RedirectResponse("/recepisse", 303))


def _serve_receipt(app: FastAPI, desk: Desk, pages: Pages, seal: Seal) -> None:
    @app.get("/recepisse", responses={303: {"description": "This browser has no receipt: asks for its number"}})
    def receipt(request: Request) -> Response:
        shown = desk.shown(_session(seal, request))
        return HTMLResponse(pages.receipt(shown)) if shown else RedirectResponse("/suivi", 303)

    @app.get("/recepisse.pdf", response_class=Response, responses={200: {"content": {"application/pdf": {}}}, 303: {}})
    def receipt_file(request: Request) -> Response:
        shown = desk.shown(_session(seal, request))
        if not shown:
            return RedirectResponse("/suivi", 303)
        name = {"Content-Disposition": 'attachment; filename="recepisse.pdf"'}
        return Response(pages.receipt_pdf(shown), media_type="application/pdf", headers=name)

    @app.get("/suivi")
    def ask_for_number(request: Request) -> HTMLResponse:
        session = _session(seal, request)
        return _remembering(seal, session, HTMLResponse(pages.follow_up(seal.draft_text(Draft.new(session)))))

    @app.post("/suivi", status_code=303, responses={422: {"content": {"text/html": {}}}})
    def follow_up(form: Annotated[NumberForm, Form()], request: Request) -> Response:
        session, _ = _opened(seal, form, request)
        kept = desk.find(form.number)
        if kept is None:
            return HTMLResponse(pages.follow_up(form.draft, form.number, NUMBER_WRONG), 422)
        return _remembering(seal, session.showing(kept), RedirectResponse("/recepisse", 303))


def _session(seal: Seal, request: Request) -> Session:
    """Return the session of a browser, a new one where there is none to trust."""
    return seal.session(request.cookies.get(COOKIE, "")) or Session.new()


def _remembering(seal: Seal, session: Session, answer: AnyResponse) -> AnyResponse:
    """Return an answer with the session in its cookie."""
    answer.set_cookie(COOKIE, seal.session_text(session), max_age=LIFE, path="/", secure=True, httponly=True, samesite="strict")
    return answer


def _opened(seal: Seal, form: DraftForm, request: Request) -> tuple[Session, Draft]:
    """Return the session and the request that a form carries. Raises: HTTPException where no page of this session made the form."""
    session = _session(seal, request)
    draft = seal.draft(form.draft, session)
    if draft is None:
        raise HTTPException(403)
    return session, draft
