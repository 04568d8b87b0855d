"""Making appliances: of a machine that is off, or by a recipe that is built on request."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from dataclasses import dataclass

from slshell.backend.appliances import builder, recipe
from slshell.backend.engines.base import Engine
from slshell.backend.services import records, requests
from slshell.backend.services.catalogue import Catalogue
from slshell.backend.store.database import Database
from slshell.model.appliance import Appliance, ApplianceKind
from slshell.model.errors import Conflict, UsageError
from slshell.model.instance import State
from slshell.model.making import SaveRequest
from slshell.model.names import checked_name

_LONGEST = 500
"""Characters of a title, an author or a comment."""


@dataclass(frozen=True, kw_only=True)
class Saves:
    """The service. `wake` tells the runners that there is work."""

    database: Database
    engine: Engine
    catalogue: Catalogue
    wake: Callable[[], None]

    def save(self, instance_id: int, request: SaveRequest) -> Appliance:
        """Accept to make an appliance of a machine that is off; a job writes its disk out.

        Raises:
            UsageError: a value cannot be. NotFound: no such instance. Conflict: it is not off, its appliance
            is gone, the name is taken, or the engine cannot do it.
        """
        requests.checked(request.request_id)
        checked_name(request.name, "appliance name")
        for text in (request.title, request.author, request.comment):
            if len(text) > _LONGEST or not text.replace("\n", " ").isprintable():
                raise UsageError(
                    "a title, author or comment is too long or not plain text",
                    hint=f"use up to {_LONGEST} letters",
                )
        if not self.engine.volumes.features.files:
            raise Conflict("this cloud keeps volumes where disks cannot be written out as files")
        print_ = requests.fingerprint(f"save {instance_id}", request)
        provisional = f"import-{uuid.uuid4().hex[:12]}"
        with self.database.write() as write:
            _ = write.revision
            earlier = requests.served(write.connection, request.request_id, print_)
            if earlier is None:
                row = records.instance_row(write.connection, instance_id)
                if State(row.state) is not State.UNKNOWN:
                    raise Conflict(
                        f"instance {instance_id} is {row.state}; a machine is saved when it is off",
                        hint=f"slshell save-instance {instance_id} --shutdown asks it to shut down first",
                    )
                self.catalogue.boot_image(row.appliance_id)
                self.catalogue.expect(write, provisional, request.name, _origin(request, row), row.user)
                payload = {"export": f"{uuid.uuid4()}.qcow2", "title": request.title or request.name}
                records.add_job(
                    write, "save", "write", instance_id=instance_id, appliance_id=provisional, payload=payload
                )
                requests.remember(write, request.request_id, print_, [provisional])
        self.wake()
        return self.catalogue.made_by(provisional if earlier is None else earlier[0], request.name)

    def build(self, name: str) -> Appliance:
        """Have the appliance of a recipe; a job builds it unless it is here.

        Raises:
            NotFound: no such recipe. EngineFailed: a program is missing, with the line that installs it.
            Conflict: another appliance has its name.
        """
        builder.require(recipe.load(name))
        self.catalogue.ensure_bundled(name, ApplianceKind.MACHINE)
        found = self.catalogue.resolve(name)
        if found.origin != "bundled":
            raise Conflict(
                f"the name “{name}” is taken by an appliance from {found.origin}",
                hint="there can be one appliance of a name",
            )
        return found


def _origin(request: SaveRequest, row: object) -> str:
    number, name, base = (getattr(row, field) for field in ("id", "name", "appliance"))
    state = "cleaned of its identity" if request.cleaned else "as it was, its identity not cleaned"
    by = f" by {request.author}" if request.author else ""
    remark = f": {request.comment}" if request.comment else ""
    return f"machine {number} ({name}) of {base}, {state}{by}{remark}".replace("\n", " ")
