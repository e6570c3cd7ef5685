"""The demonstration: a whole campaign of an invented France, day after day, as real runs through Airflow's scheduler."""

from __future__ import annotations

import json
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from pathlib import Path

from pipelines.campaign.window import last_day
from pipelines.installation import Installation
from pipelines.platform.clock import PARIS, ClockMode
from pipelines.platform.database import Database
from pipelines.platform.embedded.health import Health
from pipelines.platform.embedded.instance import Instance
from pipelines.platform.embedded.platform import EmbeddedPlatform
from pipelines.platform.errors import FinalError
from pipelines.platform.settings import load_settings
from pipelines.synthetic.changes import put_changes_down, put_folder_down
from pipelines.synthetic.france import generate
from pipelines.synthetic.notices_received import received_emails, single_letter
from pipelines.synthetic.operations import Operator
from pipelines.synthetic.partners import Partners
from pipelines.synthetic.residents import Residents
from pipelines.synthetic.senders import FEEDS, Senders

MONDAY = date(2026, 1, 5)
FIRST_DAY, LAST_DAY = date(2026, 1, 6), date(2026, 3, 1)
PLANNING_DAYS = (date(2026, 1, 6), date(2026, 1, 7), date(2026, 1, 8))
CHANGES_DAY = date(2026, 1, 9)
DISPATCH_UNTIL = date(2026, 1, 16)
# Once everybody is told, receipts and other messages leave on Fridays.
MESSAGES_LEAVE_ON = 4
RECORDS_FREE_ON = date(2026, 2, 20)
FEEDING_DAYS = (date(2026, 2, 25), date(2026, 2, 26))
SHARD_SIZE = 16_384
SEED = 2026
Say = Callable[[str], None]

# The events of a day that a visitor follows, in the order in which a person meets them.
TOLD = {
    "EMAIL_SENT": "e-mails sent",
    "LETTER_HANDED_OVER": "letters to the print house",
    "LETTER_DEPOSITED": "letters at the post",
    "LETTER_RETURNED": "letters that came back",
    "BOUNCE_FAILED": "bounces (a letter follows)",
    "REQUEST_ACCEPTED": "oppositions",
    "REQUEST_CLOSING": "late oppositions (the space will close)",
    "REQUEST_REFUSED": "requests with a wrong proof",
    "SPACE_OPENED": "spaces opened",
    "SPACE_IMPOSSIBLE": "spaces that a system behind could not open yet",
    "SPACE_CLOSED": "spaces closed",
}


@dataclass(frozen=True)
class Keepsakes:
    """What a visitor may look at afterwards."""

    letter: Path | None
    email: Path | None
    report: Path | None


@dataclass(frozen=True)
class Cast:
    """Who plays: two people of operations, and everyone outside."""

    ops: Operator
    chief: Operator
    partners: Partners
    senders: Senders


