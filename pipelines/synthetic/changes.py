"""What changes among an invented France in the course of a campaign: a delta of each body, and the civil register's file of deaths."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

from pipelines.platform.object_store import ObjectStore
from pipelines.registry.contract import MANIFEST_NAME, DeliveryKind
from pipelines.synthetic.deaths import write_death_file
from pipelines.synthetic.evolution import evolve

SHARE = 0.02
DEATHS_OF_EACH_LIKENESS = 2
DEATHS = "deces.txt"


def put_changes_down(store: ObjectStore, deliveries: Path, changes: Path, on: dt.date, seed: int) -> None:
    """Write what changed since the deliveries of a folder, unless `changes` has it, and put it where bodies and civil register do.

    Safe to repeat: what lies in the store already, or was taken in, is left alone.
    """
    if not changes.exists():
        evolve(deliveries, changes, on, DeliveryKind.DELTA, SHARE, seed)
        source = next(deliveries.rglob("*.parquet"))
        write_death_file(source, changes / DEATHS, on, DEATHS_OF_EACH_LIKENESS, seed)
    put_folder_down(store, changes)
    name = f"deces-{on:%Y-%m}.txt"
    if not {f"deaths/inbox/{name}", f"deaths/taken/{name}"} & set(store.keys("exchanges", "deaths/")):
        store.put("exchanges", f"deaths/inbox/{name}", (changes / DEATHS).read_bytes())


def put_folder_down(store: ObjectStore, folder: Path) -> list[str]:
    """Put the deliveries of a folder into the object store, manifests last, unless they lie there; return those that are complete now."""
    files = [file for file in (folder / "deliveries").rglob("*") if file.is_file()]
    there = set(store.keys("registry", "deliveries/"))
    put = []
    for file in sorted(files, key=lambda file: (file.name == MANIFEST_NAME, str(file))):
        key = file.relative_to(folder).as_posix()
        if key not in there:
            store.upload("registry", key, file)
            put.append(key)
    return [key.removesuffix(f"/{MANIFEST_NAME}") for key in put if key.endswith(f"/{MANIFEST_NAME}")]
