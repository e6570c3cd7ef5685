"""Documents from a feed's inbox into records, end to end on servers of its own: read apart, judged, stored, indexed, answered.

As many batches at once as there are cores, each by the function that Airflow calls, in a process of its own. Before any figure every
document must be stored and accounted for. The peer puts the same documents into the same bucket with boto3, and does no more.
"""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, nullcontext
from datetime import date, timedelta
from functools import partial
from hashlib import sha256
from itertools import islice
from pathlib import Path
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from pipelines.benchmarks.clamd import clamd
from pipelines.benchmarks.emails import SENT, register
from pipelines.benchmarks.figures import Figures, Stage, Target
from pipelines.benchmarks.measuring import MIB, Cost, Scale, family_seconds
from pipelines.benchmarks.servers import Servers, servers
from pipelines.documents.document import DocumentFormat
from pipelines.documents.feed import Feed
from pipelines.documents.recording import BUCKET as DOCUMENTS
from pipelines.documents.scan_policy import ScanPolicy
from pipelines.documents.steps import number_of
from pipelines.installation import Installation
from pipelines.platform.clock import legal_day
from pipelines.platform.database import Counts, Work
from pipelines.platform.errors import RuleError
from pipelines.platform.inbox import BUCKET as EXCHANGES
from pipelines.platform.many_objects import ManyObjects
from pipelines.platform.settings import Settings
from pipelines.reporting.equations import balance
from pipelines.synthetic.cda_writer import cda
from pipelines.synthetic.medical_documents import LOINC, Patient, draw_documents, patient_of

PEOPLE, SEED = 2_000, 2026
# In Base64, with its header, a CDA of about 220 KB.
BODY_BYTES = 163_000
ROOM, ROOM_A_DOCUMENT, ROOM_A_ROW = 1024 * MIB, 900_000, 700
THREADS = 16
# Below this, what is done once a process weighs more than the documents.
SIZE_PROMISED = 1_000
SMALL_INDEX, LARGE_INDEX = 100_000, 10_000_000
STORED_AT_ONCE, ROUNDS = 100, 40
RECEIVED = SENT + timedelta(days=60)
FEED = Feed.model_validate(
    {
        "name": "benchmark",
        "sender": {"finess": "750712184", "name": "Benchmark", "kind": "HOSPITAL", "contact": "ops@benchmark.example"},
        "route": {"kind": "BUCKET", "prefix": "benchmark"},
        "envelopes": [DocumentFormat.CDA],
        "acknowledgements": ["CSV"],
        "scan": "degraded",
        "limits": {"files_a_batch": 10_000},
    }
)
_OPEN = "select opened from accounts.open_spaces(array(select person_id from registry.person), array[]::bigint[], 1::smallint, :day)"
_PATIENTS = """
select i.matricule, i.matricule_kind, p.birth_name, p.first_names, p.sex, p.birth_date, p.birthplace_code
from registry.person as p join registry.identifier as i using (person_id)
where i.matricule_kind <> 'NNP' and p.birthplace_code is not null and p.died_on is null
order by p.person_id limit :most
"""
_FILL = """
insert into documents.document (
  person_id, work_id, created_at, stored_at, account_id, size_bytes, feed_id, hidden_from_professionals, hidden_from_patient,
  hidden_from_representatives, sha256, unique_id, series_id, type_code, type_system, media_type, confidentiality, author_organization
)
select
  1 + hashint8(n)::bigint & 67108863, 0, '2022-01-01', '2022-01-01', gen_random_uuid(), 220000, 0, false, false, false,
  sha256(n::text::bytea), '1.2.250.1.999.3.' || n, '1.2.250.1.999.4.' || n, '11502-2', '2.16.840.1.113883.6.1', 'application/pdf', 'N',
  '750712184'
from generate_series(%(first)s::bigint, %(last)s::bigint) as n
"""


