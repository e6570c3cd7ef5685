"""Things that do not need each other, some of which may fail: the others are done first, then one error tells all that could not be."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from traceback import extract_tb

from pipelines.platform.errors import EspaceSanteError, FinalError, RetryableError


@dataclass
class Faults:
    """What could not be done so far."""

    told: list[str] = field(default_factory=list)
    all_may_pass: bool = True

    @contextmanager
    def apart(self, what: str) -> Iterator[None]:
        """Do something whose failure must not stop what comes after it; `what` names it to operations."""
        try:
            yield
        except Exception as error:
            self.told.append(f"{what}: {_sentence(error)}")
            self.all_may_pass &= isinstance(error, RetryableError)

    def require_none(self) -> None:
        """Raise what was kept: RetryableError where each fault may pass by itself, else FinalError; both tell all faults."""
        if self.told:
            raise (RetryableError if self.all_may_pass else FinalError)("; ".join(dict.fromkeys(self.told)))


def _sentence(error: Exception) -> str:
    """Return what an error may tell: ours are written for operations, the text of any other may quote data."""
    if isinstance(error, EspaceSanteError):
        return str(error)
    place = extract_tb(error.__traceback__)[-1]
    return f"{type(error).__name__} at {Path(place.filename).name}:{place.lineno}: call the data engineer on duty"
