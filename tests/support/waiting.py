"""Waiting for what a cloud tells, without sleeping: one long poll after the other."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypeVar

from slshell.client.cloud import Cloud
from slshell.model.appliance import Appliance
from slshell.model.cloud import Changes
from slshell.model.event import Event
from slshell.model.instance import Instance
from slshell.model.volume import Volume

T = TypeVar("T")

PATIENCE_S = 120.0


class Watch:
    """Follows the changes of a cloud until something holds."""

    def __init__(self, client: Cloud) -> None:
        self._client = client

    def instance(
        self, instance_id: int, holds: Callable[[Instance], bool], patience_s: float = PATIENCE_S
    ) -> Instance:
        """The instance, as soon as `holds` of it."""

        def look(_changes: Changes) -> Instance | None:
            one = self._client.instance(instance_id)
            return one if holds(one) else None

        return self._until(look, patience_s, f"instance {instance_id}")

    def appliance(
        self, name: str, holds: Callable[[Appliance], bool], patience_s: float = PATIENCE_S
    ) -> Appliance:
        """The appliance of this name, as soon as `holds` of it."""

        def look(_changes: Changes) -> Appliance | None:
            found = [one for one in self._client.appliances() if one.name == name and holds(one)]
            return found[0] if found else None

        return self._until(look, patience_s, f"appliance {name}")

    def event(self, holds: Callable[[Event], bool], patience_s: float = PATIENCE_S) -> Event:
        """The first event that holds, past or to come."""

        def look(_changes: Changes) -> Event | None:
            return next((one for one in self._client.events() if holds(one)), None)

        return self._until(look, patience_s, "an event")

    def volume(
        self, volume_id: str, holds: Callable[[Volume], bool], patience_s: float = PATIENCE_S
    ) -> Volume:
        """The volume, as soon as `holds` of it."""

        def look(_changes: Changes) -> Volume | None:
            one = self._client.volume(volume_id)
            return one if holds(one) else None

        return self._until(look, patience_s, f"volume {volume_id}")

    def no_volume(self, volume_id: str, patience_s: float = PATIENCE_S) -> None:
        """Return when there is no such volume any more."""

        def look(_changes: Changes) -> bool | None:
            return volume_id not in {one.id for one in self._client.volumes(all=True)} or None

        self._until(look, patience_s, f"the end of volume {volume_id}")

    def no_job(self, patience_s: float = PATIENCE_S) -> None:
        """Return when no job is queued or at work."""

        def look(_changes: Changes) -> bool | None:
            return not any(self._client.jobs(state=state) for state in ("queued", "running")) or None

        self._until(look, patience_s, "the end of all jobs")

    def _until(self, look: Callable[[Changes], T | None], patience_s: float, what: str) -> T:
        deadline = time.monotonic() + patience_s
        changes = self._client.changes(0, 0)
        while (found := look(changes)) is None:
            left = deadline - time.monotonic()
            assert left > 0, f"{what} did not come to hold within {patience_s} s: {changes}"
            changes = self._client.changes(changes.revision, min(left, 20.0))
        return found
