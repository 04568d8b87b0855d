"""What is secret in a machine's context is hidden, and nothing else."""

from __future__ import annotations

import pytest

from slshell.backend.services.contexts import status_of
from slshell.backend.services.secrets import HIDDEN, masked_part, masked_text, masked_variable
from slshell.model.context import UserDataPart

KEY = "-----BEGIN OPENSSH PRIVATE KEY-----\nb3BlbnNzaC1rZXk\nAAAA\n-----END OPENSSH PRIVATE KEY-----\n"


def masked(content: str) -> str:
    return masked_part(UserDataPart(type="cloud-config", name="x", content=content)).content


@pytest.mark.parametrize("name", ["PASSWORD", "DB_PASSWD", "API_KEY", "MY_TOKEN", "CLIENT_SECRET", "PWD"])
def test_a_variable_whose_name_says_so_is_hidden(name: str) -> None:
    assert masked_variable(name, "hunter2") == HIDDEN


@pytest.mark.parametrize("name", ["PUBLIC_KEY", "GREETING", "KEYMAP", "SCRIPT_EXEC"])
def test_other_variables_are_shown(name: str) -> None:
    assert masked_variable(name, "as it is") == "as it is"


@pytest.mark.parametrize(
    "text",
    [
        "export DB_PASSWORD='hunter2 x'",
        "password: hunter2",
        "curl http://me:hunter2@server/file",
        '{"token": "hunter2"}',
        "mysql --password=hunter2",
    ],
)
def test_secrets_in_scripts_are_hidden(text: str) -> None:
    assert "hunter2" not in masked_text(text)
    assert HIDDEN in masked_text(text)


def test_private_keys_are_hidden_wherever_they_stand() -> None:
    shown = masked("#cloud-config\nssh_keys:\n  rsa_private: |\n    " + KEY.replace("\n", "\n    "))
    assert "b3BlbnNzaC1rZXk" not in shown
    assert "AAAA" not in shown


def test_passwords_of_accounts_are_hidden_and_the_rest_stays() -> None:
    content = (
        "#cloud-config\n# a remark\nusers:\n- name: ada\n  hashed_passwd: $6$salt$hash\n"
        "chpasswd:\n  list: |\n    ada:lovelace\npackages: [git]\n"
    )
    shown = masked(content)
    assert "$6$salt" not in shown
    assert "lovelace" not in shown
    for kept in ("# a remark", "name: ada", "packages: [git]", "hashed_passwd:"):
        assert kept in shown


def test_a_document_that_refers_to_itself_is_masked_all_the_same() -> None:
    assert "hunter2" not in masked("#cloud-config\na: &x\n  password: hunter2\n  again: *x\n")


BOOT = (
    "[   12.0] cloud-init[301]: Cloud-init v. 22.4.2 running 'init-local' at Wed, 25 Nov 2026 +0000. "
    "Up 12.05 seconds.\n"
    "[   19.0] cloud-init[401]: Cloud-init v. 22.4.2 running 'modules:final' at Wed. Up 61.30 seconds.\n"
)
END = (
    "[   70.1] cloud-init[401]: Cloud-init v. 22.4.2 finished at Wed. Datasource NoCloud.  Up 70.12 seconds\n"
)


@pytest.mark.parametrize(
    ("console", "told"),
    [
        ("debian login: ", ""),
        (BOOT, "cloud-init is at its stage modules:final"),
        (BOOT + END, "cloud-init has finished, 70 s after the start"),
        (BOOT + END + BOOT, "cloud-init is at its stage modules:final"),
        (
            BOOT + "[   62.0] cloud-init[401]: 03:00 - cc_user.py[WARNING]: Failed to run\n"
            + END,
            "cloud-init has finished, 70 s after the start; it complains: Failed to run",
        ),
    ],
)  # fmt: skip
def test_what_cloud_init_has_come_to_is_read_from_the_console(console: str, told: str) -> None:
    assert status_of(console) == told
