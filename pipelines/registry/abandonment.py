"""The way out of a delivery that was interrupted and whose files are lost: what of it is in stays, and the next delivery sets it right."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from functools import partial

from sqlalchemy.engine import RowMapping

from pipelines.platform.clock import legal_day
from pipelines.platform.database import Counts, Database, Work
from pipelines.platform.errors import RuleError
from pipelines.registry.delivered_rows import KnownDelivery, known_delivery
from pipelines.registry.intake import INTAKE, LAST_ID, Status, unit_of
from pipelines.registry.merging import ask_who_is_alike


def abandon(db: Database, folder: str, decided_by: str, reason: str, as_of: datetime) -> str:
    """Give a delivery up that is `LOADING`; return its folder.

    The portions that are in are true rows of their body and stay; who is new among them is linked and asked about as at the end of any
    delivery; nobody leaves. No digest is kept, so that the body's next full delivery is compared with the registry itself: it brings
    what is missing, puts right what is not so any more, and tells who is gone. The next run of the intake tells the sender.
    Safe to repeat and to kill.
    Raises: RuleError if the delivery is not half in; RetryableError while another process takes deliveries in.
    """
    delivery = known_delivery(db, folder)
    if (delivery.status, delivery.decided_by, delivery.decision_reason) == (Status.ABANDONED, decided_by, reason):
        return delivery.folder
    if delivery.status is not Status.LOADING:
        raise RuleError(f"{delivery.folder} is not half in ({delivery.status}): only a delivery that was interrupted is abandoned")
    with db.exclusively(INTAKE):
        with db.transaction() as session:
            portions = session.all("registry/find_portions", delivery_id=delivery.delivery_id)
            session.run("registry/build_identifier_key")
        for portion in portions:
            db.once("link_portion", _unit(delivery, portion["portion"]), as_of, partial(_link, portion))
        with db.transaction() as session:
            session.run("registry/build_indexes")
        db.once("settle", _unit(delivery), as_of, partial(_settle, delivery, portions, as_of))
        db.once("abandon_delivery", _unit(delivery), as_of, partial(_give_up, delivery, portions, decided_by, reason), actor=decided_by)
    return delivery.folder


def _unit(delivery: KnownDelivery, portion: int | None = None) -> str:
    return unit_of(delivery.folder, delivery.manifest_sha256, portion)


def _link(portion: RowMapping, work: Work) -> Counts:
    first_id = portion["first_person_id"]
    return {"links": work.run("registry/link_newcomers", first_id=first_id, last_id=first_id + portion["newcomers"] - 1)}


def _settle(delivery: KnownDelivery, portions: Sequence[RowMapping], as_of: datetime, work: Work) -> Counts:
    """Do what the end of a delivery does, but for departures: who is in none of the rows cannot be said."""
    newcomers = range(_first_id(portions), _first_id(portions) + sum(portion["newcomers"] for portion in portions))
    alike = ask_who_is_alike(work, legal_day(as_of), newcomers)
    noted = {"work_id": work.work_id, "reference_date": delivery.reference_date}
    work.run("registry/link_known", first_newcomer=newcomers.start, **noted)
    work.run("registry/forget_names")
    work.run("registry/find_awaited", **noted)
    return {"alike": alike, "moved": 0, "departed": 0}


def _give_up(delivery: KnownDelivery, portions: Sequence[RowMapping], decided_by: str, reason: str, work: Work) -> Counts:
    abandoned = work.run(
        "registry/abandon_delivery",
        delivery_id=delivery.delivery_id, decided_by=decided_by, reason=reason, units=[_unit(delivery, row["portion"]) for row in portions],
        refusal=f"it was interrupted, and a person gave it up: {reason}. Deliver these people again, under a new manifest",
    )  # fmt: skip
    if portions:
        work.run("registry/return_ids", first_id=_first_id(portions))
    return {"abandoned": abandoned}


def _first_id(portions: Sequence[RowMapping]) -> int:
    """Return the first id that the delivery reserved for newcomers."""
    return min((int(portion["first_person_id"]) for portion in portions), default=LAST_ID)
