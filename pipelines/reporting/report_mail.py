"""The daily report as an e-mail to operations: the verdict in words, the page and the tables beside it. Counts of the country only."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Mapping, Sequence
from datetime import datetime
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime

from pipelines.notices.emails.relay import Fate, Relay
from pipelines.platform.database import Counts, Database, Work
from pipelines.platform.errors import RetryableError
from pipelines.platform.settings import SmtpRelay
from pipelines.reporting.figures import Figures
from pipelines.reporting.report_tables import BY_PLACE

OLDEST_ZIP_DATE = (1980, 1, 1, 0, 0, 0)


def write_mail(figures: Figures, page: bytes, tables: Mapping[str, bytes]) -> bytes:
    """Return the e-mail without the addresses, which whoever sends it knows; the same figures give the same bytes."""
    day = figures.day.isoformat()
    mail = EmailMessage(policy=SMTP)
    mail["Subject"] = f"Daily report of {day}: {_verdict(figures)}"
    mail["Date"] = format_datetime(figures.as_of)
    mail["Auto-Submitted"] = "auto-generated"
    mail.set_content("\n".join(_told(figures)))
    mail.add_attachment(page, maintype="text", subtype="html", filename=f"report-{day}.html")
    mail.add_attachment(_packed(tables), maintype="application", subtype="zip", filename=f"tables-{day}.zip")
    mail.set_boundary(f"report-{day}")
    return mail.as_bytes()


def send_mail(db: Database, relays: Sequence[SmtpRelay], mail: bytes, address: str, as_of: datetime) -> Counts:
    """Send a written e-mail from operations to operations, once a run, by the first relay that takes it.

    A run that is killed between the relay's answer and its own commit sends it again. Raises: RetryableError if no relay takes it.
    """

    def send(_: Work) -> Counts:
        headers = f"From: {address}\r\nTo: {address}\r\n".encode()
        for each in relays:
            with Relay(each) as relay:
                if relay.submit(address, address, headers + mail).fate is Fate.ACCEPTED:
                    return {"sent": 1}
        raise RetryableError("no mail relay takes the daily report: it is tried again; the report lies in the bucket reports")

    return db.once("mail_report", as_of.isoformat(), as_of, send).counts


def _verdict(figures: Figures) -> str:
    broken = sum(not equation.holds for equation in figures.equations)
    return "the books balance" if figures.balanced else f"BROKEN, {broken} of {len(figures.equations)} equations"


def _told(figures: Figures) -> list[str]:
    waiting = [finding for finding in figures.findings if finding.overridden_until is None]
    return [
        f"Daily report of {figures.day:%A %d %B %Y}: {_verdict(figures)}.",
        *(["Openings and purges wait: runbook finding_override."] if waiting else []),
        *([f"Opposed in time and opened all the same: {figures.in_time_after_opening:,}."] if figures.in_time_after_opening else []),
        "",
        *(f"{status}: {people:,}" for status, people in figures.by_status.items()),
        f"What does not move: {len(figures.stuck)}; partners silent: {len(figures.silences)}.",
        "",
        f"Whole in the bucket reports, daily/{figures.day.isoformat()}/report.html. Help: runbook reconciliation.",
        "",
    ]


def _packed(tables: Mapping[str, bytes]) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, table in sorted(tables.items()):
            if name not in BY_PLACE:
                archive.writestr(zipfile.ZipInfo(name, OLDEST_ZIP_DATE), table, zipfile.ZIP_DEFLATED)
    return packed.getvalue()
