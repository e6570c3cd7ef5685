"""What a document does to the record it is for, told without a database."""

from __future__ import annotations

from dataclasses import replace

import pytest

from pipelines.documents.acknowledgements.outcome import Status
from pipelines.documents.document import Action, DocumentFormat, IncomingDocument, Reason
from pipelines.documents.versions import Candidate, Shelf

FIRST = IncomingDocument(DocumentFormat.CDA, unique_id="1.2.1", series_id="1.2", version=1, confidentiality=("N",))
SECOND = replace(FIRST, unique_id="1.2.2", version=2, replaces="1.2.1")
THIRD = replace(FIRST, unique_id="1.2.3", version=3, replaces="1.2.2")
OTHER = replace(FIRST, unique_id="3.4.1", series_id="3.4")
DELETION = replace(FIRST, action=Action.DELETE)


def by(document: IncomingDocument, content: str = "", organization: str = "750712184", speaks: bool = True, person: int = 1) -> Candidate:
    digest = (content or f"{document.unique_id}").encode().ljust(32)
    return Candidate(document, person, digest, organization, speaks)


def code(shelf: Shelf, candidate: Candidate, may_wait: bool = True) -> tuple[Reason, Shelf]:
    decisions, after = shelf.decide_lot([candidate], may_wait)
    return decisions[0].code, after


def shelf_with(*candidates: Candidate) -> Shelf:
    shelf = Shelf()
    for candidate in candidates:
        said, shelf = code(shelf, candidate)
        assert said in (Reason.OK, Reason.DELETED)
    return shelf


def test_a_version_hides_the_one_that_it_replaces() -> None:
    shelf = shelf_with(by(FIRST), by(SECOND))
    assert {name: known.status for name, known in shelf.documents.items()} == {"1.2.1": "REPLACED", "1.2.2": "CURRENT"}


REPLACEMENTS = [
    (by(replace(SECOND, unique_id="1.2.9")), Reason.BAD_VERSION, "the original was replaced already"),
    (by(replace(THIRD, version=2)), Reason.BAD_VERSION, "no newer than its original"),
    (by(THIRD, organization="690781810"), Reason.NOT_AUTHOR, "another organisation"),
    (by(THIRD, speaks=False), Reason.NOT_AUTHOR, "a sender who does not speak for it"),
    (by(THIRD, person=2), Reason.INS_MISMATCH, "the original is somebody else's"),
    (by(replace(THIRD, replaces=None)), Reason.BAD_VERSION, "a new version that says not which one it replaces"),
    (by(replace(SECOND, confidentiality=("R",)), content="changed"), Reason.DUPLICATE_OTHER_HASH, "the same id, another content"),
    (by(SECOND, person=2), Reason.DUPLICATE_OTHER_HASH, "the same id, another patient"),
    (by(FIRST), Reason.ALREADY_STORED, "an old version again, byte for byte"),
]


@pytest.mark.parametrize(("candidate", "wanted", "case"), REPLACEMENTS, ids=[case for *_, case in REPLACEMENTS])
def test_what_may_not_replace_is_refused_with_its_own_reason(candidate: Candidate, wanted: Reason, case: str) -> None:
    shelf = shelf_with(by(FIRST), by(SECOND))
    said, after = code(shelf, candidate)
    assert said is wanted, case
    assert after.documents == shelf.documents


def test_a_replacement_waits_for_its_original_and_is_refused_when_it_may_wait_no_more() -> None:
    assert code(Shelf(), by(SECOND))[0] is Reason.AWAITING_ORIGINAL
    assert code(Shelf(), by(SECOND), may_wait=False)[0] is Reason.ORIGINAL_MISSING


def test_only_the_author_deletes_and_what_was_deleted_does_not_come_back() -> None:
    shelf = shelf_with(by(FIRST))
    assert code(shelf, by(DELETION, organization="690781810"))[0] is Reason.NOT_AUTHOR
    said, shelf = code(shelf, by(DELETION))
    assert (said, shelf.documents["1.2.1"].status) == (Reason.DELETED, "DELETED")
    assert code(shelf, by(DELETION))[0] is Reason.ALREADY_STORED
    assert code(shelf, by(FIRST))[0] is Reason.BAD_VERSION
    assert code(shelf, by(SECOND))[0] is Reason.BAD_VERSION
    assert code(shelf, by(replace(SECOND, replaces=None)))[0] is Reason.OK


@pytest.mark.parametrize("early", [DELETION, replace(FIRST, action=Action.CHANGE_VISIBILITY)])
def test_what_deletes_or_hides_waits_for_its_document_and_is_refused_when_it_may_wait_no_more(early: IncomingDocument) -> None:
    assert code(Shelf(), by(early))[0] is Reason.AWAITING_ORIGINAL
    assert code(Shelf(), by(early), may_wait=False)[0] is Reason.ORIGINAL_MISSING


def test_an_old_version_is_not_deleted() -> None:
    assert code(shelf_with(by(FIRST), by(SECOND)), by(DELETION))[0] is Reason.BAD_VERSION


def test_who_may_see_a_document_changes_without_a_new_version() -> None:
    hidden = replace(FIRST, action=Action.CHANGE_VISIBILITY, confidentiality=("N", "MASQUE_PS", "INVISIBLE_REPRESENTANTS_LEGAUX"))
    shelf = shelf_with(by(FIRST))
    said, after = code(shelf, by(hidden))
    assert (said, after.documents["1.2.1"].hidden) == (Reason.VISIBILITY_CHANGED, "MASQUE_PS INVISIBLE_REPRESENTANTS_LEGAUX")
    assert code(after, by(hidden))[0] is Reason.ALREADY_STORED
    assert code(shelf, by(hidden, organization="690781810"))[0] is Reason.NOT_AUTHOR
    assert code(shelf, by(hidden, content="changed"))[0] is Reason.DUPLICATE_OTHER_HASH


def test_a_version_that_replaced_another_is_hidden_when_it_comes_again_and_is_a_new_one_when_it_does_not() -> None:
    hidden = replace(SECOND, action=Action.CHANGE_VISIBILITY, confidentiality=("N", "INVISIBLE_PATIENT"))
    said, after = code(shelf_with(by(FIRST), by(SECOND)), by(hidden))
    assert (said, after.documents["1.2.2"].hidden) == (Reason.VISIBILITY_CHANGED, "INVISIBLE_PATIENT")
    said, after = code(shelf_with(by(FIRST)), by(hidden))
    assert (said, after.documents["1.2.1"].status) == (Reason.OK, "REPLACED")


def test_documents_of_one_lot_meet_each_other() -> None:
    decisions, shelf = Shelf().decide_lot([by(FIRST), by(SECOND), by(THIRD), by(THIRD)], may_wait=True)
    assert [decision.status for decision in decisions] == [Status.STORED] * 3 + [Status.DUPLICATE]
    assert [known.status for known in shelf.documents.values()] == ["REPLACED", "REPLACED", "CURRENT"]


def test_one_refusal_refuses_a_lot_and_one_that_waits_makes_it_wait() -> None:
    shelf = shelf_with(by(FIRST))
    refused, after = shelf.decide_lot([by(OTHER), by(FIRST, content="changed")], may_wait=True)
    assert [decision.code for decision in refused] == [Reason.LOT_REFUSED, Reason.DUPLICATE_OTHER_HASH]
    assert "3.4.1" not in after.documents
    waiting, after = shelf.decide_lot([by(OTHER), by(THIRD)], may_wait=True)
    assert [decision.status for decision in waiting] == [Status.PARKED] * 2
    assert "3.4.1" not in after.documents
