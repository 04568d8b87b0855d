"""The columns of hosts, in the words of the tutorial's load page."""

from __future__ import annotations

from slshell.dashboard import text
from slshell.dashboard.columns.base import Column, Renderer
from slshell.model.host import Host

_STATUS = {"on": ("●", "good"), "off": ("○", "dim"), "err": ("✗", "bad")}


def accelerator(host: Host) -> str:
    """How the host runs machines, in a word that says plainly when it is slow."""
    return "emulation" if host.accelerator == "tcg" else host.accelerator.upper()


def _status(host: Host) -> str:
    return f"{_STATUS.get(host.status, ('?', 'warn'))[0]} {host.status}"


def _kib(value: int) -> str:
    return text.size(value * 1024)


HOSTS: Renderer[Host] = Renderer(
    id="hosts",
    title="Hosts",
    key=lambda row: row.id,
    one="host",
    many="hosts",
    empty="No host has reported yet.\n\nType :doctor to see what is missing.",
    words=lambda row: row.accelerator_reason,
    facts={"running": lambda row: row.running},
    sort_by="name",
    columns=(
        Column("name", "NAME", 14, lambda row: row.name, flex=2, keep=9),
        Column(
            "stat", "STAT", 6, _status, style=lambda row: _STATUS.get(row.status, ("?", "warn"))[1], keep=9
        ),
        Column("rvm", "RVM", 5, lambda row: str(row.running), lambda row: row.running, right=True, keep=8),
        Column("tcpu", "TCPU", 6, lambda row: str(row.tcpu), lambda row: row.tcpu, right=True, keep=7),
        Column("fcpu", "FCPU", 6, lambda row: "" if row.fcpu is None else str(row.fcpu),
               lambda row: -1 if row.fcpu is None else row.fcpu, right=True, keep=7, flash=False),
        Column("acpu", "ACPU", 6, lambda row: str(row.acpu), lambda row: row.acpu, right=True, keep=7),
        Column("tmem", "TMEM", 9, lambda row: _kib(row.tmem_kib), lambda row: row.tmem_kib, right=True,
               keep=6),
        Column("fmem", "FMEM", 9, lambda row: _kib(row.fmem_kib), lambda row: row.fmem_kib, right=True,
               keep=6, flash=False),
        Column("amem", "AMEM", 9, lambda row: _kib(row.amem_kib), lambda row: row.amem_kib, right=True,
               keep=6),
        Column(
            "disk", "DISK FREE", 10, lambda row: text.size(row.disk_free_bytes),
            lambda row: row.disk_free_bytes, right=True, keep=5, flash=False,
        ),
        Column("accel", "RUNS BY", 10, accelerator, keep=6,
               style=lambda row: "warn" if row.accelerator == "tcg" else "good"),
        Column("hypervisor", "HYPERVISOR", 16, lambda row: row.hypervisor, flex=1, keep=4),
        Column("why", "WHY", 20, lambda row: row.accelerator_reason, style=lambda _: "dim", flex=3, keep=3),
    ),
)  # fmt: skip
