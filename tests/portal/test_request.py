"""From the first page to the receipt: what is sent is what was confirmed, once, and nothing else is."""

from __future__ import annotations

import errno
import json
import os
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest

from pipelines.portal import spool as spool_module
from pipelines.portal.exchange import BUCKET, FOLDER
from pipelines.portal.pages import Pages
from pipelines.portal.site import CHOICE_MISSING
from tests.portal.conftest import Portal, Visitor
from tests.portal.people import ANNE, CHILD


def lines(portal: Portal) -> list[dict[str, Any]]:
    """Return the requests that the site keeps."""
    return [json.loads(line) for path in portal.files() for line in path.read_text().splitlines()]


def test_who_opposes_gets_a_receipt_and_the_request_is_kept(portal: Portal, visitor: Visitor) -> None:
    page = visitor.oppose(ANNE)
    (line,) = lines(portal)
    assert (line["kind"], line["code"], line["matricule"], line["birth_date"]) == ("OPPOSE", ANNE["code"], ANNE["matricule"], "19820314")
    assert "Nous avons bien reçu votre demande" in page.text
    assert "10\u00a0février\u00a02022 à 12\u00a0h\u00a000 (heure de Paris)" in page.text


def test_the_file_comes_to_the_inbox_once_its_minute_is_over(portal: Portal, visitor: Visitor) -> None:
    visitor.oppose(ANNE)
    (file,) = portal.files()
    content = file.read_bytes()
    portal.clock.now += timedelta(minutes=1)
    portal.handing_over.hand_over()
    assert portal.store.get(BUCKET, f"{FOLDER}/inbox/{file.name}") == content and portal.files() == []


def test_the_end_of_a_day_is_announced_with_its_files(portal: Portal, visitor: Visitor) -> None:
    visitor.oppose(ANNE)
    (file,) = portal.files()
    portal.clock.now += timedelta(days=1)
    portal.handing_over.hand_over()
    told = json.loads(portal.store.get(BUCKET, f"{FOLDER}/inbox/2022-02-10.day.json"))
    assert told == {"day": "2022-02-10", "files": [file.name]}


def test_who_keeps_the_space_sends_nothing(portal: Portal, visitor: Visitor) -> None:
    visitor.get("/")
    visitor.post("/personne", **ANNE)
    page = visitor.post("/choix", choice="keep")
    assert "Vous n’avez rien d’autre à faire" in page.text and lines(portal) == []


def test_nothing_is_sent_before_a_choice_is_confirmed(portal: Portal, visitor: Visitor) -> None:
    visitor.get("/")
    visitor.post("/personne", **ANNE)
    page = visitor.post("/choix")
    assert page.status_code == 422 and CHOICE_MISSING.split(":")[0].strip() in page.text and lines(portal) == []


def test_a_request_for_nobody_sends_nothing(portal: Portal, visitor: Visitor) -> None:
    visitor.get("/")
    assert visitor.post("/choix", choice="oppose").status_code == 200 and lines(portal) == []


def test_a_new_code_is_asked_for_without_the_old_one(portal: Portal, visitor: Visitor) -> None:
    visitor.get("/code-perdu")
    faulty = visitor.post("/code-perdu", **(ANNE | {"day": "45"}))
    assert faulty.status_code == 422 and lines(portal) == []
    assert visitor.post("/code-perdu", **ANNE).headers["location"] == "/recepisse"
    (line,) = lines(portal)
    assert (line["kind"], line["code"], line["matricule"]) == ("NEW_CODE", None, ANNE["matricule"])
    assert "Nous avons bien reçu votre demande" in visitor.get("/recepisse").text


def test_faults_are_shown_with_what_was_typed(visitor: Visitor) -> None:
    visitor.get("/")
    page = visitor.post("/personne", **(ANNE | {"code": '"><b>x'}))
    assert page.status_code == 422 and "<title>Erreur" in page.text
    assert ANNE["matricule"] in page.text and "&#34;&gt;&lt;b&gt;x" in page.text and "<b>x" not in page.text


def test_a_parent_opposes_child_by_child_in_one_request(portal: Portal, visitor: Visitor) -> None:
    page = visitor.oppose(ANNE, CHILD)
    assert [line["matricule"] for line in lines(portal)] == [ANNE["matricule"], CHILD["matricule"]]
    assert ANNE["code"][-4:] in page.text and CHILD["code"][-4:] in page.text
    assert ANNE["code"] not in page.text and ANNE["matricule"] not in page.text


def test_who_was_taken_out_is_not_sent(portal: Portal, visitor: Visitor) -> None:
    visitor.get("/")
    visitor.post("/personne", **ANNE)
    visitor.post("/autre-personne")
    visitor.post("/personne", **CHILD)
    page = visitor.post("/retrait", rank="0")
    assert "Personne 2" not in page.text
    visitor.post("/choix", choice="oppose")
    assert [line["matricule"] for line in lines(portal)] == [CHILD["matricule"]]


def test_who_is_typed_twice_is_sent_once(portal: Portal, visitor: Visitor) -> None:
    visitor.oppose(ANNE, ANNE)
    assert len(lines(portal)) == 1


def test_a_double_click_sends_one_request(portal: Portal, visitor: Visitor) -> None:
    visitor.get("/")
    visitor.post("/personne", **ANNE)
    with ThreadPoolExecutor(8) as threads:
        answers = [done.result() for done in [threads.submit(visitor.post, "/choix", choice="oppose") for _ in range(8)]]
    assert {answer.status_code for answer in answers} == {303} and len(lines(portal)) == 1


def test_a_request_that_cannot_be_kept_gets_no_receipt(visitor: Visitor, monkeypatch: pytest.MonkeyPatch) -> None:
    visitor.get("/")
    visitor.post("/personne", **ANNE)

    def full(_descriptor: int) -> None:
        raise OSError(errno.ENOSPC, "no space left")

    with monkeypatch.context() as patched:
        patched.setattr(spool_module.os, "fsync", full)
        page = visitor.post("/choix", choice="oppose")
    assert (page.status_code, page.headers["retry-after"]) == (503, "60")
    assert "n’a pas été envoyée" in page.text and os.strerror(errno.ENOSPC) not in page.text
    assert visitor.get("/recepisse").headers["location"] == "/suivi"


def test_a_page_that_fails_tells_nobody_why(
    portal: Portal, visitor: Visitor, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(*_arguments: object) -> str:
        raise ValueError(ANNE["code"])

    visitor.get("/")
    monkeypatch.setattr(Pages, "review", broken)
    page = visitor.post("/personne", **ANNE)
    portal.stop()
    assert page.status_code == 500 and "difficulté" in page.text
    assert ANNE["code"] not in page.text + caplog.text and "ValueError at tests.portal.test_request" in caplog.text
