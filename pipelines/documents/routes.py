"""The ways by which files of a feed come in, and by which its sender is answered: a prefix of a bucket, a directory, a Maildir.

Each way has folders: `inbox` is what waits, `backlog` what is drained beside it, `parked` what waits for another document, `quarantine`
what was refused and may yet be taken in, `returned` what was given back, `answers` what the sender reads. A file is called by its key,
`<folder>/<name>`; names may say whose document it is, and are told nowhere.
"""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from itertools import islice
from pathlib import Path, PurePosixPath
from typing import NamedTuple, Protocol
from uuid import uuid4

from pipelines.documents.feed import BucketRoute, Feed, MailRoute, named_feed
from pipelines.documents.limits import FILE_BYTES
from pipelines.platform.errors import RetryableError
from pipelines.platform.inbox import BUCKET
from pipelines.platform.many_objects import ManyObjects
from pipelines.platform.object_store import ObjectStore

INBOX, PARKED, ANSWERS = "inbox", "parked", "answers"
BACKLOG, QUARANTINE, RETURNED = "backlog", "quarantine", "returned"
# What an SFTP client writes before it renames the file, and what no sender means to send.
_UNFINISHED = (".part", ".tmp", ".filepart")


class Read(NamedTuple):
    """A file as it was read: its bytes, and a stamp that another content under the same name has not."""

    content: bytes
    stamp: str


class Route(Protocol):
    """One way. Raises, from every method: RetryableError where what holds the files does not answer, or is not there."""

    def waiting(self, folder: str) -> dict[str, int]:
        """List the whole files of a folder: their keys, sorted, and how many bytes each has."""
        ...

    def first(self, folder: str, most: int) -> dict[str, int]:
        """List the first whole files of a folder, a thousand at most, as `waiting` does."""
        ...

    def count(self, folder: str) -> int:
        """Count the files of a folder."""
        ...

    def read(self, keys: Sequence[str], most: int = FILE_BYTES) -> dict[str, Read]:
        """Read the first bytes of files, `most` of each, by their keys; one that is gone is left out."""
        ...

    def write(self, files: Mapping[str, bytes]) -> None:
        """Write files by their keys, each whole or not at all."""
        ...

    def move(self, key: str, target: str) -> None:
        """Move a file; one that is gone counts as moved."""
        ...

    def remove(self, key: str, stamp: str | None = None) -> None:
        """Remove a file, with a stamp only the one that was read; one already gone counts as removed."""
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

    def read(self, keys: Sequence[str], most: int = FILE_BYTES) -> dict[str, Read]:
        found = self.objects.get_first([f"{self.prefix}/{key}" for key in keys], most)
        return {key: Read(*one) for key, one in zip(keys, found, strict=True) if one}

    def write(self, files: Mapping[str, bytes]) -> None:
        self.objects.put_all({f"{self.prefix}/{key}": content for key, content in files.items()})

    def move(self, key: str, target: str) -> None:
        self.objects.move(f"{self.prefix}/{key}", f"{self.prefix}/{target}")

    def remove(self, key: str, stamp: str | None = None) -> None:
        self.store.delete_as_read(BUCKET, f"{self.prefix}/{key}", stamp)

    def _whole(self, found: Mapping[str, int]) -> dict[str, int]:
        names = sorted(key for key in found if not key.endswith("/") and "//" not in key)
        return {key.removeprefix(f"{self.prefix}/"): found[key] for key in names}


