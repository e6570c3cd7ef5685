"""A clamd of one's own: private directories, a small database of signatures, no system service, nothing that is downloaded."""

from __future__ import annotations

import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import mkdtemp

from pipelines.documents.clamd import Address, ScannerAwayError, Session
from pipelines.platform.errors import FinalError

PROGRAM, CLIENT = "clamd", "clamdscan"
# The harmless test file of scanners, by how it begins: in hexadecimal, so that nobody takes this file for it.
_SIGNATURES = "Local.Eicar.Test:0:*:58354f2150254041505b345c505a58353428505e2937434329377d\n"
_START_SECONDS = 60
_SETTINGS = """
LocalSocket {home}/clamd.ctl
LocalSocketMode 600
DatabaseDirectory {home}/signatures
TemporaryDirectory {home}
LogFile {home}/log
Foreground yes
MaxThreads 4
MaxScanSize 400M
MaxFileSize {most}
StreamMaxLength {most}
AlertExceedsMax {alerts}
ConcurrentDatabaseReload no
"""


@dataclass(frozen=True)
class Clamd:
    """One that runs: its address, its settings file, the process that it is."""

    address: str
    settings: Path
    process: subprocess.Popen[bytes]


def can_run() -> bool:
    """Tell whether clamd and its client are installed."""
    return shutil.which(PROGRAM, path="/usr/sbin:/usr/bin:/usr/local/sbin:/usr/local/bin") is not None and shutil.which(CLIENT) is not None


@contextmanager
def clamd(most: str = "30M", signatures: str = _SIGNATURES, alerts: str = "yes") -> Iterator[Clamd]:
    """Run a clamd for as long as the block lasts, in a directory that is gone afterwards. Raises: FinalError if it does not start."""
    home = Path(mkdtemp(prefix="espace-sante-clamd-"))
    program = shutil.which(PROGRAM, path="/usr/sbin:/usr/bin:/usr/local/sbin:/usr/local/bin") or PROGRAM
    (home / "signatures").mkdir()
    (home / "signatures" / "local.ndb").write_text(signatures)
    settings = home / "clamd.conf"
    settings.write_text(_SETTINGS.format(home=home, most=most, alerts=alerts))
    process = subprocess.Popen([program, "--config-file", str(settings)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        address = f"unix:{home}/clamd.ctl"
        _wait(address, process, home)
        yield Clamd(address, settings, process)
    finally:
        process.kill()
        process.wait()
        shutil.rmtree(home, ignore_errors=True)


def _wait(address: str, process: subprocess.Popen[bytes], home: Path) -> None:
    deadline = time.monotonic() + _START_SECONDS
    while process.poll() is None and time.monotonic() < deadline:
        try:
            with Session(Address.parse(address), _START_SECONDS) as session:
                session.version()
        except ScannerAwayError:
            time.sleep(0.05)
        else:
            return
    log = (home / "log").read_text() if (home / "log").exists() else ""
    raise FinalError(f"clamd does not start: {log[-500:]}")
