"""Routes of the cloud itself: status, hosts, stopping."""

from __future__ import annotations

import asyncio

from litestar import Response, get, post
from litestar.background_tasks import BackgroundTask
from litestar.di import NamedDependency
from litestar.params import JSONBody

from slshell.backend.api import paging
from slshell.backend.api.paging import DEFAULT_LIMIT, Cursor, Fields, Limit
from slshell.backend.api.threads import in_thread
from slshell.backend.services.cloud import Cloud
from slshell.model.cloud import CloudStatus, Page, StopRequest
from slshell.model.errors import UsageError
from slshell.model.host import Host

_LONGEST_SHUTDOWN_S = 3600.0
_ENDING: set[asyncio.Task[None]] = set()


@get("/v1/cloud")
@in_thread
def read_status(cloud: NamedDependency[Cloud]) -> CloudStatus:
    """What this daemon says of itself."""
    return cloud.status()


@post("/v1/cloud/stop", status_code=202)
async def stop(cloud: NamedDependency[Cloud], data: JSONBody[StopRequest]) -> Response[dict[str, bool]]:
    """End the daemon after the answer; machines go on unless they are to be shut down."""
    if not 0 <= data.timeout_s <= _LONGEST_SHUTDOWN_S:
        raise UsageError(f"{data.timeout_s} s is not a time to wait", hint=f"0 to {_LONGEST_SHUTDOWN_S:.0f}")

    async def end() -> None:
        try:
            if data.shut_machines_down:
                await cloud.shut_machines_down(data.timeout_s)
        finally:
            cloud.ask_to_end()

    async def begin() -> None:
        # A task of its own, for a request has less time than machines may take to shut down.
        task = asyncio.get_running_loop().create_task(end())
        _ENDING.add(task)
        task.add_done_callback(_ENDING.discard)

    return Response({"stopping": True}, background=BackgroundTask(begin))


@get("/v1/hosts")
async def list_hosts(
    cloud: NamedDependency[Cloud], limit: Limit = DEFAULT_LIMIT, cursor: Cursor = None, fields: Fields = None
) -> Response[Page[Host]]:
    """The hosts and what is left on them."""
    found = await asyncio.to_thread(cloud.hosts)
    return paging.answered(paging.sliced(found, paging.part(limit, cursor), "id", 0), fields)
