"""An item that hangs, bloats or kills its reader costs that item only."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from multiprocessing import get_context
from pathlib import Path

import psutil
import pytest

from pipelines.documents import bounded_worker
from pipelines.documents.bounded_worker import BoundedWorker, Bounds
from pipelines.documents.document import RefusedDocumentError
from pipelines.platform.errors import FinalError
from tests.documents.hostile_readers import answer_into

HOME = Path(__file__).parents[2]
READER = "tests.documents.hostile_readers:obedient"
BOUNDS = Bounds(memory_bytes=200 << 20)


@pytest.fixture
def worker(tmp_path: Path) -> Iterator[BoundedWorker]:
    with BoundedWorker(READER, str(tmp_path / "mark").encode(), BOUNDS) as worker:
        yield worker


def interrupt(*_: object) -> None:
    raise KeyboardInterrupt


def _reason(worker: BoundedWorker, item: bytes) -> str:
    with pytest.raises(RefusedDocumentError) as caught:
        worker.answer(item)
    return caught.value.fault.reason


def _answer(worker: BoundedWorker, item: bytes) -> bytes:
    return bytes(worker.answer(item)).removeprefix(worker.given + b":")


def test_an_item_that_hangs_is_refused_and_the_next_one_read() -> None:
    with BoundedWorker(READER, b"", Bounds(seconds=1)) as worker:
        assert _reason(worker, b"hang") == "TIME_LIMIT"
        assert _answer(worker, b"after") == b"after"


@pytest.mark.parametrize(("item", "reason"), [(b"bloat", "MEMORY_LIMIT"), (b"die", "READER_FAILED")])
def test_an_item_that_asks_too_much_is_refused_and_the_next_one_read(worker: BoundedWorker, item: bytes, reason: str) -> None:
    assert _answer(worker, b"before") == b"before"
    assert _reason(worker, item) == reason
    assert _answer(worker, b"after") == b"after"


def test_an_item_whose_process_was_killed_by_somebody_is_read_by_the_next(worker: BoundedWorker) -> None:
    assert _answer(worker, b"die once") == b"die once"


def test_a_process_that_was_killed_between_items_is_replaced(worker: BoundedWorker) -> None:
    _answer(worker, b"a")
    assert worker.process is not None
    worker.process.kill()
    worker.process.wait()
    assert _answer(worker, b"b") == b"b"


def test_an_answer_that_nobody_waited_for_is_not_that_to_the_next_item(worker: BoundedWorker, monkeypatch: pytest.MonkeyPatch) -> None:
    _answer(worker, b"first")
    with monkeypatch.context() as interrupted:
        interrupted.setattr(bounded_worker, "_receive", interrupt)
        with pytest.raises(KeyboardInterrupt):
            worker.answer(b"interrupted")
    assert _answer(worker, b"next") == b"next"


def test_items_are_answered_by_one_process(worker: BoundedWorker) -> None:
    _answer(worker, b"a")
    first = worker.process
    _answer(worker, b"b" * 5_000_000)
    assert worker.process is first


def test_no_key_of_ours_is_in_its_environment(worker: BoundedWorker, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ESPACE_SANTE_PORTAL_KEY", "secret")
    assert b"ESPACE_SANTE" not in _answer(worker, b"environment")


def test_what_it_prints_is_no_answer(worker: BoundedWorker) -> None:
    assert _answer(worker, b"print") == b"print"


def test_it_writes_no_file(worker: BoundedWorker, tmp_path: Path) -> None:
    assert _reason(worker, b"write") == "READER_FAILED"
    assert (tmp_path / "mark").read_bytes() == b""


def test_nothing_is_left_running_afterwards(worker: BoundedWorker) -> None:
    _answer(worker, b"a")
    process = worker.process
    worker.stop()
    assert process is not None
    assert process.returncode is not None


def test_a_reader_that_cannot_be_made_ready_is_told_at_once() -> None:
    with (
        BoundedWorker("tests.documents.hostile_readers:unfit", b"rules.xsd", BOUNDS) as worker,
        pytest.raises(FinalError, match=r"rules\.xsd"),
    ):
        worker.answer(b"a")


def test_a_process_that_may_have_no_children_can_use_it() -> None:
    """As a worker of Airflow's LocalExecutor is."""
    context = get_context("spawn")
    answers = context.Queue()
    worker = context.Process(target=answer_into, args=(answers, READER), daemon=True)
    worker.start()
    assert answers.get(timeout=60) == b":a"
    worker.join()


def test_nothing_outlives_a_task_that_is_killed() -> None:
    program = (
        "from pipelines.documents.bounded_worker import Bounds, BoundedWorker\n"
        f"worker = BoundedWorker({READER!r}, b'', Bounds()); worker.answer(b'a')\n"
        "print(worker.process.pid, flush=True); input()"
    )
    with subprocess.Popen([sys.executable, "-c", program], cwd=HOME, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as task:
        assert task.stdout is not None
        reader = psutil.Process(int(task.stdout.readline()))
        task.kill()
        reader.wait(timeout=60)
