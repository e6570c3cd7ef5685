"""Deletion of Airflow's logs whose time is over."""

from __future__ import annotations

import os
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

from pipelines.platform.database import Database
from pipelines.platform.errors import RetryableError
from pipelines.retention.holds import held_places, is_held
from pipelines.retention.rules import FileRule
from pipelines.retention.swept import Swept


def sweep_logs(db: Database, folder: Path, rule: FileRule, as_of: datetime, deletes: bool) -> Swept:
    """Find the files whose last line was written before the time of the rule, and delete them, with folders that are empty then.

    Links are neither followed nor deleted. Safe to repeat. Raises: RetryableError where the disk refuses.
    """
    old = list(_files_before(folder, rule.before(as_of).timestamp()))
    if is_held([hold["place"] for hold in held_places(db)], rule.name):
        return Swept(rule.name, held=len(old))
    if deletes and old:
        db.once("retention", f"{rule.name}/{as_of.isoformat()}", as_of, lambda _: {"deleted": len(old)})
        try:
            _delete(folder, old)
        except OSError as error:
            raise RetryableError(
                f"a log under {folder} cannot be deleted ({error.strerror}): look at its owner, then clear the task"
            ) from None
    return Swept(rule.name, due=len(old))


def _files_before(folder: Path, before: float) -> Iterator[Path]:
    for place, _, names in os.walk(folder):
        for name in names:
            file = Path(place) / name
            if file.is_file() and not file.is_symlink() and file.stat().st_mtime < before:
                yield file


def _delete(folder: Path, files: list[Path]) -> None:
    for file in files:
        file.unlink(missing_ok=True)
    for place, _, _ in os.walk(folder, topdown=False):
        if Path(place) != folder and not any(Path(place).iterdir()):
            Path(place).rmdir()
