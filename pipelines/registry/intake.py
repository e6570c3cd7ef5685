"""One delivery on its way into the registry: examined before any effect, reserved, loaded by portions, then settled."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from datetime import date, datetime, timedelta
from enum import StrEnum
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

import pyarrow as pa
from sqlalchemy.engine import RowMapping

from pipelines.platform.clock import legal_day
from pipelines.platform.database import Counts, Database, Done, Session, Work
from pipelines.platform.errors import BadFileError, FinalError, RetryableError
from pipelines.platform.object_store import MissingObjectError, ObjectStore
from pipelines.platform.settings import Settings
from pipelines.registry.bodies import insurance_bodies
from pipelines.registry.contract import DeliveryKind, FileEntry, Manifest, read_manifest
from pipelines.registry.copying import constant
from pipelines.registry.digests import within_bounds
from pipelines.registry.examination import Examination, PortionTask, cut, examine
from pipelines.registry.limits import limits
from pipelines.registry.merging import MOST_ALIKE, Loading, add_former_numbers, ask_who_is_alike, let_go, look_up, take_in_portion
from pipelines.registry.workplace import workplace

BUCKET = "registry"
DIGESTS = "digests/"
NOTHING: Counts = {"newcomers": 0, "changed": 0}
INTAKE = "the intake of the registry"
"""What a process holds for itself while it changes who is insured (`Database.exclusively`)."""
LAST_ID = 2**27
ONE_DAY = timedelta(days=1)
# From this number of people on, a first delivery is loaded without the indexes that are built at its end.
WORTH_DEFERRING = 100_000
# The planner is told of a registry that grew by more than a tenth.
WORTH_ANALYSING = 0.1
Result = TypeVar("Result")


class Status(StrEnum):
    """Where a delivery stands (`registry.delivery`)."""

    REFUSED = "REFUSED"
    WAITING = "WAITING"
    LOADING = "LOADING"
    TAKEN_IN = "TAKEN_IN"
    ABANDONED = "ABANDONED"


HALF_IN_AT_LEAST = (Status.LOADING, Status.TAKEN_IN, Status.ABANDONED)
"""A delivery of which there are rows, and a quarantine, in the registry."""
SETTLED = (Status.REFUSED, Status.TAKEN_IN, Status.ABANDONED)


@dataclass
class Intake:
    """One delivery and what is known of it; the caller holds the intake of the registry for itself."""

    db: Database
    store: ObjectStore
    settings: Settings
    folder: str
    manifest_content: bytes
    as_of: datetime
    status: Status = field(init=False, default=Status.WAITING)
    delivery_id: int = field(init=False, default=0)
    manifest: Manifest | None = field(init=False, default=None)
    resumed: bool = field(init=False, default=False)

    @property
    def _key(self) -> dict[str, Any]:
        return {"folder": self.folder, "manifest_sha256": hashlib.sha256(self.manifest_content).hexdigest()}

    def run(self) -> Counts:
        """Bring the delivery as far as it can go; return its counts. Raises: BadFileError where it is refused."""
        found = self._found()
        if found and found["status"] in SETTLED:
            self.delivery_id, self.status = found["delivery_id"], Status(found["status"])
            if found["refusal"]:
                raise BadFileError(found["refusal"])
            return dict(found["counts"])
        self.resumed, self.delivery_id = bool(found and found["status"] == Status.LOADING), found["delivery_id"] if found else 0
        manifest = read_manifest(self.manifest_content, self.folder)
        if manifest.body not in insurance_bodies():
            raise BadFileError(f"no insurance body is known as {manifest.body}")
        self.manifest = manifest
        _require_none_unfinished(self.db, self._key)
        last = self._last_deliveries(manifest)
        if not self.resumed:
            _refuse_out_of_order(manifest, last, legal_day(self.as_of))
        decided = self.resumed or bool(found and found["decided_by"])
        # A run that takes over cuts as the first one did, whatever the setting has become.
        most_rows = found["counts"]["portion_rows"] if found and self.resumed else self.settings.portion_rows
        with (
            workplace(self.settings.var) as directory,
            within_bounds(),
            self._examined(manifest, last, directory, most_rows) as examination,
        ):
            if not decided and _needs_a_person(examination, last):
                return self._wait(examination)
            newcomers = self._look_up(examination)
            if not self.resumed:
                self._reserve(examination, newcomers, most_rows)
            return self._load(examination, is_first=not _taken_in(last))

    def refuse(self, refusal: str) -> str:
        """Keep that the delivery is refused, and why; return why.

        Raises: FinalError if a part of it is in the registry already.
        """
        if self.resumed:
            raise FinalError(
                f"the delivery {self.folder} was interrupted, and cannot be finished: put its files back as they were, or abandon it: "
                f"`espace-sante registry abandon` ({refusal})"
            )
        if self.status not in SETTLED:
            with self.db.transaction() as session:
                self._keep(session, Status.REFUSED, {}, refusal)
        return refusal

    def _found(self) -> RowMapping | None:
        with self.db.transaction() as session:
            rows = session.all("registry/find_delivery", **self._key)
        return rows[0] if rows else None

    def _last_deliveries(self, manifest: Manifest) -> Sequence[RowMapping]:
        with self.db.transaction() as session:
            return session.all("registry/last_deliveries", body=manifest.body)

    def _keep(self, session: Session, status: Status, counts: Counts, refusal: str | None = None) -> None:
        manifest = self.manifest
        session.all(
            "registry/keep_delivery",
            **self._key, status=status, refusal=refusal, as_of=self.as_of, counts=json.dumps(counts),
            body=manifest.body if manifest else None, kind=manifest.kind if manifest else None,
            reference_date=manifest.reference_date if manifest else None,
        )  # fmt: skip
        self.status = status

    @contextmanager
    def _examined(self, manifest: Manifest, last: Sequence[RowMapping], directory: Path, most_rows: int) -> Iterator[Examination]:
        """Examine the delivery in a directory of its own. Raises: BadFileError where it is bad as a whole."""

        def bring(entry: FileEntry, apart: Path) -> Path:
            file = apart / entry.name
            try:
                self.store.download(BUCKET, f"{self.folder}/{entry.name}", file)
            except MissingObjectError:
                raise BadFileError(f"{entry.name} is announced by the manifest but does not lie in {self.folder}") from None
            return file

        tasks = cut(manifest, bring, directory, most_rows)
        before = _last_full(last)
        if not self.resumed and manifest.kind is DeliveryKind.FULL and limits().falls_too_far(before, manifest.rows):
            raise BadFileError(f"{manifest.rows} rows came, and {before} in the last full delivery: it was taken for a truncated one")
        with examine(
            manifest, tasks, directory, self._digests_of(last, directory), self.settings.intake_workers, is_first=not last
        ) as found:
            yield found

    def _digests_of(self, last: Sequence[RowMapping], directory: Path) -> list[Path]:
        """Fetch the digests of the last full delivery and of what came after it; none where one of them is missing, or was abandoned."""
        base = max((place for place, row in enumerate(last) if row["kind"] == DeliveryKind.FULL), default=len(last))
        if len(_taken_in(last[base:])) < len(last[base:]):
            return []
        files = []
        for place, row in enumerate(last[base:]):
            file = directory / f"previous-{place}.parquet"
            try:
                self.store.download(BUCKET, row["digests"], file)
            except MissingObjectError:
                return []
            files.append(file)
        return files

    def _wait(self, examination: Examination) -> Counts:
        """Keep that a person must decide."""
        counts = {"received": examination.received, "quarantined": examination.faulty, "gone": examination.gone}
        with self.db.transaction() as session:
            self._keep(session, Status.WAITING, counts)
        return counts

    def _look_up(self, examination: Examination) -> list[int]:
        """Look up whom every portion names: set aside the rows that name somebody again; return how many newcomers each has."""

        def look_up_portion(task: PortionTask) -> tuple[int, pa.Table]:
            with self.db.transaction() as session:
                newcomers, others = look_up(session, examination.good(task))
            rows = pa.array([row - task.portion.first_row for row, _ in others], pa.int64())
            numbers = pa.array([matricule for _, matricule in others], pa.string())
            return newcomers, pa.table({"portion": constant(task.number, len(others)), "row": rows, "matricule": numbers})

        portions = [] if self.resumed and self._of_a_nation() else examination.portions()
        found = dict(zip((task.number for task in portions), self._together(look_up_portion, portions), strict=True))
        if found:
            examination.set_aside_known(pa.concat_tables([pairs for _, pairs in found.values()]))
        return [found[task.number][0] if task.number in found else 0 for task in examination.tasks]

    def _reserve(self, examination: Examination, newcomers: list[int], most_rows: int) -> None:
        """Reserve the ids of the newcomers of every portion, in order; from here on the delivery is being loaded."""

        def reserve(work: Work) -> Counts:
            self._keep(work, Status.LOADING, {"received": examination.received, "portion_rows": most_rows})
            first = work.one("registry/reserve_ids", newcomers=sum(newcomers))["first_id"]
            if first == 1 and sum(newcomers) > WORTH_DEFERRING:
                work.all("registry/defer_indexes")
            work.run(
                "registry/keep_portions",
                **self._key, portions=[task.number for task in examination.tasks], newcomers=newcomers,
                first_ids=[first + sum(newcomers[:place]) for place in range(len(newcomers))],
            )  # fmt: skip
            return {"reserved": sum(newcomers)}

        self._once("reserve", reserve)

    def _reserved(self) -> dict[int, RowMapping]:
        with self.db.transaction() as session:
            return {row["portion"]: row for row in session.all("registry/find_portions", delivery_id=self.delivery_id)}

    def _of_a_nation(self) -> bool:
        """Say whether the delivery that is resumed began with an empty registry: nobody is to be looked up."""
        return any(row["first_person_id"] == 1 for row in self._reserved().values())

    def _load(self, examination: Examination, is_first: bool) -> Counts:
        found = self._found()
        assert found is not None  # noqa: S101 - it was reserved, and this process holds the intake
        self.delivery_id, self.as_of, self.status = found["delivery_id"], found["as_of"], Status.LOADING
        reserved = self._reserved()
        first_newcomer = min((row["first_person_id"] for row in reserved.values()), default=LAST_ID)
        loading = Loading(self.delivery_id, examination.manifest, self.as_of, is_first, first_newcomer)

        def take_in(task: PortionTask, work: Work) -> Counts:
            first_id = reserved[task.number]["first_person_id"]
            return take_in_portion(work, loading, task.portion.entry.name, examination.good(task), examination.faults(task), first_id)

        def link(task: PortionTask, work: Work) -> Counts:
            first_id, newcomers = (reserved[task.number][name] for name in ("first_person_id", "newcomers"))
            last_id = first_id + newcomers - 1
            if newcomers and (renamed := examination.renamed(task)).num_rows:
                add_former_numbers(work, loading, renamed, first_id, last_id)
            return {"links": work.run("registry/link_newcomers", first_id=first_id, last_id=last_id)}

        loaded = self._by_portion("take_in_portion", examination, take_in)
        if loading.of_a_nation:
            self._build("registry/build_identifier_key")
        self._by_portion("link_portion", examination, link)
        if loading.of_a_nation:
            self._build("registry/build_indexes")
        newcomers = sum(row["newcomers"] for row in reserved.values())
        if newcomers > WORTH_ANALYSING * first_newcomer:
            self._build("registry/analyse_registry")
        settled = self._once("settle", partial(self._settle, loading, examination, newcomers)).counts
        return self._finish(examination, loaded, settled)

    def _build(self, statement: str) -> None:
        """Build what a first delivery was loaded without, or what the planner knows of it."""
        with self.db.transaction() as session:
            session.run(statement)

    def _settle(self, loading: Loading, examination: Examination, newcomers: int, work: Work) -> Counts:
        """Do what can be done only once everybody is in: links of known people, people who look alike, departures."""
        counts = {"alike": self._ask_about_likeness(work, loading, examination, newcomers), "moved": 0, "departed": 0}
        if examination.tells_who_is_gone:
            counts |= let_go(work, loading, self._gone(work, loading, examination), examination.digests.named)
        noted = {"work_id": work.work_id, "reference_date": loading.manifest.reference_date}
        work.run("registry/link_known", first_newcomer=loading.first_newcomer, **noted)
        work.run("registry/forget_names")
        work.run("registry/find_awaited", **noted)
        return counts

    def _gone(self, work: Work, loading: Loading, examination: Examination) -> Iterator[pa.RecordBatch]:
        """Return the matricules of people whom the delivery no longer names: of the last delivery, else of all whom the registry knows."""
        if examination.compared:
            return examination.digests.gone()
        known = examination.directory / "known.csv"
        work.all("platform/allow_scans")
        with known.open("wb") as file:
            work.copy_out("registry/people_of_body", file, body=loading.manifest.body)
        return examination.digests.gone_of(known)

    def _ask_about_likeness(self, work: Work, loading: Loading, examination: Examination, newcomers: int) -> int:
        """Ask who is like whom: into an empty registry, the delivery's own rows tell."""
        if loading.of_a_nation:
            pairs = [
                (matricule, other)
                for group in examination.digests.same_traits()
                for place, matricule in enumerate(group)
                for other in group[: min(place, MOST_ALIKE)]
            ]
            matricules, others = [pair[0] for pair in pairs], [pair[1] for pair in pairs]
            asked: dict[str, object] = {"day": legal_day(self.as_of), "work_id": work.work_id}
            return work.run("registry/doubt_same_traits_listed", **asked, matricules=matricules, others=others)
        first_id = loading.first_newcomer
        return ask_who_is_alike(work, legal_day(self.as_of), range(first_id, first_id + newcomers))

    def _finish(self, examination: Examination, loaded: Counts, settled: Counts) -> Counts:
        """Keep the digests of the rows taken, then the counts: the delivery is taken in."""
        with self.db.transaction() as session:
            aside = examination.places(
                [(row["file"], row["line"]) for row in session.all("registry/set_aside", delivery_id=self.delivery_id)]
            )
        digests = f"{DIGESTS}{self.folder.removeprefix('deliveries/')}/{self._key['manifest_sha256'][:16]}.parquet"
        file = examination.directory / "digests.parquet"
        examination.digests.write(file, aside + examination.repeated_places())
        self.store.upload(BUCKET, digests, file)
        quarantined = examination.faulty + len(aside)
        changed, newcomers = loaded["changed"], loaded["newcomers"]
        counts = {
            "received": examination.received,
            "quarantined": quarantined,
            "newcomers": newcomers,
            "changed": changed,
            "unchanged": examination.received - quarantined - newcomers - changed,
            **asdict(examination.unusable),
            "doubtful": len(aside) + settled["alike"],
            "moved": settled["moved"],
            "departed": settled["departed"],
        }
        with self.db.transaction() as session:
            session.run("registry/finish_delivery", delivery_id=self.delivery_id, digests=digests, counts=json.dumps(counts))
        self.status = Status.TAKEN_IN
        self._forget_digests(examination.manifest)
        return counts

    def _forget_digests(self, manifest: Manifest) -> None:
        """Delete the digests that the body's next delivery will not be compared with: they hold matricules."""
        needed = {row["digests"] for row in self._last_deliveries(manifest)}
        for key in set(self.store.keys(BUCKET, f"{DIGESTS}{manifest.body}/")) - needed:
            self.store.delete(BUCKET, key)

    def _by_portion(self, step: str, examination: Examination, do: Callable[[PortionTask, Work], Counts]) -> Counts:
        """Do a step on every portion, each in its own transaction, some at a time; return the sum of the counts."""
        done = self._together(lambda task: self._once(step, partial(do, task), task.number).counts, examination.portions())
        return {what: sum(counts[what] for counts in done) for what in (done[0] if done else NOTHING)}

    def _together(self, do: Callable[[PortionTask], Result], tasks: Sequence[PortionTask]) -> list[Result]:
        with ThreadPoolExecutor(self.settings.intake_workers) as pool:
            return list(pool.map(do, tasks))

    def _once(self, step: str, do: Callable[[Work], Counts], portion: int | None = None) -> Done:
        return self.db.once(step, unit_of(self.folder, self._key["manifest_sha256"], portion), self.as_of, do)