@dataclass
class Demo:
    """One demonstration in the `var` directory of this clone; started again, it goes on where it was."""

    platform: EmbeddedPlatform
    people: int
    say: Say
    last_day: date = LAST_DAY
    failed_runs: list[str] = field(default_factory=list)

    def prepare(self) -> Instance:
        """Choose the demonstration's policy, then bring the servers up with the calendar as an argument.

        Raises: FinalError if `var` holds a platform that is not a demonstration.
        """
        kept = self.platform.var / "platform.json"
        policy = Path(__file__).with_name("data") / "demo_policy.toml"
        if not kept.exists():
            self.platform.var.mkdir(mode=0o700, parents=True, exist_ok=True)
            chosen = {"shard_size": SHARD_SIZE, "policy_file": str(policy), "feeds": str(FEEDS), "identities": "test"}
            kept.write_text(json.dumps(chosen))
        elif "policy_file" not in json.loads(kept.read_text()):
            raise FinalError(
                f"{self.platform.var} holds a platform of yours, which a demonstration would mix up: "
                "set ESPACE_SANTE_VAR to another directory"
            )
        return self.platform.up(ClockMode.REPLAY)

    def play(self, instance: Instance) -> Keepsakes:
        """Play the whole campaign."""
        deliveries = instance.var / "demo"
        chosen = load_settings({"ESPACE_SANTE_HOME": str(instance.home), "ESPACE_SANTE_VAR": str(instance.var)})
        with (
            closing(Installation(chosen)) as here,
            closing(self._operator(instance, "ops")) as ops,
            closing(self._operator(instance, "chief")) as chief,
        ):
            self._deliver(here, deliveries)
            residents = Residents(deliveries)
            senders = Senders(here.store, residents.patients())
            partners = Partners(
                here.store, residents, instance.var / "mail", self._printer_identities(instance), FIRST_DAY, RECORDS_FREE_ON
            )
            self._run(ops, "registry_intake", at(FIRST_DAY, 2))
            for number in range((self.last_day - FIRST_DAY).days + 1):
                day = FIRST_DAY + timedelta(days=number)
                if day == CHANGES_DAY:
                    put_changes_down(here.store, deliveries, instance.var / "demo-changes", day, SEED)
                    self._run(ops, "registry_intake", at(day, 2))
                self._play_day(day, Cast(ops, chief, partners, senders))
                self._tell(day, here.db)
            # Nothing that a channel said is left in its inbox.
            self._run(ops, "opposition_intake", at(self.last_day, 23))
            self._run(ops, "reconciliation", at(self.last_day, 23, 30))
            return self._keepsakes(here, partners, deliveries)

    def _deliver(self, here: Installation, deliveries: Path) -> None:
        """Put the bodies' deliveries into the object store, manifests last, unless they lie there."""
        if not deliveries.exists():
            summary = generate(self.people, SEED, deliveries, as_of=MONDAY)
            self.say(f"{summary.rows} people delivered by {len(summary.bodies)} insurance bodies")
        put_folder_down(here.store, deliveries)

    def _play_day(self, day: date, cast: Cast) -> None:
        cast.partners.end_day(day - timedelta(days=1))
        if day in PLANNING_DAYS or day > last_day(FIRST_DAY):
            self._run(cast.ops, "account_opening", at(day, 0, 30))
        if day in PLANNING_DAYS:
            self._plan(day, cast)
        elif day.weekday() == MESSAGES_LEAVE_ON or (day.weekday() < 5 and day <= DISPATCH_UNTIL):
            self._run(cast.ops, "notice_dispatch", at(day, 8))
        if day <= DISPATCH_UNTIL or day.weekday() == MESSAGES_LEAVE_ON:
            cast.partners.read_the_mail()
        put_down = cast.partners.act(day)
        due = []
        if put_down["bounces"] or put_down["print reports"]:
            due.append("delivery_reports")
        if put_down["oppositions"]:
            due.append("opposition_intake")
        started = [(dag_id, cast.ops.start(dag_id, at(day, 18))) for dag_id in due]
        for dag_id, run_id in started:
            self._ended(dag_id, run_id, cast.ops)
        if day - timedelta(days=1) in FEEDING_DAYS:
            self._run(cast.ops, "document_alerts", at(day, 9))
        if day in FEEDING_DAYS:
            self._feed(day, cast)
        if day.weekday() == 6:
            self._run(cast.ops, "reconciliation", at(day, 23))

    def _feed(self, day: date, cast: Cast) -> None:
        sent = cast.senders.send(day)
        self.say(f"{self._place(day)}{sum(sent.values())} documents sent by {len(sent)} senders, each in its own envelope")
        for feed in cast.senders.feeds:
            self._run(cast.ops, feed.dag_id, at(day, 19))

    def _plan(self, day: date, cast: Cast) -> None:
        run_id = cast.ops.start("notice_planning", at(day, 4))
        approved = cast.chief.approve("notice_planning", run_id, "approve")
        self._ended("notice_planning", run_id, cast.ops)
        if approved:
            self.say(f"{self._place(day)}ops proposed a wave, chief approved it: e-mails leave, letters are printed")
            self._ended("notice_dispatch", f"after_{run_id}", cast.ops)

    def _run(self, ops: Operator, dag_id: str, instant: datetime) -> None:
        self._ended(dag_id, ops.start(dag_id, instant), ops)

    def _ended(self, dag_id: str, run_id: str, ops: Operator) -> None:
        if ops.wait(dag_id, run_id) != "success":
            self.failed_runs.append(f"{dag_id} {run_id}")
            self.say(f"{dag_id} of {run_id} FAILED: its log in Airflow says why")

    def _tell(self, day: date, db: Database) -> None:
        """Say what happened on a day, as the daily report counts it."""
        with db.snapshot() as session:
            counts = {row["event"]: row["times"] for row in session.all("reporting/daily/events", first_day=day, last_day=day)}
        words = [f"{counts[event]:,} {what}" for event, what in TOLD.items() if counts.get(event)]
        self.say(self._place(day) + (", ".join(words) or "a quiet day: the six weeks run"))

    def _place(self, day: date) -> str:
        """Return where a day stands in the campaign: ` 8/55  13 Jan  `."""
        return f"{(day - FIRST_DAY).days + 1:>3}/{(self.last_day - FIRST_DAY).days + 1}  {day:%a %d %b}  "

    def _operator(self, instance: Instance, name: str) -> Operator:
        return Operator(instance.airflow_address, name, instance.secrets.airflow_people[name], self._keep_alive)

    def _keep_alive(self) -> None:
        if any(state.state is not Health.READY for state in self.platform.status()):
            self.say("a server has stopped: it is started again")
            self.platform.up()

    def _printer_identities(self, instance: Instance) -> dict[str, str]:
        identities: dict[str, str] = json.loads((instance.var / "secrets.json").read_text())["printer_identities"]
        return identities

    def _keepsakes(self, here: Installation, partners: Partners, folder: Path) -> Keepsakes:
        """Keep one letter, one e-mail and the last report where a visitor finds them."""
        letter = report = None
        if partners.lots:
            lot = partners.lots[0]
            first = lot.index[0]
            letter = folder / "letter.pdf"
            letter.write_bytes(single_letter(lot.pdf, int(first["first_page"]), int(first["pages"])))
        email = next(iter(received_emails(partners.mail, set())), None)
        reports = [key for key in here.store.keys("reports", "daily/") if key.endswith("report.html")]
        if reports:
            report = folder / "report.html"
            report.write_bytes(here.store.get("reports", reports[-1]))
        return Keepsakes(letter, email.file if email else None, report)


def at(day: date, hour: int, minute: int = 0) -> datetime:
    """Return an instant of a legal day."""
    return datetime.combine(day, time(hour, minute), PARIS)
