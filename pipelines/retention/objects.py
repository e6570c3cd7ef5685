"""Deletion of objects whose time is over: every version of theirs, page by page, each page in the ledger before it is deleted."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from datetime import datetime

from pipelines.platform.database import Database
from pipelines.platform.object_store import ObjectStore, Version
from pipelines.retention.holds import held_places, is_held
from pipelines.retention.rules import ObjectRule
from pipelines.retention.swept import Swept


def sweep_objects(db: Database, store: ObjectStore, rule: ObjectRule, as_of: datetime, deletes: bool) -> Swept:
    """Find the versions of objects whose time is over, and delete them if so told. Safe to repeat and to kill.

    A run that was killed may count a page twice in the ledger: nothing is ever deleted that the ledger does not tell.
    """
    places, due, held = [hold["place"] for hold in held_places(db)], 0, 0
    for page in store.versions_before(rule.bucket, rule.prefix, rule.before(as_of)):
        over = [version for version in page if rule.pattern.fullmatch(version.key)]
        kept = _kept(db, rule, places, sorted({version.key for version in over}))
        going = [version for version in over if version.key not in kept]
        if deletes and going:
            _delete(db, store, rule, going, as_of)
        due, held = due + len(going), held + len(over) - len(going)
    return Swept(rule.name, due, held)


def _kept(db: Database, rule: ObjectRule, places: Sequence[str], keys: Sequence[str]) -> set[str]:
    """Return the keys that stay: held by somebody, or not decided yet."""
    kept = {key for key in keys if is_held(places, rule.name) or is_held(places, f"{rule.bucket}/{key}")}
    if rule.held and keys:
        with db.transaction() as session:
            kept |= {row["key"] for row in session.all(f"retention/{rule.held}", keys=list(keys))}
    return kept


def _delete(db: Database, store: ObjectStore, rule: ObjectRule, versions: Sequence[Version], as_of: datetime) -> None:
    listed = "\n".join(f"{version.key} {version.version_id}" for version in versions)
    unit = f"{rule.name}/{hashlib.sha256(listed.encode()).hexdigest()}"
    db.once("retention", unit, as_of, lambda _: {"deleted": len(versions)})
    store.delete_versions(rule.bucket, versions)
