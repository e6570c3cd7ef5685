"""Shards: the ranges of person ids that mapped tasks work on. People are rows, shards are tasks."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass


@dataclass(frozen=True)
class Shard:
    """A closed range of person ids; a power of two ids wide, so that it lies in one partition."""

    first_id: int
    last_id: int

    def as_dict(self) -> dict[str, int]:
        """Return the shard as a task argument."""
        return asdict(self)


def shards_of(numbers: Iterable[int], size: int) -> list[Shard]:
    """Return the shards of these numbers, each `size` ids wide."""
    return [Shard(number * size, (number + 1) * size - 1) for number in numbers]
