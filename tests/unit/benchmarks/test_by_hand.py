"""The command that is run by hand is the one that libvirt ran, less libvirt itself."""

from __future__ import annotations

from pathlib import Path

from benchmarks import by_hand

LOG = r"""2026-01-02 03:04:05.678+0000: starting up libvirt version: 9.0.0, qemu version: 7.2.22
LC_ALL=C \
HOME=/c/e \
/usr/bin/qemu-system-x86_64 \
-name guest=sls-1,debug-threads=on \
-S \
-object '{"qom-type":"secret","id":"masterKey0","file":"/c/e/lib/master-key.aes"}' \
-accel tcg \
-nodefaults \
-chardev socket,id=charmonitor,fd=22,server=on,wait=off \
-mon chardev=charmonitor,id=monitor,mode=control \
-append 'console=ttyS0 quiet' \
-blockdev '{"driver":"file","filename":"/c/e/images/a.img","node-name":"libvirt-4-storage"}' \
-blockdev '{"driver":"file","filename":"/c/e/m/1-x/root.qcow2","node-name":"libvirt-3-storage"}' \
-netdev '{"type":"user","id":"hostnet0"}' \
-add-fd set=0,fd=21,opaque=serial0-log \
-chardev pty,id=charserial0,logfile=/dev/fdset/0,logappend=on \
-msg timestamp=on
char device redirected to /dev/pts/4 (label charserial0)
"""


def test_the_machine_is_kept_and_libvirts_hold_on_it_is_left_out(short_folder: Path) -> None:
    log, machine, files = (short_folder / name for name in ("log", "m", "files"))
    log.write_text(LOG.replace("/c/e/m/1-x", str(machine)))
    for folder in (machine, files):
        folder.mkdir()
    for name in ("context.iso", "swap.raw"):
        (machine / name).write_bytes(b"content")
    recipe = by_hand.recipe_of(log, machine, "nobody", files)
    assert recipe.command == (
        "/usr/bin/qemu-system-x86_64",
        "-name", "guest=sls-1,debug-threads=on",
        "-accel", "tcg",
        "-nodefaults",
        "-append", "console=ttyS0 quiet",
        "-blockdev", '{"driver":"file","filename":"/c/e/images/a.img","node-name":"libvirt-4-storage"}',
        "-blockdev", '{"driver":"file","filename":"@FOLDER@/root.qcow2","node-name":"libvirt-3-storage"}',
        "-netdev", "user,id=hostnet0,hostfwd=tcp:127.0.0.1:@PORT@-:22",
        "-chardev", "file,id=charserial0,path=@FOLDER@/console.log",
        "-msg", "timestamp=on",
    )  # fmt: skip
    assert sorted(path.name for path in files.iterdir()) == ["context.iso", "swap.raw"]
