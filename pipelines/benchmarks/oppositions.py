"""Oppositions of everybody who was told, taken in from files: JSON lines, Parquet, then as many guesses at one person's code.

Each file is taken in by the function that Airflow calls, in a process of its own. What came of it is checked before any figure.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import cycle, islice
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from pipelines.benchmarks.campaign import approve, plan
from pipelines.benchmarks.emails import SENT, register
from pipelines.benchmarks.figures import Figures, Stage, Target
from pipelines.benchmarks.measuring import MIB
from pipelines.benchmarks.servers import Servers, servers
from pipelines.campaign.opposition_code import derive_all
from pipelines.campaign.window import last_day
from pipelines.installation import Installation
from pipelines.oppositions.contract import MOST_LINES, Channel, Outcome
from pipelines.oppositions.steps import take_in_oppositions
from pipelines.platform.clock import legal_day
from pipelines.platform.errors import RuleError
from pipelines.platform.inbox import BUCKET
from pipelines.platform.settings import Settings
from pipelines.reporting.equations import require_balance

ROOM, ROOM_A_PERSON = 1024 * MIB, 3_000
GUESSES = 100_000
RECEIVED = SENT + timedelta(days=7)
TAKEN_IN = RECEIVED + timedelta(days=1)
_TELL = (
    "update campaign.attempt set status = 'CLAIMED'",
    "update campaign.attempt set status = 'SENT', sent_at = %(at)s, sent_on = %(day)s, template = 'benchmark'",
    "update campaign.journey set status = 'NOTIFIED', last_day = %(last_day)s where status = 'PLANNED'",
)
_TOLD = """
select i.matricule, p.birth_date, j.campaign_id, j.person_id, j.attempt_no
from campaign.journey as j join registry.person as p using (person_id) join registry.identifier as i using (person_id)
where j.status = 'NOTIFIED' order by hashint8(j.person_id)
"""


@dataclass(frozen=True)
class _Told:
    """Somebody who was told, with the code that they read."""

    matricule: str
    birth_date: str
    code: str


def run(people: int, under: Path | None, say: Callable[[str], None]) -> Figures:
    """Measure the oppositions of a registry of so many people. Raises: RuleError where one was not recorded, or a guess was."""
    with servers(under, ROOM + people * ROOM_A_PERSON, False, say) as own:
        say(f"a registry of {people:,} people, all of them told")
        register(own, people)
        told = tell_everybody(own, people)
        half = len(told) // 2
        victim, honest, others = told[-1], told[:half], told[half:-1]
        whole = _measured(own, "jsonl", honest, Outcome.ACCEPTED)
        say(f"JSON lines: {whole.count:,} oppositions in {whole.cost.seconds:.1f} s")
        stages = {"from Parquet": _measured(own, "parquet", others, Outcome.ACCEPTED)}
        others_codes = islice(cycle(one.code for one in told[:-1]), GUESSES)
        guesses = [_Told(victim.matricule, victim.birth_date, code) for code in others_codes]
        stages["guesses at one code"] = _measured(own, "jsonl", guesses, Outcome.REFUSED)
        with closing(Installation(own.settings)) as here:
            require_balance(here.db)
    notes = [f"{people:,} people, {len(told):,} told; files of {MOST_LINES:,} lines at most; a guess is a code of somebody else"]
    return Figures("oppositions", whole, {}, notes, stages, _targets(whole, stages["guesses at one code"]))


def _targets(whole: Stage, guesses: Stage) -> list[Target]:
    slower = whole.per_second / guesses.per_second
    return [
        Target("oppositions a second of one core, database included", whole.per_core_second, at_least=20_000),
        Target("time of a guess, in times that of an honest line", slower, at_most=1),
    ]


def take_in(settings: Settings, at: datetime) -> dict[str, int]:
    """Take in every file that waits, as the task does."""
    with closing(Installation(settings)) as here:
        return take_in_oppositions(here.db, here.store, here.policy, here.code_keys, here.clock, at)


def tell_everybody(own: Servers, people: int) -> list[_Told]:
    """Plan everybody, and let every notice be sent on one day; return them in an order that no index has."""
    approve(own.settings, plan(own.settings, 2 * people))
    with own.connect() as connection, connection.transaction():
        connection.execute("select set_config('espace_sante.work_id', '1', true), set_config('espace_sante.as_of', %s, true)", [str(SENT)])
        told = {"at": SENT, "day": legal_day(SENT), "last_day": last_day(legal_day(SENT))}
        for statement in _TELL:
            connection.execute(statement, told)
    with own.connect() as connection:
        rows = connection.execute(_TOLD).fetchall()
    with closing(Installation(own.settings)) as here:
        codes = derive_all(here.code_keys[1], [(int(str(row[2])), int(str(row[3])), int(str(row[4]))) for row in rows])
    return [_Told(str(row[0]), str(row[1]), code) for row, code in zip(rows, codes, strict=True)]


def _measured(own: Servers, suffix: str, requests: Sequence[_Told], expected: Outcome) -> Stage:
    """Put the requests down in files, take them in, and see that each got what it should."""
    with closing(Installation(own.settings)) as here:
        for start in range(0, len(requests), MOST_LINES):
            name = f"{suffix}-{expected}-{start}.{suffix}"
            content = _file(suffix, requests[start : start + MOST_LINES])
            here.store.put(BUCKET, f"oppositions/{Channel.WEB}/inbox/{name}", content)
    own.tidy()
    counts, cost = own.scale.weigh(take_in, own.settings, TAKEN_IN)
    if counts[expected] != len(requests) or counts["lines"] != len(requests):
        raise RuleError(f"{counts[expected]} of {len(requests)} requests were {expected}")
    return Stage(len(requests), cost)


def _file(suffix: str, requests: Sequence[_Told]) -> bytes:
    rows = [
        {
            "request_ref": f"r-{number}",
            "received_at": RECEIVED.isoformat(),
            "matricule": one.matricule,
            "birth_date": one.birth_date,
            "code": one.code,
        }
        for number, one in enumerate(requests)
    ]
    if suffix == "jsonl":
        return "".join(json.dumps(row) + "\n" for row in rows).encode()
    sink = pa.BufferOutputStream()
    pq.write_table(pa.Table.from_pylist(rows), sink)
    return sink.getvalue().to_pybytes()
