"""A wave of an invented France on servers of its own: planned and approved, then its letters from the database to sealed lots in the store.

Each step is the function that Airflow's task calls, in a process of its own; lots are made by as many processes as there are cores.
Before any figure, every letter must lie in exactly one lot that was handed over, and no whole table may have been read for the planning.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from functools import partial, reduce
from operator import add
from pathlib import Path

from pipelines.benchmarks.emails import SENT, register
from pipelines.benchmarks.figures import Figures, Stage, Target
from pipelines.benchmarks.measuring import MIB, Cost
from pipelines.benchmarks.servers import Servers, servers
from pipelines.campaign.policy import Policy
from pipelines.campaign.steps import plan_notices
from pipelines.campaign.waves import Answer, Wave, decide_wave
from pipelines.installation import Installation
from pipelines.notices.letter_dispatch import assign_lots
from pipelines.notices.lot_production import produce_lots, prove_version
from pipelines.platform.errors import RuleError
from pipelines.platform.settings import Settings

ROOM, ROOM_A_PERSON = 2048 * MIB, 3_000
NATION, WAVE, FRANCE, ENOUGH_LETTERS = 20_000_000, 1_600_000, 33_000_000, 2_000_000
# Tables that hold a row or more a person are the ones that are cut into partitions.
_SCANS = "select coalesce(sum(s.seq_scan), 0) from pg_stat_user_tables as s join pg_class as c on c.oid = s.relid where c.relispartition"
_LOTS = """
select count(*) filter (where l.status not in ('HANDED_OVER', 'EMPTY') or l.letters <> l.found), coalesce(sum(l.letters), 0)
from (
  select l.status, l.letters, count(distinct a.lot_rank) as found
  from notices.print_lot as l left join campaign.attempt as a using (lot_id)
  group by l.lot_id
) as l
"""


def run(people: int, wave: int, under: Path | None, say: Callable[[str], None]) -> Figures:
    """Measure a wave of so many notices on a registry of so many people. Raises: RuleError if a letter is lost or made twice."""
    with servers(under, ROOM + people * ROOM_A_PERSON, False, say) as own:
        say(f"a registry of {people:,} people")
        register(own, people)
        own.tidy()
        say("planning")
        before = scans(own)
        planned, cost = own.scale.weigh(plan, own.settings, wave)
        read_whole = scans(own) - before
        approve(own.settings, planned)
        stages = {"planned": Stage(planned.emails + planned.letters, cost)}
        own.tidy()
        say(f"{planned.letters:,} notices by post: gathering, then making lots")
        stages |= make_lots(own)
        letters = _require_each_letter_once(own)
    whole = Stage(letters, reduce(add, (stage.cost for name, stage in stages.items() if name != "planned"), Cost()))
    notes = [f"{people:,} people, a wave of {planned.emails:,} e-mails and {planned.letters:,} notices in {letters:,} letters"]
    return Figures("letters, database to store", whole, {}, notes, stages, _targets(people, read_whole, stages, whole))


def _targets(people: int, read_whole: int, stages: Mapping[str, Stage], whole: Stage) -> list[Target]:
    planned, first = stages["planned"], stages["the first lot, every letter read"]
    planning = planned.cost.seconds * WAVE / planned.count if people >= NATION and planned.count >= 0.95 * WAVE else None
    # The first lot is read whole once for a version of the template, however many follow.
    each = (whole.cost.seconds - first.cost.seconds) / max(whole.count - first.count, 1)
    minutes = (first.cost.seconds + each * (FRANCE - first.count)) / 60
    return [
        Target("planning 1.6 million on 20 million people: seconds, at this rate", planning, at_most=60),
        Target("tables of people read whole by the planning", float(read_whole), at_most=0),
        Target("33 million letters: minutes, projected", minutes if whole.count >= ENOUGH_LETTERS else None, at_most=30),
        Target("a task that makes lots: MiB", whole.cost.peak_mib, at_most=512),
    ]


def plan(settings: Settings, notices: int) -> Wave:
    """Plan a wave of so many notices, half of them by e-mail as far as there are addresses."""
    with closing(Installation(settings)) as here:
        return plan_notices(here.db, _capped(here.policy, notices), here.content, SENT, "ops")


def _capped(policy: Policy, notices: int) -> Policy:
    return policy.model_copy(update={"emails_a_day": notices // 2, "letters_a_day": notices - notices // 2})


def approve(settings: Settings, wave: Wave) -> None:
    """Let a second person approve a wave."""
    with closing(Installation(settings)) as here:
        decide_wave(here.db, wave.wave_id, Answer(True, "chief", wave.content), SENT)


def gather(settings: Settings) -> list[list[int]]:
    """Gather the letters that wait into lots; return those of each task."""
    with closing(Installation(settings)) as here:
        return assign_lots(here.letter_dispatch(), SENT)


def prove(settings: Settings, shares: Sequence[Sequence[int]]) -> None:
    """Make the first lot, of which every letter is read again."""
    with closing(Installation(settings)) as here:
        prove_version(here.letter_dispatch(), [lot for share in shares for lot in share], SENT)


def make(settings: Settings, lots: Sequence[int]) -> None:
    """Make some lots, as one task does."""
    with closing(Installation(settings)) as here:
        produce_lots(here.letter_dispatch(), lots, SENT)


def make_lots(own: Servers) -> dict[str, Stage]:
    """Gather letters and make their lots, as many tasks at once as there are cores, each in a process of its own."""
    shares, gathering = own.scale.weigh(gather, own.settings)
    _, proving = own.scale.weigh(prove, own.settings, shares)
    proved = _letters(own, "HANDED_OVER")
    _, making = own.scale.weigh_side_by_side(partial(make, own.settings), shares)
    made = _letters(own, "HANDED_OVER")
    return {
        "letters gathered": Stage(made, gathering),
        "the first lot, every letter read": Stage(proved, proving),
        "the other lots": Stage(made - proved, making),
    }


def _letters(own: Servers, status: str) -> int:
    with own.connect() as connection:
        found = connection.execute("select coalesce(sum(letters), 0) from notices.print_lot where status = %s", (status,)).fetchall()
    return int(str(found[0][0]))


def scans(own: Servers) -> int:
    """Return how often a table that holds a row or more a person was read whole so far."""
    with own.connect() as connection:
        connection.execute("select pg_stat_force_next_flush()")
        return int(str(connection.execute(_SCANS).fetchall()[0][0]))


def _require_each_letter_once(own: Servers) -> int:
    """Return how many letters were handed over. Raises: RuleError where one waits, or a lot holds more or fewer than it says."""
    with own.connect() as connection:
        wrong, letters = connection.execute(_LOTS).fetchall()[0]
    if wrong:
        raise RuleError(f"{wrong} lots were not handed over with the letters that they hold: no figure")
    return int(str(letters))