def unit_of(folder: str, manifest_sha256: str, portion: int | None = None) -> str:
    """Return by what name the ledger knows a delivery, or one portion of it."""
    return "/".join([folder, manifest_sha256, *([] if portion is None else [str(portion)])])


@contextmanager
def registry_at_rest(db: Database) -> Iterator[None]:
    """Hold the intake of the registry, with no delivery half in. Raises: RetryableError where another process has it, or one is."""
    with db.exclusively(INTAKE):
        _require_none_unfinished(db, {"folder": "", "manifest_sha256": ""})
        yield


def _require_none_unfinished(db: Database, but: Mapping[str, str]) -> None:
    with db.transaction() as session:
        unfinished = session.all("registry/unfinished_delivery", **but)
    if unfinished:
        raise RetryableError(f"the delivery {unfinished[0]['folder']} was interrupted: it is finished first")


def _taken_in(last: Sequence[RowMapping]) -> list[RowMapping]:
    """Leave out what was abandoned half in."""
    return [row for row in last if row["status"] == Status.TAKEN_IN]


def _last_full(last: Sequence[RowMapping]) -> int:
    """Return how many rows the last full delivery of a body had, 0 where there is none."""
    return next((int(row["counts"]["received"]) for row in reversed(_taken_in(last)) if row["kind"] == DeliveryKind.FULL), 0)


def _needs_a_person(examination: Examination, last: Sequence[RowMapping]) -> bool:
    """Say whether so many rows are bad, or so many people would lose their rights, that somebody must look at the delivery."""
    known = _last_full(last)
    return limits().too_many_bad(examination.received, examination.faulty) or limits().too_many_gone(known, examination.gone)


def _refuse_out_of_order(manifest: Manifest, last: Sequence[RowMapping], day: date) -> None:
    """Refuse a delivery of a day to come, one that a later one of its body overtook, or one that came already."""
    if manifest.reference_date > day + ONE_DAY:
        raise BadFileError(f"its reference date, {manifest.reference_date}, is yet to come: correct the manifest and its folder")
    for row in last:
        same = (row["reference_date"], row["kind"], row["status"]) == (manifest.reference_date, manifest.kind, Status.TAKEN_IN)
        if (same and manifest.kind is not DeliveryKind.CORRECTION) or row["reference_date"] > manifest.reference_date:
            raise BadFileError("a delivery of this body with this reference date, or a later one, was already taken in")
