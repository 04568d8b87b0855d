"""One long-lived connection to libvirt: its event loop, its loss and its return."""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Callable
from functools import cache
from typing import Any, Protocol, TypeVar

import libvirt

from slshell.backend.engines.libvirt.errors import typed
from slshell.model.errors import CloudUnreachable, SlshellError

Result = TypeVar("Result")

KEEPALIVE_S = 5
KEEPALIVE_COUNT = 3
SETTLING_S = 1.0
"""For about this long after a daemon has taken its machines over again, calls may miss them."""
RECONNECT_S = 10.0
"""How long a call waits for a lost connection to return."""
_RETRY_PAUSE_S = 0.05
_BACKOFF_S = 5.0
_RACES = frozenset({libvirt.VIR_ERR_NO_DOMAIN, libvirt.VIR_ERR_OPERATION_INVALID})


class Listener(Protocol):
    """Who is told; the first two on libvirt's event thread, so that they only hand on."""

    def lifecycle(self, domain: libvirt.virDomain, event: int, detail: int) -> None:
        """A domain changed."""

    def rebooted(self, domain: libvirt.virDomain) -> None:
        """A guest restarted."""

    def unplugged(self, domain: libvirt.virDomain, alias: str, done: bool) -> None:
        """A guest has let go of a device, or would not."""

    def lost(self) -> None:
        """The connection broke."""

    def restored(self) -> None:
        """The connection is back."""


@cache
def _event_loop() -> threading.Thread:
    """libvirt's own event loop, once a process: it must exist before the first connection and run for ever.

    libvirtaio loses events when calls come from other threads.
    """
    libvirt.virEventRegisterDefaultImpl()

    def run() -> None:
        while True:
            libvirt.virEventRunDefaultImpl()

    thread = threading.Thread(target=run, name="libvirt-events", daemon=True)
    thread.start()
    return thread


class Connection:
    """Holds the connection that `connect` makes, and makes it again when it breaks, until `close`."""

    def __init__(self, connect: Callable[[], libvirt.virConnect], listener: Listener) -> None:
        self._connect = connect
        self._listener = listener
        self._raw: Any = None
        self._since = 0.0
        self._callbacks: list[int] = []
        self._changed = threading.Condition()
        self._broken = False
        self._closed = True
        self._watcher: threading.Thread | None = None

    def open(self) -> None:
        """Connect and listen."""
        _event_loop()
        self._closed = False
        self._adopt()
        self._watcher = threading.Thread(target=self._watch, name="libvirt-watch", daemon=True)
        self._watcher.start()

    def close(self) -> None:
        """Let go; nobody is told any more."""
        with self._changed:
            if self._closed:
                return
            self._closed = True
            raw, self._raw = self._raw, None
            self._changed.notify_all()
        if raw is not None:
            self._release(raw)
        if self._watcher is not None:
            self._watcher.join()

    @property
    def is_open(self) -> bool:
        """Whether `open` was called and `close` was not."""
        return not self._closed

    def call(self, doing: str, function: Callable[[Any], Result]) -> Result:
        """`function(connection)`, once more when the connection broke meanwhile: it must be repeatable.

        Raises:
            CloudUnreachable: there is no connection and none comes back in time; else the typed error.
        """
        deadline = time.monotonic() + RECONNECT_S
        while True:
            raw, since = self._live(deadline)
            try:
                return function(raw)
            except libvirt.libvirtError as error:
                settling = time.monotonic() - since < SETTLING_S
                if error.get_error_code() in _RACES and settling:
                    time.sleep(_RETRY_PAUSE_S)
                elif _alive(raw) or time.monotonic() > deadline:
                    raise typed(error, doing) from error
                else:
                    self._report_broken(raw)

    def _live(self, deadline: float) -> tuple[Any, float]:
        with self._changed:
            while not self._closed:
                if self._raw is not None and not self._broken:
                    return self._raw, self._since
                left = deadline - time.monotonic()
                if left <= 0 or not self._changed.wait(left):
                    break
        raise CloudUnreachable(
            "the hypervisor daemon does not answer",
            hint="it is started again by itself; try again in a few seconds, and see the cloud's log",
        )

    def _adopt(self) -> None:
        """A new connection with its callbacks becomes the one."""
        raw = self._connect()
        raw.registerCloseCallback(lambda conn, *_: self._report_broken(conn), None)
        with contextlib.suppress(libvirt.libvirtError):
            raw.setKeepAlive(KEEPALIVE_S, KEEPALIVE_COUNT)
        callbacks = [
            raw.domainEventRegisterAny(
                None,
                libvirt.VIR_DOMAIN_EVENT_ID_LIFECYCLE,
                lambda _conn, domain, event, detail, _: self._listener.lifecycle(domain, event, detail),
                None,
            ),
            raw.domainEventRegisterAny(
                None,
                libvirt.VIR_DOMAIN_EVENT_ID_REBOOT,
                lambda _conn, domain, _: self._listener.rebooted(domain),
                None,
            ),
            *self._device_callbacks(raw),
        ]
        with self._changed:
            self._raw, self._callbacks, self._broken = raw, callbacks, False
            self._since = time.monotonic() if raw.numOfDomains() else 0.0
            self._changed.notify_all()

    def _device_callbacks(self, raw: Any) -> list[int]:
        listener = self._listener
        kinds = (
            (libvirt.VIR_DOMAIN_EVENT_ID_DEVICE_REMOVED, True),
            (libvirt.VIR_DOMAIN_EVENT_ID_DEVICE_REMOVAL_FAILED, False),
        )
        return [
            raw.domainEventRegisterAny(
                None, kind, lambda _conn, domain, alias, done: listener.unplugged(domain, alias, done), done
            )
            for kind, done in kinds
        ]

    def _release(self, raw: Any) -> None:
        with contextlib.suppress(libvirt.libvirtError):
            for callback in self._callbacks:
                raw.domainEventDeregisterAny(callback)
            raw.unregisterCloseCallback()
        with contextlib.suppress(libvirt.libvirtError):
            raw.close()

    def _report_broken(self, raw: Any) -> None:
        with self._changed:
            if self._raw is not None and (raw is self._raw or not _alive(self._raw)):
                self._broken = True
                self._changed.notify_all()

    def _watch(self) -> None:
        """Wait for the connection to break, then make another, with growing pauses while that fails."""
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._closed or self._broken)
                if self._closed:
                    return
                old, self._raw = self._raw, None
            self._listener.lost()
            self._release(old)
            del old
            if not self._return():
                return
            self._listener.restored()

    def _return(self) -> bool:
        pause = _RETRY_PAUSE_S
        while True:
            try:
                self._adopt()
            except (libvirt.libvirtError, SlshellError, OSError):
                with self._changed:
                    if self._changed.wait_for(lambda: self._closed, pause):
                        return False
                pause = min(2 * pause, _BACKOFF_S)
            else:
                return True


def _alive(raw: Any) -> bool:
    try:
        return bool(raw.isAlive())
    except libvirt.libvirtError:
        return False
