"""What was decided on documents, written: the objects first, then one transaction with everything that says that they exist."""

from __future__ import annotations

import datetime as dt
import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from pipelines.documents.acknowledgements.outcome import Status
from pipelines.documents.document import Action, Reason
from pipelines.documents.judgement import Judge, Received, organization_of
from pipelines.documents.reasons import held_codes
from pipelines.documents.versions import Shelf, awaited, hidden_by
from pipelines.documents.visibility import HIDDEN_FROM_PATIENT, HIDDEN_FROM_REPRESENTATIVES
from pipelines.platform.clock import PARIS, legal_day
from pipelines.platform.database import Counts, Database, Work
from pipelines.platform.errors import RetryableError
from pipelines.platform.many_objects import ManyObjects

BUCKET = "documents"
# A document's own code; those of its envelope hide it.
_CONFIDENTIALITY = ("N", "R", "V")
_UNTYPED = "application/octet-stream"
_UNTOLD = {HIDDEN_FROM_PATIENT, HIDDEN_FROM_REPRESENTATIVES}
_LONG_AGO = dt.datetime.min.replace(tzinfo=dt.UTC)
Upload = tuple[int, UUID, bytes]


def object_key(account_id: UUID, sha256: bytes) -> str:
    """Return where the content of a document of a space lies in the bucket `documents`; nothing is shared between people."""
    return f"{account_id}/{sha256.hex()}"


@dataclass(frozen=True)
class Recorder:
    """Writes what one feed brings. `feed_id` is the feed's small number; `tells`: people are told that something came."""

    db: Database
    objects: ManyObjects
    judge: Judge
    feed_id: int
    tells: bool

    def write_objects(self, received: Sequence[Received], as_of: dt.datetime, may_wait: bool) -> set[Upload]:
        """Write the objects that will be needed as things stand; return which. What no transaction takes up, the sweep deletes."""
        with self.db.transaction() as session:
            uploads = _uploads(self.judge.judge(session, received, may_wait), received)
            if uploads:
                people, accounts, digests = (list(column) for column in zip(*uploads, strict=True))
                session.run("documents/begin_uploads", person_ids=people, account_ids=accounts, sha256=digests, as_of=as_of)
        contents = {item.sha256: item.document.content or b"" for item in received}
        self.objects.put_all({object_key(account, digest): contents[digest] for _, account, digest in uploads})
        return uploads

    def record(self, work: Work, received: Sequence[Received], written: set[Upload], as_of: dt.datetime, may_wait: bool) -> Counts:
        """Decide again, now that nobody else can decide on the same, and write it; return how many documents had each outcome.

        Raises: RetryableError where what is to be stored is not what was written: somebody decided something in between.
        """
        work.all("documents/hold_identifiers", ids=held_ids(received))
        _hold_accounts(work, written)
        words = self._last_words(work, received, as_of)
        self._note_feeding(work, words, objecting=True)
        shelf = self.judge.judge(work, received, may_wait)
        needed = _uploads(shelf, received)
        if not needed <= written or not _end_uploads(work, needed):
            raise RetryableError("a record changed while its documents were being written: they are decided again")
        stored = self._store(work, shelf, received, as_of)
        self._change(work, shelf)
        self._note_alerts(work, shelf, received, as_of)
        # Only now: what was not to be stored when its objects were written is not stored either.
        self._note_feeding(work, words, objecting=False)
        self._keep(work, received, stored)
        self._park(work, shelf, received, as_of)
        self._hold_apart(work, received, as_of)
        outcomes = Counter(item.decided.status for item in received)
        return {"received": len(received), **{str(status).lower(): outcomes[status] for status in Status}}

    def _store(self, work: Work, shelf: Shelf, received: Sequence[Received], as_of: dt.datetime) -> dict[str, int]:
        """Index the documents that are added; return their ids by their unique ids."""
        rows = [self._row(item, as_of) for item in _added(shelf, received)]
        if not rows:
            return {}
        found = work.all("documents/store_documents", documents=json.dumps(rows), feed_id=self.feed_id, work_id=work.work_id, as_of=as_of)
        return {row["unique_id"]: row["document_id"] for row in found}

    def _row(self, item: Received, as_of: dt.datetime) -> dict[str, Any]:
        document = item.document
        return {
            "person_id": item.recipient.person_id,
            "account_id": str(item.recipient.account_id),
            "created_at": (made_at(document.created) if document.created else as_of).isoformat(),
            "size_bytes": len(document.content or b""),
            "version": document.version,
            "hidden": hidden_by(document),
            "sha256": item.sha256.hex(),
            "unique_id": document.unique_id,
            "series_id": document.series_id,
            "type_code": document.type_code or "",
            "type_system": document.type_system or "",
            "media_type": document.media_type or _UNTYPED,
            "confidentiality": next((code for code in document.confidentiality if code in _CONFIDENTIALITY), "N"),
            "author_organization": organization_of(document, self.judge.sender),
        }

    def _change(self, work: Work, shelf: Shelf) -> None:
        changes = [
            {"person_id": known.person_id, "unique_id": known.unique_id, "status": known.status, "hidden": known.hidden}
            for known in shelf.changed.values()
        ]
        if changes:
            work.run("documents/change_documents", changes=json.dumps(changes))

    def _note_alerts(self, work: Work, shelf: Shelf, received: Sequence[Received], as_of: dt.datetime) -> None:
        """Note who is to be told; what is hidden from the patient, or from who represents the patient, is not told."""
        shown = {item.recipient.person_id for item in _added(shelf, received) if not _UNTOLD & set(item.document.confidentiality)}
        if self.tells and shown:
            work.run("documents/note_alerts", person_ids=sorted(person for person in shown if person), day=legal_day(as_of))

    def _last_words(self, work: Work, received: Sequence[Received], as_of: dt.datetime) -> dict[int, tuple[dt.datetime, bool]]:
        """Return what each person said last on being fed by this sender: when, and whether it objects; no word is of the future."""
        spoken = [item for item in received if item.document.action is Action.CONSENT]
        self.judge.judge(work, spoken, may_wait=False)
        words: dict[int, tuple[dt.datetime, bool]] = {}
        for item in spoken:
            person, said_at = item.recipient.person_id, item.document.created
            if person and said_at and item.decided.code is Reason.CONSENT_RECORDED:
                words[person] = max((min(made_at(said_at), as_of), not item.document.feeding), words.get(person, (_LONG_AGO, False)))
        return words

    def _note_feeding(self, work: Work, words: Mapping[int, tuple[dt.datetime, bool]], objecting: bool) -> None:
        """Note the words that object, or those that do not."""
        noted = sorted((person, said_at) for person, (said_at, objects) in words.items() if objects is objecting)
        if noted:
            work.run(
                "documents/note_feeding",
                person_ids=[person for person, _ in noted],
                said_at=[said_at for _, said_at in noted],
                withdrawn=[not objecting] * len(noted),
                organization=self.judge.sender.finess,
                work_id=work.work_id,
            )

    def _keep(self, work: Work, received: Sequence[Received], stored: dict[str, int]) -> None:
        rows = [
            {
                "delivery_id": str(item.delivery_id),
                "place": item.place,
                "person_id": item.recipient.person_id,
                "document_id": stored.get(item.document.unique_id or "") if item.decided.code is Reason.OK else None,
                "outcome": item.decided.status,
                "code": None if item.decided.code is Reason.OK else item.decided.code,
                "scanned_with": item.scanned_with,
            }
            for item in received
        ]
        work.run("documents/keep_receptions", receptions=json.dumps(rows), work_id=work.work_id)

    def _park(self, work: Work, shelf: Shelf, received: Sequence[Received], as_of: dt.datetime) -> None:
        """Note what each lot waits for: the documents that have not come."""
        waiting = [(item, awaited(item.document)) for item in received if item.decided.status is Status.PARKED]
        parked = [(item, original) for item, original in waiting if original and original not in shelf.documents]
        if parked:
            work.run(
                "documents/park",
                delivery_ids=[item.delivery_id for item, _ in parked],
                places=[item.place for item, _ in parked],
                waits_for=[original for _, original in parked],
                feed_id=self.feed_id,
                as_of=as_of,
            )

    def _hold_apart(self, work: Work, received: Sequence[Received], as_of: dt.datetime) -> None:
        """Put the files into the quarantine that have a refused document which may be mended."""
        files = sorted({item.delivery_id for item in received})
        work.run("documents/hold_apart", delivery_ids=files, held=sorted(held_codes()), feed_id=self.feed_id, as_of=as_of)


