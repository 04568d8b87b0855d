"""Each listing as table, as data, and when it goes wrong: exact text."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path

import msgspec
import pytest
import yaml

from slshell.model.errors import CloudUnreachable, ExitCode
from slshell.model.event import Job, JobState, Severity
from slshell.model.host import Host
from slshell.model.instance import Instance, State
from tests.unit.client.served import MOMENT, TTYLINUX, ServedCloud, event, instance
from tests.unit.commands.conftest import Run

HOSTS = [
    Host(
        id=29, name="n29", status="on", running=2, tcpu=2400, acpu=2100, tmem_kib=37014733, fmem_kib=29779558,
        amem_kib=34393292, disk_total_bytes=1, disk_free_bytes=1, accelerator="kvm", accelerator_reason="",
        hypervisor="QEMU",
    ),
    Host(
        id=42, name="n42", status="err", running=0, tcpu=0, acpu=100, tmem_kib=0, fmem_kib=0,
        amem_kib=991642, disk_total_bytes=1, disk_free_bytes=1, accelerator="tcg", accelerator_reason="",
        hypervisor="QEMU",
    ),
]  # fmt: skip


@pytest.fixture(autouse=True)
def content(served: ServedCloud) -> None:
    served.put(instance(1, name="web"))
    served.put(
        instance(2, name="db", state=State.PROLOG, reachable=False, progress="image 40 %", cpu_percent=0)
    )
    served.put(instance(3, name="old", state=State.DONE, reachable=False, reason="killed"))
    served.hosts = HOSTS
    served.put(event(1, "machine 1 is Running"))
    served.put(event(2, "machine 2 lost", severity=Severity.ERROR, instance_id=2))
    served.put(
        Job(
            id=7, kind="run", state=JobState.FAILED, step="image", attempts=2, error="no space",
            created_at=MOMENT, updated_at=MOMENT, instance_id=2,
        )
    )  # fmt: skip


def test_instances_as_a_table(run: Run) -> None:
    assert run("instances").output == (
        "ID  NAME  STATE     APPLIANCE  TYPE      VCPU   RAM  CPU%  ADDRESS          REMARK\n"
        " 1  web   Running+  ttylinux   m1.small     1  128M     4  127.86.3.1:2222\n"
        " 2  db    Prolog    ttylinux   m1.small     1  128M     0  127.86.3.2:2222  image 40 %\n"
    )


def test_types_as_a_table(run: Run) -> None:
    assert run("types").output == (
        "   TYPE         CPU      RAM     SWAP  FITS\n"
        "*  m1.small   1 CPU   128 MB  1024 MB  yes\n"
        "   c1.xlarge  4 CPU  2048 MB  2048 MB  no: larger than the host\n"
    )


def test_hosts_in_the_words_of_the_tutorials_load_page(run: Run) -> None:
    assert run("hosts").output == (
        "ID  RVM  TCPU  FCPU  ACPU   TMEM   FMEM    AMEM  STAT\n"
        "29    2  2400        2100  35.3G  28.4G   32.8G  on\n"
        "42    0     0         100     0B     0B  968.4M  err\n"
    )


def test_appliances_as_a_table(run: Run) -> None:
    assert run("appliances").output == (
        "ID                           NAME      KIND     STATE  DISK  SYSTEM      USER  ENDORSER  ORIGIN   "
        "REMARK\n"
        f"{TTYLINUX}  ttylinux  machine  ready   40M  ttylinux 1  root            bundled\n"
    )


def test_events_as_a_table(run: Run) -> None:
    assert run("events").output == (
        "TIME              MACHINE  SEVERITY  KIND   TEXT\n"
        "2026-01-02 03:04        1  info      state  machine 1 is Running\n"
        "2026-01-02 03:04        2  error     state  machine 2 lost\n"
    )


def test_jobs_as_a_table(run: Run) -> None:
    assert run("jobs").output == (
        "ID  KIND  ABOUT  STATE   STEP   TRIES  SINCE             ERROR\n"
        " 7  run   2      failed  image      2  2026-01-02 03:04  no space\n"
    )


def test_the_keys_of_an_instance_are_those_of_the_model(run: Run) -> None:
    (first, second) = json.loads(run("instances -o json").output)
    assert list(first) == list(Instance.__struct_fields__)
    assert first["created_at"] == "2026-01-02T03:04:05Z"
    assert (second["id"], second["progress"], second["memory_kib"]) == (2, "image 40 %", 131072)


def test_json_reads_back_as_the_same_resources(run: Run, served: ServedCloud) -> None:
    found = msgspec.json.decode(run("instances -o json --all").output, type=list[Instance])
    assert found == [served.instances[number] for number in (1, 2, 3)]


def test_yaml_and_csv_hold_the_same_data(run: Run) -> None:
    data = json.loads(run("instances -o json").output)
    assert yaml.safe_load(run("instances -o yaml").output) == data
    rows = list(csv.DictReader(io.StringIO(run("instances -o csv").output)))
    assert [row["name"] for row in rows] == ["web", "db"]
    assert (rows[0]["reachable"], rows[0]["ram_mib"], rows[0]["phases"]) == ("true", "128", "[]")


def test_names_and_quiet_are_one_line_each(run: Run) -> None:
    assert run("instances -o name").output == "web\ndb\n"
    assert run("instances --quiet").output == "1\n2\n"
    assert run("appliances -q").output == f"{TTYLINUX}\n"


def test_machines_are_named_by_number_or_name_ended_ones_too(run: Run) -> None:
    assert run("instances db 3 -q").output == "2\n3\n"
    assert run("describe-instance web -q").output == "1\n"


def test_one_that_is_missing_does_not_hide_the_others(run: Run) -> None:
    result = run("instances 1 77 wbe -q")
    assert result.output == "1\n"
    assert result.exit_code == ExitCode.NOT_FOUND
    assert result.notices == (
        "slshell: there is no machine “wbe”\n  did you mean web?\n"
        "slshell: there is no instance 77\n  slshell instances lists them\n"
    )


def test_an_ambiguous_name_is_refused_with_the_numbers(run: Run, served: ServedCloud) -> None:
    served.put(instance(9, name="web"))
    result = run("instances web -o json")
    error = json.loads(result.notices)
    assert result.exit_code == ExitCode.CONFLICT
    assert error["details"] == {"ids": [1, 9]}
    assert json.loads(result.output) == []


def test_an_error_under_json_is_one_object_with_four_keys(run: Run, served: ServedCloud) -> None:
    served.failures["/v1/instances"] = CloudUnreachable("libvirt is away", hint="wait", details={"a": 1})
    result = run("instances -o json")
    assert json.loads(result.notices) == {
        "code": "unreachable", "message": "libvirt is away", "hint": "wait", "details": {"a": 1},
    }  # fmt: skip
    assert (result.exit_code, result.output) == (ExitCode.UNREACHABLE, "")


def test_no_machines_is_said_beside_the_data(run: Run, served: ServedCloud) -> None:
    served.instances = {}
    result = run("instances")
    assert (result.output, result.exit_code) == ("", 0)
    assert result.notices == "there are no machines; slshell run ttylinux starts one\n"
    assert run("instances -o json").output == "[]\n"


@pytest.mark.parametrize(
    ("line", "told", "hint"),
    [
        ("instanzes", "there is no command “instanzes”", "did you mean instances?"),
        ("instances --stat x", "there is no option --stat", "did you mean --state?"),
        ("instances --state Runing", "“Runing” is not a value of --state", "did you mean Running?"),
        ("hosts extra", "there is a word too many: extra", "slshell hosts --help shows"),
        ("kill", "ID is missing", "write slshell kill [OPTIONS] ID…"),
        ("instances 'half", "this line cannot be read", "close the quotation mark"),
    ],
)
def test_a_mistyped_line_is_a_usage_error_that_says_what_to_do(
    run: Run, line: str, told: str, hint: str
) -> None:
    result = run(line)
    assert result.exit_code == ExitCode.USAGE
    assert told in result.notices
    assert hint in result.notices


def test_a_usage_error_is_json_where_json_is_asked_for(run: Run) -> None:
    result = run("instances -o json --nonsense")
    assert json.loads(result.notices)["code"] == "usage"


def test_an_unknown_key_in_the_configuration_is_named(run: Run, own_settings: Path) -> None:
    (own_settings / "c").mkdir()
    (own_settings / "c" / "config.toml").write_text("[output]\nformatt = 'json'\n")
    result = run("instances")
    assert result.exit_code == ExitCode.USAGE
    assert "output.formatt" in result.notices
