"""What an SSH server does about forwarded ports: it reaches places, and listens for others."""

from __future__ import annotations

import socket
import threading

import paramiko
from paramiko.common import OPEN_FAILED_CONNECT_FAILED, OPEN_SUCCEEDED


class Ports:
    """The forwarded ports of one server."""

    def __init__(self) -> None:
        self.opened = threading.Condition()
        self._listeners: dict[int, socket.socket] = {}
        self.asked: list[tuple[str, int]] = []
        """Addresses and ports that the server was asked to listen on."""
        self.closed = threading.Event()

    def reach(self, session: paramiko.Transport, number: int, destination: tuple[str, int]) -> int:
        """Connect to a place for a channel that is about to be opened."""
        try:
            sock = socket.create_connection(destination, timeout=10)
        except OSError:
            return OPEN_FAILED_CONNECT_FAILED
        sock.settimeout(None)
        threading.Thread(target=self._join, args=(session, number, sock), daemon=True).start()
        return OPEN_SUCCEEDED

    def listen(self, session: paramiko.Transport, address: str, port: int) -> int | bool:
        """Listen for the other side; False when the port is taken."""
        self.asked.append((address, port))
        try:
            listener = socket.create_server(("127.0.0.1", port))
        except OSError:
            return False
        number: int = listener.getsockname()[1]
        with self.opened:
            self._listeners[number] = listener
            self.opened.notify_all()
        threading.Thread(target=self._accept, args=(session, listener, number), daemon=True).start()
        return number

    def close(self, port: int) -> None:
        """Listen no more on a port."""
        with self.opened:
            listener = self._listeners.pop(port, None)
        if listener is not None:
            listener.shutdown(socket.SHUT_RDWR)
            listener.close()
            self.closed.set()

    def close_all(self) -> None:
        """Listen no more."""
        for port in list(self._listeners):
            self.close(port)

    def listening(self, times: int) -> int:
        """The port that is listened on, once it was asked for so many times."""
        with self.opened:
            assert self.opened.wait_for(lambda: len(self.asked) >= times and self._listeners, 30)
            return next(iter(self._listeners))

    def _accept(self, session: paramiko.Transport, listener: socket.socket, port: int) -> None:
        while True:
            try:
                sock, origin = listener.accept()
                channel = session.open_forwarded_tcpip_channel(origin, ("localhost", port))
            except (OSError, paramiko.SSHException, EOFError):
                return
            _both(channel, sock)

    def _join(self, session: paramiko.Transport, number: int, sock: socket.socket) -> None:
        channel = session.accept(10)
        while channel is not None and channel.get_id() != number:
            channel = session.accept(10)
        assert channel is not None
        _both(channel, sock)


def _both(channel: paramiko.Channel, sock: socket.socket) -> None:
    def pour(read: object, write: object, finish: object) -> None:
        try:
            while data := read(32768):  # type: ignore[operator]
                write(data)  # type: ignore[operator]
            finish()  # type: ignore[operator]
        except (OSError, EOFError):
            channel.close()

    ends = (sock.recv, channel.sendall, channel.shutdown_write), (
        channel.recv, sock.sendall, lambda: sock.shutdown(socket.SHUT_WR),
    )  # fmt: skip
    for end in ends:
        threading.Thread(target=pour, args=end, daemon=True).start()
