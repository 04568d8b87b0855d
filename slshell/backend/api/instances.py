"""Routes of instances, their sizes and measurements."""

from __future__ import annotations

from typing import Annotated, Any

from litestar import Response, get, patch, post
from litestar.di import NamedDependency
from litestar.params import JSONBody, PathParameter, QueryParameter
from sqlalchemy import ColumnElement

from slshell.backend.api import paging
from slshell.backend.api.paging import DEFAULT_LIMIT, Cursor, Fields, Limit
from slshell.backend.api.threads import in_thread
from slshell.backend.services import records
from slshell.backend.services.cloud import Cloud
from slshell.backend.store.tables.instances import instances
from slshell.model.appliance import Appliance
from slshell.model.cloud import Page
from slshell.model.context import InstanceContext
from slshell.model.errors import UsageError
from slshell.model.instance import Instance, InstanceType, InstanceUpdate, Metrics, RunRequest, State
from slshell.model.making import SaveRequest
from slshell.model.track import Track

InstanceNumber = Annotated[int, PathParameter(ge=1, le=10**15, description="The instance's number.")]
Text = Annotated[str | None, QueryParameter(max_length=255)]


@get("/v1/instances")
@in_thread
def list_instances(
    cloud: NamedDependency[Cloud],
    in_state: Annotated[
        str | None,
        QueryParameter(name="state", description="States, with commas.", max_length=255),
    ] = None,
    name: Annotated[str | None, QueryParameter(description="`*` is any text.", max_length=255)] = None,
    appliance: Text = None,
    of_type: Annotated[str | None, QueryParameter(name="type", max_length=255)] = None,
    with_done: Annotated[bool, QueryParameter(name="all", description="Done ones too.")] = False,
    limit: Limit = DEFAULT_LIMIT,
    cursor: Cursor = None,
    fields: Fields = None,
) -> Response[Page[Instance]]:
    """List instances by number."""
    asked = paging.part(limit, cursor)
    conditions: list[ColumnElement[bool]] = []
    if in_state is not None:
        conditions.append(instances.c.state.in_([one.value for one in paging.states(State, in_state)]))
    elif not with_done:
        conditions.append(instances.c.state != State.DONE.value)
    if name is not None:
        pattern = name.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_").replace("*", "%")
        conditions.append(instances.c.name.like(pattern, escape="\\"))
    if appliance is not None:
        conditions.append((instances.c.appliance == appliance) | (instances.c.appliance_id == appliance))
    if of_type is not None:
        conditions.append(instances.c.type == of_type)
    after = paging.number_after(asked)
    if after is not None:
        conditions.append(instances.c.id > after)
    with cloud.database.read() as connection:
        found = records.read_instances(connection, *conditions, limit=limit + 1)
        revision = cloud.database.revision(connection)
    return paging.answered(paging.page(cloud.sampler.fill(found), asked, "id", revision), fields)


@post("/v1/instances", status_code=202)
@in_thread
def run_instances(cloud: NamedDependency[Cloud], data: JSONBody[RunRequest]) -> Page[Instance]:
    """Start instances; the answer has them Pending, with their addresses."""
    made = cloud.compute.run(data, cloud.owner)
    return Page(items=made, revision=max(one.revision for one in made))


@get("/v1/instances/{instance_id:int}")
@in_thread
def get_instance(cloud: NamedDependency[Cloud], instance_id: InstanceNumber) -> Instance:
    """One instance, ended ones too."""
    return cloud.sampler.fill([cloud.compute.get(instance_id)])[0]


@patch("/v1/instances/{instance_id:int}")
@in_thread
def update_instance(
    cloud: NamedDependency[Cloud], instance_id: InstanceNumber, data: JSONBody[InstanceUpdate]
) -> Instance:
    """Add tags, or take some away; both may say what is so already."""
    return cloud.compute.update(instance_id, data)


@post("/v1/instances/{instance_id:int}/kill", status_code=202)
@in_thread
def kill_instance(cloud: NamedDependency[Cloud], instance_id: InstanceNumber) -> Instance:
    """Cut the power and give everything back."""
    return cloud.compute.kill(instance_id)


@post("/v1/instances/{instance_id:int}/shutdown", status_code=202)
@in_thread
def shutdown_instance(cloud: NamedDependency[Cloud], instance_id: InstanceNumber) -> Instance:
    """Ask the guest to power itself off."""
    return cloud.compute.shutdown(instance_id)


@post("/v1/instances/{instance_id:int}/start", status_code=202)
@in_thread
def start_instance(cloud: NamedDependency[Cloud], instance_id: InstanceNumber) -> Instance:
    """Boot an instance that is off."""
    return cloud.compute.start(instance_id)


@post("/v1/instances/{instance_id:int}/reboot", status_code=202)
@in_thread
def reboot_instance(cloud: NamedDependency[Cloud], instance_id: InstanceNumber) -> Instance:
    """Restart a running instance at once."""
    return cloud.compute.reboot(instance_id)


@get("/v1/instances/{instance_id:int}/metrics")
@in_thread
def read_track(cloud: NamedDependency[Cloud], instance_id: InstanceNumber) -> Track:
    """What was measured of an instance since it was made; the longer that is, the further apart."""
    cloud.compute.get(instance_id)
    return cloud.sampler.tracks.of(instance_id)


@get("/v1/instances/{instance_id:int}/context")
@in_thread
def read_context(
    cloud: NamedDependency[Cloud],
    instance_id: InstanceNumber,
    secrets: Annotated[bool, QueryParameter(description="Show what is hidden otherwise.")] = False,
) -> InstanceContext:
    """What an instance was told, and what it has said of it."""
    return cloud.contexts.of(instance_id, masked=not secrets)


@post("/v1/instances/{instance_id:int}/save", status_code=202)
@in_thread
def save_instance(
    cloud: NamedDependency[Cloud], instance_id: InstanceNumber, data: JSONBody[SaveRequest]
) -> Appliance:
    """Make an appliance of an instance that is off."""
    return cloud.saves.save(instance_id, data)


@get("/v1/metrics")
@in_thread
def read_metrics(
    cloud: NamedDependency[Cloud],
    ids: Annotated[
        str | None, QueryParameter(description="Instance numbers with commas.", max_length=4000)
    ] = None,
) -> list[Metrics]:
    """Measurements of running instances."""
    conditions = [instances.c.state.in_([State.RUNNING.value, State.SHUTDOWN.value])]
    if ids is not None:
        conditions.append(instances.c.id.in_(_numbers(ids)))
    with cloud.database.read() as connection:
        found = records.read_instances(connection, *conditions)
    return cloud.sampler.of(found)


@get("/v1/types")
@in_thread
def list_types(
    cloud: NamedDependency[Cloud], limit: Limit = DEFAULT_LIMIT, cursor: Cursor = None, fields: Fields = None
) -> Response[Page[InstanceType]]:
    """The machine sizes by name."""
    whole = paging.sliced(cloud.compute.types(), paging.part(limit, cursor), "name", 0)
    return paging.answered(whole, fields)


def _numbers(text: str) -> list[int]:
    parts = [one.strip() for one in text.split(",") if one.strip()]
    wrong: list[Any] = [one for one in parts if not (one.isascii() and one.isdigit() and len(one) < 16)]
    if wrong:
        raise UsageError(
            f"“{wrong[0][:40]}” is not an instance number", hint="give numbers with commas between"
        )
    return [int(one) for one in parts]
