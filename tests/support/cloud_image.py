"""A disk image as cloud vendors make them: Debian's own cloud-init and OpenSSH, nothing of slshell's in it.

It is laid together from the distribution's packages without root, network boot or debootstrap, and without
systemd, which would take minutes under emulation. It lies in the appliances' cache folder until this file
or the packages' versions change.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import shutil
import struct
import subprocess
import tempfile
from collections.abc import Callable
from pathlib import Path

from slshell.backend import appliances
from slshell.backend.appliances import cpio, disk, initrd, kernel, packages, recipe
from slshell.backend.appliances.recipe import Packages

USER = "debian"
"""The account that the image is made for."""
RAM_MIB = 384
"""Measured: enough for every stage of cloud-init; 268 MiB are free when it is up."""

_PACKAGES = Packages(
    kernel=["linux-image-cloud-amd64", "linux-image-virtual", "linux-image-amd64"],
    others=[
        "base-files", "base-passwd", "bash", "busybox-static", "cloud-init", "hostname", "ifupdown",
        "libc-bin", "login", "mount", "openssh-server", "passwd", "sudo", "util-linux",
    ],
    kept=["linux-image-*", "linux-modules-[0-9]*", "lib*", "zlib1g*", "python3*", "openssh-*", "netbase",
          "coreutils", "grep", "media-types", "iproute2", "openssl", "login.defs"],
)  # fmt: skip
_MODULES = ["virtio_pci", "virtio_blk", "virtio_net", "virtio_rng", "button", "evdev", "isofs"]
_NOT_NEEDED = (
    "boot", "lib/modules", "usr/lib/modules", "usr/share/doc", "usr/share/man", "usr/share/locale",
    "usr/share/i18n", "usr/share/info", "usr/lib/python3/dist-packages/cloudinit/tests",
)  # fmt: skip
_BOOT_MIB, _ROOT_MIB = 64, 700
_LABEL = "cloudroot"

_EARLY = f"""#!/bin/sh
mount -t proc proc /proc
mount -t sysfs sys /sys
mount -t devtmpfs dev /dev
modprobe -a {" ".join(_MODULES)}
mount -t ext4 "$(findfs LABEL={_LABEL})" /new
mount --move /dev /new/dev
umount /proc /sys
exec switch_root /new /sbin/init
"""

_START = """#!/bin/sh
export PATH=/usr/sbin:/usr/bin:/sbin:/bin PYTHONDONTWRITEBYTECODE=1
mount -t proc proc /proc
mount -t sysfs sys /sys
mkdir -p /dev/pts
mount -t devpts -o gid=5,mode=620 devpts /dev/pts
mount -t tmpfs run /run
mkdir -p /run/sshd /run/network /run/lock
ip link set lo up
ip link set eth0 up
cloud-init init --local
/usr/sbin/ifup -a
cloud-init init
"""

_FILES = {
    "etc/inittab": "::sysinit:/etc/start\n::respawn:/usr/sbin/sshd -D\n"
    "ttyS0::respawn:/bin/busybox getty -L 115200 ttyS0 vt100\n"
    "::respawn:/bin/busybox acpid -f -l /var/log/acpid.log\n::ctrlaltdel:/bin/busybox reboot\n",
    "etc/start": _START,
    "etc/acpi/PWRF/00000080": "#!/bin/sh\nexec /bin/busybox poweroff\n",
    "etc/network/interfaces": "source /etc/network/interfaces.d/*\n",
    "etc/nsswitch.conf": "passwd: files\ngroup: files\nshadow: files\nhosts: files dns\n",
    "etc/hostname": "unnamed\n",
    "etc/fstab": "",
    "etc/issue": "a cloud image \\r\n",
    "etc/pam.d/common-auth": "auth required pam_unix.so\n",
    "etc/pam.d/common-account": "account required pam_unix.so\n",
    "etc/pam.d/common-password": "password required pam_unix.so\n",
    "etc/pam.d/common-session": "session required pam_unix.so\n",
    "etc/pam.d/common-session-noninteractive": "session required pam_unix.so\n",
    "etc/cloud/cloud.cfg.d/99_only_what_is_needed.cfg": "datasource_list: [NoCloud]\n"
    "cloud_init_modules: [set_hostname, update_hostname, users-groups, ssh, set-passwords]\n"
    "cloud_config_modules: []\ncloud_final_modules: []\n",
}  # fmt: skip


def cloud_image(say: Callable[[str], None] = print) -> Path:
    """The image (qcow2), built when it is not in the cache; several callers wait for one build.

    Raises:
        EngineFailed: a tool or package is missing.
    """
    folder = appliances.folder() / ".cloud-image"
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "lock").open("a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        mark = hashlib.sha256(Path(__file__).read_bytes()).hexdigest()
        image = folder / f"cloud-{mark[:16]}.qcow2"
        if not image.exists():
            for stale in folder.glob("cloud-*.qcow2"):
                stale.unlink()
            with tempfile.TemporaryDirectory(prefix="build-", dir=folder) as work:
                _build(Path(work), folder / "packages", say).rename(image)
        return image


def _build(work: Path, cache: Path, say: Callable[[str], None]) -> Path:
    tree = work / "tree"
    packages.unpack(packages.fetch(packages.resolve(_PACKAGES, "amd64"), cache, say), tree)
    chosen = kernel.find(tree)
    (work / "vmlinuz").write_bytes(chosen.image.read_bytes())
    (work / "initrd").write_bytes(_first_file_system(tree, chosen))
    _merge_usr(tree)
    for path in _NOT_NEEDED:
        shutil.rmtree(tree / path, ignore_errors=True)
    _configure(tree)
    _compile(tree)
    say("making the disk image")
    raw = work / "raw"
    files = {name: work / name for name in ("vmlinuz", "initrd")}
    disk.write(raw, _BOOT_MIB, files, "console=ttyS0 quiet")
    _add_root(raw, tree)
    image = work / "image.qcow2"
    subprocess.run(["qemu-img", "convert", "-f", "raw", "-O", "qcow2", str(raw), str(image)], check=True)
    return image


def _first_file_system(tree: Path, chosen: kernel.Kernel) -> bytes:
    busybox = next(path for path in (tree / "bin/busybox", tree / "usr/bin/busybox") if path.exists())
    modules = kernel.load_modules(chosen, _MODULES)
    home = f"lib/modules/{chosen.release}"
    entries = {f"{home}/{module.path}": cpio.file(module.content) for module in modules}
    entries |= {name: cpio.folder() for name in ("proc", "sys", "dev", "new")}
    entries |= {
        f"bin/{name}": cpio.link("busybox") for name in ("sh", "mount", "umount", "modprobe", "findfs")
    }
    entries["bin/switch_root"] = cpio.link("busybox")
    entries["bin/busybox"] = cpio.file(busybox.read_bytes(), 0o755)
    entries[f"{home}/modules.dep"] = cpio.file(kernel.dependency_file(modules))
    entries["init"] = cpio.file(_EARLY.encode(), 0o755)
    return initrd.packed(entries)


def _merge_usr(tree: Path) -> None:
    """Put `/bin`, `/sbin` and `/lib*` under `/usr`, as every installed Debian and Ubuntu has them."""
    for name in ("bin", "sbin", "lib", "lib64"):
        source = tree / name
        if source.is_symlink():
            continue
        (tree / "usr" / name).mkdir(exist_ok=True)
        if source.is_dir():
            shutil.copytree(source, tree / "usr" / name, symlinks=True, dirs_exist_ok=True)
            shutil.rmtree(source)
        source.symlink_to(f"usr/{name}")


def _configure(tree: Path) -> None:
    """What the packages' own scripts would have set up."""
    for path, text in (_FILES | {"etc/udhcpc/default.script": _dhcp_script()}).items():
        target = tree / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text)
        target.chmod(0o755 if text.startswith("#!") else 0o644)
    master = tree / "usr/share/base-passwd"
    accounts = (master / "passwd.master").read_text().replace("root:*:", "root:x:")
    accounts += "sshd:x:100:65534::/run/sshd:/usr/sbin/nologin\n"
    (tree / "etc/passwd").write_text(accounts)
    (tree / "etc/group").write_text((master / "group.master").read_text())
    locked = "".join(f"{line.split(':')[0]}:*:19000:0:99999:7:::\n" for line in accounts.splitlines())
    (tree / "etc/shadow").write_text(locked)
    (tree / "etc/shadow").chmod(0o640)
    shutil.copyfile(tree / "usr/share/openssh/sshd_config", tree / "etc/ssh/sshd_config")
    for name in (
        "proc",
        "sys",
        "dev",
        "run",
        "tmp",
        "root",
        "home",
        "mnt",
        "var/log",
        "var/tmp",
        "var/lib/dhcp",
    ):
        (tree / name).mkdir(parents=True, exist_ok=True)
    (tree / "root").chmod(0o700)
    _link_applets(tree)


