"""The destruction of archives: when they are over, or on express request; in small batches, each with its certificate.

A batch is condemned in one short transaction, from which nothing comes back; then its objects are destroyed, then its rows, then its
certificate is kept. A run that is killed anywhere is finished by the next.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime

from pipelines.audit.findings import require_no_finding
from pipelines.campaign.policy import Policy
from pipelines.lifecycle.archive_retention import BUCKET
from pipelines.lifecycle.certificate import BUCKET as CERTIFICATES
from pipelines.lifecycle.certificate import certificate_key, certificate_of, kept_until
from pipelines.lifecycle.two_clocks import agreed_day
from pipelines.platform.clock import Clock, ClockMode
from pipelines.platform.database import Counts, Database, Work
from pipelines.platform.errors import RuleError
from pipelines.platform.object_store import ObjectStore
from pipelines.platform.shards import Shard, shards_of

# A batch is one transaction: so many that none of its locks is held for a second.
SPACES_AT_ONCE = 1_000
RULES = {"EXPRESS": "lifecycle/condemn_deletions", "ARCHIVE_OVER": "lifecycle/condemn_archives"}


class DisputedDateError(RuleError):
    """The two dates on which a destruction rests do not agree."""


@dataclass(frozen=True)
class Purge:
    """What destroys: the database, the store, and the day on which both clocks agree."""

    db: Database
    store: ObjectStore
    policy: Policy
    clock: Clock
    as_of: datetime

    def plan(self, shard_size: int) -> list[Shard]:
        """Return the shards with something to destroy, or to finish. Raises: ClocksDisagreeError, StandingFindingError."""
        day = agreed_day(self.store, self.clock, self.as_of)
        with self.db.transaction() as session:
            require_no_finding(session, self.as_of)
            rows = session.all(
                "lifecycle/purge_shards", shard_size=shard_size, day=day, deletion_after_days=self.policy.express_deletion_after_days
            )
        return shards_of((row["shard"] for row in rows), shard_size)

    def destroy(self, shard: Shard) -> Counts:
        """Destroy the archives of a shard that are over or to be destroyed on request; return how many spaces and documents.

        Safe to repeat and to kill; one process at a time has a shard.
        Raises: DisputedDateError, once the others are destroyed, where an archive is over by one of its two dates only; RetainedObjectError
        where the object store still retains an object of a batch; StandingFindingError while the books do not balance.
        Source: CSP R1111-36 (ten years, then destroyed; express deletion within three months).
        """
        day = agreed_day(self.store, self.clock, self.as_of)
        total = {"spaces": 0, "documents": 0}
        with self.db.exclusively(f"the destruction of archives of people from {shard.first_id} on"):
            for batch_id, rule in self._batches(shard, day):
                for what, count in self._finish(batch_id, rule, day).items():
                    total[what] += count
        self._require_agreement(shard, day)
        return total

    def _batches(self, shard: Shard, day: date) -> Iterator[tuple[int, str]]:
        """Yield batches to finish: first those of a run that was killed, then new ones, condemned one at a time."""
        with self.db.transaction() as session:
            left = session.all("lifecycle/unfinished_batches", **shard.as_dict())
        yield from ((row["batch_id"], row["rule"]) for row in left)
        for rule in RULES:
            yield from ((batch_id, rule) for batch_id in self._condemn(shard, rule, day))

    def _condemn(self, shard: Shard, rule: str, day: date) -> Iterator[int]:
        after_id = shard.first_id - 1
        while after_id < shard.last_id:
            binds = {**shard.as_dict(), "after_id": after_id, "day": day, "most": SPACES_AT_ONCE, **self._of_rule(rule)}

            def condemn(work: Work, rule: str = rule, binds: dict[str, object] = binds) -> Counts:
                require_no_finding(work, self.as_of)
                return work.one(RULES[rule], work_id=work.work_id, **binds)

            unit = f"{self.as_of.isoformat()}/{rule}/{shard.first_id}-{shard.last_id}/{after_id}"
            done = self.db.once("condemn_archives", unit, self.as_of, condemn)
            after_id = done.counts["last_id"]
            if done.counts["accounts"] and not done.repeated:
                yield done.work_id

    def _of_rule(self, rule: str) -> dict[str, object]:
        if rule == "EXPRESS":
            return {"deletion_after_days": self.policy.express_deletion_after_days}
        return {"archive_years": self.policy.archive_years}

    def _finish(self, batch_id: int, rule: str, day: date) -> Counts:
        """Destroy the objects of a batch, then its rows, then keep its certificate; each step finds what the one before has done."""
        with self.db.transaction() as session:
            require_no_finding(session, self.as_of)
            spaces = [row["account_id"] for row in session.all("lifecycle/spaces_with_objects", batch_id=batch_id)]
        # On request nothing needs to wait for the retention; in replay the store's clock is not the present.
        despite_retention = rule == "EXPRESS" or self.clock.mode is ClockMode.REPLAY
        if spaces:
            self.store.destroy(BUCKET, [f"{account_id}/" for account_id in spaces], despite_retention)
        done = self.db.once(
            "destroy_batch", str(batch_id), self.as_of, lambda work: work.one("lifecycle/destroy_batch", batch_id=batch_id, day=day)
        )
        self._certify(batch_id)
        return {"spaces": done.counts["accounts"], "documents": done.counts["documents"]}

    def _certify(self, batch_id: int) -> None:
        with self.db.transaction() as session:
            batch = session.one("lifecycle/certificate", batch_id=batch_id)
        until = kept_until(batch["destroyed_on"], self.policy.archive_years)
        self.store.keep(CERTIFICATES, certificate_key(batch_id), certificate_of(batch), until)
        with self.db.transaction() as session:
            session.run("lifecycle/note_certified", batch_id=batch_id)

    def _require_agreement(self, shard: Shard, day: date) -> None:
        with self.db.transaction() as session:
            disputed = session.one("lifecycle/count_disputed", **shard.as_dict(), day=day, archive_years=self.policy.archive_years)[
                "archives"
            ]
        if disputed:
            raise DisputedDateError(
                f"{disputed} archives of people {shard.first_id} to {shard.last_id} are over by the date of the space and not by that of "
                "the audit trail: they were left alone. See docs/runbooks/account_lifecycle.md"
            )
