"""What a sender's editor is sent: how much came, what failed and why, how late, from which software. Counts only, nothing personal."""

from __future__ import annotations

import csv
import io
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, fields
from datetime import date, datetime, timedelta
from pathlib import Path

from pipelines.documents.document import Reason
from pipelines.documents.feed import Feed
from pipelines.documents.quality import Counted, quality_of
from pipelines.documents.reasons import told
from pipelines.platform.clock import legal_day
from pipelines.platform.database import Database
from pipelines.reporting.pages import page_environment

WEEKS = 8
AGES = {"DAY": "within a day", "WEEK": "within a week", "LATER": "later", "UNKNOWN": "not told"}


@dataclass(frozen=True)
class Refusal:
    """A reason for which documents were refused: what the sender was told, what it is to do (both in French), how many."""

    code: str
    documents: int

    @property
    def text(self) -> str:
        """What the sender was told."""
        return told(Reason(self.code)).text

    @property
    def action(self) -> str:
        """What the sender is to do."""
        return told(Reason(self.code)).action


@dataclass(frozen=True)
class SenderQuality:
    """What a feed sent in its last weeks: rows of counts, and the same added up as the page shows them."""

    feed: str
    name: str
    through: date
    rows: Sequence[Counted]

    def _sum(self, keep: Callable[[Counted], bool] = lambda _: True) -> int:
        return sum(row.documents for row in self.rows if keep(row))

    @property
    def received(self) -> int:
        """All documents."""
        return self._sum()

    @property
    def failures(self) -> int:
        """Those that were refused for something that can be mended."""
        return self._sum(lambda row: row.is_failure)

    @property
    def failed_share(self) -> float | None:
        """The share of failures, None where nothing came."""
        return self.failures / self.received if self.received else None

    @property
    def refusals(self) -> list[Refusal]:
        """Why documents were refused, the most frequent reason first."""
        counts = Counter[str]()
        for row in self.rows:
            if row.outcome == "REFUSED" and row.code:
                counts[row.code] += row.documents
        return [Refusal(code, documents) for code, documents in counts.most_common()]

    @property
    def by_age(self) -> dict[str, int]:
        """How old documents were when they came."""
        return {words: self._sum(lambda row, age=age: row.age == age) for age, words in AGES.items()}  # type: ignore[misc]

    @property
    def by_software(self) -> dict[str, tuple[int, int]]:
        """What each software that names itself sent: documents, failures."""
        names = sorted({row.software for row in self.rows if row.software})
        return {
            name: (
                self._sum(lambda row, name=name: row.software == name),  # type: ignore[misc]
                self._sum(lambda row, name=name: row.software == name and row.is_failure),  # type: ignore[misc]
            )
            for name in names
        }

    def by_week(self, only_failures: bool = False) -> dict[str, int]:
        """Documents, or failures, of each week, by the Monday on which it began, the oldest first."""
        this = self.through - timedelta(days=self.through.weekday())
        weeks = {this - timedelta(weeks=back): 0 for back in range(WEEKS - 1, -1, -1)}
        for row in self.rows:
            monday = row.day - timedelta(days=row.day.weekday())
            if monday in weeks and (row.is_failure or not only_failures):
                weeks[monday] += row.documents
        return {f"{monday:%d %b %Y}": documents for monday, documents in weeks.items()}


def sender_quality(db: Database, feed: Feed, as_of: datetime) -> SenderQuality:
    """Return what a feed sent in the last eight weeks."""
    return SenderQuality(feed.name, feed.sender.name, legal_day(as_of), quality_of(db, feed.name, WEEKS * 7, as_of))


def render_sender(quality: SenderQuality, templates_dir: Path) -> str:
    """Return the page of a sender, which needs nothing else."""
    return page_environment(templates_dir).get_template("report/sender.html.j2").render(quality=quality)


def sender_csv(quality: SenderQuality) -> str:
    """Return the counts as CSV: a line for each day, outcome, reason, age and software."""
    text = io.StringIO()
    writer = csv.DictWriter(text, [field.name for field in fields(Counted)], delimiter=";", lineterminator="\n")
    writer.writeheader()
    writer.writerows(asdict(row) for row in quality.rows)
    return text.getvalue()
