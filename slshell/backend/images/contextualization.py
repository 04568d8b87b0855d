"""What a new machine is told: the StratusLab disc and the cloud-init seed. Data in, files out."""

from __future__ import annotations

import base64
import re
from collections.abc import Iterable, Mapping, Sequence

import yaml

from slshell.backend.engines.base import ContextDisc
from slshell.backend.images import userdata
from slshell.model.context import UserDataPart
from slshell.model.errors import UsageError

STRATUSLAB_LABEL = "_STRATUSLAB"
CLOUD_INIT_LABEL = "cidata"

RESERVED = frozenset({"PUBLIC_KEY", "HOSTNAME", "TARGET", "SSH_HOST_KEY_BASE64"})
"""Variables that the cloud sets itself."""

_FORBIDDEN = frozenset({"PATH", "IFS", "ENV", "BASH_ENV", "LD_PRELOAD", "LD_LIBRARY_PATH"})
_VARIABLE = re.compile(r"[A-Z_][A-Z0-9_]{0,63}")
_ACCOUNT = re.compile(r"[a-z_][a-z0-9_-]{0,31}")
_HOSTNAME = re.compile(r"[A-Za-z0-9]([A-Za-z0-9._-]{0,61}[A-Za-z0-9])?")
_MAX_CONTEXT_BYTES = 1 << 20

_GIVES_WAY = [
    {"name": "dict", "settings": ["no_replace", "recurse_list"]},
    {"name": "list", "settings": ["prepend"]},
    {"name": "str", "settings": []},
]
"""How cloud-init adds a document to those before it: what is there stays, lists get the new in front."""

_INIT = """\
#!/bin/sh
# Run in the machine, as root, from the mounted disc.
here=$(dirname "$0")
. "$here/context.sh"

if [ -n "$PUBLIC_KEY" ]; then
    umask 077
    mkdir -p /root/.ssh
    keys=/root/.ssh/authorized_keys
    touch "$keys"
    printf '%s\\n' "$PUBLIC_KEY" | while IFS= read -r line; do
        [ -z "$line" ] || grep -qxF -e "$line" "$keys" || printf '%s\\n' "$line" >>"$keys"
    done
fi

if [ -n "$SSH_HOST_KEY_BASE64" ] && [ -d /etc/ssh ]; then
    umask 077
    printf '%s' "$SSH_HOST_KEY_BASE64" | base64 -d >/etc/ssh/ssh_host_ed25519_key
    rm -f /etc/ssh/ssh_host_ed25519_key.pub
fi
umask 022

if [ -n "$SCRIPT_EXEC" ]; then
    set -a
    . "$here/context.sh"
    set +a
    printf '%s\\n' "$SCRIPT_EXEC" >/tmp/init_extra.sh
    chmod 755 /tmp/init_extra.sh
    case $SCRIPT_EXEC in
        '#!'*) /tmp/init_extra.sh ;;
        *) sh /tmp/init_extra.sh ;;
    esac
fi
"""

_EMPTY = "#!/bin/sh\n"


def stratuslab_disc(
    *,
    keys: Iterable[str],
    hostname: str,
    host_key: str,
    context: Mapping[str, str] | None = None,
) -> ContextDisc:
    """The `_STRATUSLAB` disc: `context.sh`, `init.sh`, `prolog.sh` and `epilog.sh`.

    `keys` are public SSH keys for root, one line each; `host_key` is the machine's private SSH key in
    OpenSSH's form; `context` are the user's own variables, any text but NUL. Their names are upper-cased.

    Raises:
        UsageError: a name is not that of a shell variable, or is the cloud's own; a value cannot be told.
    """
    variables = {
        "TARGET": "hdd",
        "HOSTNAME": _checked_hostname(hostname),
        "PUBLIC_KEY": "".join(key + "\n" for key in _checked_keys(keys)),
        "SSH_HOST_KEY_BASE64": base64.b64encode(host_key.encode()).decode() if host_key else "",
        **checked_context(context or {}),
    }
    script = "".join(f"{name}={quoted(value)}\n" for name, value in variables.items())
    texts = {"context.sh": script, "init.sh": _INIT, "prolog.sh": _EMPTY, "epilog.sh": _EMPTY}
    return ContextDisc(label=STRATUSLAB_LABEL, files={name: text.encode() for name, text in texts.items()})


