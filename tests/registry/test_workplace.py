"""Personal data lie on the disk only while a process works on them."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from pipelines.registry.workplace import workplace

HELD = """
import sys
from pathlib import Path
from pipelines.registry.workplace import workplace
with workplace(Path(sys.argv[1])) as directory:
    print(directory, flush=True)
    sys.stdin.read()
"""


def test_a_workplace_is_private_and_gone_after_its_work(tmp_path: Path) -> None:
    with workplace(tmp_path / "var") as directory:
        assert directory.stat().st_mode & 0o077 == 0
    assert not directory.exists()


def test_what_a_killed_process_left_is_removed_and_what_a_living_one_holds_is_kept(tmp_path: Path) -> None:
    processes = [
        subprocess.Popen([sys.executable, "-c", HELD, str(tmp_path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        for _ in range(2)
    ]
    places = [Path((process.stdout.readline() if process.stdout else "").strip()) for process in processes]
    killed, living = processes
    killed.kill()
    killed.communicate()
    with workplace(tmp_path):
        assert [place.exists() for place in places] == [False, True]
    living.communicate("")
    assert not places[1].exists()
