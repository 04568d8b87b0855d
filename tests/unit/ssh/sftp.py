"""SFTP for the in-process SSH server: real files of this computer, real protocol."""

from __future__ import annotations

import os
from typing import Any

import paramiko
from paramiko import SFTPAttributes, SFTPServer
from paramiko.sftp import SFTP_OK


class Files(paramiko.SFTPServerInterface):
    """Absolute paths are this computer's own."""

    def list_folder(self, path: str) -> Any:
        return self._try(lambda: [self._named(path, name) for name in os.listdir(path)])  # noqa: PTH208

    def stat(self, path: str) -> Any:
        return self._try(lambda: SFTPAttributes.from_stat(os.stat(path)))  # noqa: PTH116

    def lstat(self, path: str) -> Any:
        return self._try(lambda: SFTPAttributes.from_stat(os.lstat(path)))

    def open(self, path: str, flags: int, attr: Any) -> Any:
        def opened() -> paramiko.SFTPHandle:
            mode = "rb" if not flags & (os.O_WRONLY | os.O_RDWR) else "r+b"
            handle = paramiko.SFTPHandle(flags)
            file = os.fdopen(os.open(path, flags, 0o600), mode)
            handle.readfile = handle.writefile = file  # type: ignore[attr-defined]
            handle.stat = lambda: SFTPAttributes.from_stat(os.fstat(file.fileno()))  # type: ignore[method-assign]
            handle.chattr = lambda wanted: self.chattr(path, wanted)  # type: ignore[assignment,method-assign]
            return handle

        return self._try(opened)

    def remove(self, path: str) -> Any:
        return self._do(lambda: os.unlink(path))  # noqa: PTH108

    def posix_rename(self, oldpath: str, newpath: str) -> Any:
        return self._do(lambda: os.replace(oldpath, newpath))  # noqa: PTH105

    def mkdir(self, path: str, attr: Any) -> Any:
        return self._do(lambda: os.mkdir(path, attr.st_mode or 0o700))  # noqa: PTH102

    def chattr(self, path: str, attr: Any) -> Any:
        return self._do(lambda: SFTPServer.set_file_attr(path, attr))

    def readlink(self, path: str) -> Any:
        return self._try(lambda: os.readlink(path))  # noqa: PTH115

    def symlink(self, target_path: str, path: str) -> Any:
        return self._do(lambda: os.symlink(target_path, path))  # noqa: PTH211

    def _named(self, path: str, name: str) -> SFTPAttributes:
        return SFTPAttributes.from_stat(os.lstat(f"{path}/{name}"), name)

    def _try(self, action: Any) -> Any:
        try:
            return action()
        except OSError as error:
            return SFTPServer.convert_errno(error.errno or 0)

    def _do(self, action: Any) -> Any:
        found = self._try(action)
        return SFTP_OK if found is None else found


def serve(account: Any, channel: paramiko.Channel, name: str) -> bool:
    """For `check_channel_subsystem_request` of the server's account."""
    if name != "sftp":
        return False
    SFTPServer(channel, name, account, Files).start()
    return True
