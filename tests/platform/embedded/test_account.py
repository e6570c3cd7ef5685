from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from pipelines.platform.embedded.account import (
    GROUP,
    GROUP_OBJ,
    MASK,
    NOBODY,
    OTHER,
    USER,
    USER_OBJ,
    Account,
    Entry,
    access_list,
    database_account,
    encode,
    let_through,
    may,
    with_user,
)

PRIVATE = [Entry(USER_OBJ, NOBODY, 7), Entry(GROUP_OBJ, NOBODY, 0), Entry(OTHER, NOBODY, 0)]
NEWCOMER = Account(uid=54_321, gid=54_321)


def test_one_account_may_search_and_nobody_else_gains() -> None:
    assert with_user(PRIVATE, 999, 1) == [
        Entry(USER_OBJ, NOBODY, 7),
        Entry(USER, 999, 1),
        Entry(GROUP_OBJ, NOBODY, 0),
        Entry(MASK, NOBODY, 1),
        Entry(OTHER, NOBODY, 0),
    ]


def test_what_a_mask_held_back_from_others_stays_held_back() -> None:
    masked = sorted([*PRIVATE, Entry(USER, 7, 7), Entry(GROUP, 8, 5), Entry(MASK, NOBODY, 4)])

    after = with_user(masked, 999, 1)

    assert Entry(USER, 7, 4) in after
    assert Entry(GROUP, 8, 4) in after
    assert Entry(MASK, NOBODY, 5) in after


def test_the_kernel_reads_back_what_was_encoded(tmp_path: Path) -> None:
    entries = with_user(access_list(tmp_path), NEWCOMER.uid, 1)
    os.setxattr(tmp_path, "system.posix_acl_access", encode(entries))

    assert access_list(tmp_path) == entries


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become another account")
def test_root_lets_the_account_through_private_directories_and_nobody_else(tmp_path: Path) -> None:
    inner = tmp_path / "private" / "inner"
    inner.mkdir(parents=True)
    for directory in (inner.parent, inner):
        directory.chmod(0o700)

    let_through(inner, NEWCOMER)

    assert may(inner, NEWCOMER, 1)
    assert _enters(inner, NEWCOMER.uid)
    assert not _enters(inner, NEWCOMER.uid + 1)
    assert not may(inner, NEWCOMER, 4)


@pytest.mark.skipif(os.geteuid() != 0, reason="an ordinary user drops to nobody")
def test_root_drops_to_an_account_that_is_not_root() -> None:
    account = database_account()

    assert account is not None
    assert account.uid != 0
    assert account == database_account()


def _enters(directory: Path, uid: int) -> bool:
    return subprocess.run(["/usr/bin/test", "-e", f"{directory}/."], user=uid, group=uid, extra_groups=[], check=False).returncode == 0
