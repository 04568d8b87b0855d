"""Which volumes are plugged into which domains: through libvirt, or only noted with its test driver."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol, TypeVar

from slshell.backend.engines.libvirt import domains, plugging
from slshell.backend.engines.libvirt.domain_xml import SourceOf, volume_disk
from slshell.backend.engines.volumes import DataDisk, Holder, Plug
from slshell.model.errors import Conflict, NotFound

Result = TypeVar("Result")


class Call(Protocol):
    """How libvirt is called: `LibvirtEngine`'s own way."""

    def __call__(self, doing: str, function: Callable[[Any], Result], /) -> Result:
        """`function(connection)`, its failures converted."""


class Plugs:
    """Plugs volumes in and out; libvirt's test driver has no guests, so there it is only noted."""

    def __init__(self, call: Call, real: Callable[[], bool]) -> None:
        self._call = call
        self._real = real
        self._noted: dict[str, set[str]] = {}

    def attach(self, engine_id: str, disk: DataDisk, source_of: SourceOf) -> str:
        """Plug a volume in; answers the expected device."""

        def do(raw: Any) -> str:
            domain = raw.lookupByUUIDString(engine_id)
            if not self._real():
                return self._note(domain, engine_id, disk.volume_id)
            return plugging.attach(domain, lambda target: volume_disk(disk, source_of, target))

        return f"/dev/{self._call('attach the volume', do)}"

    def detach(self, engine_id: str, volume_id: str) -> Plug:
        """Take a volume out, or ask for it."""

        def do(raw: Any) -> Plug:
            domain = domains.find(raw, engine_id)
            if not self._real():
                self._noted.get(engine_id, set()).discard(volume_id)
            return Plug.OUT if domain is None or not self._real() else plugging.detach(domain, volume_id)

        return self._call("detach the volume", do)

    def attached(self, engine_id: str) -> frozenset[str] | None:
        """The volumes of a machine; None when there is none."""

        def do(raw: Any) -> frozenset[str] | None:
            domain = domains.find(raw, engine_id)
            if domain is None:
                return None
            return plugging.attached(domain) | frozenset(self._noted.get(engine_id, set()))

        return self._call("look at the machine's disks", do)

    def switch(self, holder: Holder, new: str) -> None:
        """Let a machine write to another file from now on."""

        def do(raw: Any) -> None:
            domain = raw.lookupByUUIDString(holder.engine_id)
            if not self._real():
                return
            if plugging.source_of(domain, holder.volume_id) is None:
                raise NotFound("the machine has no such volume", hint="slshell volumes shows who holds it")
            plugging.switch(domain, holder.volume_id, new)

        self._call("keep the state of the volume", do)

    def resize(self, holder: Holder, size_bytes: int) -> bool:
        """Grow the disk of a running machine; False when it is not plugged into one that runs."""

        def do(raw: Any) -> bool:
            domain = domains.find(raw, holder.engine_id)
            if domain is None or not self._real():
                return False
            return plugging.resize(domain, holder.volume_id, size_bytes)

        return self._call("resize the volume", do)

    def _note(self, domain: Any, engine_id: str, volume_id: str) -> str:
        if not domain.isActive():
            raise Conflict("the machine does not run", hint="start it, then attach the volume")
        self._noted.setdefault(engine_id, set()).add(volume_id)
        return "vdc"
