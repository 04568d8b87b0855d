"""What QEMU says of its user network, and forwards that are none."""

from __future__ import annotations

import socket

import pytest

from slshell.backend.engines.base import Forward
from slshell.backend.engines.libvirt.account import account_for
from slshell.backend.engines.libvirt.holders import holder_of
from slshell.backend.engines.libvirt.network import address_is_free, parse_usernet
from slshell.model.errors import UsageError

EVERYWHERE = "0.0.0.0"  # noqa: S104 - the case under test

USERNET = """Hub -1 (hostnet0):\r
  Protocol[State]    FD  Source Address  Port   Dest. Address  Port RecvQ SendQ\r
  TCP[ESTABLISHED]   48        10.0.2.15 41722      192.0.2.80    80     0     0\r
  TCP[HOST_FORWARD]  47       127.86.0.3  2222       10.0.2.15    22     0     0\r
  TCP[HOST_FORWARD]  46                *  8080       10.0.2.15    80     0     0\r
  UDP[HOST_FORWARD]  45       127.86.0.3    53       10.0.2.15    53     0     0\r
  UDP[236 sec]       44        10.0.2.15 50913        10.0.2.3    53     0     0\r
Hub -1 (hostnet1):\r
  Protocol[State]    FD  Source Address  Port   Dest. Address  Port RecvQ SendQ\r
  TCP[HOST_FORWARD]  43       127.86.0.9  2222       10.0.2.15    22     0     0\r
"""


def test_only_tcp_forwards_of_the_first_network_count() -> None:
    assert parse_usernet(USERNET) == {
        Forward(address="127.86.0.3", port=2222, guest_port=22),
        Forward(address=EVERYWHERE, port=8080, guest_port=80),
    }


@pytest.mark.parametrize("text", ["", "Hub -1 (hostnet0):\n", "unknown command: 'info usernet'\r\n"])
def test_no_forwards_are_read_from_other_answers(text: str) -> None:
    assert parse_usernet(text) == set()


@pytest.mark.parametrize(
    "forward",
    [
        Forward(address="127.0.0.1:1-:2 ; quit", port=2222),
        Forward(address="::1", port=2222),
        Forward(address="127.0.0.256", port=2222),
        Forward(address="127.86.0.1", port=0),
        Forward(address="127.86.0.1", port=65536),
        Forward(address="127.86.0.1", port=2222, guest_port=-1),
    ],
)
def test_what_is_no_address_or_port_never_reaches_a_command(forward: Forward) -> None:
    with pytest.raises(UsageError):
        address_is_free(forward, account_for(None))


def test_the_program_behind_a_taken_port_is_named() -> None:
    with socket.create_server(("127.86.249.1", 0)) as server:
        address, port = server.getsockname()
        assert "(process " in holder_of(address, port)
        assert not address_is_free(Forward(address=address, port=port), account_for(None))
    assert holder_of(address, port) == ""
    assert address_is_free(Forward(address=address, port=port), account_for(None))


def test_a_server_on_all_addresses_holds_each_of_them() -> None:
    with socket.create_server((EVERYWHERE, 0)) as server:
        port = server.getsockname()[1]
        assert holder_of("127.86.249.2", port) != ""
        assert not address_is_free(Forward(address="127.86.249.2", port=port), account_for(None))
