"""libvirt's states and events in the engine's words, and the thread that hands them on."""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NamedTuple

import libvirt

from slshell.backend.engines.base import EngineEvent, EngineEventKind, Machine, Power
from slshell.backend.engines.libvirt.domain_xml import ALIAS
from slshell.backend.engines.libvirt.mark import Marks

CRASHED = "QEMU ended unexpectedly: it crashed or was killed"
POWERED_OFF = "the guest powered itself off"
CUT = "its power was cut"
DISK_TROUBLE = "it was paused because the host's disk is full or failing"
_SAME_REBOOT_S = 0.5
"""libvirt tells one reset twice, 8 ms apart."""


class View(NamedTuple):
    """A machine's condition."""

    power: Power
    raw: str
    reason: str = ""


_STATES = {
    libvirt.VIR_DOMAIN_NOSTATE: View(Power.RUNNING, "no state"),
    libvirt.VIR_DOMAIN_RUNNING: View(Power.RUNNING, "running"),
    libvirt.VIR_DOMAIN_BLOCKED: View(Power.RUNNING, "blocked"),
    libvirt.VIR_DOMAIN_PAUSED: View(Power.PAUSED, "paused"),
    libvirt.VIR_DOMAIN_SHUTDOWN: View(Power.STOPPING, "in shutdown"),
    libvirt.VIR_DOMAIN_SHUTOFF: View(Power.STOPPED, "shut off"),
    libvirt.VIR_DOMAIN_CRASHED: View(Power.CRASHED, "crashed", "the guest crashed"),
    libvirt.VIR_DOMAIN_PMSUSPENDED: View(Power.PAUSED, "suspended by the guest"),
}
_SHUT_OFF = {
    libvirt.VIR_DOMAIN_SHUTOFF_SHUTDOWN: View(Power.STOPPED, "shut off (shutdown)", POWERED_OFF),
    libvirt.VIR_DOMAIN_SHUTOFF_DESTROYED: View(Power.STOPPED, "shut off (destroyed)", CUT),
    libvirt.VIR_DOMAIN_SHUTOFF_CRASHED: View(Power.CRASHED, "shut off (crashed)", CRASHED),
    libvirt.VIR_DOMAIN_SHUTOFF_MIGRATED: View(
        Power.STOPPED, "shut off (migrated)", "it moved to another host"
    ),
    libvirt.VIR_DOMAIN_SHUTOFF_SAVED: View(Power.STOPPED, "shut off (saved)", "its memory was saved to disk"),
    libvirt.VIR_DOMAIN_SHUTOFF_FAILED: View(Power.CRASHED, "shut off (failed)", "it could not be started"),
    libvirt.VIR_DOMAIN_SHUTOFF_FROM_SNAPSHOT: View(Power.STOPPED, "shut off (from snapshot)"),
    libvirt.VIR_DOMAIN_SHUTOFF_DAEMON: View(
        Power.STOPPED, "shut off (daemon)", "the daemon lost track of it"
    ),
}
_STOPPED = {
    libvirt.VIR_DOMAIN_EVENT_STOPPED_SHUTDOWN: _SHUT_OFF[libvirt.VIR_DOMAIN_SHUTOFF_SHUTDOWN],
    libvirt.VIR_DOMAIN_EVENT_STOPPED_DESTROYED: _SHUT_OFF[libvirt.VIR_DOMAIN_SHUTOFF_DESTROYED],
    libvirt.VIR_DOMAIN_EVENT_STOPPED_CRASHED: _SHUT_OFF[libvirt.VIR_DOMAIN_SHUTOFF_CRASHED],
    libvirt.VIR_DOMAIN_EVENT_STOPPED_MIGRATED: _SHUT_OFF[libvirt.VIR_DOMAIN_SHUTOFF_MIGRATED],
    libvirt.VIR_DOMAIN_EVENT_STOPPED_SAVED: _SHUT_OFF[libvirt.VIR_DOMAIN_SHUTOFF_SAVED],
    # libvirt says FAILED when a monitor closes without a farewell, which is how a killed QEMU looks.
    libvirt.VIR_DOMAIN_EVENT_STOPPED_FAILED: _SHUT_OFF[libvirt.VIR_DOMAIN_SHUTOFF_CRASHED],
    libvirt.VIR_DOMAIN_EVENT_STOPPED_FROM_SNAPSHOT: _SHUT_OFF[libvirt.VIR_DOMAIN_SHUTOFF_FROM_SNAPSHOT],
}
_EVENTS = {
    libvirt.VIR_DOMAIN_EVENT_DEFINED: View(Power.STOPPED, "defined"),
    libvirt.VIR_DOMAIN_EVENT_STARTED: View(Power.RUNNING, "running"),
    libvirt.VIR_DOMAIN_EVENT_SUSPENDED: View(Power.PAUSED, "paused"),
    libvirt.VIR_DOMAIN_EVENT_RESUMED: View(Power.RUNNING, "running"),
    libvirt.VIR_DOMAIN_EVENT_SHUTDOWN: View(Power.STOPPING, "in shutdown"),
    libvirt.VIR_DOMAIN_EVENT_PMSUSPENDED: View(Power.PAUSED, "suspended by the guest"),
    libvirt.VIR_DOMAIN_EVENT_CRASHED: View(Power.CRASHED, "crashed", "the guest crashed"),
}


def view_of_state(state: int, reason: int) -> View:
    """What a domain's state and its reason mean."""
    if state == libvirt.VIR_DOMAIN_SHUTOFF and reason in _SHUT_OFF:
        return _SHUT_OFF[reason]
    if state == libvirt.VIR_DOMAIN_PAUSED and reason == libvirt.VIR_DOMAIN_PAUSED_IOERROR:
        return View(Power.PAUSED, "paused (I/O error)", DISK_TROUBLE)
    return _STATES.get(state, View(Power.RUNNING, f"state {state}"))


