"""`slshell config`: showing and changing settings without harm to the rest of a file."""

from __future__ import annotations

import io
import json
import stat
from pathlib import Path

import pytest

from slshell.commands.environment import Environment
from slshell.model.errors import ExitCode
from tests.unit.commands.conftest import Run

TOML = """\
# what I like
profile = "local"   # for now

[output]
colour = "never"    # no colour
# format follows
"""
CFG = """\
# my clouds
[default]
username = jane

[lab]
; the big one
Endpoint = https://lab   
password = secret
"""  # noqa: W291 - what is kept is kept exactly


@pytest.fixture
def toml(own_settings: Path) -> Path:
    path = own_settings / "c" / "config.toml"
    path.parent.mkdir()
    path.write_text(TOML)
    path.chmod(0o644)
    return path


@pytest.fixture
def cfg(own_settings: Path) -> Path:
    path = own_settings / ".stratuslab" / "stratuslab-user.cfg"
    path.parent.mkdir()
    path.write_text(CFG)
    path.chmod(0o600)
    return path


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_a_setting_changes_in_its_line_and_all_else_stays(run: Run, toml: Path) -> None:
    assert run("config set output.colour always").exit_code == ExitCode.DONE
    assert toml.read_text() == TOML.replace('colour = "never"', 'colour = "always"')
    assert mode(toml) == 0o600
    assert list(toml.parent.iterdir()) == [toml]


def test_a_first_setting_makes_the_file_and_values_get_the_type_they_have(
    run: Run, own_settings: Path
) -> None:
    for line in (
        "output.format yaml",
        "cloud.workers 8",
        "cloud.default_instance_type m1.small",
        "instance_types.m1.huge '[8, 16384, 2048]'",
        "profiles.my.lab.url https://lab",
        "dashboard.keys.kill ctrl+k",
    ):
        result = run(f"config set {line}")
        assert result.exit_code == ExitCode.DONE, result.notices
    data = json.loads(run("config list -o json").output)
    assert data["output"]["format"] == "yaml"
    assert data["cloud"] == {"workers": 8, "default_instance_type": "m1.small"}
    assert data["instance_types"] == {"m1.huge": [8, 16384, 2048]}
    assert data["profiles"]["my.lab"]["url"] == "https://lab"
    assert data["dashboard"]["keys"] == {"kill": "ctrl+k"}
    assert mode(own_settings / "c" / "config.toml") == 0o600


def test_a_cloud_of_the_other_file_changes_in_its_line_as_well(run: Run, cfg: Path) -> None:
    assert run("config set lab.endpoint https://new").exit_code == ExitCode.DONE
    assert run("config set new.endpoint host:1").exit_code == ExitCode.DONE
    assert run("config set pdisk_endpoint p").exit_code == ExitCode.DONE
    text = cfg.read_text()
    assert "; the big one\nEndpoint = https://new\npassword = secret\n" in text
    assert text.startswith("# my clouds\n[default]\nusername = jane\npdisk_endpoint = p\n")
    assert text.endswith("[new]\nendpoint = host:1\n")
    assert run("config get new.endpoint").output == "host:1\n"


@pytest.mark.parametrize("password", ["50%off", "a%%b", "x ; y # z", "=[lab]"])
def test_a_password_is_asked_for_and_reads_back_the_same(
    run: Run, environment: Environment, cfg: Path, password: str
) -> None:
    environment.ask_secret = lambda prompt: password
    assert run("config set lab.password").exit_code == ExitCode.DONE
    environment.__dict__.pop("clouds", None)
    assert environment.clouds.pick("lab").password == password
    environment.ask_secret = None
    environment.stdin = io.StringIO("from stdin\n")
    assert run("config set lab.password -").exit_code == ExitCode.DONE
    assert "password = from stdin\n" in cfg.read_text()


@pytest.mark.parametrize("line", ["lab.password hunter2", "lab.p12_password x"])
def test_a_password_on_the_line_is_refused(run: Run, cfg: Path, line: str) -> None:
    result = run(f"config set {line}")
    assert result.exit_code == ExitCode.USAGE
    assert "not given on the line" in result.notices
    assert cfg.read_text() == CFG


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("output.formt json", "did you mean format?"),
        ("output.format jsn", "did you mean json?"),
        ("otput.format json", "did you mean output.format?"),
        ("lab.endpont x", "did you mean endpoint"),
        ("profiles.lab x", "write profiles.lab.url"),
        ("profiles.lab.cafile x", "profiles.lab"),
        ("output.colour", "the value of output.colour is missing"),
        ("lab.confirm perhaps", "use name"),
        ("default.selected_section nowhere", "selected_section names “nowhere”"),
        ("lab.endpoint 'x\n[evil]'", "control character"),
        ("'a]b.endpoint' x", "cannot be the name of a cloud"),
        ("lab.username --keyring", "only a password"),
    ],
)
def test_what_would_break_a_file_is_refused_and_nothing_is_written(
    run: Run, toml: Path, cfg: Path, line: str, told: str
) -> None:
    result = run(f"config set {line}")
    assert result.exit_code == ExitCode.USAGE
    assert told in result.notices
    assert (toml.read_text(), cfg.read_text()) == (TOML, CFG)


def test_a_link_stays_a_link(run: Run, own_settings: Path, toml: Path) -> None:
    real = own_settings / "dotfiles.toml"
    toml.rename(real)
    toml.symlink_to(real)
    run("config set output.colour always")
    assert toml.is_symlink()
    assert 'colour = "always"' in real.read_text()


def test_use_chooses_a_profile_and_tells_when_a_variable_is_stronger(
    run: Run, toml: Path, cfg: Path, environment: Environment
) -> None:
    assert run("config use lab").notices == "commands now talk to lab at https://lab\n"
    assert 'profile = "lab"   # for now' in toml.read_text()
    environment.environ = {**environment.environ, "SLSHELL_PROFILE": "local"}
    for name in ("settings", "clouds", "profile"):
        environment.__dict__.pop(name, None)
    assert run("config use lab").notices.endswith("but SLSHELL_PROFILE is set, and says local\n")


def test_the_list_tells_every_source_and_hides_passwords(run: Run, toml: Path, cfg: Path) -> None:
    text = run("config").output
    lines = {line.split(" = ")[0]: line for line in text.splitlines()}
    assert lines["output.colour"].endswith("# config.toml")
    assert lines["output.format"].endswith("# default")
    assert lines["lab.endpoint"].endswith("# stratuslab-user.cfg [lab]")
    assert lines["lab.username"].endswith("# stratuslab-user.cfg [default]")
    assert 'lab.password = "********"' in lines["lab.password"]
    assert "secret" not in text + run("config list -o json").output + run("config get lab.password").output


def test_paths_are_told_even_when_a_file_is_broken(run: Run, toml: Path, cfg: Path) -> None:
    toml.write_text("[output\n")
    assert str(cfg) in run("config path").output
    assert run("config list").exit_code == ExitCode.USAGE


def test_an_unknown_setting_names_the_nearest(run: Run, cfg: Path) -> None:
    assert "did you mean output.format?" in run("config get output.formt").notices
    assert "did you mean lab.endpoint?" in run("config get lab.endpont").notices
