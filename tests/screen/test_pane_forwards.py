"""Forwarded ports in the view of sessions: listed as they are, and closed there."""

from __future__ import annotations

import socket
from collections.abc import Iterator

import paramiko
import pytest

from slshell.ssh.keys import make_own_key
from tests.screen.driver import Driver, dashboard
from tests.screen.served import ScreenCloud
from tests.unit.ssh.server import SshServer


@pytest.fixture
def machine(cloud: ScreenCloud) -> Iterator[SshServer]:
    key = paramiko.Ed25519Key.from_private_key_file(str(make_own_key()))
    with SshServer(key) as server:
        cloud.put(server.instance(name="machine"))
        yield server


@pytest.fixture
def service() -> Iterator[socket.socket]:
    """A server of this computer that a forward leads to."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.settimeout(30)
        yield listener


async def _forwarded(screen: Driver, service: socket.socket, *options: str) -> int:
    """Forward a port to that server from the command line; answers the port that is open."""
    await screen.shows("machine")
    await screen.press(":")
    await screen.type(" ".join(("forward 1", *options, f"0:{service.getsockname()[1]}")))
    await screen.press("enter")
    forwards = screen.app.environment.forwards
    await screen.until(lambda: bool(forwards.all()), "the forward")
    await screen.until(lambda: screen.app.screen is screen.app.main, "the tables")
    return int(forwards.all()[0].listen.rpartition(":")[2])


async def test_a_forward_is_listed_counted_and_closed(machine: SshServer, service: socket.socket) -> None:
    async with dashboard((160, 36)) as screen:
        port = await _forwarded(screen, service)
        await screen.press("escape", "6")
        target = service.getsockname()[1]
        await screen.shows(f"127.0.0.1:{port} → machine 127.0.0.1:{target}")
        await screen.shows("⇄ open")
        with socket.create_connection(("127.0.0.1", port), timeout=30) as sock:
            inside, _ = service.accept()
            with inside:
                sock.sendall(b"x" * 2048)
                await screen.shows("1 open now, 1 served, 2 KiB sent")
                await screen.press("X")
                await screen.shows("1 open connection")
                await screen.press("escape")
                await screen.press("X")
                await screen.shows("1 open connection")
                await screen.press("tab", "enter")
                await screen.shows("No session is open.")
                assert sock.recv(1) == b""
        with pytest.raises(ConnectionRefusedError):
            socket.create_connection(("127.0.0.1", port), timeout=30)


async def test_its_address_is_copied_and_its_machine_is_a_link(
    machine: SshServer, service: socket.socket
) -> None:
    async with dashboard((160, 36)) as screen:
        port = await _forwarded(screen, service)
        await screen.press("escape", "6")
        await screen.shows("⇄ open")
        await screen.press("y", "a")
        await screen.until(lambda: screen.app.clipboard == f"127.0.0.1:{port}", "the address")
        await screen.press("enter")
        await screen.shows("X closes it.")


async def test_a_forward_that_nobody_uses_is_closed_without_a_question(
    machine: SshServer, service: socket.socket
) -> None:
    async with dashboard((160, 36)) as screen:
        port = await _forwarded(screen, service, "-R")
        await screen.press("escape", "6")
        target = service.getsockname()[1]
        await screen.shows(f"machine 127.0.0.1:{port} → 127.0.0.1:{target}")
        await screen.press("X")
        await screen.shows("No session is open.")
        assert machine.ports.closed.wait(30)


async def test_leaving_the_dashboard_names_the_forwards_that_end(
    machine: SshServer, service: socket.socket
) -> None:
    async with dashboard((160, 36)) as screen:
        port = await _forwarded(screen, service)
        await screen.press("escape", "q")
        await screen.shows(f"the forward 127.0.0.1:{port} → machine")
