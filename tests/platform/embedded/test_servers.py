from __future__ import annotations

import os
import smtplib
import socket
import stat
import threading
import urllib.error
import urllib.request

import psutil
import psycopg
import pytest

from pipelines.platform.clock import ClockMode
from pipelines.platform.embedded import platform as platform_module
from pipelines.platform.embedded.health import Health
from pipelines.platform.embedded.instance import Instance
from pipelines.platform.embedded.platform import EmbeddedPlatform
from pipelines.platform.embedded.postgres import Postgres
from pipelines.platform.embedded.processes import Launch, marked, start
from pipelines.platform.embedded.seaweed import ObjectStore
from pipelines.platform.errors import FinalError
from pipelines.platform.settings import load_settings

BODY = b"x" * 100_000


def database(instance: Instance) -> Postgres:
    return Postgres(instance, {})


def bucket(instance: Instance) -> str:
    return load_settings({"ESPACE_SANTE_VAR": str(instance.var)}).bucket("print")


def processes(instance: Instance) -> list[psutil.Process]:
    return [*marked(instance.identity), *database(instance).processes()]


def test_the_settings_of_the_project_find_every_server(platform: EmbeddedPlatform) -> None:
    settings = load_settings({"ESPACE_SANTE_VAR": str(platform.var)})

    with psycopg.connect(settings.database_url.get_secret_value().replace("+psycopg", "")) as connection:
        row = connection.execute("select current_user, pg_has_role('espace_pipeline', 'member')").fetchone()
    assert row == ("espace_pipeline_login", True)
    assert settings.s3_endpoint == platform.instance().s3_endpoint
    assert settings.smtp_port == platform.instance().ports.smtp
    assert len(bytes.fromhex(settings.code_keys[1].get_secret_value())) == 32
    assert [keys[0][:4] for keys in settings.printer_recipients.values()] == ["age1", "age1"]


def test_secrets_are_readable_by_their_owner_only(platform: EmbeddedPlatform) -> None:
    files = [platform.var / "secrets.json", platform.var / "s3" / "s3.json"]

    assert [stat.S_IMODE(file.stat().st_mode) for file in files] == [0o600, 0o600]
    assert platform.instance().secrets.superuser_password not in (platform.var / "platform.json").read_text()


@pytest.mark.parametrize("password", ["", "wrong"])
def test_nobody_enters_the_database_without_its_password(platform: EmbeddedPlatform, password: str) -> None:
    with pytest.raises(psycopg.OperationalError):
        psycopg.connect(host="127.0.0.1", port=platform.instance().ports.postgres, user="postgres", dbname="postgres", password=password)


def test_the_database_server_is_private_checked_and_silent(platform: EmbeddedPlatform) -> None:
    names = ("data_checksums", "synchronous_commit", "jit", "unix_socket_directories", "log_min_error_statement", "listen_addresses")
    with database(platform.instance()).connect() as connection:
        values = [connection.execute("select current_setting(%s)", [name]).fetchone() for name in names]

    assert [value[0] for value in values if value] == ["on", "on", "off", "", "panic", "127.0.0.1"]
    leader = database(platform.instance()).leader()
    assert leader is not None
    assert leader.uids().real != 0
    assert stat.S_IMODE((platform.var / "postgres" / "data").stat().st_mode) == 0o700


def test_an_error_leaves_no_value_in_the_log(platform: EmbeddedPlatform) -> None:
    instance = platform.instance()
    with database(instance).connect() as connection:
        connection.execute("create temporary table registry (nir text primary key)")
        connection.execute("insert into registry values (%s)", ["1850599351001"])
        with pytest.raises(psycopg.errors.UniqueViolation):
            connection.execute("insert into registry values (%s)", ["1850599351001"])
        with pytest.raises(psycopg.errors.InvalidTextRepresentation):
            connection.execute("select '1850599351001x'::bigint")

    log = instance.log("postgres").read_text()
    assert "ready to accept connections" in log
    assert "1850599351001" not in log


