"""Machines as ends of a copy: through SFTP, and through a plain shell where there is no SFTP."""

from __future__ import annotations

import re
import shlex
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from itertools import islice

import paramiko

from slshell.model.errors import NotFound, SlshellError, TimedOut, UsageError
from slshell.ssh.sides import BLOCK, MOST_NAMES, SUMS, Entry, Settled, Side, What, broken, file_error

MOST_TOLD = 64 << 20
"""Bytes that a command in a machine may answer, listings of folders among them."""
AHEAD = 64
"""Blocks of a file asked for before the first has come: 2 MiB fill a line with 20 ms at 100 MB/s."""
STRETCH = 16 << 20
_STATUS_S = 5.0
_LINE = re.compile(rb"([0-9a-f]+) ([0-9]+) (-?[0-9]+) (.*)")
_FIND_PROGRAMS = "for p in sha256 sha1 md5; do command -v ${p}sum >/dev/null 2>&1 && echo $p; done; :"


class Shell:
    """Commands in a machine, each over a channel of its own."""

    def __init__(self, transport: paramiko.Transport) -> None:
        self._transport = transport

    def run(self, script: str, stdin: Iterable[bytes] = ()) -> tuple[int, bytes, str]:
        """Exit status, output and words of complaint.

        Raises:
            CloudUnreachable: the connection broke. TimedOut: it tells without end.
        """
        with self._channel(script) as channel:
            self._feed(channel, stdin)
            told = bytearray()
            while block := channel.recv(BLOCK):
                told += block
                if len(told) > MOST_TOLD:
                    raise TimedOut("the machine tells without end", hint="name less at once")
            complaint = channel.makefile_stderr("rb").read(4096).decode("utf-8", "replace").strip()
            status = channel.recv_exit_status()
            if status < 0:
                raise EOFError("no exit status")
            return status, bytes(told), complaint

    def _feed(self, channel: paramiko.Channel, stdin: Iterable[bytes]) -> None:
        """Send the input; a command that ended before it has read all tells why itself."""
        try:
            for block in stdin:
                channel.sendall(block)
            channel.shutdown_write()
        except OSError:
            if not (self._transport.is_active() and channel.status_event.wait(_STATUS_S)):
                raise

    def stream(self, script: str) -> Iterator[bytes]:
        """The output as it comes; an error status is one of ours."""
        with self._channel(script) as channel:
            channel.shutdown_write()
            while block := channel.recv(BLOCK):
                yield block
            complaint = channel.makefile_stderr("rb").read(4096).decode("utf-8", "replace").strip()
            status = channel.recv_exit_status()
            if status < 0:
                raise EOFError("no exit status")
            if status:
                raise SlshellError(f"the machine could not read it: {complaint or f'exit code {status}'}")

    @contextmanager
    def _channel(self, script: str) -> Iterator[paramiko.Channel]:
        try:
            channel = self._transport.open_session()
            try:
                channel.exec_command(script)
                yield channel
            finally:
                channel.close()
        except (paramiko.SSHException, EOFError, OSError) as error:
            raise broken(error) from error


class _Machine(Side):
    """What both ways into a machine share: checksums are made by its programs."""

    def __init__(self, transport: paramiko.Transport, name: str) -> None:
        self.name = name
        self._shell = Shell(transport)
        self._sums: tuple[str, ...] | None = None

    def sums(self) -> tuple[str, ...]:
        """See `Side`."""
        if self._sums is None:
            words = self._shell.run(_FIND_PROGRAMS)[1].decode("utf-8", "replace").split()
            self._sums = tuple(kind for kind in SUMS if kind in words)
        return self._sums

    def digests(self, kind: str, paths: Sequence[str]) -> list[str]:
        """See `Side`."""
        lines = "\n".join(f"{kind}sum <{_quoted(path)} || echo -" for path in paths)
        found = [line.split()[0] for line in self._run(lines).decode("ascii", "replace").splitlines() if line]
        if len(found) != len(paths):
            raise SlshellError(f"{self.name} did not tell the checksums that it was asked for")
        return found

    def refuse_full(self, folder: str, size: int) -> None:
        """See `Side`; a machine tells when it is full."""

    def _run(self, script: str, stdin: Iterable[bytes] = (), *, about: str = "") -> bytes:
        status, told, complaint = self._shell.run(script, stdin)
        if status:
            words = complaint or f"exit code {status}"
            raise SlshellError(f"{self.said(about) if about else self.name}: {words}")
        return told


