"""`stratuslab-user.cfg`: its keys, sections, variables and precedence, and what was wrong with them."""

from __future__ import annotations

from pathlib import Path

import pytest

from slshell.client.clouds import Clouds
from slshell.client.profiles import Profile, load_settings
from slshell.client.stratuslab import read_user_file
from slshell.model.errors import NotAllowed, SlshellError, UsageError

TWO_CLOUDS = """
# my clouds
[default]
username = jane
user_public_key_file = /keys/id.pub
selected_section = lab
default_instance_type = m1.large

[lab]
Endpoint = https://lab.example.org:5000/
password = 50%off

[site]
endpoint = site.example.org
username = jd

[instance_types]
Big.One = (4, 4096, 1024)
"""


class User:
    """A user's home with the two files."""

    def __init__(self, home: Path, text: str = "", toml: str = "", mode: int = 0o600) -> None:
        self.path = home / ".stratuslab" / "stratuslab-user.cfg"
        self.environ = {"HOME": str(home), "SLSHELL_CONFIG": str(home / "c"), "SLSHELL_HOME": str(home / "d")}
        if text:
            self.path.parent.mkdir()
            self.path.write_text(text)
            self.path.chmod(mode)
        if toml:
            (home / "c").mkdir()
            (home / "c" / "config.toml").write_text(toml)

    def clouds(self, **variables: str) -> Clouds:
        environ = self.environ | variables
        return Clouds.read(load_settings(environ), environ)

    def pick(self, option: str | None = None, **variables: str) -> Profile:
        return self.clouds(**variables).pick(option)

    def refused(self) -> SlshellError:
        with pytest.raises(SlshellError) as caught:
            self.clouds()
        return caught.value


def test_sections_are_profiles_on_top_of_the_default_one(tmp_path: Path) -> None:
    user = User(tmp_path, TWO_CLOUDS)
    assert user.clouds().names() == ["local", "lab", "site"]
    lab, site = user.pick("lab"), user.pick("site")
    assert (lab.url, lab.username) == ("https://lab.example.org:5000", "jane")
    assert (site.url, site.username) == ("https://site.example.org", "jd")
    assert site.public_key == "/keys/id.pub"
    assert site.private_key == Path("/keys/id")


def test_option_beats_variable_beats_file(tmp_path: Path) -> None:
    user = User(tmp_path, TWO_CLOUDS)
    assert user.pick().name == "lab"
    assert user.pick(STRATUSLAB_USER_CONFIG_SECTION="site").name == "site"
    assert user.pick("lab", STRATUSLAB_USER_CONFIG_SECTION="site").name == "lab"
    assert user.pick("local").is_local
    site = user.pick("site", STRATUSLAB_USERNAME="other", STRATUSLAB_ENDPOINT="https://else")
    assert (site.username, site.url) == ("other", "https://else")


def test_the_choice_of_config_toml_comes_before_that_of_the_other_file(tmp_path: Path) -> None:
    toml = "profile = 'own'\n[profiles.own]\nurl = 'https://own'\n[profiles.lab]\nurl = 'https://mine'\n"
    user = User(tmp_path, TWO_CLOUDS, toml)
    assert user.pick().url == "https://own"
    assert user.pick(STRATUSLAB_USER_CONFIG_SECTION="site").name == "site"
    assert user.pick("site", SLSHELL_PROFILE="own").name == "site"
    assert user.pick("lab").url == "https://mine"


def test_an_endpoint_without_a_section_is_the_profile_default(tmp_path: Path) -> None:
    user = User(tmp_path, "[default]\nendpoint = cloud.example.org:8443\nusername = u\n")
    assert user.pick().name == "default"
    assert user.pick().url == "https://cloud.example.org:8443"
    nobody = User(tmp_path / "none")
    assert nobody.pick().is_local
    assert nobody.pick(STRATUSLAB_ENDPOINT="https://env").url == "https://env"


def test_a_percent_sign_is_itself_and_a_doubled_one_reads_as_it_did(tmp_path: Path) -> None:
    (tmp_path / "old").mkdir()
    old = User(tmp_path / "old", TWO_CLOUDS.replace("50%", "50%%"))
    assert User(tmp_path, TWO_CLOUDS).pick("lab").password == "50%off"
    assert old.pick("lab").password == "50%off"


