"""The documents agree with the code that they describe."""

from __future__ import annotations

import re
import tomllib
from typing import Any

import msgspec

from slshell.backend.services.settings import CloudSection
from slshell.backend.services.settings import Settings as CloudSettings
from slshell.client import profiles
from slshell.dashboard import keymap
from slshell.dashboard.app import SlshellApp
from slshell.dashboard.places import places
from tests.support.shell import ROOT

CONFIGURATION = (ROOT / "docs" / "configuration.md").read_text()


def documented() -> dict[str, Any]:
    """The `config.toml` that the document shows."""
    found = re.search(r"```toml\n(.*?)```", CONFIGURATION, re.DOTALL)
    assert found
    return tomllib.loads(found[1])


def test_the_documented_configuration_is_valid() -> None:
    msgspec.convert(documented(), profiles.Settings)
    assert "m1.huge" in CloudSettings.of(documented(), "the document").types


def test_every_setting_of_the_cloud_is_documented_with_its_default() -> None:
    assert documented()["cloud"] == msgspec.to_builtins(CloudSection())


def test_every_setting_of_the_faces_is_documented_with_its_default() -> None:
    shown = documented()
    defaults = msgspec.to_builtins(profiles.Settings())
    for section in ("profile", "output", "ssh", "dashboard", "repl"):
        assert shown[section] == defaults[section]
    assert set(shown["profiles"]["lab"]) == {
        field.name for field in msgspec.structs.fields(profiles.RemoteSettings)
    }


def test_every_environment_variable_of_ours_is_documented() -> None:
    code = "".join(path.read_text() for path in (ROOT / "slshell").rglob("*.py"))
    used = set(re.findall(r'"((?:SLSHELL|STRATUSLAB)_[A-Z_]+)"', code))
    assert used - set(re.findall(r"`([A-Z_]+)`", CONFIGURATION)) == set()


def test_every_key_of_the_dashboard_is_documented_by_its_id() -> None:
    text = (ROOT / "docs" / "dashboard.md").read_text()
    shown = dict(re.findall(r"^\| `([a-z]+\.[a-z-]+)` \| .* \| (.+) \|$", text, re.MULTILINE))
    declared = keymap.known(places(SlshellApp))
    assert {name: words.casefold() for name, words in shown.items()} == {
        name: (each.description or "close").casefold() for name, each in declared.items()
    }