class ShellSide(_Machine):
    """A machine without SFTP: `stat`, `find`, `cat`, `tail`, `mv` and others, which busybox has too."""

    def look(self, path: str, *, follow: bool = True) -> Entry | None:
        """See `Side`."""
        option = "-L " if follow else ""
        status, told, complaint = self._shell.run(f"stat {option}-c '%f %s %Y .' {_quoted(path)}")
        found = _LINE.fullmatch(told.rstrip(b"\n"))
        if status == 127:
            raise UsageError(f"{self.name} has neither SFTP nor stat: {complaint}", hint="install one there")
        return None if status or found is None else _entry(found)

    def entries(self, folder: str) -> Iterator[tuple[str, Entry]]:
        """See `Side`; a name with a line break gives lines that name nothing, and is told as such."""
        script = f"cd {_quoted(folder)} && find . ! -name . -prune -exec stat -c '%f %s %Y %n' {{}} +"
        for line in self._run(script, about=folder).split(b"\n"):
            found = _LINE.fullmatch(line)
            if found is not None:
                name = found[4].removeprefix(b"./").decode("utf-8", "surrogateescape")
                yield name, _entry(found)
            elif line:
                yield f"{line.decode('utf-8', 'replace')}\n", Entry(what=What.OTHER)

    def link_text(self, path: str) -> str:
        """See `Side`."""
        told = self._run(f"readlink {_quoted(path)}", about=path)
        return told.removesuffix(b"\n").decode("utf-8", "surrogateescape")

    def read(self, path: str, offset: int) -> Iterator[bytes]:
        """See `Side`."""
        return self._shell.stream(
            f"tail -c +{offset + 1} {_quoted(path)}" if offset else f"cat {_quoted(path)}"
        )

    def write(self, path: str, offset: int, blocks: Iterable[bytes]) -> None:
        """See `Side`."""
        begin = "" if offset else f"rm -f {_quoted(path)}; umask 077; "
        self._run(f"{begin}cat >>{_quoted(path)}", blocks, about=path)

    def make_folder(self, path: str) -> None:
        """See `Side`."""
        name = _quoted(path)
        self._run(f"[ -d {name} ] && [ ! -h {name} ] || mkdir -m 700 {name}", about=path)

    def make_link(self, text: str, path: str) -> None:
        """See `Side`."""
        self._run(f"ln -s {_quoted(text, is_path=False)} {_quoted(path)}", about=path)

    def settle(self, parts: Sequence[Settled]) -> None:
        """See `Side`."""
        lines = ["set -e"]
        for one in parts:
            lines += _attributes(one.part, one.mode, one.mtime, "0666")
            lines.append(f"mv -f {_quoted(one.part)} {_quoted(one.path)}")
        self._run("\n".join(lines), about=parts[0].path)

    def finish_folder(self, path: str, mode: int | None, mtime: int | None) -> None:
        """See `Side`."""
        self._run("\n".join(_attributes(path, mode, mtime, "0777")), about=path)

    def remove(self, path: str) -> None:
        """See `Side`."""
        self._run(f"rm -f {_quoted(path)}", about=path)


