"""A real clamd looks at everything by itself; what it cannot look into is never called clean."""

from __future__ import annotations

import signal
import socket
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from threading import Thread

import pytest

from pipelines.benchmarks.clamd import Clamd, can_run, clamd
from pipelines.documents.clamd import Address, ScannerAwayError
from pipelines.documents.conformance import Conformance
from pipelines.documents.document import IncomingDocument
from pipelines.documents.examination import Examination
from pipelines.documents.scan_policy import ScanPolicy
from pipelines.documents.virus_scan import RecentVerdicts, ScannedItem, Scanner, scan_item
from pipelines.platform.errors import FinalError
from pipelines.synthetic.cda_writer import cda, section
from pipelines.synthetic.document_batches import FORMATS
from pipelines.synthetic.document_envelopes import xdm, zipped
from tests.document_builder import DOCUMENT

# The harmless file by which scanners are tested, put together here so that no file of this project is taken for a virus.
EICAR = b"".join((rb"X5O!P%@AP[4\PZX54(P^)7CC)7}", b"$EICAR-STANDARD-", b"ANTIVIRUS-TEST-FILE!$H+H*"))
INFECTED = DOCUMENT.but(body=EICAR, media_type="application/octet-stream")
MOST = 1_000_000

if not can_run():
    pytest.skip("clamd is missing and could not be installed (.ci/system_scanner)", allow_module_level=True)


@pytest.fixture(scope="module")
def server() -> Iterator[Clamd]:
    with clamd(most="2M") as server:
        yield server


@pytest.fixture(scope="module")
def scanner(server: Clamd) -> Iterator[Scanner]:
    with Scanner([server.address], MOST) as scanner:
        yield scanner


def item(scanner: Scanner, data: bytes, policy: ScanPolicy = ScanPolicy.REQUIRED) -> ScannedItem:
    return scan_item(scanner, policy, data, Examination(Conformance()).examine(data))


def refused(why: str) -> AbstractContextManager[object]:
    return pytest.raises(FinalError, match=why)


def first(scanner: Scanner, data: bytes) -> IncomingDocument:
    return item(scanner, data).documents[0]


def test_what_is_clean_passes_with_the_version_that_looked(scanner: Scanner) -> None:
    scanned = item(scanner, cda(DOCUMENT))
    assert scanned.documents[0].verdict == "ok"
    assert scanned.version is not None
    assert scanned.version.startswith("ClamAV")


@pytest.mark.parametrize("name", [name for name in FORMATS if name not in ("cda-n3", "cda-self-displaying", "dicom-kos")])
def test_an_infected_body_is_found_in_every_envelope(scanner: Scanner, name: str) -> None:
    document = first(scanner, FORMATS[name][1](INFECTED))
    assert document.verdict == "INFECTED"
    assert "Local.Eicar.Test" in document.detail


def test_an_infected_member_of_a_zip_is_found_though_no_entry_describes_it(scanner: Scanner) -> None:
    assert first(scanner, zipped({"a": cda(DOCUMENT), "b": EICAR})).verdict == "INFECTED"


def test_what_is_infected_inside_what_is_packed_is_found(scanner: Scanner) -> None:
    inner = cda(DOCUMENT.but(body=zipped({"a": EICAR}), media_type="application/zip"))
    assert first(scanner, xdm([(DOCUMENT, inner)])).verdict == "INFECTED"


def test_what_is_above_the_limit_is_not_called_clean(scanner: Scanner) -> None:
    large = cda(DOCUMENT, section("a", "b " * MOST))
    document = first(scanner, large)
    assert document.verdict == "NOT_SCANNED"
    assert "1,000,000 bytes" in document.detail


def test_a_piece_above_the_limit_is_not_called_clean_though_the_file_is_small(scanner: Scanner) -> None:
    assert first(scanner, zipped({"a": b"a", "zeros": b"\0" * 999_999, "b": b"b" * (MOST + 1)})).verdict in ("NOT_SCANNED", "HOSTILE")
    assert scanner.scan(b"small", []).verdict == "CLEAN"


def test_a_scanner_that_skips_what_is_large_is_not_trusted() -> None:
    with (
        clamd(most="500K", alerts="no") as careless,
        Scanner([careless.address], MOST) as scanner,
        pytest.raises(FinalError, match="MaxFileSize"),
    ):
        scanner.scan(b"small")


def test_a_scanner_without_signatures_is_not_trusted() -> None:
    with (
        clamd(signatures="Other:0:*:00112233445566778899\n") as ignorant,
        Scanner([ignorant.address], MOST) as scanner,
        pytest.raises(FinalError, match="EICAR"),
    ):
        scanner.scan(b"small")


def test_a_feed_that_needs_the_scan_waits_for_the_scanner(tmp_path: Path) -> None:
    with Scanner([f"unix:{tmp_path}/nobody"], MOST) as scanner, pytest.raises(ScannerAwayError, match="start clamd"):
        item(scanner, cda(DOCUMENT))


def test_a_feed_that_does_not_need_it_takes_documents_and_says_so(tmp_path: Path) -> None:
    with Scanner([f"unix:{tmp_path}/nobody"], MOST) as scanner:
        scanned = item(scanner, cda(DOCUMENT), ScanPolicy.DEGRADED)
    assert (scanned.documents[0].verdict, scanned.version) == ("ok", None)
    assert "without a virus scan" in scanned.documents[0].detail


def test_no_scanner_named_is_no_scanner() -> None:
    with Scanner([], MOST) as scanner, pytest.raises(ScannerAwayError, match="ESPACE_SANTE_CLAMD"):
        scanner.scan(b"a")