def cloud_init_seed(
    *,
    keys: Iterable[str],
    user: str,
    hostname: str,
    host_key: str,
    host_public_key: str,
    instance_uuid: str,
    context: Mapping[str, str] | None = None,
    parts: Sequence[UserDataPart] = (),
) -> ContextDisc:
    """The NoCloud seed of cloud-init: the account `user` with the keys, the host key and the name.

    It says nothing of the network unless a part does: without it cloud-init uses DHCP on the first interface,
    whatever that is called, while a pattern for its name is understood by netplan only. `host_public_key` is
    the public half of `host_key` as one line, for cloud-init wants both. `context` are the user's variables,
    found in the machine with `cloud-init query ds.meta_data.context`; `parts` are the user's documents.

    Raises:
        UsageError: the account, the name, a key or a document cannot be one.
    """
    userdata.check(parts)
    lines = _checked_keys(keys)
    if _ACCOUNT.fullmatch(user) is None:
        raise UsageError(
            f"“{user[:64]}” cannot be an account in a machine",
            hint="use up to 32 small letters, digits, dashes or underscores, starting with a letter",
        )
    settings: dict[str, object] = {
        "hostname": _checked_hostname(hostname),
        "preserve_hostname": False,
        "users": [_account(user, lines)],
        "disable_root": user != "root",
        "ssh_pwauth": False,
        "ssh_deletekeys": True,
    }
    if host_key:
        settings["ssh_keys"] = {"ed25519_private": host_key, "ed25519_public": host_public_key.strip()}
    about: dict[str, object] = {"instance-id": instance_uuid, "local-hostname": hostname}
    if context:
        about["context"] = checked_context(context)
    files = {"meta-data": _yaml(about), **_documents(settings, parts)}
    return ContextDisc(label=CLOUD_INIT_LABEL, files=files)


def _documents(settings: Mapping[str, object], parts: Sequence[UserDataPart]) -> dict[str, bytes]:
    """The seed's files for the cloud's own settings and the user's documents.

    The own settings come last and give way, except that their account is added to those of the user's, so
    that the keys let in whatever the user writes. Beside a document that is to be alone they travel as
    vendor-data, which cloud-init merges below it.
    """
    single = {part.type: part for part in parts if part.type in (userdata.NETWORK, userdata.VENDOR)}
    documents = [part for part in parts if part.type not in single]
    files = {name: part.content.encode() for name, part in single.items()}
    plain = b"#cloud-config\n" + _yaml(settings)
    if not documents:
        return {"user-data": plain, **files}
    own = UserDataPart(
        type="cloud-config",
        name="slshell",
        content="#cloud-config\n" + _yaml({**settings, "merge_how": _GIVES_WAY}).decode(),
    )
    if documents[0].type != userdata.ALONE:
        return {"user-data": userdata.user_data([*documents, own]), **files}
    vendor = single.get(userdata.VENDOR)
    theirs = (
        [] if vendor is None else [UserDataPart(type="cloud-config", name="vendor", content=vendor.content)]
    )
    files[userdata.VENDOR] = userdata.multipart([*theirs, own]) if theirs else plain
    return {"user-data": userdata.user_data(documents), **files}


def checked_context(context: Mapping[str, str]) -> dict[str, str]:
    """The user's variables with upper-case names, checked.

    Raises:
        UsageError: see `stratuslab_disc`.
    """
    checked: dict[str, str] = {}
    for name, value in context.items():
        upper = name.upper()
        if _VARIABLE.fullmatch(upper) is None or upper in _FORBIDDEN:
            raise UsageError(
                f"“{name[:64]}” cannot be a context variable",
                hint="use up to 64 letters, digits and underscores, not starting with a digit",
            )
        if upper in RESERVED:
            raise UsageError(f"the context variable {upper} is set by the cloud", hint="choose another name")
        if upper in checked:
            raise UsageError(f"the context variable {upper} is given twice")
        if "\0" in value or not _is_unicode(value):
            raise UsageError(f"the value of {upper} is not text", hint="encode it, for example with base64")
        checked[upper] = value
    if sum(len(name) + len(value.encode()) for name, value in checked.items()) > _MAX_CONTEXT_BYTES:
        raise UsageError(f"the context is larger than {_MAX_CONTEXT_BYTES >> 20} MiB")
    return checked


def quoted(value: str) -> str:
    """`value` as one word of sh, whatever is in it."""
    return "'" + value.replace("'", "'\"'\"'") + "'"


def _account(user: str, keys: list[str]) -> dict[str, object]:
    account: dict[str, object] = {"name": user, "ssh_authorized_keys": keys}
    if user != "root":
        account |= {
            "lock_passwd": True,
            "shell": "/bin/bash",
            "sudo": "ALL=(ALL) NOPASSWD:ALL",
        }
    return account


def _checked_keys(keys: Iterable[str]) -> list[str]:
    checked = []
    for key in keys:
        line = key.strip()
        if not line:
            continue
        if any(ord(character) < 32 or ord(character) == 127 for character in line) or not _is_unicode(line):
            raise UsageError("a public SSH key is one line of text", hint="give the .pub file's content")
        checked.append(line)
    return checked


def _checked_hostname(hostname: str) -> str:
    if _HOSTNAME.fullmatch(hostname) is None:
        raise UsageError(f"“{hostname[:64]}” cannot be a host name")
    return hostname


def _is_unicode(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _yaml(data: Mapping[str, object]) -> bytes:
    return yaml.safe_dump(dict(data), sort_keys=False, allow_unicode=True).encode()