class SftpSide(_Machine):
    """A machine with SFTP; `sftp` is open."""

    def __init__(self, transport: paramiko.Transport, name: str, sftp: paramiko.SFTPClient) -> None:
        super().__init__(transport, name)
        self._sftp = sftp

    def look(self, path: str, *, follow: bool = True) -> Entry | None:
        """See `Side`."""
        with self._told(path):
            try:
                found = self._sftp.stat(path or ".") if follow else self._sftp.lstat(path or ".")
            except FileNotFoundError:
                return None
            return _of_attributes(found)

    def entries(self, folder: str) -> Iterator[tuple[str, Entry]]:
        """See `Side`."""
        with self._told(folder):
            # Whole before anything else is asked, for answers to both would be mixed up.
            listing = self._sftp.listdir_iter(folder or ".", read_aheads=8)
            found = list(islice(listing, MOST_NAMES + 1))
        for one in found:
            yield one.filename, _of_attributes(one)

    def link_text(self, path: str) -> str:
        """See `Side`."""
        with self._told(path):
            return self._sftp.readlink(path) or ""

    def read(self, path: str, offset: int) -> Iterator[bytes]:
        """See `Side`."""
        with self._told(path), self._sftp.open(path, "rb") as file:
            _hush(file)
            file.seek(offset)
            size = file.stat().st_size or 0
            while offset < size:
                # In stretches, for all requests of one are listed in memory, and the size is only said.
                end = min(size, offset + STRETCH)
                file.prefetch(end, AHEAD)
                while offset < end and (block := file.read(min(BLOCK, end - offset))):
                    offset += len(block)
                    yield block
                if offset < end:
                    return

    def write(self, path: str, offset: int, blocks: Iterable[bytes]) -> None:
        """See `Side`."""
        if not offset:
            self.remove(path)
        with self._told(path), self._sftp.open(path, "r+b" if offset else "wbx") as file:
            file.chmod(0o600)
            file.set_pipelined(True)
            file.seek(offset)
            for block in blocks:
                file.write(block)

    def make_folder(self, path: str) -> None:
        """See `Side`."""
        found = self.look(path, follow=False)
        if found is None or found.what is not What.FOLDER:
            with self._told(path):
                self._sftp.mkdir(path, 0o700)

    def make_link(self, text: str, path: str) -> None:
        """See `Side`."""
        with self._told(path):
            self._sftp.symlink(text, path)

    def settle(self, parts: Sequence[Settled]) -> None:
        """See `Side`."""
        for one in parts:
            self.finish_folder(one.part, one.mode if one.mode is not None else 0o644, one.mtime)
            with self._told(one.path):
                self._sftp.posix_rename(one.part, one.path)

    def finish_folder(self, path: str, mode: int | None, mtime: int | None) -> None:
        """See `Side`."""
        with self._told(path):
            if mtime is not None:
                self._sftp.utime(path, (mtime, mtime))
            self._sftp.chmod(path, 0o755 if mode is None else mode)

    def remove(self, path: str) -> None:
        """See `Side`."""
        with self._told(path):
            try:
                self._sftp.remove(path)
            except FileNotFoundError:
                return

    @contextmanager
    def _told(self, path: str) -> Iterator[None]:
        try:
            yield
        except (paramiko.SSHException, EOFError, ConnectionError) as error:
            raise broken(error) from error
        except UnicodeDecodeError as error:
            raise UsageError(f"{self.said(path)} has names that are not UTF-8") from error
        except FileNotFoundError as error:
            raise NotFound(f"there is no {self.said(path)}") from error
        except OSError as error:
            if error.errno is None and "Socket is closed" in str(error):
                raise broken(error) from error
            if error.errno is None:
                raise SlshellError(
                    f"{self.said(path)}: the machine says “{error}” and no more",
                    hint="its disk may be full, or the place not be writable; df and ls -l there tell",
                ) from error
            raise file_error(self.said(path), error) from error


def machine_side(transport: paramiko.Transport, name: str) -> _Machine:
    """A machine by SFTP where it has it, else by its shell."""
    opening: Callable[[], paramiko.SFTPClient | None] = transport.open_sftp_client
    try:
        sftp = opening()
    except (paramiko.SSHException, EOFError, OSError) as error:
        if not transport.is_active():
            raise broken(error) from error
        sftp = None
    return ShellSide(transport, name) if sftp is None else SftpSide(transport, name, sftp)


def _hush(file: paramiko.SFTPFile) -> None:
    """The thread that asks ahead would print the trace of a broken connection, which the reader meets too."""
    ask: Callable[..., None] = vars(type(file))["_prefetch_thread"]

    def asking(*arguments: object) -> None:
        with suppress(OSError, EOFError, paramiko.SSHException):
            ask(file, *arguments)

    vars(file)["_prefetch_thread"] = asking


def _of_attributes(found: paramiko.SFTPAttributes) -> Entry:
    return Entry.of_mode(found.st_mode or 0, found.st_size or 0, int(found.st_mtime or 0))


def _entry(found: re.Match[bytes]) -> Entry:
    return Entry.of_mode(int(found[1], 16), int(found[2]), int(found[3]))


def _quoted(path: str, *, is_path: bool = True) -> str:
    """A path for the shell; one that looks like an option is led by `./`."""
    return shlex.quote(f"./{path}" if is_path and path.startswith("-") else path or ".")


def _attributes(path: str, mode: int | None, mtime: int | None, usual: str) -> list[str]:
    """Commands that give mode and time; without a mode what the machine gives new ones."""
    name = _quoted(path)
    wanted = f"{mode:o}" if mode is not None else f"$(printf %o $(({usual} & ~$(umask))))"
    lines = [f"chmod {wanted} {name}"]
    return [f"touch -d @{mtime} {name}", *lines] if mtime is not None else lines
