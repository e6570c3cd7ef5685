"""The audit trail of a planned nation on servers of its own: sealed, then verified, by the functions that Airflow's tasks call.

Before any figure every row of the trail must have been verified, and a row that is changed must be found.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing
from pathlib import Path

from pipelines.audit.sealing import seal_audit
from pipelines.audit.verification import BrokenTrailError, verify_audit
from pipelines.benchmarks.campaign import ROOM, ROOM_A_PERSON, plan
from pipelines.benchmarks.emails import SENT, register
from pipelines.benchmarks.figures import Figures, Stage, Target
from pipelines.benchmarks.servers import Servers, servers
from pipelines.installation import Installation
from pipelines.platform.errors import RuleError
from pipelines.platform.settings import Settings

ENOUGH = 500_000
_CHANGE = "update platform.audit set reason = 'changed' where audit_id = (select max(audit_id) from platform.audit)"


def run(people: int, under: Path | None, say: Callable[[str], None]) -> Figures:
    """Measure on so many people. Raises: RuleError if a row was not verified, or a changed one was not found."""
    with servers(under, ROOM + people * ROOM_A_PERSON, False, say) as own:
        say(f"a registry of {people:,} people, all of them planned")
        register(own, people)
        plan(own.settings, 2 * people)
        own.tidy()
        say("sealing, then verifying")
        rows, sealing = own.scale.weigh(seal, own.settings)
        own.tidy()
        verified, cost = own.scale.weigh(verify, own.settings)
        _require_a_trail_that_can_be_trusted(own, rows, verified)
    stages = {"sealed": Stage(rows, sealing), "verified": Stage(verified, cost)}
    found = stages["verified"].per_core_second if verified >= ENOUGH else None
    targets = [Target("rows verified a core-second", found, at_least=200_000)]
    return Figures("rows of the audit trail", stages["verified"], {}, [f"{people:,} people, {rows:,} rows"], stages, targets)


def seal(settings: Settings) -> int:
    """Seal the trail; return how many rows."""
    with closing(Installation(settings)) as here:
        return seal_audit(here.db, here.store, here.policy.archive_years, SENT)["rows"]


def verify(settings: Settings) -> int:
    """Verify the trail; return how many rows."""
    with closing(Installation(settings)) as here:
        return verify_audit(here.db, here.store).rows


def _require_a_trail_that_can_be_trusted(own: Servers, rows: int, verified: int) -> None:
    with own.connect() as connection:
        present = int(str(connection.execute("select count(*) from platform.audit").fetchall()[0][0]))
        connection.execute(_CHANGE)
    if not rows == verified == present:
        raise RuleError(f"{present} rows are there, {rows} were sealed and {verified} verified: no figure")
    try:
        verify(own.settings)
    except BrokenTrailError:
        return
    raise RuleError("a changed row was not found: no figure")
