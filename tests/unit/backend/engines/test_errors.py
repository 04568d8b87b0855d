"""libvirt's and QEMU's words as typed errors."""

from __future__ import annotations

import libvirt
import pytest

from slshell.backend.engines.libvirt.errors import converted, typed_text
from slshell.model.errors import CloudUnreachable, Conflict, EngineFailed, NoCapacity, NotFound, SlshellError


@pytest.mark.parametrize(
    ("words", "error", "remedy"),
    [
        (
            "internal error: qemu: cannot set up guest memory 'pc.ram': Cannot allocate memory",
            NoCapacity,
            "memory",
        ),
        ("qemu-img: a.qcow2: No space left on device", NoCapacity, "disk is full"),
        ('Volume group "vg0" has insufficient free space (10 extents)', NoCapacity, "disk is full"),
        ("internal error: Not enough free space in pool for volume 'c'", NoCapacity, "disk is full"),
        (
            'qemu: Failed to get "write" lock\nIs another process using the image?',
            Conflict,
            "another program",
        ),
        ("Emulator 'x' does not support virt type 'kvm'", EngineFailed, "accelerator"),
        ("Could not open '/x/disk': Permission denied", EngineFailed, "account"),
        ("Cannot access storage file '/x/disk': No such file or directory", EngineFailed, "reach"),
        ("internal error: client socket is closed", CloudUnreachable, "again"),
        ("something that nobody has seen before", EngineFailed, "log"),
    ],
)
def test_words_become_an_error_with_a_remedy(words: str, error: type[SlshellError], remedy: str) -> None:
    found = typed_text(words, "start machine 3")
    assert type(found) is error
    assert found.message.startswith("cannot start machine 3: ")
    assert remedy in found.hint
    assert "\n" not in found.message


def test_a_missing_domain_is_not_found() -> None:
    connection = libvirt.open("test:///default")
    with pytest.raises(NotFound), converted("look"):
        connection.lookupByName("nobody")
    connection.close()


def test_what_a_machine_cannot_do_now_is_a_conflict() -> None:
    connection = libvirt.open("test:///default")
    domain = connection.lookupByName("test")
    domain.destroy()
    with pytest.raises(Conflict) as caught, converted("stop it"):
        domain.destroy()
    domain.create()
    connection.close()
    assert caught.value.details == {"libvirt_code": libvirt.VIR_ERR_OPERATION_INVALID}


def test_a_libvirt_that_is_not_there_is_unreachable() -> None:
    with pytest.raises(CloudUnreachable), converted("connect"):
        libvirt.open("qemu+unix:///session?socket=/nonexistent/sock")
