"""The campaign as tests drive it: every verb through the project's own steps, every fact read from the real servers."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import astuple, dataclass, field
from datetime import date, datetime, timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage
from itertools import count
from typing import Any

import pypdf
import sqlalchemy as sa

from pipelines.accounts.steps import OpeningCounts, close_on_late_oppositions, open_accounts, plan_openings
from pipelines.campaign.approved_content import Content
from pipelines.campaign.steps import plan_notices, withdraw_gone
from pipelines.campaign.waves import Answer, Wave, decide_wave
from pipelines.installation import Installation
from pipelines.notices.bounces import take_in_bounces
from pipelines.notices.email_dispatch import EmailDispatch, plan_emails, send_emails
from pipelines.notices.emails.message import NoticeWriter
from pipelines.notices.emails.relays import Relays
from pipelines.notices.letter_dispatch import LetterDispatch, assign_lots
from pipelines.notices.lot_production import produce_lots
from pipelines.notices.messages import address_messages
from pipelines.notices.print_lot import object_keys, unseal
from pipelines.notices.steps import take_in_printer_reports
from pipelines.oppositions.steps import take_in_oppositions
from pipelines.platform.clock import PARIS
from pipelines.platform.database import Counts
from pipelines.registry.steps import DeliveryReport, find_deliveries, take_in_delivery
from pipelines.reporting.equations import balance
from tests.everything import everything
from tests.registry_builder import Person, deliver

GROUPED_CODE = re.compile(r"\b[0-9A-HJKMNP-TV-Z]{4}(?:-[0-9A-HJKMNP-TV-Z]{4}){2}\b")
REFERENCE = re.compile(r"\bES\d{18}\b")


def paris(year: int, month: int, day: int, hour: int = 12, minute: int = 0, second: int = 0, microsecond: int = 0) -> datetime:
    """Return an instant by the clocks of Paris."""
    return datetime(year, month, day, hour, minute, second, microsecond, PARIS)


# The dates of 2022: sent on 31 January, so the last day to oppose is 14 March and spaces open on 15 March.
SENT = paris(2022, 1, 31, 14)
LAST_DAY = date(2022, 3, 14)
OPENING = paris(2022, 3, 15, 0, 30)


PRINTER = "PRINCIPAL"
HEADERS = {
    "acceptances": "lot_id;verdict;reason",
    "printings": "lot_id;printed_on;letters;reprinted",
    "deposits": "lot_id;deposited_on;letters",
    "returned_letters": "reference;motive;returned_on",
}


@dataclass(frozen=True)
class PrintedLetter:
    """A letter as the print house sees it."""

    reference: str
    text: str

    @property
    def code(self) -> str:
        """The code that is printed on it."""
        return self.codes[0]

    @property
    def codes(self) -> list[str]:
        """The codes that are printed on it, one for each person whom it concerns."""
        return GROUPED_CODE.findall(self.text)


@dataclass
class Campaign:
    """One installation and its partners."""

    home: Installation
    owner: sa.Engine
    tables: list[str]
    letters_made_by: LetterDispatch
    emails_written_by: NoticeWriter
    _files: count[int] = field(default_factory=lambda: count(1))

    @property
    def content(self) -> Content:
        """What notices say."""
        return self.letters_made_by.content

    # What insurance bodies do.

    def register(self, *people: Person, body: str = "CPAM", on: date = date(2022, 1, 3)) -> DeliveryReport:
        """Deliver people and take the delivery in."""
        folder = deliver(self.home.store, body, people, on)
        return self.take_in(folder, datetime.combine(on, datetime.min.time(), PARIS) + timedelta(hours=4))

    def take_in(self, folder: str, at: datetime) -> DeliveryReport:
        """Take in one delivery."""
        return take_in_delivery(self.home.db, self.home.store, self.home.settings, folder, at)

    def take_in_all(self, at: datetime) -> list[DeliveryReport]:
        """Take in every delivery that waits."""
        return [self.take_in(folder, at) for folder in find_deliveries(self.home.db, self.home.store)]

    # What operations do.

    def plan(self, at: datetime = SENT, by: str = "ops") -> Wave:
        """Propose a wave."""
        return plan_notices(self.home.db, self.home.policy, self.content, at, by)

    def decide(self, wave: Wave, approved: bool = True, by: str = "chief", at: datetime = SENT) -> Counts:
        """Decide on a wave."""
        return decide_wave(self.home.db, wave.wave_id, Answer(approved, by, self.content), at)

    def send(self, at: datetime = SENT) -> int:
        """Send every e-mail that waits; return how many left."""
        sent = 0
        withdraw_gone(self.home.db, self.home.policy, ["EMAIL"], at)
        address_messages(self.home.db, self.home.policy, at)
        for shard in plan_emails(self.home.db, self.content, self.home.settings.shard_size):
            with self.relay() as dispatch:
                sent += send_emails(dispatch, shard, at)["sent"]
        return sent

    @contextmanager
    def relay(self) -> Iterator[EmailDispatch]:
        """Open a connection to the mail server; the texts are compiled once a session."""
        home = self.home
        with Relays(home.settings.relays, home.settings.smtp_domain_paces) as relays:
            writer, content = self.emails_written_by, self.content
            yield EmailDispatch(home.db, home.policy, writer, relays, home.code_keys, home.reference_key, home.clock, content)

    def gather(self, at: datetime = SENT) -> list[list[int]]:
        """Gather every letter that waits into lots; return the lots of each task."""
        return assign_lots(self.letters_made_by, at)

    def print_letters(self, at: datetime = SENT) -> list[int]:
        """Gather and produce every letter that waits; return the lots."""
        shares = self.gather(at)
        for share in shares:
            produce_lots(self.letters_made_by, share, at)
        return [lot for share in shares for lot in share]

    def notify(self, at: datetime = SENT) -> list[int]:
        """Plan, approve, send and print; return the lots."""
        self.decide(self.plan(at), at=at)
        self.send(at)
        return self.print_letters(at)

    def notify_by_letter(self, at: datetime = SENT) -> list[int]:
        """Notify, and let the post receive every lot the same day."""
        lots = self.notify(at)
        self.deposit(lots, at.date(), at)
        return lots

    def open(self, at: datetime = OPENING) -> OpeningCounts:
        """Open what is due."""
        home = self.home
        shards = plan_openings(home.db, home.policy, home.settings.shard_size, home.clock, at)
        done = [open_accounts(home.db, home.policy, shard, home.clock, at) for shard in shards]
        return OpeningCounts(*(sum(counts) for counts in zip((0, 0, 0, 0), *map(astuple, done), strict=True)))

    def close(self, at: datetime) -> int:
        """Close what was asked to be closed."""
        return close_on_late_oppositions(self.home.db, self.home.policy, at)

    # What partners do.

    def deposit(self, lots: Sequence[int], on: date, at: datetime) -> Counts:
        """Report lots as received by the post, with the number of letters that their manifests say."""
        return self.report("deposits", *[f"{lot};{on.isoformat()};{self.manifest(lot)['letters']}" for lot in lots], at=at)

    def report(self, kind: str, *lines: str, at: datetime, printer: str = PRINTER) -> Counts:
        """Send a report of a print house, its header before its lines, and take it in."""
        return self.report_file(kind, "\n".join([HEADERS[kind], *lines, ""]).encode(), at, printer)

    def report_file(self, kind: str, content: bytes, at: datetime, printer: str = PRINTER) -> Counts:
        """Send a file as a report of a print house, and take it in."""
        self.home.store.put("exchanges", f"printers/{printer}/{kind}/inbox/{next(self._files):04d}.csv", content)
        return self.take_in_reports(at)[kind]

    def take_in_reports(self, at: datetime) -> dict[str, Counts]:
        """Take in every report of every print house that waits."""
        return take_in_printer_reports(self.home.printer_exchange(), self.home.reference_key, self.home.policy, at)

    def answers(self, kind: str, printer: str = PRINTER) -> list[str]:
        """Return the outcomes that a print house read in the last answer to its reports of a kind, line by line."""
        key = self.home.store.keys("exchanges", f"printers/{printer}/{kind}/answers/")[-1]
        return [line.rpartition(";")[2] for line in self.home.store.get("exchanges", key).decode().splitlines()[1:]]

    def bounce(self, message: EmailMessage | bytes, at: datetime, status: str = "5.1.1", action: str = "failed") -> Counts:
        """Send back the report of a message that could not be delivered (or raw bytes), and take it in."""
        content = message if isinstance(message, bytes) else bounce_of(message, status, action)
        self.home.store.put("exchanges", f"bounces/inbox/{next(self._files):04d}.eml", content)
        return take_in_bounces(self.home.db, self.home.store, self.home.reference_key, self.home.policy.campaign_id, at)

    def oppose(self, *requests: dict[str, Any], at: datetime, channel: str = "WEB") -> list[dict[str, Any]]:
        """Send a file of requests of a channel, take it in, and return its answer."""
        content = "".join(json.dumps(as_channel_writes(request, channel)) + "\n" for request in requests).encode()
        return self.opposition_file(content, at, channel)

    def opposition_file(
        self, content: bytes, at: datetime, channel: str = "WEB", name: str | None = None, suffix: str = "jsonl"
    ) -> list[dict[str, Any]]:
        """Send a file of a channel, take it in, and return its answer."""
        name = name or f"{next(self._files):04d}.{suffix}"
        self.home.store.put("exchanges", f"oppositions/{channel}/inbox/{name}", content)
        self.take_in_oppositions(at)
        answer = self.home.store.get("exchanges", f"oppositions/{channel}/answers/{name}")
        return [json.loads(line) for line in answer.splitlines()]

    def take_in_oppositions(self, at: datetime) -> Counts:
        """Take in every opposition file that waits."""
        home = self.home
        return take_in_oppositions(home.db, home.store, home.policy, home.code_keys, home.clock, at)

    # What can be seen.

    def mails(self) -> list[EmailMessage]:
        """Return the messages that reached the mail server, in the order of their arrival."""
        files = sorted((self.home.settings.var / "mail").glob("*.eml"))
        return [message_from_bytes(file.read_bytes(), policy=policy.default) for file in files]  # type: ignore[misc]

    def mails_to(self, person: Person) -> list[EmailMessage]:
        """Return the messages that reached one person."""
        return [message for message in self.mails() if str(message["Delivered-To"]) == f"{person.email}"]

    def manifest(self, lot: int) -> dict[str, Any]:
        """Return the manifest of a lot."""
        manifest: dict[str, Any] = json.loads(self.home.store.get("print", object_keys(self.printer_of(lot), lot)[2]))
        return manifest

    def printer_of(self, lot: int) -> str:
        """Return the print house of a lot."""
        return str(self.rows("select printer from notices.print_lot where lot_id = :lot", lot=lot)[0]["printer"])

    def unsealed(self, key: str) -> bytes:
        """Open an object of a lot with the key of its print house, whose name its own key begins with."""
        identities = json.loads((self.home.settings.var / "secrets.json").read_text())["printer_identities"]
        return unseal(self.home.store.get("print", key), identities[key.partition("/")[0]])

    def opened(self, lot: int) -> tuple[bytes, list[dict[str, str]]]:
        """Open a lot; return its PDF and the rows of its index."""
        pdf, index = map(self.unsealed, object_keys(self.printer_of(lot), lot)[:2])
        return pdf, list(csv.DictReader(io.StringIO(index.decode())))

    def letters(self, lot: int) -> list[PrintedLetter]:
        """Open a lot with the print house's own key, and read its letters."""
        pdf, rows = self.opened(lot)
        pages = pypdf.PdfReader(io.BytesIO(pdf)).pages
        letters = []
        for row in rows:
            first, size = int(row["first_page"]) - 1, int(row["pages"])
            letters.append(PrintedLetter(row["reference"], "\n".join(page.extract_text() for page in pages[first : first + size])))
        return letters

    def letter_to(self, person: Person, lots: Sequence[int]) -> PrintedLetter:
        """Return the only letter of these lots that is addressed to a person's street."""
        found = [letter for lot in lots for letter in self.letters(lot) if f"{person.address_4}".upper() in letter.text.upper()]
        assert len(found) == 1
        return found[0]

    def rows(self, statement: str, **binds: object) -> list[dict[str, Any]]:
        """Return what a query finds."""
        with self.owner.begin() as connection:
            return [dict(row) for row in connection.execute(sa.text(statement), binds).mappings()]

    def person_id(self, person: Person) -> int:
        """Return the meaningless id of a person."""
        found = self.rows("select person_id from registry.identifier where matricule = :matricule", matricule=person.matricule)
        return int(found[0]["person_id"])

    def journey(self, person: Person) -> dict[str, Any]:
        """Return where a person stands."""
        found = self.rows("select * from campaign.journey where person_id = :person_id", person_id=self.person_id(person))
        assert len(found) == 1
        return found[0]

    def status(self, person: Person) -> str:
        """Return the status of a person's journey."""
        return str(self.journey(person)["status"])

    def accounts(self, person: Person) -> list[dict[str, Any]]:
        """Return the accounts of a person."""
        return self.rows("select * from accounts.account where person_id = :person_id", person_id=self.person_id(person))

    def attempts(self, person: Person) -> list[dict[str, Any]]:
        """Return the attempts to tell a person, in their order."""
        return self.rows(
            "select * from campaign.attempt where person_id = :person_id order by attempt_no", person_id=self.person_id(person)
        )

    def everything(self) -> dict[str, tuple[int, str]]:
        """Return, of each table, how many rows it has and a digest of all of them."""
        with self.owner.begin() as connection:
            return everything(connection, self.tables)

    def broken_equations(self) -> list[str]:
        """Return the equations that do not hold."""
        return [str(equation) for equation in balance(self.home.db) if not equation.holds]


