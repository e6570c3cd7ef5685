"""Whether an older delivery may still be corrected: what the body delivered since, and whether it speaks of the same people."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from sqlalchemy.engine import RowMapping

from pipelines.platform.database import Session
from pipelines.platform.errors import BadFileError, RetryableError, RuleError
from pipelines.platform.object_store import MissingObjectError, ObjectStore
from pipelines.registry.arrow_text import text_column
from pipelines.registry.contract import DeliveryKind
from pipelines.registry.intake import BUCKET, Status
from pipelines.registry.matricule import check_matricules, clean_numbers, guess_kinds

MOST_LINES = 10


def day_of_correction(session: Session, store: ObjectStore, body: str, reference_date: dt.date, rows: Path) -> dt.date:
    """Return the reference date that a correction of a delivery bears: its own, or that of the last delta that came since.

    A delta that does not name a person leaves the older row the last word on them, so that its correction is right. `rows` is a
    Parquet file of DELIVERY_SCHEMA.
    Raises: RuleError if a full delivery came since, or if nobody can say any more whom a delta named; BadFileError with the rows of
    the corrected file whose people were delivered again; RetryableError while a later delivery is half in.
    """
    later = session.all("registry/later_deliveries", body=body, reference_date=reference_date)
    for delivery in later:
        _require_delta(delivery)
    if not later:
        return reference_date
    named = _named_since(store, later, rows.parent)
    numbers = [row for row in session.all("registry/numbers_of_named", **_numbers(rows)) if row["matricule"] in named]
    if numbers:
        lines = sorted({row["line"] for row in numbers})
        shown = ", ".join(map(str, lines[:MOST_LINES])) + (" ..." if len(lines) > MOST_LINES else "")
        raise BadFileError(
            f"the body delivered the people of {len(lines)} of these rows again since (data row {shown}): what it said then is newer. "
            "Take these rows out of the file, then replay the others"
        )
    return dt.date.fromisoformat(str(later[-1]["reference_date"]))


def _require_delta(delivery: RowMapping) -> None:
    """Raises: as `day_of_correction`, but for what the rows say."""
    folder = delivery["folder"]
    if delivery["status"] == Status.LOADING:
        raise RetryableError(f"the delivery {folder} is half in: replay once it is finished")
    if delivery["kind"] == DeliveryKind.FULL:
        raise RuleError(
            f"{folder} came since and names everyone of this body: nothing older is corrected any more. Where its own row is at fault as "
            f"well, export and replay that one (`espace-sante registry quarantine {folder}`); else the body delivers the person again"
        )
    if delivery["status"] == Status.ABANDONED:
        raise _unknown(delivery)


def _named_since(store: ObjectStore, later: Sequence[RowMapping], directory: Path) -> set[str]:
    """Return the matricules of all rows that were taken from some deliveries."""
    named: set[Any] = set()
    for place, delivery in enumerate(later):
        file = directory / f"later-{place}.parquet"
        try:
            store.download(BUCKET, delivery["digests"], file)
        except MissingObjectError:
            raise _unknown(delivery) from None
        named.update(pq.read_table(file, columns=["matricule"]).column("matricule").to_pylist())
    return named


def _unknown(delivery: RowMapping) -> RuleError:
    return RuleError(
        f"whom {delivery['folder']} names cannot be said any more: the body delivers the corrected rows again, in its next delivery"
    )


def _numbers(rows: Path) -> dict[str, list[Any]]:
    """Return the numbers that rows give, normalised, each with its row (the first is 1)."""
    table = pq.read_table(rows, columns=["matricule", "matricule_kind", "former_matricule"]).combine_chunks()
    former = clean_numbers(text_column(table, "former_matricule"))
    now = check_matricules(text_column(table, "matricule"), text_column(table, "matricule_kind")).values
    before = check_matricules(former, guess_kinds(former)).values
    lines = pa.array([*range(1, table.num_rows + 1)] * 2)
    numbers = pa.concat_arrays([now, before])
    given: Any = pc.is_valid(numbers)
    return {"lines": lines.filter(given).to_pylist(), "matricules": numbers.filter(given).to_pylist()}
