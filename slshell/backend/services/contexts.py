"""What machines were told, and what they have said of it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import msgspec
from sqlalchemy import Connection, Row, delete, insert, select

from slshell.backend.engines.base import ContextDisc, Engine
from slshell.backend.images import contextualization, userdata
from slshell.backend.services import records, secrets
from slshell.backend.services.catalogue import Catalogue
from slshell.backend.store.database import Database, Write
from slshell.backend.store.tables.contexts import contexts
from slshell.model.appliance import Appliance, ContextMethod
from slshell.model.context import InstanceContext, UserDataPart
from slshell.model.errors import NotFound, UsageError
from slshell.model.instance import RunRequest

CONSOLE_LINES = 12
_CONSOLE_BYTES = 65536
_PARTS = msgspec.json.Decoder(tuple[UserDataPart, ...])
_DISC, _SEED = (ContextMethod.STRATUSLAB, ContextMethod.BOTH), (ContextMethod.CLOUD_INIT, ContextMethod.BOTH)
_ESCAPES = re.compile(r"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)?|[@-_])")
_STAGE = re.compile(r"Cloud-init v\. \S+ running '([a-z:-]{1,24})' at [^\n]{0,60}?Up ([0-9.]{1,12}) seconds")
_FINISHED = re.compile(r"Cloud-init v\. \S+ finished at [^\n]{0,160}?Up ([0-9.]{1,12}) seconds")
_COMPLAINT = re.compile(
    r"cloud-init\[\d+\]: [^\n]{0,80}?(?:WARNING|ERROR|CRITICAL)\]?:? ?([^\n]{1,200})"
    r"|(Failed (?:to run|running) [^\n]{1,200})"
)


def checked(request: RunRequest, appliance: Appliance) -> tuple[UserDataPart, ...]:
    """The request's documents, each with its type, when machines of this appliance can be told them.

    Raises:
        UsageError: they cannot, or nothing would read them.
    """
    parts = userdata.resolved(request.user_data)
    userdata.check(parts)
    method = request.context_method or appliance.context
    if parts and method not in _SEED:
        raise UsageError(
            f"machines of {appliance.name} would not see the documents for cloud-init: "
            f"they are told by the _STRATUSLAB disc only",
            hint="--context-method both gives the seed of cloud-init as well, if cloud-init is in the image",
            details={"field": "user_data"},
        )
    return parts


def keep(write: Write, instance_id: int, method: ContextMethod | None, parts: Sequence[UserDataPart]) -> None:
    """Keep what a request asked for, where it asked for anything."""
    if method is not None or parts:
        write.connection.execute(
            insert(contexts).values(
                instance_id=instance_id, method=method.value if method else "", parts=records.as_text(parts)
            )
        )


def drop(write: Write, instance_id: int) -> None:
    """Forget what an instance that has ended was told, for there may be secrets in it."""
    write.connection.execute(delete(contexts).where(contexts.c.instance_id == instance_id))
    records.change_instance(write, instance_id, context="{}")


def told(
    connection: Connection, instance_id: int, default: ContextMethod
) -> tuple[ContextMethod, tuple[UserDataPart, ...]]:
    """The method and the documents of an instance."""
    row = connection.execute(select(contexts).where(contexts.c.instance_id == instance_id)).one_or_none()
    if row is None:
        return default, ()
    return ContextMethod(row.method) if row.method else default, _PARTS.decode(row.parts)


def discs(row: Row[Any], method: ContextMethod, parts: Sequence[UserDataPart]) -> tuple[ContextDisc, ...]:
    """The discs of an instance, from its row with the secrets."""
    keys: list[str] = msgspec.json.decode(row.keys)
    pairs: dict[str, str] = msgspec.json.decode(row.context)
    made = []
    if method in _DISC:
        made.append(
            contextualization.stratuslab_disc(
                keys=keys, hostname=row.name, host_key=row.host_key_private, context=pairs
            )
        )
    if method in _SEED:
        made.append(
            contextualization.cloud_init_seed(
                keys=keys,
                user=row.user,
                hostname=row.name,
                host_key=row.host_key_private,
                host_public_key=row.host_key,
                instance_uuid=row.uuid,
                context=pairs,
                parts=parts,
            )
        )
    return tuple(made)


@dataclass(frozen=True, kw_only=True)
class Contexts:
    """Answers what an instance was told."""

    database: Database
    engine: Engine
    catalogue: Catalogue

    def of(self, instance_id: int, *, masked: bool = True) -> InstanceContext:
        """What one instance was told, with its secrets hidden unless `masked` is False.

        Raises:
            NotFound: there is no such instance.
        """
        with self.database.read() as connection:
            row = records.instance_row(connection, instance_id)
            method, parts = told(connection, instance_id, self._default(row))
        variables: dict[str, str] = msgspec.json.decode(row.context)
        if masked:
            variables = {name: secrets.masked_variable(name, value) for name, value in variables.items()}
            parts = tuple(secrets.masked_part(part) for part in parts)
        said = self._console(row)
        labels = [contextualization.STRATUSLAB_LABEL] if method in _DISC else []
        labels += [contextualization.CLOUD_INIT_LABEL] if method in _SEED else []
        return InstanceContext(
            id=row.id,
            name=row.name,
            method=method,
            labels=tuple(labels),
            user=row.user,
            keys=tuple(msgspec.json.decode(row.keys)),
            variables=variables,
            parts=parts,
            masked=masked,
            status=status_of(said) if method in _SEED else "",
            console=tuple(line for line in said.splitlines() if line.strip())[-CONSOLE_LINES:],
        )

    def _default(self, row: Row[Any]) -> ContextMethod:
        try:
            return self.catalogue.resolve(row.appliance_id).context
        except NotFound:
            return ContextMethod.BOTH

    def _console(self, row: Row[Any]) -> str:
        """The console's text; empty before the machine first ran and after it has ended."""
        if not row.engine_id:
            return ""
        try:
            text = self.engine.console_log(row.engine_id, _CONSOLE_BYTES).decode(errors="replace")
        except NotFound:
            return ""
        return _ESCAPES.sub("", text).replace("\r\n", "\n").replace("\r", "\n")


def status_of(console: str) -> str:
    """What cloud-init has come to, from what a machine wrote to its console in its latest boot.

    Empty when nothing is heard of it; an image may also be silent on the console.
    """
    finished = list(_FINISHED.finditer(console))
    stages = list(_STAGE.finditer(console))
    if not finished and not stages:
        return ""
    begun = max((each.start() for each in stages if each[1] == "init-local"), default=0)
    ended = [each for each in finished if each.start() >= begun]
    complaints = [each[1] or each[2] for each in _COMPLAINT.finditer(console, begun)]
    remark = f"; it complains: {complaints[-1].strip()}" if complaints else ""
    if ended:
        return f"cloud-init has finished, {float(ended[-1][1]):.0f} s after the start{remark}"
    return f"cloud-init is at its stage {stages[-1][1]}{remark}"
