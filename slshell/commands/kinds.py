"""How each kind of resource is shown: the columns of its table, its name and its quiet line."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from slshell.model.appliance import Appliance, ApplianceState
from slshell.model.event import Event, Job, JobState, Severity
from slshell.model.host import Host
from slshell.model.instance import Instance, InstanceType, State
from slshell.model.volume import Volume, VolumeState
from slshell.output.listing import Column, Kind
from slshell.output.text import human_size, human_time

STATE_COLOURS = {
    State.RUNNING: "green",
    State.FAILED: "red",
    State.UNKNOWN: "magenta",
    State.DONE: "dim",
}
_SEVERITY_COLOURS = {Severity.WARNING: "yellow", Severity.ERROR: "red"}
_HOST_COLOURS = {"on": "green", "err": "red", "off": "dim"}


def state_colour(instance: Instance) -> str:
    """Colour name of a state; what is on its way is yellow."""
    return STATE_COLOURS.get(instance.state, "yellow")


def state_text(instance: Instance) -> str:
    """The state as users read it: `Running` gets a `+` once SSH answers."""
    return f"{instance.state}+" if instance.reachable else str(instance.state)


def remark(instance: Instance) -> str:
    """What there is to say: the progress of the present step, else the reason."""
    return instance.progress or instance.reason


INSTANCE = Kind(
    columns=(
        Column(title="ID", text=lambda each: str(each.id), right=True),
        Column(title="NAME", text=lambda each: each.name, flexible=True, keep=9),
        Column(title="STATE", text=state_text, style=state_colour, keep=9),
        Column(title="APPLIANCE", text=lambda each: each.appliance, flexible=True),
        Column(title="TYPE", text=lambda each: each.type, keep=4),
        Column(title="VCPU", text=lambda each: str(each.vcpu), right=True, keep=2),
        Column(
            title="RAM",
            text=lambda each: human_size(each.ram_mib, unit=1 << 20),
            right=True,
            key="ram_mib",
            keep=3,
        ),
        Column(
            title="CPU%", text=lambda each: f"{each.cpu_percent:.0f}", right=True, key="cpu_percent", keep=1
        ),
        Column(
            title="ADDRESS",
            text=lambda each: f"{each.address}:{each.ssh_port}" if each.address else "",
            keep=8,
        ),
        Column(
            title="SWAP",
            text=lambda each: human_size(each.swap_mib, unit=1 << 20),
            right=True,
            key="swap_mib",
            wide=True,
        ),
        Column(title="USER", text=lambda each: each.user, wide=True),
        Column(title="TAGS", text=lambda each: " ".join(each.tags), key="tags", wide=True),
        Column(title="HOST", text=lambda each: each.host, wide=True),
        Column(title="CREATED", text=lambda each: human_time(each.created_at), key="created_at", wide=True),
        Column(title="REMARK", text=remark, flexible=True, key="reason", keep=6),
    ),
    name=lambda each: each.name,
    quiet=lambda each: str(each.id),
    empty="there are no machines; slshell run ttylinux starts one",
    model=Instance,
    changes="instances",
    noun="instance",
    reference=lambda each: str(each.id),
)

LAUNCHED = Kind(
    columns=INSTANCE.columns,
    name=INSTANCE.name,
    quiet=lambda each: f"{each.id}, {each.address}",
    empty="no machine was started",
    model=Instance,
    changes="instances",
    noun=INSTANCE.noun,
    reference=INSTANCE.reference,
)


def _held(volume: Volume) -> str:
    return str(volume.instance_id) if volume.instance_id is not None else ""


def volume_remark(volume: Volume) -> str:
    """What there is to say of a volume."""
    if volume.progress or volume.reason:
        return volume.progress or volume.reason
    if volume.purge_at is not None:
        return f"kept until {human_time(volume.purge_at)}; {volume.origin}".rstrip("; ")
    return volume.origin


def volume_device(volume: Volume) -> str:
    """Its device in the guest; a guess is marked."""
    return volume.device if volume.device_known or not volume.device else f"{volume.device}?"


_VOLUME_COLOURS = {
    VolumeState.AVAILABLE: "green",
    VolumeState.ATTACHED: "green",
    VolumeState.FAILED: "red",
    VolumeState.DELETED: "dim",
}

VOLUME = Kind(
    columns=(
        Column(title="UUID", text=lambda each: each.id, key="id", keep=9),
        Column(title="TAG", text=lambda each: each.tag, flexible=True, keep=9),
        Column(title="SIZE", text=lambda each: human_size(each.size_bytes), right=True, key="size_bytes"),
        Column(
            title="ACTUAL",
            text=lambda each: human_size(each.allocated_bytes),
            right=True,
            key="allocated_bytes",
            keep=2,
        ),
        Column(
            title="STATE",
            text=lambda each: str(each.state),
            style=lambda each: _VOLUME_COLOURS.get(each.state, "yellow"),
        ),
        Column(title="IN", text=_held, right=True, key="instance_id", keep=8),
        Column(title="DEVICE", text=volume_device, keep=7),
        Column(title="OWNER", text=lambda each: each.owner, flexible=True, keep=1),
        Column(title="CREATED", text=lambda each: human_time(each.created_at), key="created_at", keep=3),
        Column(title="REMARK", text=volume_remark, flexible=True, key="reason", keep=6),
    ),
    name=lambda each: each.tag or each.id,
    quiet=lambda each: each.id,
    empty="there are no volumes; slshell create-volume --size 5 makes one",
    model=Volume,
    changes="volumes",
    noun="volume",
    reference=lambda each: each.id,
)


def volume_lines(line: Callable[[Volume], str]) -> Kind:
    """Volumes told in a line each, as the tutorial has it; data formats have the whole."""
    return replace(VOLUME, line=line, empty="nothing was done")


SNAPSHOT = Kind(
    columns=(
        Column(title="VOLUME", text=lambda each: each.volume_id, key="volume_id"),
        Column(title="NAME", text=lambda each: each.name),
        Column(title="SIZE", text=lambda each: human_size(each.size_bytes), right=True, key="size_bytes"),
        Column(title="TAKEN", text=lambda each: human_time(each.created_at), key="created_at"),
    ),
    name=lambda each: each.name,
    quiet=lambda each: each.name,
    empty="there are no snapshots; slshell create-snapshot VOLUME takes one",
)

TYPE = Kind(
    columns=(
        Column(title="", text=lambda each: "*" if each.default else "", key="default"),
        Column(title="TYPE", text=lambda each: each.name, key="name"),
        Column(title="CPU", text=lambda each: f"{each.vcpu} CPU", right=True, key="vcpu"),
        Column(title="RAM", text=lambda each: f"{each.ram_mib} MB", right=True, key="ram_mib"),
        Column(title="SWAP", text=lambda each: f"{each.swap_mib} MB", right=True, key="swap_mib"),
        Column(title="FITS", text=lambda each: "yes" if each.fits else "no: larger than the host"),
    ),
    name=lambda each: each.name,
    quiet=lambda each: each.name,
    empty="the cloud has no instance types",
    model=InstanceType,
    noun="type",
    reference=lambda each: each.name,
)


def _appliance_colour(appliance: Appliance) -> str:
    colours = {ApplianceState.READY: "green", ApplianceState.FAILED: "red", ApplianceState.AVAILABLE: "dim"}
    return colours.get(appliance.state, "yellow")


def _endorser(appliance: Appliance) -> str:
    """Who endorses it; what is no longer valid is said."""
    past = f" ({appliance.status})" if appliance.status not in ("", "valid") else ""
    return f"{appliance.endorser}{past}"


def _system(appliance: Appliance) -> str:
    return " ".join(filter(None, (appliance.os, appliance.os_version)))


APPLIANCE = Kind(
    columns=(
        Column(title="ID", text=lambda each: each.id),
        Column(title="NAME", text=lambda each: each.name, flexible=True),
        Column(title="KIND", text=lambda each: str(each.kind)),
        Column(title="STATE", text=lambda each: str(each.state), style=_appliance_colour),
        Column(
            title="DISK",
            text=lambda each: human_size(each.disk_bytes or each.size_bytes),
            right=True,
            key="disk_bytes",
        ),
        Column(title="SYSTEM", text=_system, flexible=True, key="os", keep=3),
        Column(title="USER", text=lambda each: each.user, keep=2),
        Column(title="ENDORSER", text=_endorser, flexible=True, keep=4),
        Column(
            title="MINRAM",
            text=lambda each: human_size(each.min_ram_mib, unit=1 << 20),
            right=True,
            key="min_ram_mib",
            wide=True,
        ),
        Column(title="FORMAT", text=lambda each: each.format, wide=True),
        Column(title="SHA256", text=lambda each: each.sha256, wide=True),
        Column(title="CREATED", text=lambda each: human_time(each.created_at), key="created_at", wide=True),
        Column(title="ORIGIN", text=lambda each: each.origin, flexible=True, keep=4),
        Column(
            title="REMARK",
            text=lambda each: each.progress or each.reason,
            flexible=True,
            key="reason",
            keep=6,
        ),
    ),
    name=lambda each: each.name,
    quiet=lambda each: each.id,
    empty="the catalogue is empty; slshell import-image brings an image in",
    model=Appliance,
    changes="appliances",
    noun="appliance",
    # An identifier may begin with the sign of an option.
    reference=lambda each: each.name if each.id.startswith("-") else each.id,
)

HOST = Kind(
    columns=(
        Column(title="ID", text=lambda each: str(each.id), right=True),
        Column(title="NAME", text=lambda each: each.name, wide=True),
        Column(title="RVM", text=lambda each: str(each.running), right=True, key="running"),
        Column(title="TCPU", text=lambda each: str(each.tcpu), right=True),
        Column(title="FCPU", text=lambda each: "" if each.fcpu is None else str(each.fcpu), right=True),
        Column(title="ACPU", text=lambda each: str(each.acpu), right=True),
        Column(
            title="TMEM", text=lambda each: human_size(each.tmem_kib, unit=1024), right=True, key="tmem_kib"
        ),
        Column(
            title="FMEM", text=lambda each: human_size(each.fmem_kib, unit=1024), right=True, key="fmem_kib"
        ),
        Column(
            title="AMEM", text=lambda each: human_size(each.amem_kib, unit=1024), right=True, key="amem_kib"
        ),
        Column(
            title="STAT",
            text=lambda each: each.status,
            key="status",
            style=lambda each: _HOST_COLOURS.get(each.status, ""),
        ),
        Column(
            title="DISK",
            text=lambda each: human_size(each.disk_total_bytes),
            right=True,
            key="disk_total_bytes",
            wide=True,
        ),
        Column(
            title="FREE",
            text=lambda each: human_size(each.disk_free_bytes),
            right=True,
            key="disk_free_bytes",
            wide=True,
        ),
        Column(title="RUNS BY", text=lambda each: each.accelerator, key="accelerator", wide=True),
        Column(title="HYPERVISOR", text=lambda each: each.hypervisor, wide=True),
    ),
    name=lambda each: each.name,
    quiet=lambda each: str(each.id),
    empty="the cloud has no hosts",
    model=Host,
)


def _about(item: Event | Job) -> str:
    return str(item.instance_id) if item.instance_id is not None else ""


EVENT = Kind(
    columns=(
        Column(title="TIME", text=lambda each: human_time(each.time)),
        Column(title="MACHINE", text=_about, right=True, key="instance_id"),
        Column(
            title="SEVERITY",
            text=lambda each: str(each.severity),
            style=lambda each: _SEVERITY_COLOURS.get(each.severity, ""),
        ),
        Column(title="KIND", text=lambda each: each.kind, keep=3),
        Column(title="TEXT", text=lambda each: each.text, flexible=True, keep=9),
    ),
    name=lambda each: str(each.id),
    quiet=lambda each: str(each.id),
    empty="nothing has happened yet",
    model=Event,
    changes="events",
)

JOB = Kind(
    columns=(
        Column(title="ID", text=lambda each: str(each.id), right=True),
        Column(title="KIND", text=lambda each: each.kind),
        Column(
            title="ABOUT",
            text=lambda each: _about(each) or each.appliance_id or "",
            flexible=True,
            key="instance_id",
        ),
        Column(
            title="STATE",
            text=lambda each: str(each.state),
            style=lambda each: {JobState.DONE: "green", JobState.FAILED: "red"}.get(each.state, "yellow"),
        ),
        Column(title="STEP", text=lambda each: each.step),
        Column(title="TRIES", text=lambda each: str(each.attempts), right=True, key="attempts", keep=2),
        Column(title="SINCE", text=lambda each: human_time(each.created_at), key="created_at", keep=3),
        Column(title="ERROR", text=lambda each: each.error, flexible=True),
    ),
    name=lambda each: str(each.id),
    quiet=lambda each: str(each.id),
    empty="no work has been done yet",
    model=Job,
    changes="jobs",
)


def type_line(each: InstanceType) -> str:
    """One type in the words of the tutorial's `--list-type`."""
    return f"{each.name} {each.vcpu} CPU {each.ram_mib} MB {each.swap_mib} MB"


def host_name(each: Host) -> str:
    """A host's name, its number where it has none."""
    return each.name or str(each.id)
