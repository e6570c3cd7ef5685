"""What print houses are told before lots leave: how many letters come for which day. Contract: docs/contracts/print_announcement.md."""

from __future__ import annotations

import json
from collections.abc import Sequence
from itertools import groupby
from operator import itemgetter
from typing import Any

from pipelines.notices.print_lot import BUCKET
from pipelines.platform.database import Database
from pipelines.platform.object_store import ObjectStore

CONTRACT = "print_announcement/1"


def announce_lots(db: Database, store: ObjectStore) -> None:
    """Write, for each print house and day for which a lot is still to be made, the volumes of that day.

    Safe to repeat: an announcement is written anew, whole, from what the database holds.
    """
    with db.transaction() as session:
        rows = session.all("notices/announced_volumes")
    for (printer, day), same in groupby(rows, itemgetter("printer", "prepared_for")):
        store.put(BUCKET, f"{printer}/announcements/{day.isoformat()}.json", _announcement(printer, day.isoformat(), list(same)))


def _announcement(printer: str, day: str, volumes: Sequence[Any]) -> bytes:
    announced = {
        "contract": CONTRACT,
        "printer": printer,
        "prepared_for": day,
        "lots": sum(row["lots"] for row in volumes),
        "letters": sum(row["letters"] for row in volumes),
        "volumes": [
            {"sender": row["body"], "large_print": row["large_print"], "lots": row["lots"], "letters": row["letters"]} for row in volumes
        ],
    }
    return json.dumps(announced, indent=2).encode() + b"\n"
