"""The people and partners of a demonstration, who act through the public file contracts only.

Mail servers bounce, print houses print and deposit, people oppose on time, late, twice or with wrong codes. What each reader does is
drawn from the notice itself, so that a demonstration that is started again plays on where it was.
"""

from __future__ import annotations

import hashlib
import io
import json
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from pathlib import Path

from pypdf import PageObject, PdfReader

from pipelines.campaign.window import last_day
from pipelines.oppositions.contract import Channel
from pipelines.platform.clock import PARIS
from pipelines.platform.object_store import ObjectStore
from pipelines.synthetic.bounce_mail import delivery_report
from pipelines.synthetic.notices_received import ReceivedLot, code_in, received_emails, received_lots
from pipelines.synthetic.print_house import PrintHouses
from pipelines.synthetic.residents import Resident, Residents
from pipelines.synthetic.systems_behind import SystemsBehind

BUCKET = "exchanges"

# What readers do, per thousand notices: (upper bound of the draw, behaviour). Far more lively than the 1.5 % who opposed in 2022.
BOUNCED, DELAYED, AUTO_REPLY = 20, 23, 25
ON_TIME, TWICE, MISTYPED, WRONG_BIRTH_DATE, LATE, LAST_SECOND = 60, 66, 72, 76, 82, 86
# What comes after the file of a day has left is in a second one.
EVENING = time(18)


