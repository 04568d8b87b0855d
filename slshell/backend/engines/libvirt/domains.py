"""Operations on domains: each takes a connection and may be repeated."""

from __future__ import annotations

import contextlib
from typing import Any

import libvirt

from slshell.backend.engines.base import Machine, Power
from slshell.backend.engines.libvirt.domain_xml import for_accelerator
from slshell.backend.engines.libvirt.events import DISK_TROUBLE, View, view_of_state
from slshell.backend.engines.libvirt.host import Promised
from slshell.backend.engines.libvirt.mark import Marks
from slshell.model.errors import Conflict

_OFF = frozenset({libvirt.VIR_ERR_NO_DOMAIN, libvirt.VIR_ERR_OPERATION_INVALID})
_KIB_MIB = 1024


def find(connection: Any, engine_id: str) -> Any | None:
    """The domain, None when there is none; an id that is no UUID has none."""
    try:
        return connection.lookupByUUIDString(engine_id)
    except libvirt.libvirtError as error:
        if error.get_error_code() in (libvirt.VIR_ERR_NO_DOMAIN, libvirt.VIR_ERR_INVALID_ARG):
            return None
        raise


def inspect(connection: Any, engine_id: str, marks: Marks) -> Machine:
    """One machine; power GONE when there is none."""
    domain = find(connection, engine_id)
    if domain is None:
        return Machine(engine_id=engine_id, instance_id=None, power=Power.GONE, raw="no such domain")
    state, reason = domain.state()
    return _machine(domain, view_of_state(state, reason), marks)


def list_all(connection: Any, marks: Marks) -> list[Machine]:
    """All domains in one call."""
    records = connection.getAllDomainStats(libvirt.VIR_DOMAIN_STATS_STATE, 0)
    return [
        _machine(domain, view_of_state(values["state.state"], values["state.reason"]), marks)
        for domain, values in records
    ]


def start(connection: Any, engine_id: str, kind: str) -> None:
    """Boot a domain with accelerator `kind`, whatever was right when it was defined."""
    domain = connection.lookupByUUIDString(engine_id)
    if domain.isActive():
        return
    changed = for_accelerator(domain.XMLDesc(libvirt.VIR_DOMAIN_XML_INACTIVE), kind)
    if changed is not None:
        domain = connection.defineXML(changed)
    try:
        domain.create()
    except libvirt.libvirtError:
        if not domain.isActive():
            raise


def shutdown(connection: Any, engine_id: str) -> None:
    """Press the power button; nothing happens on a machine that is off."""
    domain = connection.lookupByUUIDString(engine_id)
    if domain.isActive():
        domain.shutdown()


def reboot(connection: Any, engine_id: str) -> None:
    """Press the reset button."""
    domain = connection.lookupByUUIDString(engine_id)
    if not domain.isActive():
        raise Conflict("the machine does not run", hint="start it instead")
    domain.reset(0)


def resume(connection: Any, engine_id: str) -> None:
    """Let a paused machine go on; nothing happens to any other."""
    domain = find(connection, engine_id)
    if domain is not None and domain.state()[0] == libvirt.VIR_DOMAIN_PAUSED:
        _unless(_OFF, domain.resume)


def stop(connection: Any, engine_id: str) -> None:
    """Cut the power; off and gone are both fine."""
    domain = find(connection, engine_id)
    if domain is not None and domain.isActive():
        _unless(_OFF, domain.destroy)


def delete(connection: Any, uuid: str, instance_id: int, marks: Marks) -> None:
    """Cut the power and forget the domain.

    Raises:
        Conflict: the domain of this UUID is not that instance's.
    """
    domain = find(connection, uuid)
    if domain is None:
        return
    mark = marks.of(domain)
    if mark is None or mark.instance_id != instance_id:
        raise Conflict(
            f"the domain “{domain.name()}” is not instance {instance_id} of this cloud",
            hint="it is left alone; look at it with virsh",
        )
    stop(connection, uuid)
    flags = libvirt.VIR_DOMAIN_UNDEFINE_MANAGED_SAVE | libvirt.VIR_DOMAIN_UNDEFINE_SNAPSHOTS_METADATA
    _unless(frozenset({libvirt.VIR_ERR_NO_DOMAIN}), lambda: domain.undefineFlags(flags))


def promised(connection: Any, marks: Marks) -> Promised:
    """What all defined domains of the host were promised, also those that are not ours."""
    running = vcpu = ram_mib = 0
    for domain, values in connection.getAllDomainStats(libvirt.VIR_DOMAIN_STATS_STATE, 0):
        running += values["state.state"] != libvirt.VIR_DOMAIN_SHUTOFF
        mark = marks.of(domain)
        if mark is not None:
            vcpu, ram_mib = vcpu + mark.vcpu, ram_mib + mark.ram_mib
            continue
        with contextlib.suppress(libvirt.libvirtError):
            _, memory_kib, _, cpus, _ = domain.info()
            vcpu, ram_mib = vcpu + int(cpus), ram_mib + int(memory_kib) // _KIB_MIB
    return Promised(running=running, vcpu=vcpu, ram_mib=ram_mib)


def _machine(domain: Any, view: View, marks: Marks) -> Machine:
    return Machine(
        engine_id=domain.UUIDString(),
        instance_id=marks.instance_of(domain),
        power=view.power,
        raw=view.raw,
        reason=view.reason,
        starved=view.reason == DISK_TROUBLE,
    )


def _unless(codes: frozenset[int], action: Any) -> None:
    """Do it; errors of these codes say that it is done already."""
    try:
        action()
    except libvirt.libvirtError as error:
        if error.get_error_code() not in codes:
            raise