def held_ids(received: Sequence[Received]) -> list[str]:
    """Return the ids and series on which nobody else may decide meanwhile: two first versions of a series must meet."""
    documents = [item.document for item in received]
    return sorted({name for document in documents for name in (document.unique_id, document.replaces, document.series_id) if name})


def _added(shelf: Shelf, received: Sequence[Received]) -> list[Received]:
    return [
        item
        for item in received
        if item.decided.code is Reason.OK and item.document.action is not Action.CONSENT and (item.document.unique_id or "") in shelf.added
    ]


def _uploads(shelf: Shelf, received: Sequence[Received]) -> set[Upload]:
    """Return the objects of the documents that are added: person, space, SHA-256."""
    return {
        (item.recipient.person_id, item.recipient.account_id, item.sha256)
        for item in _added(shelf, received)
        if item.recipient.person_id is not None and item.recipient.account_id is not None
    }


def _hold_accounts(work: Work, written: set[Upload]) -> None:
    """Keep the spaces open that are about to receive. Raises: RetryableError where one was closed since its objects were written."""
    accounts = sorted({(person, account) for person, account, _ in written})
    if not accounts:
        return
    held = work.all("documents/hold_accounts", person_ids=[p for p, _ in accounts], account_ids=[a for _, a in accounts])
    if len(held) < len(accounts):
        raise RetryableError("a space was closed while documents were being written: they are decided again")


def _end_uploads(work: Work, uploads: set[Upload]) -> bool:
    """Take the objects out of the list of those that nothing names; tell whether all were still on it."""
    if not uploads:
        return True
    rows = work.all("documents/end_uploads", account_ids=[a for _, a, _ in uploads], sha256=[d for _, _, d in uploads])
    return len(rows) == len({(account, digest) for _, account, digest in uploads})


def made_at(created: str) -> dt.datetime:
    """Return when a document was made, at the beginning of what it tells (a year, a day), in Paris where it tells no offset."""
    told = dt.datetime.fromisoformat(created if len(created) > 7 else f"{created}-01-01"[:10])
    return told if told.tzinfo else told.replace(tzinfo=PARIS)
