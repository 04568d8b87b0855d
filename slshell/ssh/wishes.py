"""What a session may ask of the other side beside its shell: variables, and the way to the user's agent."""

from __future__ import annotations

import socket
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import paramiko
from paramiko.common import cMSG_CHANNEL_REQUEST
from paramiko.message import Message

from slshell.ssh.relay import relay, shut_channel

PROBE_S = 10.0
Request = tuple[str, tuple[str, ...]]
"""The kind of a channel request and its words."""
AGENT = "auth-agent-req@openssh.com"


@dataclass(frozen=True, kw_only=True)
class Wishes:
    """Asked for before the shell or the command is begun."""

    variables: tuple[tuple[str, str], ...] = ()
    agent: str = ""
    """The path of the agent's socket; empty: the machine gets no way to it."""


NOTHING = Wishes()


def grant(transport: paramiko.Transport, channel: paramiko.Channel, wishes: Wishes) -> list[str]:
    """Ask for all of it on `channel`; answers in words what the other side refuses.

    Raises:
        paramiko.SSHException, OSError: the channel broke.
    """
    requests: list[Request] = [("env", pair) for pair in wishes.variables]
    if wishes.agent:
        requests.append((AGENT, ()))
    if not requests:
        return []
    refused = _refused(transport, requests)
    for name, value in wishes.variables:
        channel.set_environment_variable(name, value)
    if wishes.agent:
        channel.request_forward_agent(lambda inner: _to_agent(inner, wishes.agent))
    told = [
        "the way to your agent" if kind == AGENT else f"the variable {words[0]}" for kind, words in refused
    ]
    return [f"the machine does not take {what}" for what in told]


def _refused(transport: paramiko.Transport, requests: Sequence[Request]) -> list[Request]:
    """Which requests are refused, found on channels that are thrown away: the library ends one whose
    request failed. Where no second channel is given, nothing is known to be refused.
    """
    refused: list[Request] = []
    probe: paramiko.Channel | None = None
    try:
        for request in requests:
            if probe is None:
                probe = transport.open_session(timeout=PROBE_S)
            if not _is_taken(transport, probe, request):
                refused.append(request)
                probe.close()
                probe = None
    except paramiko.SSHException:
        return refused
    finally:
        if probe is not None:
            probe.close()
    return refused


def _is_taken(transport: paramiko.Transport, probe: paramiko.Channel, request: Request) -> bool:
    kind, words = request
    message = Message()
    message.add_byte(cMSG_CHANNEL_REQUEST)
    message.add_int(probe.remote_chanid)
    message.add_string(kind)
    message.add_boolean(True)
    for word in words:
        message.add_string(word)
    probe.event_ready = False
    probe.event.clear()
    library: Any = transport
    library._send_user_message(message)
    return bool(probe.event.wait(PROBE_S) and probe.event_ready)


def _to_agent(channel: paramiko.Channel, path: str) -> None:
    """Join a channel that the machine opened to the user's agent; called by the library's own thread."""

    def join() -> None:
        sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        try:
            sock.connect(path)
        except OSError:
            sock.close()
            shut_channel(channel)
            return
        relay(channel, sock)

    threading.Thread(target=join, name="ssh-agent", daemon=True).start()
