"""The invented print houses: what each reports of the lots that it receives, through the public file contracts only."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, timedelta

from pipelines.campaign.working_days import next_working_day
from pipelines.notices.acceptances import ACCEPTANCES, Refusal, Verdict
from pipelines.notices.deposits import DEPOSITS
from pipelines.notices.printings import PRINTINGS
from pipelines.notices.returned_letters import COLUMNS, Motive
from pipelines.synthetic.notices_received import ReceivedLot

HEADERS = {
    "acceptances": ACCEPTANCES.columns, "printings": PRINTINGS.columns, "deposits": DEPOSITS.columns, "returned_letters": COLUMNS,
}  # fmt: skip

# Of a thousand lots, those that are damaged on the way; of a thousand letters, those damaged on the machine, and those that come back.
DAMAGED_LOTS, DAMAGED_LETTERS, RETURNED = 120, 2, 12


@dataclass
class PrintHouses:
    """What the print houses will report, on which day; `draw` gives each lot and letter its fate, from 0 to 999."""

    draw: Callable[[str], int]
    reports: dict[tuple[date, str, str], list[str]] = field(default_factory=lambda: defaultdict(list))

    def receive(self, lot: ReceivedLot) -> date:
        """Decide what becomes of a lot and of its letters; return the day of its deposit.

        A lot that was damaged on the way is refused first, and accepted the next day, when it was handed over again.
        """
        ready_on = next_working_day(lot.prepared_for)
        if self.draw(f"damaged lot {lot.lot_id}") < DAMAGED_LOTS:
            self._say(lot.prepared_for, lot, "acceptances", f"{lot.lot_id};{Verdict.REFUSED};{Refusal.DIGEST_DIFFERS}")
            self._say(ready_on, lot, "acceptances", f"{lot.lot_id};{Verdict.ACCEPTED};")
        else:
            self._say(lot.prepared_for, lot, "acceptances", f"{lot.lot_id};{Verdict.ACCEPTED};")
        damaged = [row["sequence"] for row in lot.index if self.draw(f"damaged {row['reference']}") < DAMAGED_LETTERS]
        self._say(ready_on, lot, "printings", f"{lot.lot_id};{ready_on.isoformat()};{lot.letters};{' '.join(damaged)}")
        self._say(ready_on, lot, "deposits", f"{lot.lot_id};{ready_on.isoformat()};{lot.letters}")
        self._give_back(lot, ready_on)
        return ready_on

    def of_day(self, day: date) -> dict[tuple[str, str], bytes]:
        """Return the report files of a day, by print house and kind."""
        return {
            (printer, kind): "\n".join([";".join(HEADERS[kind]), *lines, ""]).encode()
            for (on, printer, kind), lines in self.reports.items()
            if on == day
        }

    def _give_back(self, lot: ReceivedLot, deposited_on: date) -> None:
        for row in lot.index:
            fate = self.draw(f"returned {row['reference']}")
            if fate < RETURNED:
                back_on = deposited_on + timedelta(days=5 + fate)
                motive = list(Motive)[fate % len(Motive)]
                self._say(back_on, lot, "returned_letters", f"{row['reference']};{motive};{back_on.isoformat()}")

    def _say(self, day: date, lot: ReceivedLot, kind: str, line: str) -> None:
        self.reports[day, lot.printer, kind].append(line)
