"""What a machine is told when it starts: documents for cloud-init, variables, keys."""

from __future__ import annotations

import msgspec

from slshell.model.appliance import ContextMethod


class UserDataPart(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One document for cloud-init.

    `type` is the subtype of its MIME type `text/…`, for example cloud-config or x-shellscript, or one of
    the words none (this document alone is the user-data), network-config and vendor-data. Empty: the first
    line of the content tells it.
    """

    type: str
    name: str
    """The file that it came from; errors name it."""
    content: str


class InstanceContext(msgspec.Struct, frozen=True, kw_only=True):
    """What one machine was given, and what is known of what it did with it."""

    id: int
    name: str
    method: ContextMethod
    labels: tuple[str, ...]
    """The labels of the discs that carry it."""
    user: str
    keys: tuple[str, ...]
    """Public SSH keys."""
    variables: dict[str, str]
    parts: tuple[UserDataPart, ...]
    masked: bool
    """Secrets are shown as `********`."""
    status: str
    """What cloud-init has said on the console, in words; empty when it is not heard of."""
    console: tuple[str, ...]
    """The last lines of the serial console; untrusted text."""
