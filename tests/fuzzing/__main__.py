"""`python -m tests.fuzzing PARSER [OPTION OF LIBFUZZER...]`: mutate documents for a parser, led by what is covered (atheris).

What it finds is left in the current folder; make it a test in tests/documents before mending it. New inputs that reach further are left in
a folder that is forgotten; `-merge=1 tests/fuzzing/corpus/PARSER FOLDER` keeps the few that count.
"""

from __future__ import annotations

import sys
from pathlib import Path
from tempfile import TemporaryDirectory

import atheris

CORPUS = Path(__file__).parent / "corpus"
BOUNDS = ("-timeout=20", "-rss_limit_mb=2048", "-max_len=20000")


def main(parser: str, *options: str) -> None:
    """Fuzz one parser until the options of libFuzzer say that it is enough."""
    with atheris.instrument_imports(include=["pipelines", "zipfile", "email", "json", "pydicom"]):
        from tests.fuzzing.targets import TARGETS, require_answer
    target = TARGETS[parser]
    kept = CORPUS / parser
    with TemporaryDirectory(prefix="espace-sante-fuzzing-") as place:
        for number, seed in enumerate(target.seeds):
            (Path(place) / f"seed{number}").write_bytes(seed)
        folders = [place, *([str(kept)] if kept.is_dir() else [])]
        atheris.Setup([sys.argv[0], *BOUNDS, *options, *folders], lambda data: require_answer(target.wrap(data)))
        atheris.Fuzz()


if __name__ == "__main__":
    main(*sys.argv[1:])
