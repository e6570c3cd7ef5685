"""The ways by which files of a feed come in, and by which its sender is answered: a prefix of a bucket, a directory, a Maildir.

Each way has folders: `inbox` is what waits, `backlog` what is drained beside it, `parked` what waits for another document, `quarantine`
what was refused and may yet be taken in, `returned` what was given back, `answers` what the sender reads. A file is called by its key,
`<folder>/<name>`; names may say whose document it is, and are told nowhere.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Protocol
from uuid import uuid4

from pipelines.documents.feed import BucketRoute, Feed, MailRoute, named_feed
from pipelines.platform.errors import RetryableError
from pipelines.platform.inbox import BUCKET
from pipelines.platform.many_objects import ManyObjects
from pipelines.platform.object_store import ObjectStore

INBOX, PARKED, ANSWERS = "inbox", "parked", "answers"
BACKLOG, QUARANTINE, RETURNED = "backlog", "quarantine", "returned"
# What an SFTP client writes before it renames the file, and what no sender means to send.
_UNFINISHED = (".part", ".tmp", ".filepart")


class Route(Protocol):
    """One way. Raises, from every method: RetryableError where what holds the files does not answer."""

    def waiting(self, folder: str) -> dict[str, int]:
        """List the whole files of a folder: their keys, sorted, and how many bytes each has."""
        ...

    def first(self, folder: str, most: int) -> dict[str, int]:
        """List the first whole files of a folder, a thousand at most, as `waiting` does."""
        ...

    def count(self, folder: str) -> int:
        """Count the files of a folder."""
        ...

    def read(self, keys: Sequence[str]) -> list[bytes]:
        """Read files, in the order of their keys."""
        ...

    def write(self, files: Mapping[str, bytes]) -> None:
        """Write files by their keys, each whole or not at all."""
        ...

    def move(self, key: str, target: str) -> None:
        """Move a file; one that is gone counts as moved."""
        ...

    def remove(self, keys: Sequence[str]) -> None:
        """Remove files; those already gone count as removed."""
        ...


def route_of(feed: Feed, store: ObjectStore) -> Route:
    """Return the way of a feed; a relative directory is one of `ESPACE_SANTE_VAR`."""
    way = feed.route
    if isinstance(way, BucketRoute):
        return _Bucket(store, ManyObjects(store, BUCKET), f"documents/{way.prefix}")
    return _Directory(store.settings.var / way.directory, "new" if isinstance(way, MailRoute) else INBOX)


def named_route(name: str, store: ObjectStore) -> Route:
    """Return the way of the feed of a name. Raises: BadFeedError where it is not declared, or not rightly."""
    return route_of(named_feed(store.settings.feeds_directory, name), store)


@dataclass(frozen=True)
class _Bucket:
    """A prefix of the bucket `exchanges`."""

    store: ObjectStore
    objects: ManyObjects
    prefix: str

    def waiting(self, folder: str) -> dict[str, int]:
        return self._whole(self.store.sizes(BUCKET, f"{self.prefix}/{folder}/"))

    def first(self, folder: str, most: int) -> dict[str, int]:
        return self._whole(self.store.first_sizes(BUCKET, f"{self.prefix}/{folder}/", most))

    def count(self, folder: str) -> int:
        return self.store.count(BUCKET, f"{self.prefix}/{folder}/")

    def read(self, keys: Sequence[str]) -> list[bytes]:
        return self.objects.get_all([f"{self.prefix}/{key}" for key in keys])

    def write(self, files: Mapping[str, bytes]) -> None:
        self.objects.put_all({f"{self.prefix}/{key}": content for key, content in files.items()})

    def move(self, key: str, target: str) -> None:
        self.objects.move(f"{self.prefix}/{key}", f"{self.prefix}/{target}")

    def remove(self, keys: Sequence[str]) -> None:
        self.objects.delete_all([f"{self.prefix}/{key}" for key in keys])

    def _whole(self, found: Mapping[str, int]) -> dict[str, int]:
        names = sorted(key for key in found if not key.endswith("/") and "//" not in key)
        return {key.removeprefix(f"{self.prefix}/"): found[key] for key in names}


@dataclass(frozen=True)
class _Directory:
    """A directory of this machine, or one that is mounted here; `arrives_in` is the folder that whoever delivers calls so."""

    directory: Path
    arrives_in: str

    def waiting(self, folder: str) -> dict[str, int]:
        place = self._path(folder)
        try:
            found = {path: path.lstat() for path in sorted(place.rglob("*"))}
        except FileNotFoundError:
            return {}
        except OSError as error:
            raise _away(error) from None
        whole = [path for path, state in found.items() if stat.S_ISREG(state.st_mode) and _is_whole(path.name)]
        return {f"{folder}/{path.relative_to(place).as_posix()}": found[path].st_size for path in whole}

    def first(self, folder: str, most: int) -> dict[str, int]:
        return dict(islice(self.waiting(folder).items(), most))

    def count(self, folder: str) -> int:
        return len(self.waiting(folder))

    def read(self, keys: Sequence[str]) -> list[bytes]:
        return [self._read(self._path(key)) for key in keys]

    def write(self, files: Mapping[str, bytes]) -> None:
        try:
            for key, content in files.items():
                _write(self._path(key), content)
        except OSError as error:
            raise _away(error) from None

    def move(self, key: str, target: str) -> None:
        place = self._path(target)
        place.parent.mkdir(parents=True, exist_ok=True)
        try:
            self._path(key).replace(place)
        except FileNotFoundError:
            return
        except OSError as error:
            raise _away(error) from None

    def remove(self, keys: Sequence[str]) -> None:
        for key in keys:
            self._path(key).unlink(missing_ok=True)

    def _read(self, path: Path) -> bytes:
        """Read a regular file, whatever somebody put in its place since it was listed."""
        try:
            with open(os.open(path, os.O_RDONLY | os.O_NOFOLLOW), "rb") as file:  # noqa: PTH123 - opened by its descriptor
                return file.read()
        except OSError as error:
            raise _away(error) from None

    def _path(self, key: str) -> Path:
        folder, _, name = key.partition("/")
        return self.directory / (self.arrives_in if folder == INBOX else folder) / name


def _is_whole(name: str) -> bool:
    return not name.startswith(".") and not name.endswith(_UNFINISHED)


def _write(target: Path, content: bytes) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    unfinished = target.with_name(f".{uuid4()}.part")
    with unfinished.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    unfinished.replace(target)


def _away(error: OSError) -> RetryableError:
    return RetryableError(f"the directory of a feed cannot be used ({error.strerror}): see that it is mounted, and whose it is")
