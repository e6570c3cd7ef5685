"""Hospitals, laboratories, imaging and town practices of a demonstration, who send documents of their patients by the feeds they have."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from pathlib import Path

from pipelines.documents.feed import Feed, declarations, load_feed
from pipelines.documents.ins import TEST
from pipelines.documents.routes import INBOX, route_of
from pipelines.platform.object_store import ObjectStore
from pipelines.synthetic.document_batches import FORMATS
from pipelines.synthetic.medical_documents import MedicalDocument, Patient, draw_documents

FEEDS = Path(__file__).with_name("data") / "feeds"
DOCUMENTS_A_FEED = 40
BODY_BYTES = 20_000
# What DICOM has room for: a longer name would be cut, and be nobody's any more.
_LONGEST_NAME = 64
# What the software of each sender writes.
_WRITES = {"cabinet": "mail", "hopital": "xdm", "imagerie": "dicom-kos", "laboratoire": "hl7-oru", "plateforme": "fhir-bundle"}


@dataclass(frozen=True)
class Senders:
    """Everyone who sends documents. Their patients are people of the deliveries: most have a space, some opposed, some are not told yet."""

    store: ObjectStore
    patients: Sequence[Patient]

    @property
    def feeds(self) -> list[Feed]:
        """The feeds that the demonstration declares."""
        return [load_feed(file) for file in declarations(FEEDS)]

    def send(self, day: date) -> dict[str, int]:
        """Put down the documents of a day, the same whenever it is played again; return how many files each feed has."""
        sent = {}
        for feed in self.feeds:
            files = dict(self._files(feed, day))
            route_of(feed, self.store).write(files)
            sent[feed.name] = len(files)
        return sent

    def _files(self, feed: Feed, day: date) -> Iterator[tuple[str, bytes]]:
        ending, write = FORMATS[_WRITES[feed.name]]
        for number, document in enumerate(self._documents(feed, day), start=1):
            yield f"{INBOX}/{day:%Y%m%d}-{number:04d}.{ending}", write(document)

    def _documents(self, feed: Feed, day: date) -> Iterator[MedicalDocument]:
        """Draw documents of a sender's patients, as national test identities: nobody of a demonstration is real."""
        rng = random.Random(f"{feed.name} {day}")
        known = [patient for patient in self.patients if len(f"{patient.birth_name}^{patient.first_names}") <= _LONGEST_NAME]
        some = rng.sample(known, min(DOCUMENTS_A_FEED // 2, len(known)))
        patients = [replace(patient, authority=TEST) for patient in some]
        seed = rng.randrange(10**6)
        for document in draw_documents(DOCUMENTS_A_FEED, seed, day - timedelta(days=1), BODY_BYTES, _twice(patients)):
            yield document.but(finess=f"1{feed.sender.finess}")


def _twice(patients: Sequence[Patient]) -> list[Patient]:
    """Return patients, each of whom was seen twice."""
    return [patient for patient in patients for _ in range(2)]
