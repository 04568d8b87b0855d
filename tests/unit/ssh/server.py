"""A real SSH server on loopback: commands run in `sh`, on a pseudo-terminal where one is asked for."""

from __future__ import annotations

import fcntl
import os
import pty
import signal
import socket
import struct
import subprocess
import tempfile
import termios
import threading
from typing import Any

import paramiko
from paramiko.common import (
    AUTH_FAILED,
    AUTH_SUCCESSFUL,
    OPEN_FAILED_ADMINISTRATIVELY_PROHIBITED,
    OPEN_SUCCEEDED,
)
from paramiko.server import InteractiveQuery

from slshell.model.instance import Instance
from tests.unit.client.served import instance
from tests.unit.ssh.ports import Ports

HANG_UP_S = 2.0
"""How long a shell may take to end once its terminal has nobody."""


class SshServer:
    """Serves one account, which `accepted` keys may enter; use as a context manager."""

    def __init__(
        self,
        *accepted: paramiko.PKey,
        host_key: paramiko.PKey | None = None,
        user: str = "root",
        password: str = "",
        by_question: bool = False,
        variables: frozenset[str] = frozenset(),
        agent: bool = True,
        forwards: bool = True,
    ) -> None:
        """`password` lets the user in as well, as the answer to a question where `by_question`.

        `variables` may be set in sessions; `agent` lets the user's agent be forwarded, `forwards` ports.
        """
        self.accepted = accepted
        self.user, self.password, self.by_question = user, password, by_question
        self.variables, self.agent, self.forwards = variables, agent, forwards
        self.ports = Ports()
        self.offered: list[paramiko.PKey] = []
        """Keys that were tried, in order."""
        self.agent_asked = threading.Event()
        self.host_key = host_key or paramiko.ECDSAKey.generate()
        self.silent = threading.Event()
        """Once set, the server reads nothing more, as a machine without power behind user-mode networking."""
        self.hang_ups = 0
        """So many of the next connections are closed before anything is said."""
        self.sizes: list[tuple[int, int]] = []
        self.resized = threading.Event()
        self.sessions: list[paramiko.Transport] = []
        self.commands: list[subprocess.Popen[bytes]] = []
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]

    def __enter__(self) -> SshServer:
        self._temporary = tempfile.TemporaryDirectory(ignore_cleanup_errors=True)
        threading.Thread(target=self._serve, daemon=True).start()
        return self

    def __exit__(self, *problem: object) -> None:
        self.stop_listening()
        self.ports.close_all()
        for session in self.sessions:
            session.close()
        for process in self.commands:
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()
        self._temporary.cleanup()

    @property
    def environment(self) -> dict[str, str]:
        """What every program in the machine has; what it makes for a while goes with the machine."""
        return {"PATH": os.environ["PATH"], "TMPDIR": self._temporary.name}

    def stop_listening(self) -> None:
        """Refuse connections from now on."""
        if self._listener.fileno() >= 0:
            self._listener.shutdown(socket.SHUT_RDWR)
            self._listener.close()

    def instance(self, **changes: Any) -> Instance:
        """This server as a machine of the cloud."""
        line = f"{self.host_key.get_name()} {self.host_key.get_base64()}"
        values = {"address": "127.0.0.1", "ssh_port": self.port, "host_key": line, **changes}
        return instance(1, **values)

    def _serve(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            if self.hang_ups:
                self.hang_ups -= 1
                client.close()
                continue
            session = paramiko.Transport(_Stallable(client, self.silent))  # type: ignore[arg-type]
            session.add_server_key(self.host_key)
            self.sessions.append(session)
            try:
                session.start_server(server=_Account(self, session))
            except (paramiko.SSHException, EOFError, OSError):
                continue


class _Stallable:
    """A socket whose other end can no longer be heard once `silent` is set."""

    def __init__(self, inner: socket.socket, silent: threading.Event) -> None:
        self._inner = inner
        self._silent = silent

    def send(self, data: bytes) -> int:
        return len(data) if self._silent.is_set() else self._inner.send(data)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._inner, name)


