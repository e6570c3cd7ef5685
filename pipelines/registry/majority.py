"""Coming of age: it comes with the day and with no delivery, and is noted as a fact."""

from __future__ import annotations

from datetime import datetime

from pipelines.platform.clock import legal_day
from pipelines.platform.database import Counts, Database, Work

STEP = "note_majorities"


def note_majorities(db: Database, as_of: datetime) -> int:
    """Note who came of age since the last day for which this was done, up to the legal day of `as_of`; return how many.

    Safe to repeat: a day is a unit of work. Days that no run saw are made up for; before the first run, nobody is noted. A birth
    date that is known in part counts as `normalise_birth_dates` completes it; 29 February as in `majority_on`.
    """
    day = legal_day(as_of)

    def note(work: Work) -> Counts:
        return {"came_of_age": work.run("registry/note_majorities", day=day, unit=day.isoformat(), work_id=work.work_id)}

    return db.once(STEP, day.isoformat(), as_of, note).counts["came_of_age"]
