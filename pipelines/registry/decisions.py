"""What people decide about the registry, by name and with a reason: the same from a shell and from Airflow's form."""

from __future__ import annotations

import re
from datetime import datetime
from enum import StrEnum

from pipelines.platform.database import Database
from pipelines.platform.errors import FinalError, RuleError
from pipelines.platform.object_store import ObjectStore
from pipelines.platform.settings import Settings
from pipelines.registry.abandonment import abandon
from pipelines.registry.delivered_rows import known_delivery
from pipelines.registry.doubts import decide_doubt
from pipelines.registry.steps import decide_delivery

# Whom Airflow names where no person started a run.
NOBODY = "schedule"
# 13 characters identify a person as well as 15: the rest is a key.
_MATRICULE = re.compile(r"[1-8][0-9]{4}[0-9AB]{2}[0-9]{6}", re.IGNORECASE)
_ADDRESS = re.compile(r"\S@\S")


class Decision(StrEnum):
    """What may be decided: the first two on a delivery that waits, the third on one that was interrupted, the others on a doubt."""

    ACCEPT = "accept"
    REFUSE = "refuse"
    ABANDON = "abandon"
    SAME = "same"
    DIFFERENT = "different"


def checked_reason(given: str) -> str:
    """Return a reason. Raises: FinalError if it is blank, or holds what looks like a matricule or an e-mail address."""
    reason = " ".join(given.split())
    if not reason:
        raise FinalError("say why: the reason is kept with the decision")
    if _MATRICULE.search(re.sub(r"[\s._-]", "", reason)) or _ADDRESS.search(reason):
        raise FinalError("the reason is kept for years: leave matricules and addresses out of it")
    return reason


def decide(
    db: Database, store: ObjectStore, settings: Settings, on: str, decision: Decision, decided_by: str, reason: str, as_of: datetime
) -> str:
    """Record a decision on a delivery (`on` is its folder) or on a doubt (`on` is its number); return what follows from it.

    Safe to repeat: the same decision of the same person, with the same reason, changes nothing.
    Raises: RuleError if something else was decided before, or if nobody signs the decision; FinalError if there is nothing to decide on.
    """
    if not decided_by or decided_by == NOBODY:
        raise RuleError("nobody signs this decision: start the run from Airflow's form, signed in by your own name")
    why = checked_reason(reason)
    if decision in (Decision.ACCEPT, Decision.REFUSE):
        accepted = decision is Decision.ACCEPT
        _decide_delivery(db, on.strip("/ "), accepted, decided_by, why, as_of)
        follows = "the next run of registry_intake takes it in" if accepted else "the next run of registry_intake tells its sender"
        return f"{on}: {'accepted (acceptée)' if accepted else 'refused (refusée)'}; {follows}"
    if decision is Decision.ABANDON:
        abandon(db, on, decided_by, why, as_of)
        return f"{on}: abandoned (abandonnée), what of it was in stays; the next run of registry_intake tells its sender"
    if not (on.isascii() and on.isdigit()):
        raise FinalError("a doubt is named by its number: `espace-sante registry doubts` lists those that wait")
    same = decision is Decision.SAME
    decide_doubt(db, store, settings, int(on), same, decided_by, why, as_of)
    return f"doubt {on}: {'SAME (même personne)' if same else 'DIFFERENT (écarté)'}"


def _decide_delivery(db: Database, folder: str, accepted: bool, decided_by: str, reason: str, as_of: datetime) -> None:
    try:
        decide_delivery(db, folder, accepted, decided_by, reason, as_of)
    except RuleError:
        delivery = known_delivery(db, folder)
        refused = delivery.status == "REFUSED"
        if (delivery.decided_by, delivery.decision_reason, refused) != (decided_by, reason, not accepted):
            raise