@dataclass(frozen=True)
class _Directory:
    """A directory of this machine, or one that is mounted here; `arrives_in` is the folder that whoever delivers calls so.

    Its sender may write into it, so nothing is reached through a link, whatever a sender puts where a folder was.
    """

    directory: Path
    arrives_in: str

    def waiting(self, folder: str) -> dict[str, int]:
        place = self.directory.joinpath(*self._parts(folder))
        with _translated():
            self._require_mounted(place)
            sizes = {path: _size(path) for path in sorted(_files(place, deep=folder not in (INBOX, BACKLOG))) if _is_whole(path.name)}
        return {f"{folder}/{path.relative_to(place).as_posix()}": size for path, size in sizes.items() if size is not None}

    def first(self, folder: str, most: int) -> dict[str, int]:
        return dict(islice(self.waiting(folder).items(), most))

    def count(self, folder: str) -> int:
        return len(self.waiting(folder))

    def read(self, keys: Sequence[str], most: int = FILE_BYTES) -> dict[str, Read]:
        found = {}
        with _translated():
            for key in keys:
                with suppress(FileNotFoundError), self._folder(key) as (folder, name):
                    found[key] = _read(folder, name, most)
        return found

    def write(self, files: Mapping[str, bytes]) -> None:
        with _translated():
            self.directory.mkdir(parents=True, exist_ok=True)
            for key, content in files.items():
                with self._folder(key, make=True) as (folder, name):
                    _write(folder, name, content)

    def move(self, key: str, target: str) -> None:
        with _translated(), self._folder(target, make=True) as (there, new), suppress(FileNotFoundError), self._folder(key) as (here, name):
            os.replace(name, new, src_dir_fd=here, dst_dir_fd=there)

    def remove(self, key: str, stamp: str | None = None) -> None:
        with _translated(), suppress(FileNotFoundError), self._folder(key) as (folder, name):
            if stamp is None:
                os.unlink(name, dir_fd=folder)
            elif _stamp(os.stat(name, dir_fd=folder, follow_symlinks=False)) == stamp:
                _unlink_as_read(folder, name, stamp)

    def _require_mounted(self, place: Path) -> None:
        """Raise where a folder may be only away: one that nobody has made is empty only beside that in which files arrive."""
        try:
            state = place.lstat()
        except FileNotFoundError:
            state = (self.directory / self.arrives_in).lstat()
        if not stat.S_ISDIR(state.st_mode):
            raise NotADirectoryError(errno.ENOTDIR, os.strerror(errno.ENOTDIR))

    def _parts(self, key: str) -> tuple[str, ...]:
        folder, *rest = PurePosixPath(key).parts
        return (self.arrives_in if folder == INBOX else folder, *rest)

    @contextmanager
    def _folder(self, key: str, make: bool = False) -> Iterator[tuple[int, str]]:
        """Open the folder of a file, no part of which may be a link; give its descriptor and the file's name in it."""
        *parts, name = self._parts(key)
        folder = os.open(self.directory, os.O_RDONLY | os.O_DIRECTORY)
        try:
            for part in parts:
                if make:
                    with suppress(FileExistsError):
                        os.mkdir(part, dir_fd=folder)
                inner = os.open(part, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW, dir_fd=folder)
                os.close(folder)
                folder = inner
            yield folder, name
        finally:
            os.close(folder)


def _is_whole(name: str) -> bool:
    return not name.startswith(".") and not name.endswith(_UNFINISHED)


def _files(place: Path, deep: bool) -> Iterator[Path]:
    """Give what a folder holds but folders, those of the folders in it too where `deep`; nothing where nobody has made it."""
    for folder, _, names in os.walk(place, onerror=_raise_unless_gone):
        yield from (Path(folder) / name for name in names)
        if not deep:
            return


def _raise_unless_gone(error: OSError) -> None:
    if not isinstance(error, FileNotFoundError):
        raise error


def _size(path: Path) -> int | None:
    """Return how many bytes a regular file has, None for anything else and for one that is gone."""
    with suppress(FileNotFoundError):
        state = path.lstat()
        return state.st_size if stat.S_ISREG(state.st_mode) else None
    return None


def _read(folder: int, name: str, most: int) -> Read:
    """Read a regular file, whatever somebody put in its place since it was listed."""
    descriptor = os.open(name, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK, dir_fd=folder)
    with open(descriptor, "rb") as file:  # noqa: PTH123 - opened by its descriptor
        state = os.fstat(descriptor)
        if not stat.S_ISREG(state.st_mode):
            raise OSError(errno.EINVAL, os.strerror(errno.EINVAL))
        return Read(file.read(most), _stamp(state))


def _stamp(state: os.stat_result) -> str:
    return f"{state.st_dev} {state.st_ino} {state.st_size} {state.st_mtime_ns}"


def _write(folder: int, name: str, content: bytes) -> None:
    unfinished = f".{uuid4()}.part"
    descriptor = os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o666, dir_fd=folder)
    with open(descriptor, "wb") as file:  # noqa: PTH123 - opened by its descriptor
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    os.replace(unfinished, name, src_dir_fd=folder, dst_dir_fd=folder)


def _unlink_as_read(folder: int, name: str, stamp: str) -> None:
    """Remove a file that was read. It is taken aside first: what its sender put in its place at that very moment is put back."""
    aside = f".{uuid4()}.part"
    os.rename(name, aside, src_dir_fd=folder, dst_dir_fd=folder)
    if _stamp(os.stat(aside, dir_fd=folder, follow_symlinks=False)) == stamp:
        os.unlink(aside, dir_fd=folder)
        return
    try:
        os.link(aside, name, src_dir_fd=folder, dst_dir_fd=folder, follow_symlinks=False)
        os.unlink(aside, dir_fd=folder)
    except FileExistsError:
        os.rename(aside, f"{uuid4()}{PurePosixPath(name).suffix}", src_dir_fd=folder, dst_dir_fd=folder)


@contextmanager
def _translated() -> Iterator[None]:
    """Turn an error of the disk, whose text names files, into a typed one."""
    try:
        yield
    except OSError as error:
        raise RetryableError(
            f"the directory of a feed cannot be used ({error.strerror}): see that it is mounted, and whose it is"
        ) from None
