"""Whoever objects to be fed by a hospital is not: what was said last holds, in whatever order messages come."""

from __future__ import annotations

from datetime import timedelta

import pytest

from tests.feed_driver import RECEIVED, FeedDriver, admission
from tests.registry_builder import Person

EARLIER, LATER = "20220331100000", "20220331110000"


def test_an_objection_holds_until_it_is_taken_back(hospital: FeedDriver, somebody: Person) -> None:
    assert hospital.send(admission(hospital.document(somebody), "IO", EARLIER)) == ["CONSENT_RECORDED"]
    assert hospital.send(hospital.document(somebody)) == ["NO_CONSENT"]
    assert hospital.send(admission(hospital.document(somebody), "INO", LATER)) == ["CONSENT_RECORDED"]
    assert hospital.send(hospital.document(somebody)) == ["ok"]


@pytest.mark.parametrize(("last", "wanted"), [("IO", "NO_CONSENT"), ("INO", "ok")])
def test_a_word_that_comes_after_a_later_one_changes_nothing(hospital: FeedDriver, somebody: Person, last: str, wanted: str) -> None:
    first = "INO" if last == "IO" else "IO"
    hospital.send(admission(hospital.document(somebody), last, LATER))
    hospital.send(admission(hospital.document(somebody), first, EARLIER))
    assert hospital.send(hospital.document(somebody)) == [wanted]


def test_of_two_words_of_one_instant_the_objection_holds(hospital: FeedDriver, somebody: Person) -> None:
    for consent in ("INO", "IO", "INO"):
        hospital.send(admission(hospital.document(somebody), consent, EARLIER))
    assert hospital.send(hospital.document(somebody)) == ["NO_CONSENT"]


def test_a_word_of_the_future_counts_from_when_it_came(hospital: FeedDriver, somebody: Person) -> None:
    hospital.send(admission(hospital.document(somebody), "IO", "29990101000000"))
    hospital.send(admission(hospital.document(somebody), "INO", "20220401100000"), at=RECEIVED + timedelta(days=1))
    assert hospital.send(hospital.document(somebody)) == ["ok"]


def test_an_objection_counts_for_the_documents_that_came_beside_it(hospital: FeedDriver, somebody: Person) -> None:
    document, objection = hospital.document(somebody), admission(hospital.document(somebody), "IO", EARLIER)
    assert sorted(hospital.send(document, objection)) == ["CONSENT_RECORDED", "NO_CONSENT"]
    assert hospital.record(somebody) == {}
