"""libvirt's and QEMU's failures as slshell's typed errors, each with its own words and a remedy."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import NamedTuple

import libvirt

from slshell.model.errors import (
    CloudUnreachable,
    Conflict,
    EngineFailed,
    NoCapacity,
    NotFound,
    SlshellError,
    TimedOut,
)

# libvirt would write each error to stderr as well.
libvirt.registerErrorHandler(lambda *_: None, None)


class _Rule(NamedTuple):
    """What a message that matches `pattern` means, and what to do about it."""

    pattern: re.Pattern[str]
    error: type[SlshellError]
    hint: str


def _rule(pattern: str, error: type[SlshellError], hint: str) -> _Rule:
    return _Rule(re.compile(pattern, re.IGNORECASE), error, hint)


_BY_TEXT = (
    _rule(
        r"client socket is closed|failed to connect socket|cannot recv data|end of file while reading"
        r"|connection reset|broken pipe|keepalive",
        CloudUnreachable,
        "the hypervisor daemon does not answer; it is started again by itself, try once more",
    ),
    _rule(
        r"cannot set up guest memory|cannot allocate memory|out of memory",
        NoCapacity,
        "the host has not enough free memory: end another machine or choose a smaller type",
    ),
    _rule(
        r"no space left on device|disk quota exceeded|not enough free space|insufficient free space",
        NoCapacity,
        "the disk is full: make room where the cloud keeps its data",
    ),
    _rule(
        r"failed to get .{1,20} lock",
        Conflict,
        "another program uses this disk: end it, or wait until it lets go",
    ),
    _rule(
        r"already exists with uuid|is already defined with uuid",
        Conflict,
        "another machine has this name or UUID: look at it with virsh list --all",
    ),
    _rule(
        r"virt type 'kvm'|/dev/kvm|failed to initialize kvm|kvm kernel module",
        EngineFailed,
        "KVM does not work here: set the accelerator to tcg (emulation) or auto",
    ),
    _rule(
        r"permission denied|cannot access storage file",
        EngineFailed,
        "the account that runs the machines must be able to reach this file; see the cloud's log",
    ),
    _rule(
        r"no such file or directory",
        EngineFailed,
        "a file of this machine is missing: kill the instance and run a new one",
    ),
)

_BY_CODE: dict[int, tuple[type[SlshellError], str]] = {
    libvirt.VIR_ERR_NO_DOMAIN: (NotFound, ""),
    libvirt.VIR_ERR_OPERATION_INVALID: (Conflict, "look at the machine's state and try again"),
    libvirt.VIR_ERR_OPERATION_TIMEOUT: (TimedOut, "the machine is busy: try again"),
    libvirt.VIR_ERR_NO_CONNECT: (CloudUnreachable, "check the libvirt address in the configuration"),
    libvirt.VIR_ERR_AUTH_FAILED: (CloudUnreachable, "check the rights on the libvirt socket"),
    libvirt.VIR_ERR_CONFIG_UNSUPPORTED: (EngineFailed, "this host's QEMU cannot do what was asked"),
}


def plain(text: str) -> str:
    """`text` on one line, without libvirt's “internal error:” prefixes, at most 500 characters."""
    line = " ".join(text.split())
    return re.sub(r"^(internal error: ?|process exited while connecting to monitor: ?)+", "", line)[:500]


def typed(error: libvirt.libvirtError, doing: str) -> SlshellError:
    """The slshell error for a libvirt error met while `doing` (such as “start machine 3”)."""
    message = f"cannot {doing}: {plain(str(error))}"
    return _from_words(message, error.get_error_code())


def typed_text(text: str, doing: str) -> SlshellError:
    """The same for what a tool such as qemu-img wrote."""
    return _from_words(f"cannot {doing}: {plain(text)}", None)


def _from_words(message: str, code: int | None) -> SlshellError:
    details = {} if code is None else {"libvirt_code": code}
    if code == libvirt.VIR_ERR_NO_DOMAIN:
        return NotFound(message, details=details)
    for rule in _BY_TEXT:
        if rule.pattern.search(message):
            return rule.error(message, hint=rule.hint, details=details)
    cls, hint = _BY_CODE.get(code or 0, (EngineFailed, "see the cloud's log for more"))
    return cls(message, hint=hint, details=details)


@contextmanager
def converted(doing: str) -> Iterator[None]:
    """Turn any libvirtError inside into a typed error."""
    try:
        yield
    except libvirt.libvirtError as error:
        raise typed(error, doing) from error
