"""The served cloud of the client's tests, with measurements, consoles and a host."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

from slshell.model.host import Host
from slshell.model.instance import Metrics
from slshell.model.track import Track
from tests.unit.client.served import ServedCloud, instance

CONSOLE = b"[    0.1] Linux\r\n\x1b[32mStarting sshd: OK\x1b[0m\r\n\r\nttylinux login: "


def recent(number: int, **changes: Any) -> Any:
    """A machine that was made a minute ago."""
    return instance(number, **{"created_at": datetime.now(UTC) - timedelta(minutes=1), **changes})


def host(**changes: Any) -> Host:
    """A host with half of its processors promised."""
    values: dict[str, Any] = {
        "id": 1, "name": "forge", "status": "on", "running": 2, "tcpu": 800, "acpu": 400, "fcpu": 610,
        "tmem_kib": 16 << 20, "fmem_kib": 9 << 20, "amem_kib": 12 << 20, "disk_total_bytes": 200 << 30,
        "disk_free_bytes": 81 << 30, "accelerator": "tcg", "accelerator_reason": "no vmx flag",
        "hypervisor": "QEMU 7.2",
    }  # fmt: skip
    return Host(**{**values, **changes})


class ScreenCloud(ServedCloud):
    """Answers what a dashboard asks beside the lists."""

    def __init__(self, home: Path) -> None:
        super().__init__(home)
        self.hosts = [host()]
        self.cpu_percent = 42.0
        self.track = Track()

    def metrics(self, number: int) -> Metrics:
        """What every machine uses."""
        return Metrics(
            id=number, cpu_percent=self.cpu_percent, memory_kib=65536, disk_read_bytes=2048.0 * 1024,
            packets_in=1500.0, packets_out=20.0,
        )  # fmt: skip

    def answer(self, method: str, target: str, body: bytes) -> tuple[int, Any]:
        """Measurements and consoles are asked for by one path each."""
        parts = urlsplit(target)
        if parts.path == "/v1/metrics":
            ids = parse_qs(parts.query)["ids"][0].split(",")
            return 200, [self.metrics(int(number)) for number in ids]
        if parts.path.endswith("/metrics"):
            self.track.add(time.time(), self.metrics(int(parts.path.split("/")[3])))
            return 200, self.track
        if parts.path.endswith("/console"):
            return 200, CONSOLE
        return super().answer(method, target, body)

    def drop_instance(self, number: int) -> None:
        """End a machine, as a finished kill does."""
        from slshell.model.instance import State

        self.change(number, state=State.DONE)