def code_in(message: EmailMessage) -> str:
    """Return the code that a person reads in an e-mail."""
    body = message.get_body(("plain",))
    assert body is not None
    found: list[str] = GROUPED_CODE.findall(body.get_content())
    return found[0]


def request(person: Person, code: str, received_at: datetime, **changes: Any) -> dict[str, Any]:
    """Return the line that a channel writes for a person who opposes."""
    line = {
        "request_ref": f"r-{received_at:%Y%m%d%H%M%S}",
        "received_at": received_at.isoformat(),
        "matricule": person.matricule,
        "birth_date": person.birth_date,
        "code": code,
    }
    return line | changes


def as_channel_writes(request: dict[str, Any], channel: str) -> dict[str, Any]:
    """Return a line as a channel writes it: who took it, and of a letter the day of receipt alone."""
    line = dict(request)
    if channel != "WEB":
        line.setdefault("agent", "a-1")
    if channel == "DESK":
        line.setdefault("body", "CPAM_35")
    if channel == "PAPER" and "received_at" in line:
        line["received_on"] = datetime.fromisoformat(line.pop("received_at")).astimezone(PARIS).date().isoformat()
    return line


def bounce_of(message: EmailMessage, status: str = "5.1.1", action: str = "failed") -> bytes:
    """Return what the recipient's server sends back to the envelope sender of a message (RFC 3464)."""
    lines = [
        "From: MAILER-DAEMON@courriel.example",
        f"To: {str(message['Return-Path']).strip('<>')}",
        "Subject: Undelivered Mail",
        "MIME-Version: 1.0",
        'Content-Type: multipart/report; report-type=delivery-status; boundary="b"',
        "",
        "--b",
        "Content-Type: text/plain",
        "",
        "It could not be delivered.",
        "--b",
        "Content-Type: message/delivery-status",
        "",
        "Reporting-MTA: dns; courriel.example",
        "",
        f"Final-Recipient: rfc822; {message['Delivered-To']}",
        f"Action: {action}",
        f"Status: {status}",
        "",
        "--b",
        "Content-Type: text/rfc822-headers",
        "",
        f"Message-ID: {message['Message-ID']}",
        "",
        "--b--",
        "",
    ]
    return "\r\n".join(lines).encode()