def run(count: int, rows: int, under: Path | None, say: Callable[[str], None], scan: bool = False) -> Figures:
    """Measure so many documents, scanned by a clamd of its own where that is asked, then the cost of the index at `rows` rows.

    Raises: RuleError where one was not stored.
    """
    room = ROOM + count * ROOM_A_DOCUMENT + rows * ROOM_A_ROW
    with servers(under, room, False, say) as own, clamd() if scan else nullcontext() as scanner:
        say(f"{PEOPLE:,} people with a space, {count:,} documents in the inbox")
        patients = open_everybody(own)
        size = fill(own.settings, patients, count)
        own.tidy()
        say("documents put into the store by boto3, and nothing more")
        peer = _put_by_boto3(own, count)
        own.tidy()
        say("from the inbox into the records")
        batches = os.cpu_count() or 1
        settings = own.settings.model_copy(update={"clamd": (scanner.address,)}) if scanner else own.settings
        leaders = (scanner.process.pid,) if scanner else ()
        done, cost = Scale((*own.scale.leaders, *leaders)).weigh_side_by_side(partial(take_in, settings, batches), range(batches))
        scanning = sum(map(family_seconds, leaders)) / cost.cpu_seconds
        require_stored(own, count, done)
        whole = Stage(count, cost)
        stages = _index_stages(own, rows, say)
    figures = Figures("documents stored", whole, {f"boto3 puts, {THREADS} threads": peer}, [f"a CDA has {size:,} bytes"], stages)
    return Figures(**{**vars(figures), "targets": _scan_targets(figures, scanning) if scan else _targets(figures, rows)})


def _scan_targets(figures: Figures, scanning: float) -> list[Target]:
    measured = figures.whole.count >= SIZE_PROMISED
    return [
        Target("documents a second, file and attachment scanned", figures.whole.per_second if measured else None, at_least=80),
        Target("clamd's share of the CPU time", scanning if measured else None, at_least=0.5),
    ]


def _targets(figures: Figures, rows: int) -> list[Target]:
    measured = figures.whole.count >= SIZE_PROMISED
    small, large = figures.stages.get(f"index at {SMALL_INDEX:,} rows"), figures.stages.get(f"index at {rows:,} rows")
    growth = large.cost.seconds / small.cost.seconds if small and large and rows >= LARGE_INDEX else None
    return [
        Target("documents a second, inbox to answer", figures.whole.per_second if measured else None, at_least=200),
        Target("of bare boto3 puts of the same objects", figures.ratio(next(iter(figures.peers))) if measured else None, at_least=1),
        Target("cost of the index a document, 10 million rows against 100 thousand", growth, at_most=1.2),
    ]


def open_everybody(own: Servers) -> list[Patient]:
    """Take in a registry and open a space for everybody; return people with an INS."""
    register(own, PEOPLE)
    with closing(Installation(own.settings)) as here:
        day: date = legal_day(RECEIVED - timedelta(days=1))
        here.db.once(
            "benchmark", "open", RECEIVED, lambda work: {"opened": work.connection.execute(sa.text(_OPEN), {"day": day}).scalar_one()}
        )
        with here.db.transaction() as session:
            rows = session.connection.execute(sa.text(_PATIENTS), {"most": PEOPLE}).mappings().all()
    return [patient_of(dict(row)) for row in rows]


def fill(settings: Settings, patients: list[Patient], count: int, folder: str = "inbox", body_bytes: int = BODY_BYTES) -> int:
    """Put documents into a folder of the feed; return their mean size in bytes."""
    with closing(Installation(settings)) as here:
        objects, written = ManyObjects(here.store, EXCHANGES), 0
        drawn = _documents(patients, count, body_bytes)
        while some := dict(islice(drawn, STORED_AT_ONCE)):
            objects.put_all({f"documents/benchmark/{folder}/{name}.xml": content for name, content in some.items()})
            written += sum(map(len, some.values()))
    return written // count


def _documents(patients: list[Patient], count: int, body_bytes: int) -> Iterator[tuple[str, bytes]]:
    given = [patients[number % len(patients)] for number in range(count)]
    # A version may come before the one that it replaces, in another batch: that is another thing to measure.
    drawn = draw_documents(count, SEED, RECEIVED.date(), body_bytes, given)
    for number, document in enumerate(drawn):
        alone = document.but(replaces=None, version=1, series_id=f"{document.unique_id}.0", patient=given[number])
        yield f"{number:08d}", cda(alone)


