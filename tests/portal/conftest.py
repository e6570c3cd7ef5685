"""The site as it is served: a real server on a real object store, a clock that a test sets, and somebody who visits."""

from __future__ import annotations

import json
import re
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any

import httpx
import pytest
import uvicorn
from pydantic import SecretStr

from pipelines.installation import Installation
from pipelines.platform.object_store import ObjectStore
from pipelines.platform.settings import Settings
from pipelines.portal.exchange import BUCKET, FOLDER, HandingOver
from pipelines.portal.serving import server
from pipelines.portal.site import COOKIE, site
from tests.campaign_driver import paris

KEY = "5e" * 32
NOON = paris(2022, 2, 10)
ACCEPTED = {"result": "ACCEPTED", "message": "C'est enregistré.", "receipt": "OPP-812-1"}
REFUSED = {"result": "REFUSED", "message": "Ce que la prise en charge dit au canal.", "receipt": None}
DRAFT = re.compile(r'name="draft" value="([^"]+)"')


@cache
def _http() -> httpx.Client:
    """One for all visitors: each one takes long to make."""
    return httpx.Client()


@dataclass
class Visitor:
    """A browser without JavaScript, at the level of HTTP: one cookie, forms that carry the draft of the page before."""

    origin: str
    headers: dict[str, str] = field(default_factory=dict)
    cookie: str = ""
    draft: str = ""

    def get(self, path: str) -> httpx.Response:
        """Open a page."""
        return self._read(_http().get(self.origin + path, headers=self._sent()))

    def post(self, path: str, headers: dict[str, str] | None = None, **fields: str) -> httpx.Response:
        """Send the form of the page that is open."""
        sent = self._sent() | {"origin": self.origin} | (headers or {})
        return self._read(_http().post(self.origin + path, data={"draft": self.draft} | fields, headers=sent))

    def oppose(self, *people: dict[str, str]) -> httpx.Response:
        """Type people one after the other, oppose, and open the receipt."""
        self.get("/")
        for person in people:
            assert self.post("/personne", **person).status_code == 200
        answer = self.post("/choix", choice="oppose")
        assert (answer.status_code, answer.headers["location"]) == (303, "/recepisse")
        return self.get("/recepisse")

    def _sent(self) -> dict[str, str]:
        return {"cookie": f'{COOKIE}="{self.cookie}"'} | self.headers

    def _read(self, answer: httpx.Response) -> httpx.Response:
        set_cookie = re.search(rf'{COOKIE}="([^"]+)"', answer.headers.get("set-cookie", ""))
        self.cookie = set_cookie[1] if set_cookie else self.cookie
        drafts: list[str] = DRAFT.findall(answer.text)
        self.draft = drafts[0] if drafts else self.draft
        return answer


@dataclass
class SetClock:
    """What time it is for the site."""

    now: datetime = NOON

    def __call__(self) -> datetime:
        return self.now


@dataclass
class Portal:
    """The site while it is served."""

    origin: str
    store: ObjectStore
    spool: Path
    clock: SetClock
    handing_over: HandingOver
    application: Any
    _serving: uvicorn.Server
    _thread: threading.Thread

    def stop(self) -> None:
        """End the site; what it had to do is done then, and told in its log."""
        self._serving.should_exit = True
        self._thread.join()

    def visitor(self, **headers: str) -> Visitor:
        """Return somebody who comes for the first time."""
        return Visitor(self.origin, headers)

    def answer(self, *decisions: dict[str, Any]) -> None:
        """Decide the requests that the site keeps, in their order, as the intake would."""
        (file,) = self.files()
        refs = [json.loads(line)["request_ref"] for line in file.read_text().splitlines()]
        told = [{"line": line, "request_ref": ref} | one for line, (ref, one) in enumerate(zip(refs, decisions, strict=True), 1)]
        self.store.put(BUCKET, f"{FOLDER}/answers/{file.name}", "".join(json.dumps(one) + "\n" for one in told).encode())

    def files(self) -> list[Path]:
        """Return the files of the spool."""
        return sorted(self.spool.glob("*.jsonl"))


@contextmanager
def served(settings: Settings, store: ObjectStore, clock: SetClock | None = None) -> Iterator[Portal]:
    """Serve the site on a free port until the block ends."""
    listening = socket.create_server(("127.0.0.1", 0))
    origin = f"http://localhost:{listening.getsockname()[1]}"
    clock = clock or SetClock()
    made = site(settings, store, clock, origin)
    serving = server(made.gate, "localhost", 0, settings.portal_proxies)
    thread = threading.Thread(target=serving.run, kwargs={"sockets": [listening]})
    portal = Portal(origin, store, settings.var / "portal", clock, made.handing_over, made.gate.app, serving, thread)
    thread.start()
    try:
        while not serving.started and thread.is_alive():
            time.sleep(0.005)
        yield portal
    finally:
        portal.stop()


@pytest.fixture(scope="session", autouse=True)
def _connections() -> Iterator[None]:
    yield
    _http().close()


@pytest.fixture
def portal_settings(platform_settings: Settings, tmp_path: Path) -> Settings:
    """The settings of a site: a key and a spool of its own, no database."""
    own = {"var": tmp_path, "portal_key": SecretStr(KEY), "database_url": SecretStr(""), "database_owner_url": SecretStr("")}
    return platform_settings.model_copy(update=own)


@pytest.fixture
def portal(portal_settings: Settings, shared_installation: Installation) -> Iterator[Portal]:
    """The site, served."""
    with served(portal_settings, shared_installation.store) as running:
        yield running


@pytest.fixture
def visitor(portal: Portal) -> Visitor:
    """Somebody who comes for the first time."""
    return portal.visitor()