class _Account(paramiko.ServerInterface):
    def __init__(self, server: SshServer, session: paramiko.Transport) -> None:
        self._server = server
        self._session = session
        self._terminals: dict[int, tuple[int, int]] = {}
        self._variables: dict[int, dict[str, str]] = {}

    def get_allowed_auths(self, username: str) -> str:
        if not self._server.password:
            return "publickey"
        return "publickey,keyboard-interactive" if self._server.by_question else "publickey,password"

    def check_auth_publickey(self, username: str, key: paramiko.PKey) -> int:
        self._server.offered.append(key)
        good = key in self._server.accepted and username == self._server.user
        return AUTH_SUCCESSFUL if good else AUTH_FAILED

    def check_auth_password(self, username: str, password: str) -> int:
        good = password == self._server.password and username == self._server.user
        return AUTH_SUCCESSFUL if good and not self._server.by_question else AUTH_FAILED

    def check_auth_interactive(self, username: str, submethods: str) -> InteractiveQuery | int:
        query = InteractiveQuery()
        query.add_prompt("Password: ", echo=False)
        return query if self._server.by_question else AUTH_FAILED

    def check_auth_interactive_response(self, responses: list[str]) -> int:
        return AUTH_SUCCESSFUL if responses == [self._server.password] else AUTH_FAILED

    def check_channel_env_request(self, channel: Any, name: bytes, value: bytes) -> bool:
        if name.decode() not in self._server.variables:
            return False
        self._variables.setdefault(channel.get_id(), {})[name.decode()] = value.decode()
        return True

    def check_channel_forward_agent_request(self, channel: Any) -> bool:
        if self._server.agent:
            self._server.agent_asked.set()
        return self._server.agent

    def check_channel_direct_tcpip_request(
        self, chanid: int, origin: tuple[str, int], destination: tuple[str, int]
    ) -> int:
        if not self._server.forwards:
            return OPEN_FAILED_ADMINISTRATIVELY_PROHIBITED
        return self._server.ports.reach(self._session, chanid, destination)

    def check_port_forward_request(self, address: str, port: int) -> int | bool:
        if not self._server.forwards:
            return False
        return self._server.ports.listen(self._session, address, port)

    def cancel_port_forward_request(self, address: str, port: int) -> None:
        self._server.ports.close(port)

    def check_channel_request(self, kind: str, chanid: int) -> int:
        return OPEN_SUCCEEDED

    def check_channel_pty_request(self, channel: Any, term: Any, width: int, height: int, *rest: Any) -> bool:
        self._terminals[channel.get_id()] = pty.openpty()
        self._resize(channel, width, height)
        return True

    def check_channel_window_change_request(self, channel: Any, width: int, height: int, *rest: Any) -> bool:
        self._resize(channel, width, height)
        self._server.resized.set()
        return True

    def check_channel_shell_request(self, channel: Any) -> bool:
        return self._start(channel, ["sh"])

    def check_channel_exec_request(self, channel: Any, command: bytes) -> bool:
        return self._start(channel, ["sh", "-c", command.decode()])

    def _resize(self, channel: Any, width: int, height: int) -> None:
        self._server.sizes.append((width, height))
        master, _ = self._terminals[channel.get_id()]
        fcntl.ioctl(master, termios.TIOCSWINSZ, struct.pack("HHHH", height, width, 0, 0))

    def _start(self, channel: Any, words: list[str]) -> bool:
        terminal = self._terminals.get(channel.get_id())
        target = _with_terminal if terminal else _with_pipes
        variables = self._variables.get(channel.get_id(), {})
        arguments = (channel, words, terminal, self._server, variables)
        threading.Thread(target=target, args=arguments, daemon=True).start()
        return True


def _with_pipes(
    channel: paramiko.Channel, words: list[str], _: object, server: SshServer, variables: dict[str, str]
) -> None:
    environment = {**server.environment, **variables}
    process = subprocess.Popen(words, stdin=-1, stdout=-1, stderr=-1, start_new_session=True, env=environment)
    server.commands.append(process)
    assert process.stdin and process.stdout and process.stderr
    outputs = [
        threading.Thread(target=_copy_out, args=(process.stdout.fileno(), channel.sendall)),
        threading.Thread(target=_copy_out, args=(process.stderr.fileno(), channel.sendall_stderr)),
    ]
    for thread in outputs:
        thread.start()
    feeder = threading.Thread(target=_copy_in, args=(channel, process.stdin), daemon=True)
    feeder.start()
    status = process.wait()
    for thread in outputs:
        thread.join()
    _end(channel, status)
    process.stdout.close()
    process.stderr.close()


def _with_terminal(
    channel: paramiko.Channel,
    words: list[str],
    terminal: tuple[int, int],
    server: SshServer,
    variables: dict[str, str],
) -> None:
    master, slave = terminal
    environment = {**server.environment, "PS1": "machine$ ", **variables}
    process = subprocess.Popen(
        [*words, "-i"], stdin=slave, stdout=slave, stderr=slave, start_new_session=True, env=environment,
        preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0),
    )  # fmt: skip
    server.commands.append(process)
    os.close(slave)
    with os.fdopen(os.dup(master), "wb", buffering=0) as writer:
        threading.Thread(target=_copy_in, args=(channel, writer, False), daemon=True).start()
        _copy_out(master, channel.sendall)
        try:
            status = process.wait(HANG_UP_S)
        except subprocess.TimeoutExpired:
            # Nobody is at the other end any more, and the shell still waits for what is typed.
            os.killpg(process.pid, signal.SIGKILL)
            status = process.wait()
        _end(channel, status)
    os.close(master)


def _copy_out(descriptor: int, send: Any) -> None:
    while True:
        try:
            data = os.read(descriptor, 32768)
            if not data:
                return
            send(data)
        except (OSError, EOFError):
            return


def _copy_in(channel: paramiko.Channel, writer: Any, close: bool = True) -> None:
    try:
        while data := channel.recv(32768):
            writer.write(data)
            writer.flush()
        if close:
            writer.close()
    except (OSError, ValueError):
        return


def _end(channel: paramiko.Channel, status: int) -> None:
    """Say the end of the output before the status, as dropbear does, with a moment in between."""
    try:
        channel.shutdown_write()
        threading.Event().wait(0.05)
        channel.send_exit_status(status if status >= 0 else 128 - status)
        channel.close()
    except (OSError, EOFError):
        return
