"""What a delivery may look like before somebody must look at it (`limits.toml`)."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from pipelines.platform.toml_file import read_toml

DEFAULT_FILE = Path(__file__).with_name("limits.toml")
Share = Annotated[float, Field(ge=0, le=1)]


class Limits(BaseModel):
    """Shares of rows, from 0 to 1; deliveries of fewer than `smallest_judged` rows are not judged by them."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    bad_rows: Share
    fall: Share
    gone: Share
    smallest_judged: int = Field(ge=0)

    def too_many_bad(self, received: int, bad: int) -> bool:
        """Say whether a person must decide on a delivery because of its bad rows."""
        return received >= self.smallest_judged and bad > received * self.bad_rows

    def falls_too_far(self, last: int, received: int) -> bool:
        """Say whether a full delivery has so many fewer rows than the last one, or none, that it is taken for a truncated one."""
        return (last >= self.smallest_judged and received < last * (1 - self.fall)) or received == 0 < last

    def too_many_gone(self, last: int, gone: int) -> bool:
        """Say whether a person must decide on a full delivery because of the numbers that it no longer has."""
        return last >= self.smallest_judged and gone > last * self.gone


@cache
def limits(file: Path = DEFAULT_FILE) -> Limits:
    """Return the limits of this installation. Raises: FinalError that names the field at fault."""
    return read_toml(Limits, file)
