"""What all tests share: own folders and settings, a user's shell, and a check that nothing is left behind."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.support import processes
from tests.support.folders import SessionFolder
from tests.support.shell import FOREIGN, PROGRAM, ROOT, Account, Shell, emptied

SESSION = pytest.StashKey[SessionFolder]()


def pytest_configure(config: pytest.Config) -> None:
    """Give the session a folder and cut it off from the settings of whoever runs it."""
    # A background job of a script is born deaf to Ctrl-C, and so would be what the tests start.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    folder = config.stash[SESSION] = SessionFolder()
    config.option.basetemp = str(folder.root / "p")
    os.environ["TMPDIR"] = tempfile.tempdir = str(folder.temporary)
    for name in list(os.environ):
        if name.startswith(FOREIGN):
            del os.environ[name]
    os.environ.setdefault("UV_CACHE_DIR", str(_uv_cache()))
    _settle(os.environ.__setitem__, folder.new())
    os.environ["SLSHELL_APPLIANCES"] = str(ROOT / ".cache" / "appliances")


def pytest_unconfigure(config: pytest.Config) -> None:
    """Remove the session's folder when all else is done."""
    if (folder := config.stash.get(SESSION, None)) is not None and folder.root.exists():
        folder.remove()


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with real machines: a long file that comes last leaves the other worker with nothing to do."""
    items.sort(key=lambda item: item.get_closest_marker("machine") is None)


def _uv_cache() -> Path:
    """Where the set-up has put packages: in the checkout, or uv's own place when uv was run by hand."""
    own = ROOT / ".cache" / "uv"
    return own if own.is_dir() else Path.home() / ".cache" / "uv"


def _settle(setter: Callable[[str, str], object], own: Path) -> None:
    setter("HOME", str(own))
    setter("SLSHELL_HOME", str(own / "d"))
    setter("SLSHELL_CONFIG", str(own / "c"))


@pytest.fixture(scope="session")
def session_folder(request: pytest.FixtureRequest) -> SessionFolder:
    """The folder of this test session; `new()` makes short folders in it."""
    return request.config.stash[SESSION]


@pytest.fixture(scope="session", autouse=True)
def nothing_left_behind(session_folder: SessionFolder) -> Iterator[None]:
    """After the last test no process and no temporary folder of the session may be left."""
    yield
    left = processes.wait_until_gone(session_folder.made, processes.END_S) or processes.descendants()
    processes.kill(left)
    strays = session_folder.strays()
    for folder in strays:
        shutil.rmtree(folder, ignore_errors=True)
    assert not left, f"tests left processes behind: {left}"
    assert not strays, f"tests left temporary files behind: {strays}"


@pytest.fixture(autouse=True)
def own_settings(session_folder: SessionFolder, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Every test has a home folder of its own, with no configuration and no keys; answers that folder."""
    own = session_folder.new()
    _settle(monkeypatch.setenv, own)
    return own


@pytest.fixture
def short_folder(session_folder: SessionFolder) -> Path:
    """An empty folder with a path of about 20 characters, which every account may pass through."""
    return session_folder.new()


@pytest.fixture(scope="session")
def appliances_folder(session_folder: SessionFolder) -> Path:
    """A folder with the built appliance `ttylinux`, which every account can read."""
    from slshell.backend.appliances import builder

    folder = Path(os.environ["SLSHELL_APPLIANCES"])
    builder.build("ttylinux", folder, print)
    if _allowed("-r", folder / "ttylinux" / "disk.img"):
        return folder
    readable = session_folder.new()
    shutil.copytree(folder / "ttylinux", readable / "ttylinux")
    return readable


@pytest.fixture(scope="session")
def reachable_program(session_folder: SessionFolder) -> Path:
    """A `slshell` that ordinary accounts can run even when the checkout is in a folder closed to them."""
    from tests.support.environments import copied_environment

    if _allowed("-x", PROGRAM):
        return PROGRAM
    return copied_environment(session_folder.new() / "e") / "bin" / "slshell"


@pytest.fixture
def shell(session_folder: SessionFolder, appliances_folder: Path) -> Iterator[Shell]:
    """`slshell` as the account that runs the tests, with a data folder that is emptied afterwards."""
    yield from emptied(Shell.make(session_folder, Account.ourselves(), appliances_folder))


@pytest.fixture(scope="module")
def shared_shell(session_folder: SessionFolder, appliances_folder: Path) -> Iterator[Shell]:
    """As `shell`, for all tests of a file: each ends the machines that it has started."""
    yield from emptied(Shell.make(session_folder, Account.ourselves(), appliances_folder))


@pytest.fixture
def ordinary_shell(
    session_folder: SessionFolder, appliances_folder: Path, reachable_program: Path
) -> Iterator[Shell]:
    """`slshell` as an account without rights: `nobody` under root, else the account that runs the tests."""
    account = Account.ordinary()
    yield from emptied(Shell.make(session_folder, account, appliances_folder, reachable_program))


def _allowed(test: str, path: Path) -> bool:
    """Whether an ordinary account may read (`-r`) or run (`-x`) a file."""
    account = Account.ordinary().process_arguments()
    return subprocess.run(["test", test, str(path)], check=False, cwd="/", **account).returncode == 0
