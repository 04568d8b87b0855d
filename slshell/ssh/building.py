"""Working in a machine that an image is made of: installing, running scripts, cleaning, powering off."""

from __future__ import annotations

import shlex
from collections.abc import Callable, Sequence
from pathlib import Path

import paramiko

from slshell.model.errors import Conflict
from slshell.model.instance import Instance
from slshell.ssh.session import run_remote

Show = Callable[[str], None]
"""Takes one line of what the machine wrote; untrusted."""
PATIENCE_S = 300.0
"""How long a machine may keep silent: one that installs under emulation on a busy host was so for minutes."""
_LONGEST_LINE = 4000

INSTALL = r"""
set -eu
if command -v cloud-init >/dev/null 2>&1; then cloud-init status --wait >/dev/null 2>&1 || :; fi
if command -v apt-get >/dev/null 2>&1; then
    export DEBIAN_FRONTEND=noninteractive
    apt-get -q -o DPkg::Lock::Timeout=300 update
    exec apt-get -q -y -o DPkg::Lock::Timeout=300 install --no-install-recommends -- "$@"
# dnf 5 knows no "--" before its version 5.4.3; names that begin with a dash do not come here.
elif command -v dnf >/dev/null 2>&1; then exec dnf -y install "$@"
# yum leaves out what it does not find, and ends well, unless it is told not to.
elif command -v yum >/dev/null 2>&1; then
    exec yum -y --setopt=skip_missing_names_on_install=False install "$@"
elif command -v zypper >/dev/null 2>&1; then
    status=0
    zypper --non-interactive install --auto-agree-with-licenses -- "$@" || status=$?
    # Installed, but: reboot is needed, zypper itself is new, a repository was left out.
    case $status in 102|103|106) exit 0 ;; esac
    exit $status
# Without an index of what there is, which images do not bring, apk finds nothing.
elif command -v apk >/dev/null 2>&1; then exec apk add --update-cache -- "$@"
# A part of a rolling distribution must not be newer than the rest.
elif command -v pacman >/dev/null 2>&1; then exec pacman -Syu --noconfirm --needed -- "$@"
fi
echo "this machine has none of apt, dnf, yum, zypper, apk and pacman" >&2
exit 69
"""
"""Tried with apt 2.6, dnf 4.14 and zypper 1.14; the others by their manuals, sources and issues."""

RUN = r"""
set -eu
file=$(mktemp)
trap 'rm -f "$file"' EXIT
cat >"$file"
chmod 700 "$file"
"$file" "$@"
"""

CLEAN = r"""
if command -v cloud-init >/dev/null 2>&1; then cloud-init status --wait >/dev/null 2>&1; cloud-init clean; fi
rm -rf /var/lib/cloud/instance /var/lib/cloud/instances /var/lib/cloud/data /var/lib/cloud/seed
rm -f /etc/netplan/50-cloud-init.yaml /etc/network/interfaces.d/50-cloud-init*
rm -f /etc/systemd/network/10-cloud-init-*
rm -f /etc/sudoers.d/90-cloud-init-users /etc/udev/rules.d/70-persistent-net.rules
for tool in "apt-get clean" "dnf -q clean all" "yum -q clean all" "zypper --quiet clean --all"; do
    command -v "${tool%% *}" >/dev/null 2>&1 && $tool
done
rm -rf /var/lib/apt/lists/* /var/cache/apk/* /var/cache/pacman/pkg/*
rm -rf /var/lib/dhcp/* /var/lib/dhclient/* /var/lib/NetworkManager/*lease*
for home in /root /home/*; do
    rm -f "$home"/.*_history "$home"/.lesshst "$home"/.viminfo "$home"/.wget-hsts
    rm -f "$home"/.ssh/authorized_keys "$home"/.ssh/known_hosts
    rm -rf "$home"/.cache
done
rm -f /etc/ssh/ssh_host_* /var/lib/dbus/machine-id
rm -f /var/lib/systemd/random-seed /var/lib/systemd/credential.secret
[ ! -e /etc/machine-id ] || : >/etc/machine-id
find /var/log -type f ! -path '/var/log/journal/*' -exec sh -c 'for f; do : >"$f"; done' sh {} +
rm -rf /var/log/journal/* /tmp/* /tmp/.[!.]* /var/tmp/*
left=$(ls /etc/ssh/ssh_host_* /root/.ssh/authorized_keys /home/*/.ssh/authorized_keys 2>/dev/null)
[ -z "$left" ] || { echo "these could not be removed: $left" >&2; exit 1; }
sync
(sleep 1; poweroff) </dev/null >/dev/null 2>&1 &
echo cleaned
"""


def install(transport: paramiko.Transport, machine: Instance, packages: Sequence[str], show: Show) -> None:
    """Install packages with the machine's own package manager.

    Raises:
        Conflict: it has none, or refused. CloudUnreachable: it went away.
    """
    _run(transport, machine, INSTALL, packages, show, what=f"installing {', '.join(packages)}")


def run_script(
    transport: paramiko.Transport, machine: Instance, script: Path, arguments: Sequence[str], show: Show
) -> None:
    """Run a local script in the machine, as root.

    Raises:
        Conflict: it ended with an error. CloudUnreachable: the machine went away.
    """
    with script.open("rb") as file:
        _run(transport, machine, RUN, arguments, show, what=f"the script {script.name}", stdin=file.fileno())


def clean_and_power_off(transport: paramiko.Transport, machine: Instance, show: Show) -> None:
    """Remove what makes the machine itself: keys, host keys, machine id, logs, history, cloud-init's state.

    It powers itself off afterwards, for nobody could log in again.

    Raises:
        Conflict: something could not be removed. CloudUnreachable: the machine went away before the end.
    """
    _run(transport, machine, CLEAN, (), show, what="cleaning the machine's identity")


def _run(
    transport: paramiko.Transport,
    machine: Instance,
    script: str,
    arguments: Sequence[str],
    show: Show,
    *,
    what: str,
    stdin: int | None = None,
) -> None:
    words = ["sh", "-c", script, "sh", *arguments]
    if machine.user not in ("", "root"):
        words = ["sudo", "-n", *words]
    lines = _Lines(show)
    status = run_remote(transport, shlex.join(words), stdin=stdin, sink=lines.take)
    lines.end()
    if status != 0:
        raise Conflict(
            f"{what} failed with status {status}: {lines.last or 'it said nothing'}",
            hint="look at its output above; --keep leaves the machine for a look inside",
            details={"status": status},
        )


class _Lines:
    """Puts what comes in pieces together to lines."""

    def __init__(self, show: Show) -> None:
        self._show = show
        self._parts = {False: b"", True: b""}
        self.last = ""

    def take(self, data: bytes, to_stderr: bool) -> None:
        """Take a piece of one of the two streams."""
        # A progress bar goes back to the start of its line instead of beginning a new one.
        text = self._parts[to_stderr] + data.replace(b"\r", b"\n")
        *whole, rest = text.split(b"\n")
        for line in whole:
            self._tell(line)
        if len(rest) > _LONGEST_LINE:
            self._tell(rest)
            rest = b""
        self._parts[to_stderr] = rest

    def end(self) -> None:
        """Show what has no end of line."""
        for rest in self._parts.values():
            self._tell(rest)

    def _tell(self, line: bytes) -> None:
        text = line.decode("utf-8", "replace").rstrip()
        if text:
            self.last = text[:200]
            self._show(text)
