"""The debian appliance: cloud-init does what it is told, and what is made of such a machine is a new one.

It is built once, to where the tests keep their appliances. What machines install comes from a repository of
the test's own, and takes no mirror.
"""

from __future__ import annotations

import hashlib
import http.server
import json
import os
import shlex
import shutil
import subprocess
import threading
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest

from slshell.backend.appliances import builder, recipe
from slshell.backend.appliances.recipe import SystemRecipe
from slshell.model.errors import SlshellError
from tests.support.folders import SessionFolder
from tests.support.shell import ROOT, Account, Shell

pytestmark = [pytest.mark.machine, pytest.mark.timeout(2400)]
BOOT_S = 900.0
"""Measured: a minute of processor under emulation until it lets in; a busy host gives it a tenth of that."""

TRACE = "left-by-the-one-before"
SMALL = ("--ram", "512")
GREETING = 'it\'s "x" # y'
AS_ROOT = "sudo sh -c "
FACTS = ("machine", "host-key", "instance", "instances", "boots", "traces", "ada", "file")


@pytest.fixture(scope="module")
def debian(appliances_folder: Path) -> builder.BuiltAppliance:
    """The appliance; skipped where the host is not a Debian or lacks the programs."""
    plan = recipe.load("debian")
    assert isinstance(plan, SystemRecipe)
    if f"ID={plan.system.distribution}\n" not in Path("/etc/os-release").read_text():
        pytest.skip("the packages of this host are not Debian's")
    try:
        builder.require(plan)
    except SlshellError as missing:
        pytest.skip(f"{missing.message}: {missing.hint}")
    return builder.build("debian", appliances_folder, print)


@pytest.fixture(scope="module")
def again(
    debian: builder.BuiltAppliance,
    appliances_folder: Path,
    session_folder: SessionFolder,
    reachable_program: Path,
) -> Iterator[tuple[subprocess.Popen[str], Path]]:
    """Another build of it, at work beside the machines: in another folder, by an account without rights."""
    account, into = Account.ordinary(), session_folder.new()
    cache = into / ".packages" / debian.name
    shutil.copytree(appliances_folder / ".packages" / debian.name, cache)
    for path in (into, *into.rglob("*")):
        os.chown(path, account.uid, account.gid)
    python = str(reachable_program.with_name("python"))
    argv = [python, "-m", "slshell.backend.appliances", "build", debian.name, "--into", str(into)]
    process = subprocess.Popen(
        argv, cwd=ROOT, stderr=subprocess.PIPE, text=True, umask=0o077, **account.process_arguments()
    )
    with process:
        yield process, into


def package(name: str, folder: Path, served: Path) -> str:
    """Build a package with one program of its name into `served`; answers its paragraph of the index."""
    tree, file = folder / name, served / f"{name}.deb"
    (tree / "DEBIAN").mkdir(parents=True)
    (tree / "usr/bin").mkdir(parents=True)
    program = tree / "usr/bin" / name
    program.write_text(f"#!/bin/sh\necho {name} runs\n")
    program.chmod(0o755)
    control = (
        f"Package: {name}\nVersion: 1.0\nArchitecture: all\n"
        "Maintainer: n <n@example.org>\nDescription: for a test\n"
    )
    (tree / "DEBIAN/control").write_text(control)
    subprocess.run(
        ["dpkg-deb", "--root-owner-group", "-b", str(tree), str(file)], check=True, stdout=subprocess.DEVNULL
    )
    content = file.read_bytes()
    digest = hashlib.sha256(content).hexdigest()
    return f"{control}Filename: ./{name}.deb\nSize: {len(content)}\nSHA256: {digest}\n\n"


class Quiet(http.server.SimpleHTTPRequestHandler):
    """Answers with files, and does not tell of each one."""

    def log_message(self, *_said: object) -> None:
        """Say nothing: apt asks for a dozen forms of the index that are not there."""


@pytest.fixture
def repository(short_folder: Path) -> Iterator[int]:
    """A repository with the packages `told` and `asked` on this host's loopback; answers its port."""
    served = short_folder / "served"
    served.mkdir()
    (served / "Packages").write_text("".join(package(one, short_folder, served) for one in ("told", "asked")))
    handler = partial(Quiet, directory=str(served))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield server.server_address[1]
        server.shutdown()
        thread.join()


