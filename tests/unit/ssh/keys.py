"""Keys made by OpenSSH's own programs, a real agent, and somebody who answers."""

from __future__ import annotations

import base64
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import paramiko
import pytest

PHRASE = "correct horse"


class Asked:
    """Answers in turn, and keeps what was asked."""

    def __init__(self, *answers: str) -> None:
        self._answers = list(answers)
        self.prompts: list[str] = []

    def __call__(self, prompt: str) -> str:
        self.prompts.append(prompt)
        return self._answers.pop(0)


Make = Callable[..., Path]


@pytest.fixture
def make(own_settings: Path) -> Make:
    """Makes a private key file with `ssh-keygen`; answers its path."""

    def made(name: str, phrase: str = "", kind: str = "ed25519", *options: str) -> Path:
        path = own_settings / name
        words = ["ssh-keygen", "-q", "-t", kind, "-f", str(path), "-N", phrase, *options]
        subprocess.run(words, check=True, capture_output=True)
        return path

    return made


@pytest.fixture
def agent(own_settings: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[Path], None]]:
    """A real agent; a call adds a key to it."""
    path = own_settings / "agent"
    process = subprocess.Popen(
        ["ssh-agent", "-D", "-a", str(path)], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    )
    assert process.stdout is not None
    process.stdout.readline()
    monkeypatch.setenv("SSH_AUTH_SOCK", str(path))

    def add(key: Path) -> None:
        subprocess.run(["ssh-add", "-q", str(key)], check=True, capture_output=True)

    yield add
    process.terminate()
    process.wait(10)
    process.stdout.close()


def public(path: Path) -> paramiko.PKey:
    kind, text, *_ = Path(f"{path}.pub").read_text().split()
    return paramiko.PKey.from_type_string(kind, base64.b64decode(text))
