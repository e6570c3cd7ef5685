"""The secrets that an installation keeps in a file: `secrets.json` in its directory, readable by its owner only, replaced whole."""

from __future__ import annotations

import fcntl
from collections.abc import Callable
from pathlib import Path

from pipelines.platform.embedded.files import PRIVATE, read_json, write_json
from pipelines.platform.errors import FinalError

NAME = "secrets.json"
OTHERS = 0o077


def read_secrets_file(var: Path) -> dict[str, object]:
    """Return what the file keeps, nothing where there is none.

    Raises: FinalError if it is damaged, or if others than its owner may read it.
    """
    file = var / NAME
    kept = read_json(file)
    if kept is None:
        return {}
    if file.stat().st_mode & OTHERS:
        raise FinalError(f"{file} may be read by others than its owner: chmod {PRIVATE:o} it, then take its keys for known to them")
    return kept


def change_secret(var: Path, name: str, change: Callable[[object], object]) -> None:
    """Replace one secret by what `change` makes of it, one process at a time. Raises: FinalError where the file has no such secret."""
    if name not in read_secrets_file(var):
        raise FinalError(f"{name} does not lie in {var / NAME}: change it where your secrets backend keeps it, then run this again")
    with (var / "lock").open("a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        kept = read_secrets_file(var)
        write_json(var / NAME, kept | {name: change(kept[name])})
