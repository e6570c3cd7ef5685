"""Letters for people of an invented France: from rows, as the database gives them, to sealed lots; beside WeasyPrint on the same letters.

Rows wait in Parquet files, one a lot; a lot is read, composed, compressed, sealed and written to the disk. What came of it is read
again before any figure.
"""

from __future__ import annotations

import datetime as dt
import os
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import cache, reduce
from itertools import count
from multiprocessing import get_context
from operator import add
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pyrage

from pipelines.benchmarks.figures import Figures, Stage, Target
from pipelines.benchmarks.measuring import Scale
from pipelines.campaign.window import last_day
from pipelines.notices.letter_dispatch import lot_letters
from pipelines.notices.letters.checks import check_lot
from pipelines.notices.letters.fields import filled_fields
from pipelines.notices.letters.layout import LetterLayout
from pipelines.notices.letters.letter import Days, field_texts
from pipelines.notices.letters.press import LetterPress
from pipelines.notices.print_lot import LotHead, make_lot, unseal
from pipelines.platform.errors import RuleError
from pipelines.platform.settings import Settings
from pipelines.registry.row_rules import check_rows
from pipelines.synthetic.population import CHUNK_PEOPLE, Population, draw_chunk

SEED, BODY = 2026, "CPAM"
LETTERS_A_LOT = 5_000
PEER_LETTERS = 200
READ_AGAIN_LOTS = 20
# Below this, what is done once a process weighs more than the letters.
SIZE_PROMISED = 100_000
DAYS = Days(dt.date(2022, 1, 31), last_day(dt.date(2022, 1, 31)))
TEMPLATES = Settings.model_fields["home"].default / "templates"
_KEYS = ({1: b"code key of a benchmark".ljust(32)}, b"reference key of a benchmark".ljust(32))
_ADDRESS = ["address_2", "address_3", "address_4", "address_5", "postcode", "town"]


@dataclass(frozen=True)
class Made:
    """What came of some lots."""

    letters: int = 0
    delivered_bytes: int = 0
    clear_bytes: int = 0
    with_care: int = 0
    slow: int = 0
    refused: int = 0

    def __add__(self, other: Made) -> Made:
        """Return both together."""
        return Made(*(getattr(self, name) + getattr(other, name) for name in self.__dataclass_fields__))


