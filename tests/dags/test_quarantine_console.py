"""The pages on what is held of refused documents: for whoever may decide, content for a reason only, nothing of anybody's before it."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import httpx
import pytest

from pipelines.documents.feed import Feed
from pipelines.documents.quarantine import Chosen, held_files
from pipelines.installation import Installation
from tests.campaign_driver import Campaign, paris
from tests.feed_driver import HOSPITAL, FeedDriver
from tests.registry_builder import invent

PLUGINS = Path(__file__).resolve().parents[2] / "dags" / "plugins"
Ask = Callable[..., httpx.Response]
# Airflow brings its own test client in.
pytestmark = pytest.mark.filterwarnings("ignore:Using `httpx` with `starlette.testclient`")


@pytest.fixture(scope="module")
def plugin(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ModuleType]:
    patch = pytest.MonkeyPatch()
    patch.setenv("AIRFLOW_HOME", str(tmp_path_factory.mktemp("airflow")))
    patch.syspath_prepend(str(PLUGINS))
    sys.modules.pop("quarantine_console", None)
    import quarantine_console

    yield quarantine_console
    patch.undo()


@pytest.fixture
def number(campaign: Campaign) -> str:
    """The number of a file that is held, of a stranger."""
    feed = FeedDriver(campaign, Feed.model_validate(HOSPITAL))
    feed.put(feed.document(invent(9)))
    feed.run()
    return str(held_files(campaign.home.db, Chosen(paris(2023, 1, 1)), 1)[0].delivery_id)


def _client(app: Any) -> Ask:
    def ask(method: str, path: str, **given: Any) -> httpx.Response:
        async def once() -> httpx.Response:
            async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://airflow.example") as client:
                return await client.request(method, path, **given)

        return asyncio.run(once())

    return ask


@pytest.fixture
def ask(plugin: ModuleType, installation: Installation, monkeypatch: pytest.MonkeyPatch) -> Ask:
    """A browser in which `claire` is signed in, who may decide."""
    from airflow.api_fastapi.core_api.security import get_user

    monkeypatch.setattr(plugin, "_here", lambda: installation)
    for module in ("feed", "routes"):
        monkeypatch.setattr(f"pipelines.documents.{module}.named_feed", lambda *_: Feed.model_validate(HOSPITAL))
    monkeypatch.setattr("pipelines.documents.feed.declarations", lambda _: [Path("hopital.toml")])
    app = plugin.console()
    app.dependency_overrides[app.router.dependencies[0].dependency] = lambda: None
    app.dependency_overrides[get_user] = lambda: SimpleNamespace(get_name=lambda: "claire")
    return _client(app)


@pytest.mark.parametrize("path", ["/", "/files/00000000-0000-0000-0000-000000000001"])
def test_nobody_sees_a_page_without_signing_in(plugin: ModuleType, path: str) -> None:
    assert _client(plugin.console())("GET", path).status_code == 401


def test_causes_and_files_are_listed_by_number(number: str, ask: Ask) -> None:
    listed = ask("GET", "/")
    assert number in listed.text and "PERSON_UNKNOWN" in listed.text
    assert "form-action 'self'" in listed.headers["content-security-policy"] and listed.headers["cache-control"] == "no-store"


def test_the_page_of_a_file_tells_nothing_of_the_patient(number: str, ask: Ask) -> None:
    shown = ask("GET", f"/files/{number}").text
    assert "REFUSED" in shown and "1.2.250.1.999.7." in shown
    assert invent(9).birth_name not in shown and invent(9).matricule not in shown


def test_the_content_is_downloaded_for_a_reason_that_is_kept_first(number: str, ask: Ask, installation: Installation) -> None:
    assert ask("POST", f"/files/{number}/content", data={"reason": "  "}).status_code == 409
    given = ask("POST", f"/files/{number}/content", data={"reason": "le CHU demande"})
    assert b"ClinicalDocument" in given.content and given.headers["content-disposition"].startswith("attachment")
    with installation.db.transaction() as session:
        kept = session.connection.exec_driver_sql("select unit, actor from platform.unit_of_work where step = 'consult_quarantined'").all()
    assert [(unit.rpartition(": ")[2], actor) for unit, actor in kept] == [("le CHU demande", "claire")]


def test_the_page_and_the_table_of_a_sender_are_linked_and_shown(number: str, ask: Ask) -> None:
    listed, page, table = ask("GET", "/"), ask("GET", "/senders/hopital"), ask("GET", "/senders/hopital/csv")
    assert "senders/hopital" in listed.text and "CHU inventé" in page.text
    assert table.text.startswith("feed;day;outcome;") and table.headers["content-disposition"].startswith("attachment")


def test_a_file_that_is_not_held_is_told_in_plain_words(ask: Ask) -> None:
    answer = ask("GET", "/files/00000000-0000-0000-0000-000000000001")
    assert answer.status_code == 409 and "is in the quarantine" in answer.text
