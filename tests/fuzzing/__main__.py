"""`python -m tests.fuzzing PARSER [OPTION OR FOLDER OF LIBFUZZER...]`: mutate documents for a parser, led by what is covered (atheris).

What it finds is left in the current folder; make it a test in tests/documents before mending it. A folder, where one is named, is where
inputs are left that reach further than those before: `tests.fuzzing.corpus` keeps the few that count.
"""

from __future__ import annotations

import sys
from pathlib import Path
from tempfile import TemporaryDirectory

import atheris

BOUNDS = ("-timeout=20", "-rss_limit_mb=2048", "-max_len=20000")


def main(parser: str, *options: str) -> None:
    """Fuzz one parser until the options of libFuzzer say that it is enough."""
    with atheris.instrument_imports(include=["pipelines", "zipfile", "email", "json", "pydicom"]):
        from tests.fuzzing.corpus import kept_inputs
        from tests.fuzzing.targets import TARGETS, require_answer
    target = TARGETS[parser]
    with TemporaryDirectory(prefix="espace-sante-fuzzing-") as place:
        for number, seed in enumerate((*target.seeds, *kept_inputs(parser))):
            (Path(place) / f"seed{number}").write_bytes(seed)
        # libFuzzer starts itself again by this name.
        command = [f"{sys.executable} -m tests.fuzzing {parser}", *BOUNDS, *options, place]
        atheris.Setup(command, lambda data: require_answer(target.wrap(data)))
        atheris.Fuzz()


if __name__ == "__main__":
    main(*sys.argv[1:])
