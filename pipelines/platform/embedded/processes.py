"""Starting servers that outlive the command, finding them again, and ending them with all that they forked.

Each server leads its own session and carries two environment variables that its children inherit; what still carries
them after the leader died is a leftover.
"""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import psutil

from pipelines.platform.embedded.account import Account
from pipelines.platform.embedded.files import write_whole
from pipelines.platform.errors import FinalError

INSTANCE_MARK = "ESPACE_SANTE_INSTANCE"
COMPONENT_MARK = "ESPACE_SANTE_COMPONENT"
LOG_KEPT = 10 * 2**20
KILL_PATIENCE = 10.0
POLL = 0.1


@dataclass(frozen=True)
class Launch:
    """How one server is started; `account` is the one to drop to, None to stay the one who asks."""

    component: str
    command: Sequence[str]
    environment: Mapping[str, str]
    log: Path
    directory: Path
    account: Account | None = None


def start(launch: Launch) -> psutil.Process:
    """Start a server in its own session, its output appended to its log. Raises FinalError if it cannot be executed."""
    _rotate(launch.log)
    drop = {"user": launch.account.uid, "group": launch.account.gid, "extra_groups": []} if launch.account else {}
    try:
        with os.fdopen(os.open(launch.log, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_NOFOLLOW, 0o600), "ab") as log:
            # Not waited for: the server outlives this command.
            process = subprocess.Popen(  # type: ignore[call-overload]
                list(launch.command),
                env=dict(launch.environment),
                cwd=launch.directory,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
                **drop,
            )
    except PermissionError as error:
        raise FinalError(f"{launch.component} cannot be started: {error.strerror} ({error.filename or launch.command[0]})") from None
    process.returncode = 0  # silences the "still running" warning of an object that is dropped on purpose
    return psutil.Process(process.pid)


def marked(instance: str, component: str | None = None) -> list[psutil.Process]:
    """Return the living processes of one instance (of one of its components), leaving out this command and its parents."""
    mine = {os.getpid(), *(parent.pid for parent in psutil.Process().parents())}
    return [process for process in psutil.process_iter() if process.pid not in mine and _carries(process, instance, component)]


def remember(run: Path, component: str, process: psutil.Process) -> None:
    """Write down which process leads a component."""
    write_whole(run / component, f"{process.pid}\n".encode())


def leader(run: Path, instance: str, component: str) -> psutil.Process | None:
    """Return the process that was remembered, if it lives and carries the component's mark: a reused pid does not."""
    try:
        process = psutil.Process(int((run / component).read_text()))
    except (FileNotFoundError, ValueError, psutil.NoSuchProcess):
        return None
    return process if _carries(process, instance, component) else None


def end(find: Callable[[], list[psutil.Process]], ask: psutil.Process | None, how: signal.Signals, patience: float) -> None:
    """Ask one process to stop, wait up to `patience` seconds for all that `find` returns, then kill what is left.

    Raises: FinalError if something survives even that.
    """
    if ask:
        _send(ask, how)
        if gone(find, patience):
            return
    deadline = time.monotonic() + KILL_PATIENCE
    while time.monotonic() < deadline:
        for process in find():
            _send(process, signal.SIGKILL)
        if gone(find, 1.0):
            return
    pids = ", ".join(str(process.pid) for process in find())
    raise FinalError(
        f"processes {pids} cannot be ended, they may hang in the kernel: look at them with ps, then run `espace-sante down` again"
    )


def gone(find: Callable[[], list[psutil.Process]], patience: float) -> bool:
    """Tell whether nothing is left within `patience` seconds."""
    deadline = time.monotonic() + patience
    while True:
        left = find()
        if not left:
            return True
        if time.monotonic() >= deadline:
            return False
        psutil.wait_procs(left, timeout=min(0.5, max(0.0, deadline - time.monotonic())))


def arrives(ready: Callable[[], bool], alive: Callable[[], bool], patience: float) -> bool:
    """Tell whether a server that was found running gets `ready`: False once it is not `alive`, or after `patience` seconds.

    One that was killed an instant ago still looks alive.
    """
    deadline = time.monotonic() + patience
    while not ready():
        if not alive() or time.monotonic() > deadline:
            return False
        time.sleep(POLL)
    return True


def wait_until(
    ready: Callable[[], bool], alive: Callable[[], bool], patience: float, failure: Callable[[], str], pause: float = POLL
) -> None:
    """Poll every `pause` seconds until `ready`.

    Raises: FinalError with `failure()` as soon as it is no longer `alive`, or after `patience` seconds.
    """
    deadline = time.monotonic() + patience
    while not ready():
        if not alive() or time.monotonic() > deadline:
            raise FinalError(failure())
        time.sleep(pause)


def last_words(log: Path, size: int = 4096) -> str:
    """Return the end of a log, '' if there is none."""
    try:
        with log.open("rb") as stream:
            stream.seek(max(0, log.stat().st_size - size))
            return stream.read().decode(errors="replace")
    except FileNotFoundError:
        return ""


def why(component: str, log: Path) -> str:
    """Return one sentence about a server that did not come up, from its log where that is plain."""
    if "No space left on device" in last_words(log):
        return f"{component} cannot write, the disk of {log.parent.parent} is full: free some space, then run `espace-sante up` again"
    return f"{component} did not come up: read the end of {log}, then run `espace-sante up` again"


def _carries(process: psutil.Process, instance: str, component: str | None) -> bool:
    try:
        environment = process.environ()
        living = process.status() != psutil.STATUS_ZOMBIE
    except (psutil.Error, OSError):
        return False
    return living and environment.get(INSTANCE_MARK) == instance and component in (None, environment.get(COMPONENT_MARK))


def _send(process: psutil.Process, how: signal.Signals) -> None:
    try:
        process.send_signal(how)
    except psutil.NoSuchProcess:
        return
    except psutil.AccessDenied:
        raise FinalError(
            f"process {process.pid} belongs to another account: run `espace-sante down` as the account that ran `up`"
        ) from None


def _rotate(log: Path) -> None:
    if log.exists() and log.stat().st_size > LOG_KEPT:
        log.replace(log.with_suffix(".log.1"))