def take_in(settings: Settings, batches: int, batch: int) -> dict[str, int]:
    """Take in one batch, as one task does; return its counts."""
    feed = FEED.model_copy(update={"scan": ScanPolicy.REQUIRED}) if settings.clamd else FEED
    with closing(Installation(settings)) as here, here.document_intake(feed) as intake:
        return intake.take_in(batch, batches, RECEIVED)


def _put_by_boto3(own: Servers, count: int) -> Stage:
    (done, seconds), _ = own.scale.weigh(put_by_boto3, own.settings)
    if done != count:
        raise RuleError(f"{done} of {count} documents were put: no figure")
    return Stage(count, Cost(seconds))


def put_by_boto3(settings: Settings) -> tuple[int, float]:
    """Put what lies in the inbox into the bucket of documents; return how many, and the seconds that puts alone took."""
    seconds = 0.0
    with closing(Installation(settings)) as here, ThreadPoolExecutor(THREADS) as threads:
        keys = here.store.keys(EXCHANGES, "documents/benchmark/inbox/")
        objects = ManyObjects(here.store, EXCHANGES)
        for place in range(0, len(keys), STORED_AT_ONCE):
            some = keys[place : place + STORED_AT_ONCE]
            contents = objects.get_all(some)
            begun = time.perf_counter()
            list(threads.map(partial(here.store.put, DOCUMENTS), (f"peer/{key}" for key in some), contents))
            seconds += time.perf_counter() - begun
    return len(keys), seconds


def require_stored(own: Servers, count: int, done: Sequence[Mapping[str, int]]) -> None:
    """Raise RuleError where a document is in no record, or not accounted for."""
    stored = sum(counts["stored"] for counts in done)
    if stored != count:
        with own.connect() as connection:
            told = connection.execute("select code, count(*) from documents.reception where code is not null group by code").fetchall()
        raise RuleError(f"{stored} of {count} documents were stored: no figure; the others: {told}")
    with closing(Installation(own.settings)) as here:
        (books,) = [equation for equation in balance(here.reporting_db) if equation.name == "24_receptions"]
    if not books.holds:
        raise RuleError(f"the books of documents do not balance: {books}: no figure")


def _index_stages(own: Servers, rows: int, say: Callable[[str], None]) -> dict[str, Stage]:
    """Measure what indexing a document costs beside a small number of rows, then beside a large one."""
    stages, first = {}, 1
    for size in (SMALL_INDEX, rows) if rows > SMALL_INDEX else ():
        say(f"the index at {size:,} rows")
        with own.connect() as connection:
            connection.execute("set session_replication_role = replica")
            connection.execute(_FILL, {"first": first, "last": size})
        own.tidy()
        stored, cost = own.scale.weigh(index_documents, own.settings, size)
        stages[f"index at {size:,} rows"] = Stage(stored, cost)
        first = size + 1
    return stages


def index_documents(settings: Settings, size: int) -> int:
    """Index documents of people here and there, a hundred a transaction; return how many."""
    with closing(Installation(settings)) as here:
        feed_id = number_of(here.db, FEED)
        for turn in range(ROUNDS):
            documents = json.dumps([_row(f"{size}.{turn}.{number}") for number in range(STORED_AT_ONCE)])

            def store(work: Work, documents: str = documents) -> Counts:
                done = work.all("documents/store_documents", documents=documents, feed_id=feed_id, work_id=work.work_id, as_of=RECEIVED)
                return {"stored": len(done)}

            here.db.once("benchmark", f"index {size} {turn}", RECEIVED, store)
    return ROUNDS * STORED_AT_ONCE


def _row(name: str) -> dict[str, Any]:
    """Return a document of somebody, told by its name alone."""
    digest = sha256(name.encode())
    return {
        "person_id": 1 + int.from_bytes(digest.digest()[:4], "big") % 2**26,
        "account_id": str(UUID(bytes=digest.digest()[:16])),
        "created_at": RECEIVED.isoformat(),
        "size_bytes": BODY_BYTES,
        "version": 1,
        "hidden": "",
        "sha256": digest.hexdigest(),
        "unique_id": f"1.2.250.1.999.5.{name}",
        "series_id": f"1.2.250.1.999.6.{name}",
        "type_code": "11502-2",
        "type_system": LOINC,
        "media_type": "application/pdf",
        "confidentiality": "N",
        "author_organization": FEED.sender.finess,
    }
