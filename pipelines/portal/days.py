"""Saying of each legal day in which files its requests are, so that a file which never arrives is seen.

What is kept of a file that was handed over is its name, until its day is announced.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import date, datetime, timedelta
from pathlib import Path

from pipelines.platform.clock import legal_day
from pipelines.portal.follow_up import FileName

_DAY = timedelta(days=1)


class Days:
    """The days of one site, in a folder. The first day that is announced is the one on which the folder is first used."""

    def __init__(self, folder: Path, today: date) -> None:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._folder, self._announced = folder, folder / "announced"
        if not self._announced.exists():
            self._remember(today - _DAY)

    def note(self, name: FileName) -> None:
        """Keep the name of a file that lies in the inbox."""
        (self._folder / str(name)).touch()

    def announce(self, handed_over_until: datetime, put: Callable[[str, bytes], object]) -> None:
        """Give `put` the announcement of every day that is over and of which every request is handed over.

        Safe to repeat: after a kill a day is announced again in the same words.
        """
        day = date.fromisoformat(self._announced.read_text()) + _DAY
        while day < legal_day(handed_over_until):
            files = [path for path in sorted(self._folder.glob("*.jsonl")) if legal_day(FileName.read(path.name).minute) == day]
            told = {"day": day.isoformat(), "files": [path.name for path in files]}
            put(f"{day.isoformat()}.day.json", json.dumps(told).encode() + b"\n")
            self._remember(day)
            for path in files:
                path.unlink()
            day += _DAY

    def _remember(self, day: date) -> None:
        whole = self._announced.with_suffix(".new")
        whole.write_text(day.isoformat())
        whole.replace(self._announced)