@dataclass
class Partners:
    """Everyone outside, and what each of them will do on which day.

    The record system tells at once which records are there, and on `records_free_on` that none is locked any more.
    """

    store: ObjectStore
    residents: Residents
    mail: Path
    printer_identities: Mapping[str, str]
    records_told_on: date
    records_free_on: date
    emails_seen: set[str] = field(default_factory=set)
    lots_seen: set[int] = field(default_factory=set)
    lots: list[ReceivedLot] = field(default_factory=list)
    bounces: dict[date, list[tuple[str, bytes]]] = field(default_factory=lambda: defaultdict(list))
    print_houses: PrintHouses = field(default_factory=lambda: PrintHouses(_draw))
    requests: dict[tuple[date, Channel], list[dict[str, str]]] = field(default_factory=lambda: defaultdict(list))
    evenings: dict[tuple[date, Channel], list[dict[str, str]]] = field(default_factory=lambda: defaultdict(list))

    def read_the_mail(self) -> None:
        """Read what has come: decide what each mail server, the print house and each reader will do, and when."""
        for email in received_emails(self.mail, self.emails_seen):
            draw = _draw(email.message_id)
            if draw < AUTO_REPLY:
                kind = "failed" if draw < BOUNCED else "delayed" if draw < DELAYED else "auto-reply"
                report = delivery_report(kind, email.envelope_sender, email.recipient, email.message_id)
                self.bounces[email.sent_on + timedelta(days=1)].append((f"{_name(email.message_id)}.eml", report))
            elif draw < LAST_SECOND:
                reader = self.residents.by_email(email.recipient, email.name)
                code = email.code() if reader else None
                if reader and code:
                    self._react(draw, email.message_id, reader, code, email.sent_on)
        for lot in received_lots(self.store, self.printer_identities, self.lots_seen):
            self.lots.append(lot)
            self._open_letters(lot, self.print_houses.receive(lot))

    def act(self, day: date) -> dict[str, int]:
        """Put down the files of a day; return how many lines or reports of each kind. A file that was put down already stays."""
        for name, report in self.bounces.get(day, ()):
            self._put("bounces", name, report)
        reports = self.print_houses.of_day(day)
        for (printer, kind), content in reports.items():
            self._put(f"printers/{printer}/{kind}", f"{day.isoformat()}.csv", content)
        lines = 0
        for channel in Channel:
            requests = self.requests.get((day, channel), [])
            if requests:
                lines += len(requests)
                self._put(f"oppositions/{channel}", _file_of(day), _ndjson(requests))
        systems = SystemsBehind(self.store, _draw)
        if day in (self.records_told_on, self.records_free_on):
            systems.bring_records(day, self.residents.everyone(), locked=day < self.records_free_on)
        systems.answer()
        return {"bounces": len(self.bounces.get(day, ())), "print reports": len(reports), "oppositions": lines}

    def end_day(self, day: date) -> None:
        """Let every channel put down what came in the evening and say, once a day is over, in which files the requests of that day are."""
        for channel in Channel:
            files = [_file_of(day)] if self.requests.get((day, channel)) else []
            if evening := self.evenings.get((day, channel)):
                files.append(_file_of(day, "-evening"))
                self._put(f"oppositions/{channel}", files[-1], _ndjson(evening))
            announcement = {"day": day.isoformat(), "files": files}
            self._put(f"oppositions/{channel}", f"{day.isoformat()}.day.json", json.dumps(announcement).encode())

    def _put(self, kind: str, name: str, content: bytes) -> None:
        if not self.store.keys(BUCKET, f"{kind}/taken/{name}"):
            self.store.put(BUCKET, f"{kind}/inbox/{name}", content)

    def _open_letters(self, lot: ReceivedLot, deposited_on: date) -> None:
        reader = PdfReader(io.BytesIO(lot.pdf))
        for row in lot.index:
            draw = _draw(row["reference"])
            if AUTO_REPLY <= draw < LAST_SECOND:
                first = int(row["first_page"]) - 1
                pages = [_lines(page) for page in reader.pages[first : first + int(row["pages"])]]
                who, code = self.residents.by_letter(pages[0]), code_in(pages)
                if who and code:
                    self._react(draw, row["reference"], who, code, deposited_on)

    def _react(self, draw: int, notice: str, who: Resident, code: str, sent_on: date) -> None:
        """Queue what one reader does with one code, whose window runs from `sent_on`."""
        some_day = sent_on + timedelta(days=3 + _draw(f"day {notice}") % 36)
        channel = list(Channel)[_draw(f"channel {notice}") % 4]
        noon = time(11, _draw(notice) % 60)
        if draw < ON_TIME:
            self._oppose(channel, some_day, noon, notice, who, code)
        elif draw < TWICE:
            self._oppose(channel, some_day, noon, notice, who, code)
            self._oppose(channel, some_day + timedelta(days=1), noon, f"again {notice}", who, code)
        elif draw < MISTYPED:
            self._oppose(channel, some_day, noon, notice, who, code[:-1] + ("A" if code[-1] != "A" else "B"))
        elif draw < WRONG_BIRTH_DATE:
            self._oppose(channel, some_day, noon, notice, who, code, birth_date="19000101")
        elif draw < LATE:
            self._oppose(channel, last_day(sent_on) + timedelta(days=2), noon, notice, who, code)
        else:
            self._oppose(Channel.WEB, last_day(sent_on), time(23, 59, 59), notice, who, code)

    def _oppose(self, channel: Channel, day: date, at: time, ref: str, who: Resident, code: str, birth_date: str | None = None) -> None:
        line = {
            "request_ref": _name(ref),
            "matricule": who.matricule,
            "birth_date": birth_date or who.birth_date,
            "code": code,
            **_taken_by(channel, datetime.combine(day, at, PARIS)),
        }
        queue = self.requests if at < EVENING else self.evenings
        queue[day, channel].append(line)


def _taken_by(channel: Channel, received_at: datetime) -> dict[str, str]:
    """Return when a channel received a request, and who took it, as its lines say so."""
    if channel is Channel.PAPER:
        return {"received_on": received_at.date().isoformat(), "agent": "scan-1"}
    moment = {"received_at": received_at.isoformat()}
    if channel is Channel.WEB:
        return moment
    return moment | {"agent": "agent-1"} | ({"body": "CPAM"} if channel is Channel.DESK else {})


def _lines(page: PageObject) -> list[str]:
    return [line.strip() for line in page.extract_text().splitlines()]


def _draw(text: str) -> int:
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:4], "big") % 1000


def _name(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:24]


def _file_of(day: date, part: str = "") -> str:
    return f"{day.isoformat()}{part}.ndjson"


def _ndjson(requests: Iterable[dict[str, str]]) -> bytes:
    ordered = sorted(requests, key=lambda request: (request.get("received_at", ""), request["request_ref"]))
    return "".join(json.dumps(request) + "\n" for request in ordered).encode()
