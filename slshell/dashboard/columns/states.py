"""How a state looks: a glyph, a word and a colour, so that none of them stands alone."""

from __future__ import annotations

from slshell.model.appliance import ApplianceState
from slshell.model.event import JobState, Severity
from slshell.model.instance import Instance, State
from slshell.model.volume import VolumeState

_INSTANCE = {
    State.PENDING: ("○", "dim"),
    State.PROLOG: ("◔", "busy"),
    State.BOOT: ("◑", "busy"),
    State.RUNNING: ("●", "good"),
    State.SHUTDOWN: ("◕", "busy"),
    State.UNKNOWN: ("?", "warn"),
    State.EPILOG: ("◕", "busy"),
    State.DONE: ("✓", "dim"),
    State.FAILED: ("✗", "bad"),
}
_APPLIANCE = {
    ApplianceState.IMPORTING: ("◔", "busy"),
    ApplianceState.READY: ("●", "good"),
    ApplianceState.FAILED: ("✗", "bad"),
    ApplianceState.AVAILABLE: ("○", ""),
}
_VOLUME = {
    VolumeState.CREATING: ("◔", "busy"),
    VolumeState.RECEIVING: ("◔", "busy"),
    VolumeState.AVAILABLE: ("○", "good"),
    VolumeState.ATTACHING: ("◑", "busy"),
    VolumeState.ATTACHED: ("●", "good"),
    VolumeState.DETACHING: ("◕", "busy"),
    VolumeState.DELETED: ("⌫", "dim"),
    VolumeState.PURGING: ("⌫", "dim"),
    VolumeState.FAILED: ("✗", "bad"),
}
_JOB = {
    JobState.QUEUED: ("○", "dim"),
    JobState.RUNNING: ("◔", "busy"),
    JobState.DONE: ("✓", "dim"),
    JobState.FAILED: ("✗", "bad"),
}
_SEVERITY = {
    Severity.INFO: ("·", ""),
    Severity.WARNING: ("!", "warn"),
    Severity.ERROR: ("✗", "bad"),
}

ORDER = {state: index for index, state in enumerate(State)}
VOLUME_ORDER = {state: index for index, state in enumerate(VolumeState)}


def glyph(state: State) -> str:
    """The sign of an instance's state."""
    return _INSTANCE[state][0]


def role(state: State) -> str:
    """The style role of an instance's state."""
    return _INSTANCE[state][1]


def of_instance(instance: Instance) -> str:
    """An instance's state as glyph and word; a running one says when it is not reachable yet."""
    if instance.state is State.RUNNING and not instance.reachable:
        return f"◑ {instance.state}"
    return f"{_INSTANCE[instance.state][0]} {instance.state}"


def instance_role(instance: Instance) -> str:
    """The style role of an instance: busy until SSH answers."""
    if instance.state is State.RUNNING and not instance.reachable:
        return "busy"
    return _INSTANCE[instance.state][1]


def of_appliance(state: ApplianceState) -> tuple[str, str]:
    """Glyph and style role of an appliance's state."""
    return _APPLIANCE[state]


def of_volume(state: VolumeState) -> tuple[str, str]:
    """Glyph and style role of a volume's state."""
    return _VOLUME[state]


def of_job(state: JobState) -> tuple[str, str]:
    """Glyph and style role of a job's state."""
    return _JOB[state]


def of_severity(severity: Severity) -> tuple[str, str]:
    """Glyph and style role of an event's severity."""
    return _SEVERITY[severity]
