"""Routes of serial consoles: the log, watching it grow, and typing."""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor
from typing import Annotated, Any

from litestar import WebSocket, get, websocket
from litestar.di import NamedDependency
from litestar.exceptions import WebSocketDisconnect
from litestar.params import QueryParameter

from slshell.backend.api.instances import InstanceNumber
from slshell.backend.api.sockets import LOST, OVER, denied, reason
from slshell.backend.api.threads import in_thread
from slshell.backend.services.cloud import Cloud
from slshell.backend.services.consoles import Session
from slshell.model.errors import SlshellError

_LOG_MAX = 16 << 20
_LINES_MAX = 10**6
_POLL_S = 0.2
"""How late a line of a log may be told."""

Socket = WebSocket[Any, Any, Any]
Tail = Annotated[int, QueryParameter(ge=1, le=_LOG_MAX, description="Bytes at most.")]
Lines = Annotated[int | None, QueryParameter(ge=0, le=_LINES_MAX, description="Lines at most.")]


@get("/v1/instances/{instance_id:int}/console", media_type="text/plain")
@in_thread
def read_console(
    cloud: NamedDependency[Cloud], instance_id: InstanceNumber, tail: Tail = 65536, lines: Lines = None
) -> bytes:
    """The last of what the machine wrote to its serial console."""
    return cloud.consoles.recent(instance_id, tail, lines)[0]


@websocket("/v1/instances/{instance_id:int}/console/follow")
async def follow_console(
    socket: Socket,
    cloud: NamedDependency[Cloud],
    instance_id: InstanceNumber,
    tail: Tail = 65536,
    lines: Lines = None,
) -> None:
    """The log as it grows; what is sent is passed over."""
    try:
        data, position = await asyncio.to_thread(cloud.consoles.recent, instance_id, tail, lines)
    except SlshellError as error:
        await denied(socket.send, error)
        return
    await socket.accept()
    gone = asyncio.create_task(_until_gone(socket))
    try:
        while not gone.done():
            if data:
                await socket.send_bytes(data)
            else:
                await asyncio.wait([gone], timeout=_POLL_S)
            step = await asyncio.to_thread(cloud.consoles.since, instance_id, position)
            if step is None:
                await socket.close(OVER, f"machine {instance_id} will say no more")
                return
            data, position = step
    except (WebSocketDisconnect, OSError):
        return
    except SlshellError as error:
        await socket.close(LOST, reason(error.message))
    finally:
        gone.cancel()


@websocket("/v1/instances/{instance_id:int}/console/open")
async def open_console(
    socket: Socket,
    cloud: NamedDependency[Cloud],
    instance_id: InstanceNumber,
    who: Annotated[str, QueryParameter(max_length=255, description="Whom others are told of.")] = "",
    force: Annotated[bool, QueryParameter(description="Take it from whoever has it.")] = False,
) -> None:
    """The console itself: what is sent is typed, what comes is what the machine writes."""
    try:
        session = await asyncio.to_thread(cloud.consoles.open, instance_id, who, force)
    except SlshellError as error:
        await denied(socket.send, error)
        return
    # Threads of its own, for both may wait as long as the session lasts.
    threads = ThreadPoolExecutor(2, thread_name_prefix="console")
    try:
        await socket.accept()
        await _carry(socket, session, threads)
    except (WebSocketDisconnect, OSError):
        return
    finally:
        await asyncio.to_thread(session.close)
        threads.shutdown(wait=False)


async def _carry(socket: Socket, session: Session, threads: ThreadPoolExecutor) -> None:
    loop = asyncio.get_running_loop()
    left = asyncio.Event()

    async def type_all() -> None:
        async for data in _received(socket):
            await loop.run_in_executor(threads, session.write, data)
        left.set()
        await asyncio.to_thread(session.close)

    typing = asyncio.create_task(type_all())
    try:
        while data := await loop.run_in_executor(threads, session.read):
            await socket.send_bytes(data)
        if not left.is_set():
            ended = await loop.run_in_executor(threads, session.ended)
            # Whoever hears of the end may ask for the console at once.
            await asyncio.to_thread(session.close)
            await socket.close(LOST if ended.lost else OVER, reason(ended.text))
    finally:
        typing.cancel()


async def _until_gone(socket: Socket) -> None:
    async for _ in _received(socket):
        pass


async def _received(socket: Socket) -> Any:
    """What the client sends, until it leaves."""
    while True:
        event: Any = await socket.receive()
        if event["type"] == "websocket.disconnect":
            return
        data = event.get("bytes") or (event.get("text") or "").encode()
        if data:
            yield data
