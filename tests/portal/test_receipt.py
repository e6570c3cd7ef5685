"""What became of a request: shown to whoever holds its number, in words that tell a guesser nothing."""

from __future__ import annotations

import io
import re
from datetime import timedelta

import httpx
import pikepdf
import pypdf
import pytest

from pipelines.oppositions.contract import UNVERIFIED_MESSAGE
from pipelines.platform.errors import RetryableError
from pipelines.platform.object_store import ObjectStore
from tests.portal.conftest import ACCEPTED, REFUSED, Portal, Visitor
from tests.portal.people import ANNE, CHILD

NUMBER = re.compile(r"[0-9A-Z]{4}(?:-[0-9A-Z]{4}){4}")


def text_of(file: httpx.Response) -> str:
    """Return the words of a PDF, its spaces made ordinary."""
    pages = pypdf.PdfReader(io.BytesIO(file.content)).pages
    return " ".join(" ".join(page.extract_text() for page in pages).split())


def test_a_receipt_says_that_the_request_is_received_and_not_that_it_is_accepted(visitor: Visitor) -> None:
    page = visitor.oppose(ANNE)
    assert "Reçue, en cours de vérification" in page.text and "enregistrée</h2>" not in page.text


def test_the_answer_is_shown_once_it_is_there(portal: Portal, visitor: Visitor) -> None:
    visitor.oppose(ANNE)
    portal.answer(ACCEPTED)
    page = visitor.get("/recepisse").text
    assert "Opposition enregistrée" in page and "C’est enregistré." in page and "OPP-812-1" in page


def test_each_person_of_a_request_has_an_answer(portal: Portal, visitor: Visitor) -> None:
    visitor.oppose(ANNE, CHILD)
    portal.answer(ACCEPTED, REFUSED)
    page = visitor.get("/recepisse").text
    assert re.findall(r"Personne \d\s: ([^<]+)", page) == ["Opposition enregistrée", "Non enregistrée"]


def test_every_refusal_has_the_words_of_a_wrong_code(portal: Portal, visitor: Visitor) -> None:
    visitor.oppose(ANNE)
    portal.answer(REFUSED)
    page = visitor.get("/recepisse").text
    assert UNVERIFIED_MESSAGE.replace("'", "’") in page and "au canal" not in page


def test_the_number_leads_to_the_answer_from_any_browser(portal: Portal, visitor: Visitor) -> None:
    number = NUMBER.findall(visitor.oppose(ANNE).text)[0]
    portal.answer(ACCEPTED)
    other = portal.visitor()
    other.get("/suivi")
    assert other.post("/suivi", number=number.lower().replace("-", " ")).headers["location"] == "/recepisse"
    assert "Opposition enregistrée" in other.get("/recepisse").text


def test_a_number_that_was_never_given_leads_nowhere(visitor: Visitor) -> None:
    visitor.get("/suivi")
    page = visitor.post("/suivi", number="0000-0000-0000-0000-0000")
    assert page.status_code == 422 and "n’est pas valable" in page.text


def test_a_browser_without_a_receipt_is_asked_for_its_number(visitor: Visitor) -> None:
    assert [visitor.get(path).headers["location"] for path in ("/recepisse", "/recepisse.pdf")] == ["/suivi", "/suivi"]


def test_the_receipt_is_shown_while_the_store_is_away(portal: Portal, visitor: Visitor, monkeypatch: pytest.MonkeyPatch) -> None:
    def away(*_arguments: object) -> bytes:
        raise RetryableError("the object store did not answer")

    monkeypatch.setattr(ObjectStore, "get", away)
    assert "Reçue, en cours de vérification" in visitor.oppose(ANNE).text


def test_the_file_to_download_says_what_the_page_says(portal: Portal, visitor: Visitor) -> None:
    number = NUMBER.findall(visitor.oppose(ANNE).text)[0]
    received = text_of(visitor.get("/recepisse.pdf"))
    portal.answer(ACCEPTED)
    portal.clock.now += timedelta(hours=1)
    decided = text_of(visitor.get("/recepisse.pdf"))
    assert all(words in received for words in (number, "10 février 2022 à 12 h 00", "en cours de vérification"))
    assert all(words in decided for words in (number, "10 février 2022 à 12 h 00", "Opposition enregistrée", "OPP-812-1"))
    assert not any(ANNE[field] in received for field in ("code", "matricule"))


def test_the_file_to_download_is_for_screen_readers_too(visitor: Visitor) -> None:
    visitor.oppose(ANNE)
    file = visitor.get("/recepisse.pdf")
    assert file.headers["content-type"] == "application/pdf" and "attachment" in file.headers["content-disposition"]
    with pikepdf.open(io.BytesIO(file.content)) as pdf:
        assert pdf.Root.MarkInfo.Marked and str(pdf.Root.Lang) == "fr" and "/StructTreeRoot" in pdf.Root
