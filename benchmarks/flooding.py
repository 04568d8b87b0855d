"""`python -m benchmarks.flooding FOLDER`: a machine with an SSH server, whose shells answer keys and flood.

It writes its address and key into FOLDER as `machine`, a line of a list of known hosts, and each moment that
matters into `noted`: `SHELL MOMENT WHAT BYTES`. Moments are those of `time.monotonic`, one clock for all
processes of a computer.
"""

from __future__ import annotations

import socket
import sys
import threading
import time
from pathlib import Path
from typing import Any, TextIO

import paramiko
from paramiko.common import AUTH_SUCCESSFUL, OPEN_SUCCEEDED

from benchmarks.streams import listing

COLOURED, YES, STOP = b"C", b"Y", b"\x03"
"""Keys that begin a flood, and the one that ends it."""
MOST = 2_000_000_000
"""Bytes of a flood that nobody ends."""
PIECE = 32768


class Shell:
    """Says `#N#` at its Nth key, and what it floods with in between."""

    def __init__(self, channel: Any, number: int, noted: TextIO) -> None:
        self._channel = channel
        self._number = number
        self._noted = noted
        self._stopping = threading.Event()

    def serve(self) -> None:
        """Answer keys until the other side leaves."""
        self._channel.sendall(f"shell{self._number} ready\r\n".encode())
        count = 0
        while data := self._channel.recv(1024):
            for key in (data[at : at + 1] for at in range(len(data))):
                if key == STOP:
                    self._note("stop")
                    self._stopping.set()
                elif key in (COLOURED, YES):
                    self._stopping.clear()
                    stream = listing(1 << 20) if key == COLOURED else b"y\r\n" * (1 << 18)
                    threading.Thread(target=self._flood, args=(stream,), daemon=True).start()
                else:
                    count += 1
                    self._note("key")
                    self._channel.sendall(f"\r#{count}#".encode())

    def _flood(self, stream: bytes) -> None:
        sent = 0
        self._note("flood")
        while sent < MOST and not self._stopping.is_set():
            at = sent % len(stream)
            piece = stream[at : at + PIECE]
            self._channel.sendall(piece)
            sent += len(piece)
        self._note("flooded", sent)
        self._channel.sendall(f"\x1b[0m\r\nstopped{self._number}\r\n".encode())

    def _note(self, what: str, count: int = 0) -> None:
        self._noted.write(f"{self._number} {time.monotonic()} {what} {count}\n")
        self._noted.flush()


class _Server(paramiko.ServerInterface):
    """Lets anybody in."""

    def get_allowed_auths(self, username: str) -> str:
        return "publickey"

    def check_auth_publickey(self, username: str, key: paramiko.PKey) -> int:
        return AUTH_SUCCESSFUL

    def check_channel_request(self, kind: str, chanid: int) -> int:
        return OPEN_SUCCEEDED

    def check_channel_pty_request(self, *_request: Any) -> bool:
        return True

    def check_channel_window_change_request(self, *_request: Any) -> bool:
        return True

    def check_channel_shell_request(self, channel: Any) -> bool:
        return True


def main() -> None:
    """Serve until told to end."""
    folder = Path(sys.argv[1])
    key = paramiko.ECDSAKey.generate()
    listener = socket.create_server(("127.0.0.1", 0))
    port = listener.getsockname()[1]
    with (folder / "noted").open("w") as noted:
        written = folder / "machine.new"
        written.write_text(f"[127.0.0.1]:{port} {key.get_name()} {key.get_base64()}\n")
        written.rename(folder / "machine")
        number = 0
        while True:
            transport = paramiko.Transport(listener.accept()[0])
            transport.add_server_key(key)
            transport.start_server(server=_Server())
            while (channel := transport.accept(2)) is not None:
                number += 1
                threading.Thread(target=Shell(channel, number, noted).serve, daemon=True).start()


if __name__ == "__main__":
    main()
