"""libvirt's states and events in words, and processor use."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import libvirt
import pytest

from slshell.backend.engines.base import Power
from slshell.backend.engines.libvirt.accelerator import Prover
from slshell.backend.engines.libvirt.account import account_for
from slshell.backend.engines.libvirt.events import view_of_event, view_of_state
from slshell.model.errors import UsageError


@pytest.mark.parametrize(
    ("state", "reason", "power", "words"),
    [
        (libvirt.VIR_DOMAIN_RUNNING, libvirt.VIR_DOMAIN_RUNNING_BOOTED, Power.RUNNING, ""),
        (libvirt.VIR_DOMAIN_BLOCKED, 0, Power.RUNNING, ""),
        (libvirt.VIR_DOMAIN_SHUTDOWN, 0, Power.STOPPING, ""),
        (libvirt.VIR_DOMAIN_SHUTOFF, libvirt.VIR_DOMAIN_SHUTOFF_UNKNOWN, Power.STOPPED, ""),
        (
            libvirt.VIR_DOMAIN_SHUTOFF,
            libvirt.VIR_DOMAIN_SHUTOFF_SHUTDOWN,
            Power.STOPPED,
            "powered itself off",
        ),
        (libvirt.VIR_DOMAIN_SHUTOFF, libvirt.VIR_DOMAIN_SHUTOFF_DESTROYED, Power.STOPPED, "power was cut"),
        (libvirt.VIR_DOMAIN_SHUTOFF, libvirt.VIR_DOMAIN_SHUTOFF_CRASHED, Power.CRASHED, "ended unexpectedly"),
        (libvirt.VIR_DOMAIN_PAUSED, libvirt.VIR_DOMAIN_PAUSED_IOERROR, Power.PAUSED, "disk is full"),
    ],
)
def test_a_state_says_what_became_of_the_machine(state: int, reason: int, power: Power, words: str) -> None:
    view = view_of_state(state, reason)
    assert view.power is power
    assert words in view.reason
    assert bool(words) == bool(view.reason)


@pytest.mark.parametrize("state", range(libvirt.VIR_DOMAIN_PMSUSPENDED + 1))
def test_every_state_of_libvirt_has_a_power(state: int) -> None:
    assert view_of_state(state, 0).power in Power


@pytest.mark.parametrize("detail", range(libvirt.VIR_DOMAIN_EVENT_STOPPED_FROM_SNAPSHOT + 1))
def test_every_way_to_stop_has_a_reason_or_is_a_snapshot(detail: int) -> None:
    view = view_of_event(libvirt.VIR_DOMAIN_EVENT_STOPPED, detail, persistent=True)
    assert view is not None
    assert view.power in (Power.STOPPED, Power.CRASHED)
    assert view.reason or detail == libvirt.VIR_DOMAIN_EVENT_STOPPED_FROM_SNAPSHOT


def test_a_machine_without_a_definition_is_gone_when_it_stops() -> None:
    view = view_of_event(libvirt.VIR_DOMAIN_EVENT_STOPPED, 0, persistent=False)
    assert view is not None
    assert view.power is Power.GONE


def prover(short_folder: Any, setting: str) -> Prover:
    return Prover(setting=setting, folder=short_folder, account=account_for(None), kernel=None)


@pytest.mark.parametrize("setting", ["kvm", "tcg"])
def test_a_set_accelerator_is_not_questioned(short_folder: Any, setting: str) -> None:
    found = prover(short_folder, setting).answer(SimpleNamespace())
    assert (found.kind, found.reason) == (setting, "set in the configuration")


def test_an_unknown_accelerator_is_refused(short_folder: Any) -> None:
    with pytest.raises(UsageError):
        prover(short_folder, "xen").answer(SimpleNamespace())


def test_without_proof_machines_are_emulated_and_the_reason_is_told(short_folder: Any) -> None:
    found = prover(short_folder, "auto").answer(libvirt.open("test:///default"))
    assert found.kind == "tcg"
    assert found.reason.startswith("emulation, because ")