def test_another_scanner_answers_for_one_that_is_away(server: Clamd, tmp_path: Path) -> None:
    with Scanner([f"unix:{tmp_path}/nobody", server.address], MOST) as scanner:
        assert {scanner.scan(b"%d" % number).verdict for number in range(3)} == {"CLEAN"}


def test_a_scanner_that_stops_answering_is_away() -> None:
    with clamd() as server, Scanner([server.address], MOST, seconds=1) as scanner:
        scanner.scan(b"a")
        server.process.send_signal(signal.SIGSTOP)
        with pytest.raises(ScannerAwayError):
            scanner.scan(b"b")


def test_a_connection_that_the_scanner_closed_is_opened_again() -> None:
    with clamd() as server, Scanner([server.address], MOST) as scanner:
        scanner.scan(b"a")
        scanner._idle[0]._socket.shutdown(socket.SHUT_RDWR)
        assert scanner.scan(b"b").verdict == "CLEAN"


def test_a_piece_on_which_the_scanner_does_not_come_to_an_end_is_not_called_clean(tmp_path: Path) -> None:
    with _saying(tmp_path / "socket", b"") as address, Scanner([address], MOST, seconds=0.2) as scanner:
        scanner._proven.add(Address.parse(address))
        assert scanner.scan(b"endless").verdict == "NOT_SCANNED"


def test_a_piece_on_which_the_scanner_fails_while_it_answers_is_not_called_clean_and_stops_no_feed(tmp_path: Path) -> None:
    with _saying(tmp_path / "socket", b"1: stream: Can't parse data ERROR\0") as address, Scanner([address], MOST) as scanner:
        scanner._proven.add(Address.parse(address))
        assert scanner.scan(b"odd").verdict == "NOT_SCANNED"


def test_a_scanner_that_fails_and_answers_nothing_more_is_away(tmp_path: Path) -> None:
    failing = b"1: stream: Can't allocate memory ERROR\0"
    with _saying(tmp_path / "socket", failing, connections=1) as address, Scanner([address], MOST, seconds=0.2) as scanner:
        scanner._proven.add(Address.parse(address))
        with pytest.raises(ScannerAwayError):
            scanner.scan(b"any")


def test_a_verdict_is_remembered_for_its_version_of_signatures(server: Clamd) -> None:
    memory = RecentVerdicts()
    with Scanner([server.address], MOST, memory) as scanner:
        assert scanner.scan(b"a").version == (version := scanner.scan(EICAR).version)
    digests = [key for _, key in memory._held]
    assert sorted(memory.known(version, digests).values()) == ["", "Local.Eicar.Test.UNOFFICIAL"]
    assert memory.known("ClamAV 0", digests) == {}


def test_what_is_remembered_is_not_scanned_again(server: Clamd) -> None:
    class Infallible(RecentVerdicts):
        def known(self, version: str, digests: object) -> dict[bytes, str]:
            return dict.fromkeys(digests, "Remembered")  # type: ignore[call-overload]

    with Scanner([server.address], MOST, Infallible()) as scanner:
        assert scanner.scan(b"a").signature == "Remembered"


def test_the_memory_forgets_the_oldest() -> None:
    memory = RecentVerdicts(most=2)
    for digest in (b"1", b"2", b"3"):
        memory.remember("v", {digest: ""})
    assert memory.known("v", [b"1", b"2", b"3"]) == {b"2": "", b"3": ""}


def test_a_scanner_proves_itself_once_however_many_ask(server: Clamd, monkeypatch: pytest.MonkeyPatch) -> None:
    proofs = []
    prove = Scanner._require_proof
    monkeypatch.setattr(Scanner, "_require_proof", lambda scanner, session: (proofs.append(1), prove(scanner, session)))
    with Scanner([server.address], MOST) as scanner, ThreadPoolExecutor(8) as threads:
        assert {scanned.verdict for scanned in threads.map(scanner.scan, map(str.encode, "abcdefgh"))} == {"CLEAN"}
    assert proofs == [1]


def test_many_threads_share_a_scanner(scanner: Scanner) -> None:
    items = [EICAR if number % 5 == 0 else b"%d" % number for number in range(100)]
    with ThreadPoolExecutor(8) as threads:
        found = list(threads.map(lambda data: scanner.scan(data).verdict, items))
    assert found == ["INFECTED" if data is EICAR else "CLEAN" for data in items]


@pytest.mark.parametrize("text", ["", "localhost:3310", "unix:clamd", "tcp:host", "tcp:host:port", "http:host:1"])
def test_an_address_that_is_none_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="unix:/path or tcp:host:port"):
        Address.parse(text)


def test_an_address_is_a_socket_or_a_host() -> None:
    assert Address.parse("unix:/run/clamd.ctl") == Address("/run/clamd.ctl", "", 0)
    assert Address.parse("tcp:[::1]:3310") == Address(None, "::1", 3310)


@contextmanager
def _saying(place: Path, verdict: bytes, connections: int = 1000) -> Iterator[str]:
    """Listen as a clamd that tells its version and the same of every stream (nothing: it is never done), on so many connections."""

    def serve(connection: socket.socket) -> None:
        number = 0
        with connection:
            while said := connection.recv(65536):
                if said.endswith(b"zVERSION\0"):
                    number += 1
                    connection.sendall(b"%d: ClamAV 1\0" % number)
                elif said.endswith(bytes(4)):
                    connection.sendall(verdict)

    def listen() -> None:
        for _ in range(connections):
            try:
                connection, _ = server.accept()
            except OSError:
                return
            Thread(target=serve, args=(connection,), daemon=True).start()

    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(place))
        server.listen()
        Thread(target=listen, daemon=True).start()
        yield f"unix:{place}"
        server.shutdown(socket.SHUT_RDWR)
