"""What a recipe's own files say is what the programs of its packages take."""

from __future__ import annotations

import yaml

from slshell.backend.appliances import recipe


def test_cloud_init_has_nothing_to_complain_of_in_the_settings_of_debian() -> None:
    """The schema of cloud-init 22.4 wants text for `locale`; else each machine is said to have complaints."""
    content = recipe.own_files("debian")["etc/cloud/cloud.cfg.d/90_slshell.cfg"]
    settings = yaml.safe_load(content)
    assert settings["locale"] == "false"
    assert settings["grub_dpkg"]["enabled"] is False
