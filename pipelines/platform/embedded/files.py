"""Files that are either whole or absent, and private from their first byte."""

from __future__ import annotations

import json
import os
import secrets
from collections.abc import Mapping
from pathlib import Path

from pipelines.platform.errors import FinalError

PRIVATE = 0o600
PUBLIC = 0o644


def write_whole(file: Path, content: bytes, mode: int = PRIVATE) -> None:
    """Replace `file` in one step; the new one never exists with other permissions than `mode`."""
    draft = file.with_name(f".{file.name}.{secrets.token_hex(4)}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, mode)
    try:
        with os.fdopen(descriptor, "wb") as stream:
            os.fchmod(stream.fileno(), mode)
            stream.write(content)
            stream.flush()
            os.fsync(stream.fileno())
        draft.replace(file)
    except BaseException:
        draft.unlink(missing_ok=True)
        raise


def write_json(file: Path, values: Mapping[str, object], mode: int = PRIVATE) -> None:
    """Write `values` whole, one key a line."""
    write_whole(file, (json.dumps(values, indent=2) + "\n").encode(), mode)


def read_json(file: Path) -> dict[str, object] | None:
    """Return the object in `file`, None if there is no file. Raises FinalError if it is damaged."""
    try:
        values = json.loads(file.read_bytes())
    except FileNotFoundError:
        return None
    except ValueError:
        values = None
    if not isinstance(values, dict):
        raise FinalError(f"{file} is damaged: put it back from a backup, or delete its whole directory to begin again without its data")
    return values
