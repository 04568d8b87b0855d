"""The calls about what machines are told and what is made of them: a part of `Cloud`."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TypeVar
from urllib.parse import quote

import msgspec

from slshell.model.appliance import Appliance
from slshell.model.context import InstanceContext
from slshell.model.making import SaveRequest

T = TypeVar("T")


class ContextCalls(ABC):
    """What machines were given."""

    @abstractmethod
    def _get(self, path: str, kind: type[T]) -> T: ...

    @abstractmethod
    def _ask(
        self, method: str, path: str, content: msgspec.Struct | None, kind: type[T], *, repeat: bool = False
    ) -> T: ...

    def save_instance(self, instance_id: int, request: SaveRequest) -> Appliance:
        """Make an appliance of an instance that is off; answers at once, in state `importing`."""
        return self._ask("POST", f"/v1/instances/{instance_id}/save", request, Appliance, repeat=True)

    def build_appliance(self, recipe: str) -> Appliance:
        """Have the appliance of a recipe; answers at once, in state `importing` while it is built."""
        return self._ask("POST", f"/v1/recipes/{quote(recipe, safe='')}/build", None, Appliance, repeat=True)

    def remove_appliance(self, reference: str) -> Appliance:
        """Remove an appliance that nothing stands on; one that is coming in is stopped."""
        return self._ask("DELETE", f"/v1/appliances/{quote(reference, safe='')}", None, Appliance)

    def context(self, instance_id: int, *, secrets: bool = False) -> InstanceContext:
        """What an instance was told, and what it has said of it; its secrets hidden unless asked for."""
        query = "?secrets=true" if secrets else ""
        return self._get(f"/v1/instances/{instance_id}/context{query}", InstanceContext)
