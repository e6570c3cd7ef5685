"""A space's life as tests drive it: every verb through the project's own steps, files by their public contract."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, field
from datetime import date, datetime
from itertools import count
from typing import Any

import sqlalchemy as sa

from pipelines.lifecycle import steps
from pipelines.lifecycle.archive_retention import plan_archives, retain_archives
from pipelines.lifecycle.certificate import certificate_key
from pipelines.platform.database import Counts
from tests.campaign_driver import Campaign
from tests.registry_builder import Person

STORED = """
insert into documents.document (
  person_id, work_id, created_at, stored_at, account_id, size_bytes, version, feed_id, hidden_from_professionals, hidden_from_patient,
  hidden_from_representatives, sha256, unique_id, type_code, type_system, media_type, confidentiality, author_organization
)
values (
  :person_id, :work_id, :at, :at, :account_id, :size, 1, 1, false, :hidden, :is_secret, :sha256, :unique_id, '11502-2',
  '2.16.840.1.113883.6.1', 'text/xml', 'N', '1750000018'
)
"""


@dataclass
class Lives:
    """The spaces of a campaign, and the systems that ask for what becomes of them."""

    campaign: Campaign
    _numbers: count[int] = field(default_factory=lambda: count(1))

    # What systems ask.

    def ask(self, kind: str, person: Person, at: datetime, system: str | None = None, **changes: Any) -> dict[str, Any]:
        """Send a file of one request and take it in; return its answer."""
        (answer,) = self.ask_all(self.line(kind, person, at, **changes), at=at, system=system or _system_of(kind))
        return answer

    def line(self, kind: str, person: Person, at: datetime, **changes: Any) -> dict[str, Any]:
        """Return the line that a system writes."""
        line: dict[str, Any] = {
            "kind": kind,
            "request_ref": f"r-{next(self._numbers)}",
            "received_at": at.isoformat(),
            "matricule": person.matricule,
            "birth_date": person.birth_date,
        }
        if _system_of(kind) == "SECURITY":
            line["agent"] = "s-1"
        if kind == "SUSPEND":
            line["motive"] = "FRAUD"
        if kind == "SUSPENSION_TOLD":
            line["told_on"] = at.date().isoformat()
        return line | changes

    def ask_all(self, *lines: dict[str, Any], at: datetime, system: str = "SITE") -> list[dict[str, Any]]:
        """Send a file of requests and take it in; return its answers."""
        return self.file("".join(json.dumps(line) + "\n" for line in lines).encode(), at, system)

    def file(self, content: bytes, at: datetime, system: str = "SITE", name: str | None = None) -> list[dict[str, Any]]:
        """Send a file and take it in; return its answers."""
        name, store = name or f"{next(self._numbers):04d}.jsonl", self.campaign.home.store
        store.put("exchanges", f"life_events/{system}/inbox/{name}", content)
        self.take_in(at)
        return [json.loads(line) for line in store.get("exchanges", f"life_events/{system}/answers/{name}").splitlines()]

    def take_in(self, at: datetime) -> Counts:
        """Take in every file that waits."""
        home = self.campaign.home
        return steps.take_in_life_events(home.db, home.store, home.policy, home.clock, at)

    # What a day's run does.

    def follow(self, at: datetime) -> Counts:
        """Do what the registry tells."""
        home = self.campaign.home
        return steps.follow_registry(home.db, home.policy, home.clock, at)

    def close_unopposed(self, at: datetime) -> int:
        """Close suspended spaces to whose closing nobody objected."""
        home = self.campaign.home
        return steps.close_unopposed_suspensions(home.db, home.policy, home.clock, at)

    def end_delays(self, at: datetime) -> Counts:
        """Warn of documents and show them."""
        home = self.campaign.home
        return steps.end_announcement_delays(home.db, home.policy, home.clock, at)

    def retain(self, at: datetime) -> int:
        """Put archives under retention; return how many."""
        home = self.campaign.home
        return sum(retain_archives(home.db, home.store, shard, at) for shard in plan_archives(home.db, home.settings.shard_size))

    def purge(self, at: datetime) -> Counts:
        """Destroy what is over."""
        purge = self.campaign.home.purge(at)
        total = {"spaces": 0, "documents": 0}
        for shard in purge.plan(self.campaign.home.settings.shard_size):
            for what, number in purge.destroy(shard).items():
                total[what] += number
        return total

    def day(self, at: datetime) -> Counts:
        """Do all that a day's run does, in its order; return what the purge counted."""
        self.take_in(at)
        self.follow(at)
        self.close_unopposed(at)
        self.end_delays(at)
        self.retain(at)
        return self.purge(at)

    # What can be seen.

    def account(self, person: Person) -> dict[str, Any]:
        """Return the newest space of a person."""
        return self.campaign.rows(
            "select * from accounts.account where person_id = :id order by status = 'PURGED', opened_on desc limit 1",
            id=self.campaign.person_id(person),
        )[0]

    def status(self, person: Person) -> str:
        """Return where the newest space of a person stands."""
        return str(self.account(person)["status"])

    def store(self, person: Person, content: bytes, at: datetime, hidden: bool = False, is_secret: bool = False) -> str:
        """Put a document into the open space of a person, object first, `is_secret` from who represents them; return its key."""
        account, digest = self.account(person), hashlib.sha256(content)
        key = f"{account['account_id']}/{digest.hexdigest()}"
        self.campaign.home.store.put("documents", key, content)

        def insert(work: Any) -> Counts:
            work.connection.execute(
                sa.text(STORED),
                {
                    "person_id": account["person_id"], "work_id": work.work_id, "account_id": account["account_id"], "at": at,
                    "size": len(content), "hidden": hidden, "is_secret": is_secret, "sha256": digest.digest(),
                    "unique_id": f"2.25.{next(self._numbers)}",
                },
            )  # fmt: skip
            return {"stored": 1}

        self.campaign.home.db.once("store_for_a_test", f"{key}/{at.isoformat()}", at, insert)
        return key

    def readable(self, person: Person) -> int:
        """Return how many documents of a person can be read."""
        (found,) = self.campaign.rows(
            "select count(*) as n from documents.readable_document where person_id = :id", id=self.campaign.person_id(person)
        )
        return int(found["n"])

    def objects(self) -> list[str]:
        """Return the keys of all documents in the store, every version counted."""
        home = self.campaign.home
        found = home.store.client.list_object_versions(Bucket=home.settings.bucket("documents"))
        return sorted(version["Key"] for kind in ("Versions", "DeleteMarkers") for version in found.get(kind, ()))

    def messages(self, person: Person) -> list[tuple[str, date]]:
        """Return what a person is told, and of which day."""
        rows = self.campaign.rows(
            "select subject, happened_on from notices.message where person_id = :id order by happened_on, subject",
            id=self.campaign.person_id(person),
        )
        return [(row["subject"], row["happened_on"]) for row in rows]

    def moves(self, person: Person) -> list[str]:
        """Return what the trail tells of a person's spaces."""
        rows = self.campaign.rows(
            "select after from platform.audit where person_id = :id and subject = 'account' order by audit_id",
            id=self.campaign.person_id(person),
        )
        return [row["after"] for row in rows]

    def certificates(self) -> list[dict[str, Any]]:
        """Return the certificates that the object store keeps of the batches destroyed."""
        batches = self.campaign.rows("select batch_id from lifecycle.destruction order by 1")
        store = self.campaign.home.store
        return [json.loads(store.get("audit", certificate_key(row["batch_id"]))) for row in batches]


def _system_of(kind: str) -> str:
    return "SECURITY" if kind in ("SUSPEND", "SUSPENSION_TOLD", "LIFT_SUSPENSION") else "SITE"
