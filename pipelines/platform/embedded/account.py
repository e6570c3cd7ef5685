"""The system account that runs PostgreSQL where the command runs as root, and the one permission that it is given.

PostgreSQL refuses to run as root. The account gets search permission on the directories above its files through an
access list (POSIX ACL), so nobody else sees more than before.
"""

from __future__ import annotations

import errno
import os
import pwd
import shutil
import stat
import struct
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from pipelines.platform.errors import FinalError
from pipelines.platform.settings import PREFIX

NAME = "espace-sante-pg"
ACCESS_LIST = "system.posix_acl_access"
VERSION = 2
HEADER = struct.Struct("<I")
ENTRY = struct.Struct("<HHI")
USER_OBJ, USER, GROUP_OBJ, GROUP, MASK, OTHER = 0x01, 0x02, 0x04, 0x08, 0x10, 0x20
NOBODY = 0xFFFFFFFF
READ, SEARCH = 4, 1
LOCKED_PATIENCE = 10.0


@dataclass(frozen=True)
class Account:
    """A system account."""

    uid: int
    gid: int


@dataclass(frozen=True, order=True)
class Entry:
    """One line of an access list: whom it is about (`tag`, `who`) and the permission bits."""

    tag: int
    who: int
    bits: int


def database_account() -> Account | None:
    """Return the account to drop to: None for an ordinary user, the system account (made on first use) for root.

    Raises: FinalError if it cannot be made.
    """
    if os.geteuid() != 0:
        return None
    deadline = time.monotonic() + LOCKED_PATIENCE
    reason = "useradd is not installed"
    while (found := _lookup()) is None:
        program = shutil.which("useradd", path="/usr/sbin:/sbin:/usr/bin:/bin")
        if program:
            command = [
                program,
                "--system",
                "--no-create-home",
                "--home-dir",
                "/nonexistent",
                "--shell",
                "/usr/sbin/nologin",
                "--user-group",
                NAME,
            ]
            made = subprocess.run(command, capture_output=True, text=True, check=False)
            reason = made.stderr.strip() or f"useradd ended with {made.returncode}"
        # Two instances may be started at once: useradd refuses while the other one holds the password file.
        if _lookup() is None and (not program or time.monotonic() > deadline):
            raise FinalError(
                f"PostgreSQL refuses to run as root and the system account {NAME} could not be made ({reason}): make it, or run as a user"
            )
        time.sleep(0.1)
    return found


def let_through(path: Path, account: Account) -> None:
    """Let `account` search every directory above `path` (and `path` itself), one access list entry where it cannot yet.

    Raises: FinalError if the file system keeps no access lists.
    """
    for directory in (*reversed(path.resolve().parents), path.resolve()):
        _grant(directory, account, SEARCH)


def let_read(tree: Path, account: Account) -> None:
    """Let `account` read a program and its libraries, which a restrictive umask may have closed when they were installed."""
    for file in _below(tree):
        bits = READ | SEARCH if file.is_dir() or os.access(file, os.X_OK) else READ
        _grant(file, account, bits)


def access_list(path: Path) -> list[Entry]:
    """Return the access list of a file, made up from its mode where it has none."""
    try:
        raw = os.getxattr(path, ACCESS_LIST)
    except OSError as error:
        if error.errno not in (errno.ENODATA, errno.ENOTSUP):
            raise
        mode = stat.S_IMODE(path.stat().st_mode)
        return [Entry(USER_OBJ, NOBODY, mode >> 6 & 7), Entry(GROUP_OBJ, NOBODY, mode >> 3 & 7), Entry(OTHER, NOBODY, mode & 7)]
    return [Entry(tag, who, bits) for tag, bits, who in ENTRY.iter_unpack(raw[HEADER.size :])]


def with_user(entries: list[Entry], uid: int, bits: int) -> list[Entry]:
    """Return the access list with `bits` added for one user, what everyone else may do staying exactly the same."""
    mask = next((entry.bits for entry in entries if entry.tag == MASK), 7)
    before = next((entry.bits & mask for entry in entries if entry.tag == USER and entry.who == uid), 0)
    kept = []
    for entry in entries:
        if entry.tag == MASK or (entry.tag == USER and entry.who == uid):
            continue
        # The mask must grow by `bits`: take from the others what it held back until now.
        held = mask if entry.tag in (USER, GROUP_OBJ, GROUP) else 7
        kept.append(Entry(entry.tag, entry.who, entry.bits & held))
    kept.append(Entry(USER, uid, before | bits))
    shared = 0
    for entry in kept:
        if entry.tag in (USER, GROUP_OBJ, GROUP):
            shared |= entry.bits
    return sorted([*kept, Entry(MASK, NOBODY, shared)])


def encode(entries: list[Entry]) -> bytes:
    """Return the access list as the kernel reads it."""
    return HEADER.pack(VERSION) + b"".join(ENTRY.pack(entry.tag, entry.bits, entry.who) for entry in entries)


def may(path: Path, account: Account, bits: int) -> bool:
    """Tell whether the account, a member of no group but its own, has these permissions on the file."""
    status = path.stat()
    entries = access_list(path)
    if status.st_uid == account.uid:
        return (status.st_mode >> 6 & bits) == bits
    mask = next((entry.bits for entry in entries if entry.tag == MASK), 7)
    own = next((entry.bits & mask for entry in entries if entry.tag == USER and entry.who == account.uid), None)
    if own is not None:
        return own & bits == bits
    if status.st_gid == account.gid:
        return False
    return next(entry.bits for entry in entries if entry.tag == OTHER) & bits == bits


def _grant(path: Path, account: Account, bits: int) -> None:
    if may(path, account, bits):
        return
    try:
        os.setxattr(path, ACCESS_LIST, encode(with_user(access_list(path), account.uid, bits)))
    except OSError as error:
        raise FinalError(
            f"PostgreSQL runs as the account {NAME}, which may not pass through {path}, and no access list can be set there "
            f"({error.strerror}): move the clone and {PREFIX}VAR to a place open to that account, or run as an ordinary user"
        ) from None


def _below(tree: Path) -> Iterator[Path]:
    for directory, _, names in os.walk(tree):
        yield Path(directory)
        yield from (file for name in names if not (file := Path(directory, name)).is_symlink())


def _lookup() -> Account | None:
    try:
        entry = pwd.getpwnam(NAME)
    except KeyError:
        return None
    return Account(entry.pw_uid, entry.pw_gid)
