"""Rights that end with the day and with no delivery: where another body has a word for the person, it speaks from then on."""

from __future__ import annotations

from datetime import datetime

from pipelines.platform.clock import legal_day
from pipelines.platform.database import Counts, Database, Work
from pipelines.registry.intake import LAST_ID, registry_at_rest
from pipelines.registry.merging import ask_who_is_alike, take_up

STEP = "let_others_speak"
NO_BODY = ""


def let_others_speak(db: Database, as_of: datetime) -> int:
    """Elect again, of all bodies that know a person, where the rights of the one that speaks ended; return how many people changed.

    Safe to repeat: a day is a unit of work. It makes up for days that no run saw. What had ended when a delivery came was judged by
    its intake.
    Raises: RetryableError while a delivery is being taken in, or is half in.
    """
    day = legal_day(as_of)

    def elect(work: Work) -> Counts:
        work.run("registry/make_contested_by_end", day=day, unit=day.isoformat())
        work.run("registry/make_staged")
        work.run("registry/make_touched")
        work.run("registry/make_incoming")
        work.run("registry/lay_side_by_side", body=NO_BODY)
        changed = take_up(work, NO_BODY, day, as_of)
        work.run("registry/link_known", first_newcomer=LAST_ID, work_id=work.work_id, reference_date=day)
        work.run("registry/forget_names")
        ask_who_is_alike(work, day)
        return {"changed": sum(changed.values())}

    with registry_at_rest(db):
        return db.once(STEP, day.isoformat(), as_of, elect).counts["changed"]