def view_of_event(event: int, detail: int, persistent: bool) -> View | None:
    """What a lifecycle event tells; None when it says nothing about the machine's condition."""
    if event == libvirt.VIR_DOMAIN_EVENT_UNDEFINED:
        return View(Power.GONE, "undefined")
    if event == libvirt.VIR_DOMAIN_EVENT_STOPPED:
        view = _STOPPED.get(detail, _STATES[libvirt.VIR_DOMAIN_SHUTOFF])
        return view if persistent else View(Power.GONE, view.raw, view.reason)
    if event == libvirt.VIR_DOMAIN_EVENT_SUSPENDED and detail == libvirt.VIR_DOMAIN_EVENT_SUSPENDED_IOERROR:
        return View(Power.PAUSED, "paused (I/O error)", DISK_TROUBLE)
    return _EVENTS.get(event)


@dataclass(frozen=True, kw_only=True)
class _Happening:
    """What libvirt's thread hands over: only what can be known without calling libvirt again."""

    kind: EngineEventKind
    domain: Any = None
    event: int = 0
    detail: int = 0
    volume_id: str = ""


class Dispatcher:
    """Takes libvirt's callbacks and tells `on_event` on a thread of its own, in their order."""

    def __init__(self, on_event: Callable[[EngineEvent], None], marks: Marks) -> None:
        self._on_event = on_event
        self._marks = marks
        self._queue: queue.SimpleQueue[_Happening | None] = queue.SimpleQueue()
        self._rebooted: dict[str, float] = {}
        self._vanished: set[str] = set()
        self._thread = threading.Thread(target=self._run, name="engine-events", daemon=True)
        self._thread.start()

    def lifecycle(self, domain: libvirt.virDomain, event: int, detail: int) -> None:
        """libvirt's lifecycle callback."""
        self._queue.put(_Happening(kind=EngineEventKind.CHANGED, domain=domain, event=event, detail=detail))

    def rebooted(self, domain: libvirt.virDomain) -> None:
        """libvirt's reboot callback."""
        self._queue.put(_Happening(kind=EngineEventKind.REBOOTED, domain=domain))

    def unplugged(self, domain: libvirt.virDomain, alias: str, done: bool) -> None:
        """libvirt's callbacks about devices; those that are no volumes are nobody's business."""
        if alias.startswith(ALIAS):
            kind = EngineEventKind.DISK_GONE if done else EngineEventKind.DISK_KEPT
            self._queue.put(_Happening(kind=kind, domain=domain, volume_id=alias.removeprefix(ALIAS)))

    def lost(self) -> None:
        """The connection broke."""
        self._queue.put(_Happening(kind=EngineEventKind.LOST))

    def restored(self) -> None:
        """The connection is back."""
        self._queue.put(_Happening(kind=EngineEventKind.RESTORED))

    def stop(self) -> None:
        """Tell what is queued, then nothing more."""
        self._queue.put(None)
        if threading.current_thread() is not self._thread:
            self._thread.join()

    def _run(self) -> None:
        while (happening := self._queue.get()) is not None:
            event = self._event_of(happening)
            if event is not None:
                self._on_event(event)

    def _event_of(self, happening: _Happening) -> EngineEvent | None:
        if happening.kind is EngineEventKind.LOST:
            return EngineEvent(kind=happening.kind, text="the connection to the hypervisor broke")
        if happening.kind is EngineEventKind.RESTORED:
            return EngineEvent(kind=happening.kind, text="the hypervisor is back")
        domain = happening.domain
        engine_id = domain.UUIDString()
        view: View | None
        if happening.volume_id:
            view = View(Power.RUNNING, "running")
        elif happening.kind is EngineEventKind.REBOOTED:
            view = self._reboot(engine_id)
        else:
            view = self._change(happening, engine_id)
        if view is None:
            return None
        machine = Machine(
            engine_id=engine_id,
            instance_id=self._marks.instance_of(domain),
            power=view.power,
            raw=view.raw,
            reason=view.reason,
            starved=view.reason == DISK_TROUBLE,
        )
        if view.power is Power.GONE:
            self._rebooted.pop(engine_id, None)
            self._marks.forget(engine_id)
        return EngineEvent(
            kind=happening.kind, machine=machine, text=view.reason, volume_id=happening.volume_id
        )

    def _reboot(self, engine_id: str) -> View | None:
        now = time.monotonic()
        before, self._rebooted[engine_id] = self._rebooted.get(engine_id, -_SAME_REBOOT_S), now
        return None if now - before < _SAME_REBOOT_S else View(Power.RUNNING, "running")

    def _change(self, happening: _Happening, engine_id: str) -> View | None:
        """The event's view; a machine that vanishes as it stops is told gone once, not twice."""
        if happening.event == libvirt.VIR_DOMAIN_EVENT_UNDEFINED:
            if engine_id in self._vanished:
                self._vanished.discard(engine_id)
                return None
            if _asked(happening.domain.isActive, otherwise=False):
                return None
        elif happening.event == libvirt.VIR_DOMAIN_EVENT_STOPPED:
            persistent = _asked(happening.domain.isPersistent, otherwise=True)
            if not persistent:
                self._vanished.add(engine_id)
            return view_of_event(happening.event, happening.detail, persistent)
        return view_of_event(happening.event, happening.detail, persistent=True)


def _asked(question: Callable[[], int], otherwise: bool) -> bool:
    """libvirt's answer: no when the domain is gone, `otherwise` when nobody answers."""
    try:
        return bool(question())
    except libvirt.libvirtError as error:
        return otherwise and bool(error.get_error_code() != libvirt.VIR_ERR_NO_DOMAIN)
