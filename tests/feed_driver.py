"""A feed as its sender and its people see it: files put down, answers read, what lies in each record."""

from __future__ import annotations

import csv
import io
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from itertools import count
from pathlib import PurePosixPath
from typing import Any

from pipelines.documents.feed import Feed
from pipelines.documents.routes import route_of
from pipelines.documents.steps import count_batches, sweep_uploads
from pipelines.documents.working_off import work_off
from pipelines.platform.database import Counts
from pipelines.synthetic.cda_writer import cda
from pipelines.synthetic.medical_documents import NIR, MedicalDocument, Patient
from tests.campaign_driver import Campaign, paris
from tests.document_builder import DOCUMENT
from tests.feed_reader import ReaderOfThisProcess
from tests.registry_builder import Person

# People are open since 15 March 2022.
RECEIVED = paris(2022, 4, 1, 9)
FINESS = "750712184"
HOSPITAL: dict[str, Any] = {
    "name": "hopital",
    "sender": {"finess": FINESS, "name": "CHU inventé", "kind": "HOSPITAL", "contact": "dsi@chu.example"},
    "route": {"kind": "BUCKET", "prefix": "hopital"},
    "envelopes": ["cda", "xdm", "hl7v2", "fhir", "dicom", "mail"],
    "acknowledgements": ["CSV"],
    "scan": "degraded",
    "conformance": {"rules": "off"},
}
_READER = ReaderOfThisProcess()


def patient(person: Person, **changes: Any) -> Patient:
    """Return a person as an INSi call tells them."""
    told = {
        "matricule": person.matricule,
        "authority": NIR,
        "birth_name": person.birth_name,
        "first_names": person.first_names.upper(),
        "sex": person.sex,
        "birth_date": person.birth_date,
        "birthplace": person.birthplace_code,
    }
    return Patient(**{**told, **changes})