def test_up_right_after_a_kill_does_not_join_the_dying(platform: EmbeddedPlatform) -> None:
    for process in processes(platform.instance()):
        process.kill()

    platform.up(with_airflow=False)

    assert {state.state for state in platform.status()} == {Health.READY}


def test_every_server_listens_on_loopback_only(platform: EmbeddedPlatform) -> None:
    instance = platform.instance()
    listening = [
        connection.laddr
        for process in processes(instance)
        for connection in process.net_connections("inet")
        if connection.status == psutil.CONN_LISTEN
    ]

    assert {address.ip for address in listening} == {"127.0.0.1"}
    assert {address.port for address in listening} == set(instance.ports.everyone()) - {instance.ports.airflow}


@pytest.mark.parametrize("server", ["filer", "master"])
def test_the_object_store_has_no_back_door(platform: EmbeddedPlatform, server: str) -> None:
    instance = platform.instance()
    ObjectStore(instance, {}).client().put_object(Bucket=bucket(instance), Key="behind/the/door", Body=BODY)
    address = f"http://127.0.0.1:{instance.ports.weed[server]}/buckets/{bucket(instance)}/behind/the/door"

    with pytest.raises(urllib.error.HTTPError) as refused:
        urllib.request.urlopen(address)
    refused.value.close()
    assert refused.value.code == 404


def test_an_unsigned_request_to_the_object_store_is_refused(platform: EmbeddedPlatform) -> None:
    with pytest.raises(urllib.error.HTTPError) as refused:
        urllib.request.urlopen(f"{platform.instance().s3_endpoint}/{bucket(platform.instance())}?list-type=2")  # noqa: S310
    refused.value.close()
    assert refused.value.code == 403


def test_the_mail_sink_keeps_a_message_byte_for_byte(platform: EmbeddedPlatform) -> None:
    message = "Subject: été\r\n\r\nune ligne\r\n.\r\n..\r\n".encode()
    before = set((platform.var / "mail").glob("*.eml"))

    with smtplib.SMTP("127.0.0.1", platform.instance().ports.smtp) as client:
        client.sendmail("notices@espace-sante.invalid", ["a@example.org", "b@example.org"], message, mail_options=["BODY=8BITMIME"])

    (kept,) = set((platform.var / "mail").glob("*.eml")) - before
    trace = b"Return-Path: <notices@espace-sante.invalid>\r\nDelivered-To: a@example.org\r\nDelivered-To: b@example.org\r\n"
    assert kept.read_bytes() == trace + message
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600


def test_a_second_up_joins_what_runs(platform: EmbeddedPlatform) -> None:
    before = [(state.component, state.pid) for state in platform.status()]

    platform.up(with_airflow=False)

    assert [(state.component, state.pid) for state in platform.status()] == before


def test_two_up_at_once_start_each_server_once(other: EmbeddedPlatform) -> None:
    faults: list[BaseException] = []

    def bring_up() -> None:
        try:
            EmbeddedPlatform(other.home, other.var, other._environment).up(with_airflow=False)
        except BaseException as fault:
            faults.append(fault)

    both = [threading.Thread(target=bring_up) for _ in range(2)]
    for thread in both:
        thread.start()
    for thread in both:
        thread.join()

    assert not faults
    assert [len(marked(other.instance().identity, component)) for component in ("smtp", "seaweedfs")] == [1, 1]


