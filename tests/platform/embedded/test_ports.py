from __future__ import annotations

import socket

import pytest

from pipelines.platform.embedded.ports import GRPC_OFFSET, Ports, choose_ports, free_ports, require_free
from pipelines.platform.errors import FinalError


def test_the_environment_wins_over_what_was_remembered_over_the_defaults() -> None:
    ports = choose_ports({"ESPACE_SANTE_S3_PORT": "20000"}, {"s3": 21_000, "smtp": 22_000})

    assert (ports.s3, ports.smtp, ports.postgres) == (20_000, 22_000, Ports().postgres)


@pytest.mark.parametrize("text", ["", "abc", "-1", "0", "65536", "1.5"])
def test_what_is_no_port_number_is_refused(text: str) -> None:
    with pytest.raises(FinalError, match="ESPACE_SANTE_SMTP_PORT"):
        choose_ports({"ESPACE_SANTE_SMTP_PORT": text}, {})


def test_the_grpc_ports_of_the_object_store_cannot_overflow() -> None:
    assert max(choose_ports({"ESPACE_SANTE_S3_PORT": "55531"}, {}).object_store) == 65_535
    with pytest.raises(FinalError, match="up to 55531"):
        choose_ports({"ESPACE_SANTE_S3_PORT": "55532"}, {})


@pytest.mark.parametrize("other", [18_333, 18_337, 18_333 + GRPC_OFFSET])
def test_two_servers_never_share_a_port(other: int) -> None:
    with pytest.raises(FinalError, match=str(other)):
        choose_ports({"ESPACE_SANTE_POSTGRES_PORT": str(other)}, {})


def test_a_taken_port_is_told_with_who_holds_it() -> None:
    with socket.create_server(("127.0.0.1", 0)) as holder, pytest.raises(FinalError, match="is taken"):
        require_free(holder.getsockname()[1], "the mail sink")


def test_free_ports_are_free_and_come_back_through_the_environment() -> None:
    ports = free_ports()

    for port in ports.everyone():
        require_free(port, "a test")
    assert choose_ports(ports.environment(), {}) == ports