def user_data(port: int) -> str:
    """What the first machine is told: another source of packages, one of them, an account and a file."""
    return (
        "#cloud-config\napt:\n  preserve_sources_list: false\n"
        f"  sources_list: |\n    deb [trusted=yes] http://10.0.2.2:{port} ./\n"
        "packages: [told]\nusers:\n- name: ada\n  shell: /bin/sh\n"
        'write_files:\n- path: /etc/told\n  content: "it\'s # told\\n"\n'
    )


LOOK = f"""
echo "machine $(cat /etc/machine-id)"
echo "host-key $(cut -d' ' -f2 /etc/ssh/ssh_host_ed25519_key.pub)"
echo "instance $(cat /var/lib/cloud/data/instance-id)"
echo "instances $(ls /var/lib/cloud/instances | wc -l)"
echo "boots $(journalctl --list-boots -q | wc -l)"
echo "traces $(cat /root/.ssh/authorized_keys /home/*/.ssh/authorized_keys /root/.*_history \
    /home/*/.*_history 2>/dev/null | grep -c {TRACE})"
echo "ada $(id -un ada)"
echo "file $(cat /etc/told)"
"""
"""Tells a word and a value a line; for a shell of root."""

TRACES = f"""
for home in /root /home/debian; do
    mkdir -p $home/.ssh
    echo 'ssh-ed25519 AAAA {TRACE}' >>$home/.ssh/authorized_keys
    echo 'echo {TRACE}' >$home/.bash_history
done
"""
"""Leaves a key and a history of root and of the account; for a shell of root."""


def facts(text: str) -> dict[str, str]:
    """What LOOK has told, among other lines."""
    lines = (line.strip().partition(" ") for line in text.splitlines())
    return {word: value for word, _, value in lines if word in FACTS}


def is_new(machine: dict[str, str], before: dict[str, str]) -> None:
    """Nothing makes it the machine that it was made of, and what that one was told is still there."""
    for word in ("machine", "host-key", "instance"):
        assert machine[word] and machine[word] != before[word], word
    assert [machine[word] for word in ("instances", "boots", "traces")] == ["1", "1", "0"]
    assert (machine["ada"], machine["file"]) == ("ada", "it's # told")


def test_cloud_init_follows_and_what_is_made_of_the_machine_is_a_new_one(
    debian: builder.BuiltAppliance, again: object, shell: Shell, repository: int, short_folder: Path
) -> None:
    patient = partial(shell, timeout_s=BOOT_S)
    limit = ("--timeout", str(BOOT_S))
    config, script = short_folder / "config.yaml", short_folder / "set-up.sh"
    config.write_text(user_data(repository))
    script.write_text(f'#!/bin/sh\nset -e\ntold\nasked\necho "made with $1" >/etc/made\n{LOOK}{TRACES}')
    built = json.loads(patient("build-appliance", "debian", "-o", "json").stdout)
    assert built["id"] == debian.id

    patient("run", "debian", "--name", "first", *SMALL, "--cloud-init", str(config),
            "--context", f"GREETING={GREETING}", "--wait", *limit)  # fmt: skip
    asked = f"cloud-init status --wait; told; cloud-init query ds.meta_data.context.GREETING; {AS_ROOT}"
    seen = patient("connect", "first", "--", asked + shlex.quote(TRACES + LOOK)).stdout
    assert f"status: done\ntold runs\n{GREETING}\n" in seen
    first = facts(seen)
    assert (first["ada"], first["file"], first["traces"]) == ("ada", "it's # told", "4")
    told = json.loads(shell("context", "first", "-o", "json").stdout)
    assert told["status"].startswith("cloud-init has finished")

    saved = patient("save-instance", "first", "--name", "second", "--clean", *limit)
    assert "cleaned" in saved.stderr.splitlines()
    shell("kill", "first", "--yes")
    made = patient("create-image", "second", "--name", "third", *SMALL, "--package", "asked",
                   "--script", f"{script} 'two words'", "--no-prove", *limit)  # fmt: skip
    said = [line.strip() for line in made.stderr.splitlines()]
    assert said.index("told runs") < said.index("asked runs") < said.index("cleaned")
    second = facts(made.stderr)
    is_new(second, first)


def test_the_same_packages_give_another_account_elsewhere_the_same_identifier(
    debian: builder.BuiltAppliance, again: tuple[subprocess.Popen[str], Path]
) -> None:
    process, into = again
    _, said = process.communicate(timeout=BOOT_S)
    assert process.returncode == 0, said
    built = builder.find(debian.name, into)
    assert built is not None
    if built.packages != debian.packages:
        pytest.skip("the distribution has newer packages than those that the appliance here was built of")
    assert (built.id, built.sha256) == (debian.id, debian.sha256)
