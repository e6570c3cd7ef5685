"""A delivery is scanned before anything of it is kept; while no scanner answers, the feed waits or says that it did not."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import nullcontext
from dataclasses import replace
from pathlib import Path

import pytest

from pipelines.benchmarks.clamd import can_run, clamd
from pipelines.documents.clamd import ScannerAwayError
from pipelines.documents.document import DocumentFormat, Fault, Reason, refused
from pipelines.documents.examination import Examined
from pipelines.documents.feed import Feed
from pipelines.documents.later_scan import scan_later
from pipelines.documents.virus_scan import Scanner
from pipelines.platform.errors import FinalError
from tests.feed_driver import HOSPITAL, RECEIVED, FeedDriver
from tests.feed_reader import ReaderOfThisProcess
from tests.registry_builder import Person

EICAR = b"".join((rb"X5O!P%@AP[4\PZX54(P^)7CC)7}", b"$EICAR-STANDARD-", b"ANTIVIRUS-TEST-FILE!$H+H*"))
UNSCANNED = Feed.model_validate(HOSPITAL)
SCANNED = Feed.model_validate({**HOSPITAL, "scan": "required"})

if not can_run():
    pytest.skip("clamd is missing and could not be installed (.ci/system_scanner)", allow_module_level=True)


class _Tired(ReaderOfThisProcess):
    """A reader that comes to no end so many times."""

    def __init__(self, failures: int) -> None:
        super().__init__()
        self.failures = failures

    def read(self, data: bytes) -> Examined:
        self.failures -= 1
        if self.failures >= 0:
            return Examined([refused(DocumentFormat.UNKNOWN, Fault(Reason.TIME_LIMIT, "it takes more than 20 seconds"))], [])
        return super().read(data)


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    with clamd() as server:
        yield server.address


def _scan_at(hospital: FeedDriver, address: str, monkeypatch: pytest.MonkeyPatch) -> None:
    hospital.feed, hospital.bounded = SCANNED, True
    monkeypatch.setattr(hospital.campaign.home, "scanner", lambda: Scanner([address], 1_000_000))


def test_what_is_infected_is_refused_and_leaves_nothing(
    hospital: FeedDriver, somebody: Person, address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    _scan_at(hospital, address, monkeypatch)
    good = hospital.document(somebody)
    infected = hospital.document(somebody, body=EICAR, media_type="application/octet-stream")
    assert hospital.send(infected, good) == ["INFECTED", "ok"]
    assert hospital.record(somebody) == {good.unique_id: "CURRENT"}
    assert len(hospital.objects()) == 1
    assert hospital.campaign.rows("select code from documents.reception where scanned_with is null") == []


def test_what_was_taken_in_without_a_scan_is_scanned_later_and_taken_out_where_it_must(
    hospital: FeedDriver, somebody: Person, address: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    good = hospital.document(somebody)
    infected = hospital.document(somebody, body=EICAR, media_type="application/octet-stream")
    _scan_at(hospital, f"unix:{tmp_path}/nobody", monkeypatch)
    hospital.feed = UNSCANNED
    names = [hospital.put(document, f"{number}.xml") for number, document in enumerate((good, infected))]
    hospital.run()
    assert hospital.record(somebody) == {good.unique_id: "CURRENT", infected.unique_id: "CURRENT"}
    with hospital.campaign.home.document_intake(hospital.feed) as intake, pytest.raises(ScannerAwayError):
        scan_later(intake, RECEIVED)
    _scan_at(hospital, address, monkeypatch)
    with hospital.campaign.home.document_intake(hospital.feed) as intake:
        with pytest.raises(FinalError, match="1 documents of hopital"):
            scan_later(intake, RECEIVED)
        assert scan_later(intake, RECEIVED) == {"scanned": 0}
    assert hospital.record(somebody) == {good.unique_id: "CURRENT", infected.unique_id: "DELETED"}
    assert sorted(hospital.outcomes(), key=str) == [("REFUSED", "INFECTED"), ("STORED", None)]
    assert hospital.put(infected, names[1]) == names[1]
    hospital.run()
    assert hospital.answer(names[1])[0]["code"] == "INFECTED"
    assert hospital.campaign.broken_equations() == []


@pytest.mark.parametrize(("failures", "wanted"), [(1, ("STORED", None)), (2, ("REFUSED", "NOT_SCANNED"))])
def test_what_a_later_scan_cannot_take_apart_is_tried_again_and_then_not_called_clean(
    hospital: FeedDriver, somebody: Person, address: str, monkeypatch: pytest.MonkeyPatch, failures: int, wanted: tuple[str, str | None]
) -> None:
    monkeypatch.setattr(hospital.campaign.home, "scanner", lambda: Scanner([], 1_000_000))
    hospital.send(hospital.document(somebody))
    monkeypatch.setattr(hospital.campaign.home, "scanner", lambda: Scanner([address], 1_000_000))
    with hospital.campaign.home.document_intake(hospital.feed) as intake:
        tired = replace(intake, reader=_Tired(failures))  # type: ignore[arg-type]
        with nullcontext() if wanted[1] is None else pytest.raises(FinalError, match="cannot be scanned"):
            scan_later(tired, RECEIVED)
    assert hospital.outcomes() == [wanted]
    assert list(hospital.record(somebody).values()) == ["CURRENT" if wanted[1] is None else "DELETED"]


def test_a_feed_that_needs_the_scan_takes_nothing_until_a_scanner_answers(
    hospital: FeedDriver, somebody: Person, address: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    document = hospital.document(somebody)
    name = hospital.put(document)
    _scan_at(hospital, f"unix:{tmp_path}/nobody", monkeypatch)
    with pytest.raises(ScannerAwayError):
        hospital.run()
    assert (hospital.record(somebody), hospital.files("inbox")) == ({}, [name])
    _scan_at(hospital, address, monkeypatch)
    hospital.run()
    assert hospital.record(somebody) == {document.unique_id: "CURRENT"}