def _link_applets(tree: Path) -> None:
    """Busybox stands in for each everyday program that no package has, and for init."""
    busybox = tree / "usr/bin/busybox"
    done = subprocess.run([busybox, "--list-full"], capture_output=True, text=True, check=True)
    for path in [*done.stdout.split(), "sbin/init", "sbin/udevadm"]:
        name = path.rsplit("/", 1)[-1]
        folders = [tree / "usr" / folder / name for folder in ("bin", "sbin")]
        if not any(place.exists() or place.is_symlink() for place in folders):
            target = "/bin/true" if name == "udevadm" else "/bin/busybox"
            folders["sbin" in path].symlink_to(target)


def _dhcp_script() -> str:
    return recipe.own_files("ttylinux")["etc/udhcpc/apply"].decode()


def _compile(tree: Path) -> None:
    """Compile the image's Python modules with its own Python, which would take minutes when emulated."""
    python = next(path for path in sorted((tree / "usr/bin").glob("python3.*")) if path.suffix[1:].isdigit())
    libraries = ":".join(str(path) for path in (tree / "usr/lib").glob("*-linux-gnu"))
    loader = next((tree / "usr").glob("lib*/ld-linux-*.so.*"))
    subprocess.run(
        [str(loader), "--library-path", libraries, str(python), "-m", "compileall", "-q", "-j", "2",
         "--invalidation-mode", "unchecked-hash", "-s", str(tree), "-p", "/", str(tree / "usr/lib")],
        env={"PYTHONHOME": str(tree / "usr")}, stdout=subprocess.DEVNULL, check=False,
    )  # fmt: skip


def _add_root(raw: Path, tree: Path) -> None:
    """Append the second partition: ext4 with the tree's content, owned by root."""
    start, size = _BOOT_MIB << 20, _ROOT_MIB << 20
    with raw.open("r+b") as stream:
        stream.truncate(start + size)
        stream.seek(446 + 16)
        stream.write(
            struct.pack("<B3sB3sII", 0, b"\xfe\xff\xff", 0x83, b"\xfe\xff\xff", start // 512, size // 512)
        )
    program = shutil.which("mke2fs", path=f"{os.environ['PATH']}:/usr/sbin:/sbin")
    assert program is not None, "mke2fs is missing: sudo apt-get install e2fsprogs"
    mapped = [] if os.geteuid() == 0 else ["unshare", "--map-root-user"]
    subprocess.run(
        [*mapped, program, "-q", "-t", "ext4", "-O", "^has_journal", "-L", _LABEL, "-E", f"offset={start}",
         "-d", str(tree), str(raw), f"{_ROOT_MIB}M"],
        check=True, capture_output=True,
    )  # fmt: skip