@dataclass
class FeedDriver:
    """One feed of an installation."""

    campaign: Campaign
    feed: Feed
    bounded: bool = False
    _numbers: count[int] = field(default_factory=lambda: count(1))

    def document(self, person: Person, **changes: Any) -> MedicalDocument:
        """Return a new document for a person, from the feed's own establishment."""
        number = next(self._numbers)
        ids = {"unique_id": f"1.2.250.1.999.7.{number}", "series_id": f"1.2.250.1.999.8.{number}"}
        own = {**ids, "patient": patient(person), "finess": f"1{FINESS}"}
        return DOCUMENT.but(**{**own, **changes})

    def put(self, content: MedicalDocument | bytes, name: str | None = None) -> str:
        """Put a file down as the sender does; a document alone is a CDA. Return its name."""
        name = name or f"{next(self._numbers):05d}.xml"
        data = cda(content) if isinstance(content, MedicalDocument) else content
        self.campaign.home.store.put("exchanges", f"documents/{self.feed.name}/inbox/{name}", data)
        return name

    def run(self, at: datetime = RECEIVED) -> Counts:
        """Take in what waits, then settle what is parked, as a run of the feed's DAG does."""
        total: Counts = {}
        with self.campaign.home.document_intake(self.feed) as bounded:
            intake = bounded if self.bounded else replace(bounded, reader=_READER)  # type: ignore[arg-type]
            batches = count_batches(self.feed, intake.route)
            for counts in [*(intake.take_in(batch, batches, at) for batch in range(batches)), intake.settle(at)]:
                total = {name: total.get(name, 0) + number for name, number in counts.items()}
        return total

    def send(self, *contents: MedicalDocument | bytes, at: datetime = RECEIVED) -> list[str]:
        """Put files down and take them in; return the code that answers the first document of each."""
        names = [self.put(content) for content in contents]
        self.run(at)
        return [self.answer(name)[0]["code"] for name in names]

    def work_off(self, at: datetime) -> Counts:
        """Do what people wished for files of the quarantine."""
        with self.campaign.home.document_intake(self.feed) as bounded:
            return work_off(bounded if self.bounded else replace(bounded, reader=_READER), at)  # type: ignore[arg-type]

    def answer(self, name: str) -> list[dict[str, str]]:
        """Return the answer to a file, line by line."""
        return list(csv.DictReader(io.StringIO(self.answer_bytes(name).decode()), delimiter=";"))

    def answer_bytes(self, name: str, suffix: str = ".answer.csv") -> bytes:
        """Return the answer to the one file that came under a name."""
        (key,) = self.answer_keys(name, suffix)
        return self.campaign.home.store.get("exchanges", key)

    def answer_keys(self, name: str, suffix: str = ".answer.csv") -> list[str]:
        """Return where the answers lie to the files that came under a name: between the two stand eight digits of each file's number."""
        keys = self.campaign.home.store.keys("exchanges", f"documents/{self.feed.name}/answers/{name}.")
        return [key for key in keys if key.endswith(suffix)]

    def answers(self) -> dict[str, int]:
        """Return how many answers there are, by the ending of their names, ZAM left out."""
        return dict(Counter(PurePosixPath(name).suffix for name in self.files("answers") if ".zam." not in name))

    def files(self, folder: str) -> list[str]:
        """Return the names of the files in a folder of the feed."""
        found = route_of(self.feed, self.campaign.home.store).waiting(folder)
        return [key.partition("/")[2] for key in found]

    def change_account(self, person: Person, changes: str, at: datetime = RECEIVED) -> None:
        """Change the space of a person as the life of accounts does."""
        statement = f"update accounts.account set {changes} where person_id = {self.campaign.person_id(person)}"  # noqa: S608
        self.campaign.home.db.once(
            "test", f"{next(self._numbers)}", at, lambda work: {"changed": work.connection.exec_driver_sql(statement).rowcount}
        )

    def sweep(self, at: datetime) -> int:
        """Delete what dead runs left."""
        return sweep_uploads(self.campaign.home.db, self.campaign.home.store, at)

    def record(self, person: Person) -> dict[str, str]:
        """Return the status of each document of a person's record, by its unique id."""
        rows = self.campaign.rows(
            "select unique_id, status::text from documents.document where person_id = :person_id order by document_id",
            person_id=self.campaign.person_id(person),
        )
        return {row["unique_id"]: row["status"] for row in rows}

    def outcomes(self) -> list[tuple[str, str | None]]:
        """Return the outcome and code of every document ever received, in their order."""
        rows = self.campaign.rows("select outcome::text, code from documents.reception order by work_id, delivery_id, place")
        return [(row["outcome"], row["code"]) for row in rows]

    def objects(self) -> list[str]:
        """Return the keys of all objects of documents."""
        return self.campaign.home.store.keys("documents", "")


def admission(document: MedicalDocument, consent: str, said: str = "20220401090000") -> bytes:
    """Return the admission (ADT^A01) of a document's patient, with what the patient says of being fed (ZFA-9), and when (EVN-2)."""
    told = document.patient
    name, place = f"{told.birth_name}^{told.first_names}^{told.first_names}^^^^L", f"^^^^^^BDL^^{told.birthplace}"
    fields = {3: f"{told.matricule}^^^&{told.authority}&ISO^NH", 5: name, 7: told.birth_date, 8: told.sex, 11: place, 32: "VALI"}
    header = "MSH|^~\\&|DPI|CHU|DMP|CNAM|20220401090000||ADT^A01^ADT_A01|42|P|2.5|||||FRA|UNICODE UTF-8"
    identity = "|".join(["PID", *(fields.get(number, "") for number in range(1, 33))])
    return f"{header}\rEVN||{said}\r{identity}\rZFA|ACTIF|20220401|||||||{consent}\r".encode()


def open_spaces(campaign: Campaign, people: Sequence[Person]) -> None:
    """Let the campaign open a space for each of these people."""
    campaign.register(*people)
    campaign.notify()
    campaign.open()