@pytest.mark.parametrize(
    "left",
    [None, "", "1\n", f"{os.getpid()}\n/nowhere\n", "not a pid"],
    ids=["as it was", "empty", "cut short", "a pid of somebody else", "no pid"],
)
def test_nothing_is_lost_when_every_server_is_killed(platform: EmbeddedPlatform, left: str | None) -> None:
    """`left` is what postmaster.pid says afterwards: as it was, cut short, or a pid that somebody else got."""
    instance = platform.instance()
    store = ObjectStore(instance, {})
    with database(instance).connect() as connection:
        connection.execute("create table if not exists kept (n integer)")
        connection.execute("truncate kept")
        connection.execute("insert into kept select generate_series(1, 10000)")
    store.client().put_object(Bucket=bucket(instance), Key="kept", Body=BODY)

    killed = processes(instance)
    for process in killed:
        process.kill()
    psutil.wait_procs(killed, timeout=10)
    assert {state.state for state in platform.status()} == {Health.STOPPED}
    if left is not None:
        (platform.var / "postgres" / "data" / "postmaster.pid").write_text(left)
    platform.up(with_airflow=False)

    with database(instance).connect() as connection:
        assert connection.execute("select count(*) from kept").fetchone() == (10_000,)
    assert store.client().get_object(Bucket=bucket(instance), Key="kept")["Body"].read() == BODY
    assert {state.state for state in platform.status()} == {Health.READY}


def test_a_pid_that_somebody_else_got_is_not_taken_for_a_server(platform: EmbeddedPlatform) -> None:
    leader = next(process for process in marked(platform.instance().identity, "smtp"))
    leader.kill()
    leader.wait(10)
    (platform.var / "run" / "smtp").write_text(f"{os.getppid()}\n")

    platform.up(with_airflow=False)

    assert {state.state for state in platform.status()} == {Health.READY}
    assert psutil.pid_exists(os.getppid())


def test_down_leaves_no_process_and_up_finds_the_data_again(other: EmbeddedPlatform) -> None:
    instance = other.up(with_airflow=False)
    with database(instance).connect() as connection:
        connection.execute("create table kept as select 1 as n")
    marks = {"ESPACE_SANTE_INSTANCE": instance.identity, "ESPACE_SANTE_COMPONENT": "smtp"}
    leftover = start(Launch("smtp", ["/bin/sleep", "1000"], marks, instance.log("leftover"), other.var))
    assert leftover in processes(instance)

    other.down()

    assert processes(instance) == []
    assert other.up(with_airflow=False).identity == instance.identity
    with database(instance).connect() as connection:
        assert connection.execute("select n from kept").fetchone() == (1,)


def test_a_taken_port_is_one_sentence(other: EmbeddedPlatform) -> None:
    port = int(other._environment["ESPACE_SANTE_POSTGRES_PORT"])
    with socket.create_server(("127.0.0.1", port)), pytest.raises(FinalError, match=f"port {port} for PostgreSQL is taken"):
        other.up(with_airflow=False)


def test_the_clock_of_existing_data_cannot_change(platform: EmbeddedPlatform) -> None:
    with pytest.raises(FinalError, match="--clock system"):
        platform.up(ClockMode.REPLAY, with_airflow=False)


def test_ports_cannot_change_under_running_servers(platform: EmbeddedPlatform) -> None:
    moved = EmbeddedPlatform(platform.home, platform.var, {"ESPACE_SANTE_SMTP_PORT": "19999"})

    with pytest.raises(FinalError, match="other ports"):
        moved.up(with_airflow=False)


def test_a_disk_without_room_is_one_sentence(other: EmbeddedPlatform, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(platform_module, "ROOM_NEW", 2**60)

    with pytest.raises(FinalError, match="MiB free and the platform needs"):
        other.up(with_airflow=False)


def test_a_file_in_the_place_of_var_is_one_sentence(other: EmbeddedPlatform) -> None:
    other.var.touch()

    with pytest.raises(FinalError, match="a file where a directory is needed"):
        other.up(with_airflow=False)


def test_damaged_secrets_are_never_replaced(other: EmbeddedPlatform) -> None:
    other.up(with_airflow=False)
    other.down()
    whole = (other.var / "secrets.json").read_bytes()
    (other.var / "secrets.json").write_bytes(whole[:100])

    with pytest.raises(FinalError, match="damaged"):
        other.up(with_airflow=False)
    assert (other.var / "secrets.json").read_bytes() == whole[:100]
    (other.var / "secrets.json").unlink()
    with pytest.raises(FinalError, match="missing although there are data"):
        other.up(with_airflow=False)
    (other.var / "secrets.json").write_bytes(whole)
