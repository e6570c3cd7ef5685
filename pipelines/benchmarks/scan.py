"""Documents of 250 KB handed to a real clamd with a small database, beside its own `clamdscan --stream` at the same concurrency.

Every document is different, and each way has a clamd of its own: it remembers what it has seen.
"""

from __future__ import annotations

import datetime as dt
import os
import subprocess
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from tempfile import TemporaryDirectory

from pipelines.benchmarks.clamd import CLIENT, Clamd, can_run, clamd
from pipelines.benchmarks.figures import Figures, Stage, Target
from pipelines.benchmarks.measuring import Cost, Scale
from pipelines.documents.pieces import pieces_of
from pipelines.documents.virus_scan import Scanner, Verdict
from pipelines.platform.errors import FinalError, RuleError
from pipelines.synthetic.cda_writer import cda
from pipelines.synthetic.medical_documents import draw_documents

SEED, AS_OF = 2026, dt.date(2026, 1, 1)
# In Base64, with its header, a CDA of about 250 KB.
BODY_BYTES = 184_000
MOST_BYTES = 25_000_000
# Below this, what is done once weighs more than the scans.
SIZE_PROMISED = 200


def run(count: int, under: Path | None, say: Callable[[str], None]) -> Figures:
    """Scan so many documents. Raises: FinalError where clamd is not installed, RuleError if one is not found clean."""
    if not can_run():
        raise FinalError("clamd or clamdscan is missing: apt-get install clamav-daemon clamdscan")
    with TemporaryDirectory(prefix="espace-sante-benchmark-", dir=under) as place:
        say("inventing documents")
        folder = Path(place)
        for number, document in enumerate(draw_documents(count, SEED, AS_OF, BODY_BYTES)):
            (folder / f"{number:06d}.xml").write_bytes(cda(document))
        say("our stream")
        ours = _weighed(scan_files, folder, count)
        say("clamdscan --stream")
        theirs = _weighed(scan_by_client, folder, count)
        say("file and attachment, each by itself")
        both = _weighed(scan_with_pieces, folder, count)
    whole, peer = Stage(count, ours), Stage(count, theirs)
    ratio = whole.per_second / peer.per_second if count >= SIZE_PROMISED else None
    notes = [f"{_streams()} streams at once; CPU seconds are those of clamd and of what hands documents to it"]
    targets = [Target("of clamdscan --stream", ratio, at_least=0.7)]
    return Figures("scan", whole, {"clamdscan --stream": peer}, notes, {"with-attachments": Stage(count, both)}, targets)


def scan_files(folder: Path, address: str) -> int:
    """Scan each file of a folder, several at once; return how many are clean."""
    with Scanner([address], MOST_BYTES) as scanner, ThreadPoolExecutor(_streams()) as threads:
        return sum(threads.map(lambda file: scanner.scan(file.read_bytes()).verdict is Verdict.CLEAN, sorted(folder.iterdir())))


def scan_with_pieces(folder: Path, address: str) -> int:
    """Do the same, with every piece of each file by itself."""

    def is_clean(file: Path) -> bool:
        data = file.read_bytes()
        return scanner.scan(data, pieces_of(data)).verdict is Verdict.CLEAN

    with Scanner([address], MOST_BYTES) as scanner, ThreadPoolExecutor(_streams()) as threads:
        return sum(threads.map(is_clean, sorted(folder.iterdir())))


def scan_by_client(folder: Path, address: str) -> int:
    """Have clamd's own client scan each file, as many clients at once; return how many files are clean."""
    settings = Path(address.removeprefix("unix:")).parent / "clamd.conf"
    files = sorted(map(str, folder.iterdir()))
    shares = [files[first :: _streams()] for first in range(_streams())]
    with ThreadPoolExecutor(_streams()) as threads:
        return sum(threads.map(lambda share: _clean_by_client(settings, share), shares))


def _clean_by_client(settings: Path, files: list[str]) -> int:
    command = [CLIENT, "--stream", "--no-summary", "--config-file", str(settings), "--file-list", "/dev/stdin"]
    done = subprocess.run(command, input="\n".join(files), capture_output=True, text=True, check=False)
    return sum(line.endswith(": OK") for line in done.stdout.splitlines())


def _weighed(scan: Callable[[Path, str], int], folder: Path, count: int) -> Cost:
    with clamd() as server:
        clean, cost = _scale(server).weigh(scan, folder, server.address)
    if clean != count:
        raise RuleError(f"{count - clean} of {count} invented documents were not found clean: the figures would be of something else")
    return cost


def _scale(server: Clamd) -> Scale:
    return Scale((server.process.pid,))


def _streams() -> int:
    return 2 * (os.cpu_count() or 1)
