"""A state change in libvirt → the row on the screen of a real dashboard.

The change is made behind the cloud's back, through its private libvirt. The floor is libvirt's own event
in a process that does nothing but wait for it.
"""

from __future__ import annotations

import argparse
import multiprocessing
import threading
import time
from multiprocessing.connection import Connection

import libvirt

from benchmarks import report
from benchmarks.terminal import dashboard
from benchmarks.world import APPLIANCE, World, world

AIM_MS = 300
CALM_S = 3.0
"""A machine that has just become reachable still ends its boot."""
OFF = "? Unknown"


def main() -> None:
    """Measure and print."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--repetitions", type=int, default=5)
    repetitions = options.parse_args().repetitions
    report.heading("row: a state change in libvirt to the row on screen")
    with world(appliance=True) as own:
        own.slshell("run", APPLIANCE, "--wait", "--for", "reachable")
        uri = own.cloud().status().libvirt_uri
        changes = [_change(own, uri, number) for number in range(repetitions)]
    asked_event, asked_row, event_row = (list(values) for values in zip(*changes, strict=True))
    report.line("destroy asked → libvirt's event (floor)", asked_event, "ms")
    report.line("destroy asked → row on screen", asked_row, "ms")
    report.line("libvirt's event → row on screen", event_row, "ms")
    report.ratio("asked → row / asked → event", asked_row, asked_event)
    verdict = "met" if report.median(event_row) <= AIM_MS else "missed"
    report.say(f"aim of {AIM_MS} ms from the event to the row: {verdict}")
    report.say(f"load at the end {report.load()}")


def _change(own: World, uri: str, number: int) -> tuple[float, float, float]:
    """Milliseconds of one change: asked → event, asked → row, event → row."""
    if number:
        own.slshell("start", "1", "--wait")
        own.slshell("wait", "1", "--for", "reachable")
    processes = multiprocessing.get_context("spawn")
    ours, theirs = processes.Pipe()
    ender = processes.Process(target=end_machine, args=(uri, theirs), daemon=True)
    ender.start()
    ours.recv()
    with dashboard(own) as shown:
        shown.wait_for("● Running")
        shown.listen(CALM_S)
        shown.forget()
        ours.send("end it")
        drawn = shown.wait_for(OFF)
    asked, event = ours.recv()
    ender.join()
    return (event - asked) * 1000, (drawn - asked) * 1000, (drawn - event) * 1000


def end_machine(uri: str, pipe: Connection) -> None:
    """Say ready, wait to be told, cut the power of the one machine; answers when asked and when told of it.

    A process of its own, so that the time that the dashboard's output takes to read is not in the event's.
    """
    libvirt.virEventRegisterDefaultImpl()
    connection = libvirt.open(uri)
    [domain] = connection.listAllDomains()
    events: list[float] = []

    def ended(_connection: object, _domain: object, event: int, _detail: int, _opaque: object) -> None:
        if event == libvirt.VIR_DOMAIN_EVENT_STOPPED:
            events.append(time.monotonic())

    connection.domainEventRegisterAny(None, libvirt.VIR_DOMAIN_EVENT_ID_LIFECYCLE, ended, None)
    pipe.send("ready")
    pipe.recv()
    asked = time.monotonic()
    caller = threading.Thread(target=domain.destroy)
    caller.start()
    while not events:
        libvirt.virEventRunDefaultImpl()
    caller.join()
    pipe.send((asked, events[0]))


if __name__ == "__main__":
    main()
