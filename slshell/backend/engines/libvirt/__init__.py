"""Machines on this host, by libvirt and QEMU."""

from __future__ import annotations

from slshell.model.errors import EngineFailed

try:
    from slshell.backend.engines.libvirt.engine import LibvirtEngine
except ImportError as error:
    raise EngineFailed(
        f"the bundled cloud's parts are not installed: {error}",
        hint="apt install libvirt-dev pkg-config gcc python3-dev, then pip install 'slshell[cloud]'",
    ) from error

__all__ = ["LibvirtEngine"]
