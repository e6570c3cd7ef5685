"""Inputs that once reached further into a parser than others, a zip a parser beside this module; the tests read them again.

`python -m tests.fuzzing.corpus PARSER FOLDER` keeps, of what fuzzing left in a folder and of what is kept already, the few that count.
"""

from __future__ import annotations

import subprocess
import sys
import zipfile
from pathlib import Path
from tempfile import TemporaryDirectory

KEPT = Path(__file__).parent / "corpus"
KEPT_BYTES = 20_000
_DATE = (2026, 1, 1, 0, 0, 0)


def kept_inputs(parser: str) -> list[bytes]:
    """Return the inputs that are kept for a parser."""
    file = KEPT / f"{parser}.zip"
    if not file.exists():
        return []
    with zipfile.ZipFile(file) as archive:
        return [archive.read(name) for name in archive.namelist()]


def keep(parser: str, folder: Path) -> None:
    """Keep the smallest inputs that together reach as far as all do, up to so many bytes compressed."""
    with TemporaryDirectory(prefix="espace-sante-fuzzing-") as place:
        for number, content in enumerate(kept_inputs(parser)):
            (folder / f"kept{number}").write_bytes(content)
        subprocess.run([sys.executable, "-m", "tests.fuzzing", parser, "-merge=1", place, str(folder)], check=True)
        write(parser, [file.read_bytes() for file in Path(place).iterdir()])


def write(parser: str, contents: list[bytes]) -> None:
    """Write the zip of a parser, the smallest inputs first."""
    KEPT.mkdir(exist_ok=True)
    with zipfile.ZipFile(KEPT / f"{parser}.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        for number, content in enumerate(sorted(contents, key=lambda content: (len(content), content))):
            archive.writestr(zipfile.ZipInfo(f"{number:04d}", _DATE), content, zipfile.ZIP_DEFLATED, 9)
            if archive.fp is None or archive.fp.tell() > KEPT_BYTES:
                break


if __name__ == "__main__":
    keep(sys.argv[1], Path(sys.argv[2]))
