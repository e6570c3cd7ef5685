"""CDA documents from bytes to decision in one process, beside the bare libraries on the same bytes; then each other format.

The bare cost is what no reader can do without: libxml2's parse, the Base64 of the body, SHA-256 and SHA-1 of the file.
"""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Callable
from itertools import cycle, islice
from pathlib import Path
from tempfile import TemporaryDirectory

import pybase64
from lxml import etree

from pipelines.benchmarks.figures import Figures, Stage, Target
from pipelines.benchmarks.isolation import examine_apart, examine_here
from pipelines.benchmarks.measuring import Scale
from pipelines.documents.document import Reason
from pipelines.documents.reader import read_documents
from pipelines.platform.errors import RuleError
from pipelines.synthetic.document_batches import FORMATS
from pipelines.synthetic.medical_documents import draw_documents

SEED, AS_OF = 2026, dt.date(2026, 1, 1)
# In Base64, with its header, a CDA of about 220 KB.
BODY_BYTES = 163_000
# Different files that take turns: more than any cache of the processor holds, less than the memory of a small machine.
FILES = 200
OTHERS = 20
# Below this, what is done once a process weighs more than the documents.
SIZE_PROMISED = 2_000
MAIN = "cda-n1"


def run(count: int, under: Path | None, say: Callable[[str], None]) -> Figures:
    """Measure so many documents of level 1, and a tenth as many of each other format. Raises: RuleError if one is not taken."""
    scale = Scale()
    with TemporaryDirectory(prefix="espace-sante-benchmark-", dir=under) as place:
        say("inventing documents")
        folder = Path(place)
        size = write_documents(folder, count)
        say("from bytes to decision")
        taken, cost = scale.weigh(decide, folder / MAIN, count)
        _require(taken, count, MAIN)
        _, bare = scale.weigh(do_the_bare_minimum, folder / MAIN, count)
        stages = {}
        for name in FORMATS:
            if name != MAIN:
                fewer = max(count // 10, 1)
                taken, own = scale.weigh(decide, folder / name, fewer)
                _require(taken, fewer, name)
                stages[name] = Stage(fewer, own)
        say("in a process that can be killed")
        here, apart = (scale.weigh(examine, folder / MAIN, count)[0] for examine in (examine_here, examine_apart))
        for taken, _ in (here, apart):
            _require(taken, count, MAIN)
    stages |= {"examined-here": Stage(count, here[1]), "examined-apart": Stage(count, apart[1])}
    whole, peer = Stage(count, cost), Stage(count, bare)
    measured = count >= SIZE_PROMISED
    targets = [
        Target("CDA of 220 KB with a PDF, documents a second of one core", whole.per_core_second if measured else None, at_least=1_000),
        Target("times the bare cost", cost.seconds / bare.seconds if measured else None, at_most=2),
        Target("isolation, share of the CPU time", apart[1].cpu_seconds / here[1].cpu_seconds - 1 if measured else None, at_most=0.25),
    ]
    notes = [f"a CDA has {size:,} bytes; {FILES} different ones take turns, read from memory after the first reading"]
    return Figures("documents", whole, {"bare libraries": peer}, notes, stages, targets)


def write_documents(folder: Path, count: int) -> int:
    """Write the documents that take turns, each format in its folder; return the mean size in bytes of a CDA of level 1."""
    written = 0
    for number, document in enumerate(draw_documents(min(count, FILES), SEED, AS_OF, BODY_BYTES)):
        for name, (ending, write) in FORMATS.items():
            if name != MAIN and number >= OTHERS:
                continue
            file = folder / name / f"{number:05d}.{ending}"
            file.parent.mkdir(exist_ok=True)
            size = file.write_bytes(write(document))
            written += size if name == MAIN else 0
    return written // min(count, FILES)


def decide(folder: Path, count: int) -> int:
    """Bring `count` documents of a folder, in turns, from bytes to decision; return how many were found right."""
    contents = _contents(folder)
    return sum(document.verdict is Reason.OK for data in islice(cycle(contents), count) for document in read_documents(data))


def do_the_bare_minimum(folder: Path, count: int) -> int:
    """Parse, decode and hash the same bytes, and look at nothing."""
    contents, decoded = _contents(folder), 0
    for data in islice(cycle(contents), count):
        root = etree.fromstring(data, etree.XMLParser(resolve_entities=False, no_network=True))
        decoded += len(pybase64.b64decode(root.findtext(".//{urn:hl7-org:v3}nonXMLBody/{urn:hl7-org:v3}text"), validate=True))
        hashlib.sha256(data).digest()
        hashlib.sha1(data, usedforsecurity=False).digest()
    return decoded


def _contents(folder: Path) -> list[bytes]:
    return [file.read_bytes() for file in sorted(folder.iterdir())]


def _require(taken: int, count: int, name: str) -> None:
    if taken != count:
        raise RuleError(f"{count - taken} of {count} invented documents ({name}) were refused: the figures would be of something else")
