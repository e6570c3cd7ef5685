"""What stands between the world and the pages: forged forms, other hosts, floods, oversized bodies, headers, the log."""

from __future__ import annotations

import asyncio
import base64
import re
from collections.abc import Iterator
from datetime import timedelta

import httpx
import pytest
import time_machine
from pydantic import SecretStr
from starlette.responses import PlainTextResponse

from pipelines.installation import Installation
from pipelines.platform.errors import FinalError
from pipelines.platform.settings import Settings
from pipelines.portal.gate import HEADERS, LARGEST_BODY, Gate
from pipelines.portal.rate_limit import RateLimit
from pipelines.portal.sealed import LIFE, Draft, Seal, Session
from pipelines.portal.site import site
from tests.portal.conftest import NOON, Portal, SetClock, Visitor, served
from tests.portal.people import ANNE

FORM = {"content-type": "application/x-www-form-urlencoded"}
ACTING = ("/personne", "/autre-personne", "/retrait", "/choix")


@pytest.mark.parametrize("path", ACTING)
def test_nothing_acts_but_a_post(visitor: Visitor, path: str) -> None:
    answer = visitor.get(path)
    assert answer.status_code == 405 and "Votre demande n’a pas été envoyée" in answer.text


@pytest.mark.parametrize("path", [*ACTING, "/code-perdu", "/suivi"])
def test_a_form_that_no_page_of_this_browser_made_is_refused(portal: Portal, path: str) -> None:
    victim, attacker = portal.visitor(), portal.visitor()
    victim.get("/")
    attacker.get("/")
    for draft in ("", "forged", attacker.draft):
        victim.draft = draft
        assert victim.post(path, rank="0", choice="oppose", **ANNE).status_code == 403


@pytest.mark.parametrize(
    "headers", [{"origin": "https://evil.example"}, {"origin": "null"}, {"origin": "", "sec-fetch-site": "same-origin"}]
)
def test_a_form_sent_from_another_site_is_refused(visitor: Visitor, headers: dict[str, str]) -> None:
    visitor.get("/")
    assert visitor.post("/personne", headers=headers, **ANNE).status_code == 403


@pytest.mark.parametrize(("site_of_form", "status"), [("same-origin", 200), ("cross-site", 403), ("same-site", 403), (None, 403)])
def test_a_browser_that_gives_no_origin_must_say_that_the_form_is_ours(portal: Portal, site_of_form: str | None, status: int) -> None:
    visitor = portal.visitor()
    visitor.get("/")
    headers = {"cookie": f'__Host-session="{visitor.cookie}"'} | ({"sec-fetch-site": site_of_form} if site_of_form else {})
    assert httpx.post(f"{portal.origin}/personne", data={"draft": visitor.draft} | ANNE, headers=headers).status_code == status


def test_drafts_and_sessions_end_with_time() -> None:
    seal, session = Seal(b"key"), Session.new()
    with time_machine.travel(NOON, tick=False):
        draft, cookie = seal.draft_text(Draft.new(session)), seal.session_text(session)
    with time_machine.travel(NOON + timedelta(seconds=LIFE), tick=False):
        assert seal.draft(draft, session) and seal.session(cookie) == session
    with time_machine.travel(NOON + timedelta(seconds=LIFE + 1), tick=False):
        assert seal.draft(draft, session) is None and seal.session(cookie) is None


def test_a_host_that_is_not_ours_is_refused_but_for_health_and_style(portal: Portal) -> None:
    other = portal.visitor(host="evil.example")
    assert [other.get(path).status_code for path in ("/", "/suivi", "/style.css", "/health")] == [421, 421, 200, 200]


def test_the_health_tells_how_much_waits(portal: Portal, visitor: Visitor) -> None:
    before = visitor.get("/health").json()
    visitor.oppose(ANNE)
    assert before == {"status": "ok", "files_waiting": 0, "oldest": None}
    assert visitor.get("/health").json() == {"status": "ok", "files_waiting": 1, "oldest": "2022-02-10T11:00:00+00:00"}


@pytest.mark.parametrize("announced", [True, False])
def test_a_body_that_is_too_large_is_not_read_to_its_end(portal: Portal, *, announced: bool) -> None:
    whole = b"draft=" + b"x" * LARGEST_BODY
    parts = (part for part in (whole[:1000], whole[1000:]))
    answer = httpx.post(f"{portal.origin}/choix", content=whole if announced else parts, headers=FORM | {"origin": portal.origin})
    assert answer.status_code == 413 and "trop longue" in answer.text


@pytest.mark.parametrize("kind", ["multipart/form-data; boundary=x", "application/json", "text/plain", ""])
def test_only_forms_are_read(portal: Portal, kind: str) -> None:
    headers = {"content-type": kind, "origin": portal.origin}
    assert httpx.post(f"{portal.origin}/choix", content=b"{}", headers=headers).status_code == 415


def test_an_address_that_is_too_long_is_refused(visitor: Visitor) -> None:
    assert visitor.get("/?" + "x" * 3000).status_code == 414


def test_a_page_that_does_not_exist_is_told_in_french(visitor: Visitor) -> None:
    answer = visitor.get("/admin")
    assert answer.status_code == 404 and "Cette page n’existe pas" in answer.text