def test_the_default_instance_type_works_and_names_keep_their_case(tmp_path: Path) -> None:
    user = User(tmp_path, TWO_CLOUDS)
    assert user.pick("lab").instance_type == "m1.large"
    assert user.pick("local").instance_type == "m1.large"
    assert user.pick("lab", STRATUSLAB_DEFAULT_INSTANCE_TYPE="c1.medium").instance_type == "c1.medium"
    big = user.clouds().file.types["Big.One"]
    assert (big.vcpu, big.ram_mib, big.swap_mib) == (4, 4096, 1024)


def test_a_password_that_others_can_read_is_refused_with_the_line_that_helps(tmp_path: Path) -> None:
    user = User(tmp_path, TWO_CLOUDS, mode=0o644)
    error = user.refused()
    assert isinstance(error, NotAllowed)
    assert error.hint == f"chmod 600 {user.path}"


def test_a_file_without_a_password_may_be_read_by_others(tmp_path: Path) -> None:
    user = User(tmp_path, "[lab]\nendpoint = https://a\npassword_from = keyring\n", mode=0o644)
    assert user.pick("lab").password_from == "keyring"


def test_a_password_does_not_show_in_what_is_printed_of_a_profile(tmp_path: Path) -> None:
    user = User(tmp_path, TWO_CLOUDS)
    assert "50%off" not in repr(user.pick("lab")) + repr(user.clouds().file.values("lab", {}))


@pytest.mark.parametrize(
    ("text", "told", "hint"),
    [
        ("[lab]\nendpont = x\n", "[lab]: unknown key “endpont”", "did you mean endpoint"),
        ("[default]\nselected_section = lb\n[lab]\nendpoint = x\n", "names “lb”", "did you mean lab?"),
        ("[instance_types]\nm1.x = 1, 2\n", "[instance_types]: m1.x is “1, 2”", "2, 512, 1024"),
        ("[instance_types]\nm1.x = 0, 2, 3\n", "[instance_types]: m1.x", "2, 512, 1024"),
        ("[lab]\nconfirm = maybe\n", "[lab]: confirm is “maybe”", "use name"),
        ("endpoint = x\n", "cannot be understood", "correct that line"),
        ("[lab]\n[lab]\n", "cannot be understood", "correct that line"),
    ],
)
def test_a_mistake_is_told_with_file_section_and_key(tmp_path: Path, text: str, told: str, hint: str) -> None:
    user = User(tmp_path, text)
    error = user.refused()
    assert isinstance(error, UsageError)
    assert str(user.path) in error.message
    assert told in error.message
    assert hint in error.hint


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("[lab]\nusername = u\n", "there is no endpoint"),
        ("[lab]\nendpoint = ftp://x\n", "“ftp://x”"),
        ("[lab]\nendpoint = x\nread_only = perhaps\n", "“perhaps”"),
        ("[lab]\nendpoint = x\nendpoint_timeout = soon\n", "“soon”"),
        ("[other]\nendpoint = x\n", "there is no profile “lab”"),
    ],
)
def test_a_profile_that_cannot_be_used_says_why(tmp_path: Path, text: str, told: str) -> None:
    with pytest.raises(UsageError, match=told):
        User(tmp_path, text).pick("lab")


def test_the_bundled_cloud_keeps_its_name(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="local is the bundled cloud"):
        User(tmp_path, "[local]\nendpoint = https://x\n").pick("local")


def test_keys_of_the_old_client_that_decide_nothing_here_are_no_mistake(tmp_path: Path) -> None:
    text = "[lab]\nendpoint = x\npdisk_endpoint = y\nvnc_port = 5900\nmax_mounts = 3\n"
    assert User(tmp_path, text).pick("lab").url == "https://x"


def test_a_file_that_is_named_must_be_there(tmp_path: Path) -> None:
    elsewhere = tmp_path / "my.cfg"
    environ = {"STRATUSLAB_CONFIG_FILE": str(elsewhere)}
    with pytest.raises(UsageError, match="there is no file"):
        read_user_file(environ, tmp_path)
    elsewhere.write_text("[lab]\nendpoint = x\n")
    assert read_user_file(environ, tmp_path).clouds == ["lab"]