def run(people: int, under: Path | None, say: Callable[[str], None]) -> Figures:
    """Measure the letters of so many people, in one process and in as many as there are cores. Raises: RuleError if one is not made."""
    identity = pyrage.x25519.Identity.generate()
    recipient, scale, cores = str(identity.to_public()), Scale(), len(os.sched_getaffinity(0))
    with TemporaryDirectory(prefix="espace-sante-benchmark-", dir=under) as folder:
        say(f"inventing {people:,} people")
        lots = list(write_lots(people, Path(folder)))
        say("one process")
        made, cost = scale.weigh(make_lots, lots, recipient)
        _require(made, people, lots[0], str(identity))
        say(f"{cores} processes")
        together, by_cores = scale.weigh(make_lots_in_processes, lots, recipient, cores)
        _require(together, people, lots[-1], str(identity))
        read_again, with_checks = scale.weigh(make_lots, lots[:READ_AGAIN_LOTS], recipient, check=True)
        _, first_page = scale.weigh(make_first_page, lots[0])
        compared = min(PEER_LETTERS, max(5, people // 100))
        say(f"WeasyPrint: {compared} letters in one document")
        theirs, their_cost = scale.weigh(make_by_weasyprint, lots[0], compared)
    whole, several = Stage(made.letters, cost), Stage(together.letters, by_cores)
    stages = {f"{cores} processes": several, "read again": Stage(read_again.letters, with_checks), "first page": Stage(1, first_page)}
    figures = Figures("letters", whole, {"WeasyPrint": Stage(theirs, their_cost)}, _notes(made), stages)
    return Figures("letters", whole, figures.peers, figures.notes, stages, _targets(figures, made, several, cores))


def write_lots(letters: int, folder: Path) -> Iterable[Path]:
    """Write the rows of so many people with a postal address, one file a lot, presorted by postcode within a part of the country."""
    population, left = Population(SEED, DAYS.dated, (BODY,), 0.0), letters
    for chunk in count():
        rows = _letter_rows(draw_chunk(population, chunk).rows, chunk * CHUNK_PEOPLE).slice(0, left).sort_by("postcode")
        for start in range(0, rows.num_rows, LETTERS_A_LOT):
            file = folder / f"{chunk:05d}-{start:05d}.parquet"
            pq.write_table(rows.slice(start, LETTERS_A_LOT), file)
            yield file
        left -= rows.num_rows
        if not left:
            return


def _letter_rows(rows: pa.Table, before: int) -> pa.Table:
    """Return what the statement `lot_letters` gives, for people who each get a letter of their own."""
    good = check_rows(rows, DAYS.dated).good
    good = good.filter(pc.and_(good["postcode"].is_valid(), good["town"].is_valid()))
    name, first = pc.coalesce(good["used_name"], good["birth_name"]), good["first_names"]
    own = {"person_name": name, "recipient_name": name, "person_first_names": first, "recipient_first_names": first}
    same: dict[str, Any] = {
        "campaign_id": 1,
        "attempt_no": 1,
        "code_key_version": 1,
        "body": BODY,
        "subject": "notice",
        "is_represented": False,
        "is_minor": False,
        "large_print": False,
    }
    columns: dict[str, Any] = {name: good[name] for name in _ADDRESS} | own
    columns |= {name: [value] * good.num_rows for name, value in same.items()}
    numbers = range(1 + before, 1 + before + good.num_rows)
    return pa.table(columns | {"person_id": numbers, "letter_no": numbers})


def _rows(file: Path) -> list[dict[str, Any]]:
    columns = pq.read_table(file).to_pydict()
    return [dict(zip(columns, values, strict=True)) for values in zip(*columns.values(), strict=True)]


@cache
def _press() -> LetterPress:
    return LetterPress(TEMPLATES)


def make_lots(files: Sequence[Path], recipient: str, *, check: bool = False) -> Made:
    """Make lots from rows to sealed files, read again where asked, as the step `produce_lot` does between the database and the store."""
    return reduce(add, (_make_lot(file, recipient, check) for file in files), Made())


def make_lots_in_processes(files: Sequence[Path], recipient: str, processes: int) -> Made:
    """Make lots by several processes, each one a share."""
    shares = [files[start::processes] for start in range(processes)]
    with ProcessPoolExecutor(processes, mp_context=get_context("spawn")) as pool:
        return reduce(add, pool.map(make_lots, shares, [recipient] * processes), Made())


def _make_lot(file: Path, recipient: str, check: bool) -> Made:
    rows = _rows(file)
    letters = lot_letters(rows, *_KEYS)
    composition = _press().compose(letters, DAYS)
    if check:
        check_lot(0, composition, letters, DAYS, _press().skeleton, whole=False)
    refused = {reference for reference, _ in composition.refused}
    postcodes = [row["postcode"] for row, letter in zip(rows, letters, strict=True) if letter.reference not in refused]
    head = LotHead(0, "PRINCIPAL", BODY, letters[0].variant.kind.value, False, DAYS.dated)
    lot = make_lot(head, composition, postcodes, _press().version, recipient)
    for key, content in lot.objects:
        file.with_suffix(f".{Path(key).name}").write_bytes(content)
    delivered = sum(len(content) for _, content in lot.objects)
    return Made(len(composition.placed), delivered, len(composition.pdf), len(composition.with_care), composition.slow, len(refused))


def make_first_page(file: Path) -> None:
    """Load the templates and make one letter, as after a change of the template."""
    _press().compose(lot_letters(_rows(file)[:1], *_KEYS), DAYS)


def make_by_weasyprint(file: Path, letters: int) -> int:
    """Make letters by WeasyPrint alone, in one document, and return how many."""
    layout, chosen = LetterLayout(TEMPLATES), lot_letters(_rows(file)[:letters], *_KEYS)
    fields = [filled_fields(field_texts(letter, DAYS, sequence), {}) for sequence, letter in enumerate(chosen, start=1)]
    pages = [layout.html(letter.variant, own, pages=2) for letter, own in zip(chosen, fields, strict=True)]
    head, end = pages[0].partition("<body>")[:2], pages[0].partition("</body>")[1:]
    bodies = [page.partition("<body>")[2].partition("</body>")[0] for page in pages]
    layout.pdf("".join([*head, *bodies, *end]))
    return len(pages)


def _require(made: Made, people: int, file: Path, identity: str) -> None:
    """Read one lot again whole, as the print house opens it. Raises: RuleError, LotCheckError."""
    if made.letters + made.refused != people:
        raise RuleError(f"{made.letters} letters were made for {people} people, and {made.refused} refused")
    letters = lot_letters(_rows(file), *_KEYS)
    composition = _press().compose(letters, DAYS)
    check_lot(0, composition, letters, DAYS, _press().skeleton, whole=True)
    if unseal(file.with_suffix(".letters.pdf.zst.age").read_bytes(), identity) != composition.pdf:
        raise RuleError("a lot that is made again is another one")


def _notes(made: Made) -> list[str]:
    share = made.with_care / made.letters
    return [
        f"{made.clear_bytes / made.letters:,.0f} bytes a letter in clear, {made.delivered_bytes / made.letters:,.0f} delivered",
        f"{share:.2%} of the letters took the careful way, {made.slow} were laid out alone, {made.refused} refused",
        "'read again' adds what produce_lot does before a lot leaves: its structure whole, some letters in a sample",
    ]


def _targets(figures: Figures, made: Made, several: Stage, cores: int) -> list[Target]:
    def at_size(found: float | None) -> float | None:
        return found if made.letters >= SIZE_PROMISED else None

    return [
        Target("letters a core-second", at_size(figures.whole.per_core_second), at_least=40_000),
        Target(f"{cores} processes beside one", at_size(several.per_second / figures.whole.per_second), at_least=0.8 * cores),
        Target("MiB at most", at_size(figures.whole.cost.peak_mib), at_most=512),
        Target("bytes delivered a letter", at_size(made.delivered_bytes / made.letters), at_most=250),
        Target("times WeasyPrint", at_size(figures.ratio("WeasyPrint")), at_least=2_000),
        Target("first page of a template: seconds", figures.stages["first page"].cost.seconds, at_most=5),
    ]