def test_a_field_that_is_far_too_long_is_refused_without_being_repeated(visitor: Visitor) -> None:
    visitor.get("/")
    answer = visitor.post("/personne", **(ANNE | {"code": "Q" * 200}))
    assert answer.status_code == 400 and "QQQ" not in answer.text


@pytest.fixture
def strict(portal_settings: Settings, shared_installation: Installation) -> Iterator[Portal]:
    """A site that answers two requests a minute of one network."""
    chosen = portal_settings.model_copy(update={"portal_requests_a_minute_by_network": 2})
    with served(chosen, shared_installation.store) as running:
        yield running


def test_who_asks_too_much_is_asked_to_wait(strict: Portal) -> None:
    visitor = strict.visitor()
    answers = [visitor.get("/informations") for _ in range(3)]
    assert [answer.status_code for answer in answers] == [200, 200, 429]
    assert answers[2].headers["retry-after"] == "60" and "Attendez une minute" in answers[2].text
    assert visitor.get("/health").status_code == 200


@pytest.mark.parametrize(("proxies", "last"), [((), 429), (("127.0.0.0/8",), 200), (("192.0.2.7",), 429)])
def test_the_address_that_a_proxy_tells_counts_where_the_proxy_is_ours(
    portal_settings: Settings, shared_installation: Installation, proxies: tuple[str, ...], last: int
) -> None:
    chosen = portal_settings.model_copy(update={"portal_requests_a_minute_by_network": 2, "portal_proxies": proxies})
    with served(chosen, shared_installation.store) as portal:
        answers = [portal.visitor(**{"x-forwarded-for": f"198.51.{net}.1"}).get("/informations").status_code for net in range(3)]
    assert answers == [200, 200, last]


def test_every_answer_carries_the_headers_of_safety(portal: Portal, visitor: Visitor) -> None:
    visitor.oppose(ANNE)
    answers = [visitor.get(path) for path in ("/", "/recepisse", "/recepisse.pdf", "/style.css", "/health", "/nothing", "/choix")]
    answers += [visitor.post("/personne", headers={"origin": "https://evil.example"}), portal.visitor(host="evil.example").get("/")]
    for answer in answers:
        assert {name: answer.headers.get(name) for name in HEADERS} == HEADERS
        assert "server" not in answer.headers
        assert answer.headers["cache-control"] == ("public, max-age=3600" if answer.url.path == "/style.css" else "no-store")
    policy = HEADERS["Content-Security-Policy"]
    assert "default-src 'none'" in policy and "frame-ancestors 'none'" in policy and "unsafe" not in policy and "script" not in policy


@pytest.mark.parametrize(("origin", "told"), [("https://opposition.example", True), ("http://localhost:1", False)])
def test_browsers_are_held_to_https_where_the_site_has_it(origin: str, *, told: bool) -> None:
    gate = Gate(PlainTextResponse("page"), origin, RateLimit(9, 9, lambda: 0.0), str)

    async def opened() -> httpx.Response:
        async with httpx.AsyncClient(transport=httpx.ASGITransport(gate), base_url=origin) as client:
            return await client.get("/")

    assert ("strict-transport-security" in asyncio.run(opened()).headers) is told


def test_pages_load_nothing_from_elsewhere_and_run_nothing(visitor: Visitor) -> None:
    pages = [visitor.get(path).text for path in ("/", "/informations", "/suivi")] + [visitor.oppose(ANNE).text]
    for page in pages:
        assert re.findall(r"<script|\son\w+=|style=|javascript:|https?://|//\w", page) == []
        assert set(re.findall(r'<link[^>]+href="([^"]+)"', page)) == {"/style.css", "data:,"}


def test_the_cookie_holds_nothing_that_can_be_read_and_stays_in_this_site(visitor: Visitor) -> None:
    answer = visitor.get("/")
    told = answer.headers["set-cookie"]
    assert all(word in told for word in ("__Host-session=", "HttpOnly", "Secure", "SameSite=strict", "Path=/"))
    visitor.oppose(ANNE)
    opened = base64.urlsafe_b64decode(visitor.cookie)
    assert not any(ANNE[field].encode() in opened for field in ("code", "matricule"))


def test_neither_addresses_nor_the_log_hold_what_people_type(
    portal: Portal, visitor: Visitor, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    caplog.set_level("INFO")
    visitor.oppose(ANNE)
    visitor.get(f"/{ANNE['code']}?matricule={ANNE['matricule']}")
    visitor.post("/personne", **(ANNE | {"year": "?"}))
    portal.clock.now += timedelta(days=1)
    portal.handing_over.hand_over()
    portal.stop()
    own = "\n".join(record.getMessage() for record in caplog.records if record.name.startswith(("pipelines", "uvicorn")))
    seen = own + "".join(capfd.readouterr())
    assert "POST /personne 422" in own and "GET - 404" in own
    assert [word for word in (ANNE["code"], ANNE["matricule"], ANNE["matricule"][:13], "127.0.0.1") if word in seen] == []


@pytest.mark.parametrize("key", ["", "5e" * 16, "no hexadecimal digits"])
def test_a_site_without_a_good_key_does_not_start(portal_settings: Settings, shared_installation: Installation, key: str) -> None:
    without = portal_settings.model_copy(update={"portal_key": SecretStr(key)})
    with pytest.raises(FinalError, match="ESPACE_SANTE_PORTAL_KEY"):
        site(without, shared_installation.store, SetClock(), "http://localhost:1")
