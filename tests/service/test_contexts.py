"""What machines are told: kept with the machine, shown with its secrets hidden, gone when it is."""

from __future__ import annotations

import zlib
from email import message_from_bytes

import pytest

from slshell.backend.engines.libvirt import LibvirtEngine
from slshell.model.appliance import ContextMethod
from slshell.model.context import UserDataPart
from slshell.model.errors import NotFound, UsageError
from slshell.model.instance import State
from tests.service.conftest import Running
from tests.service.test_instances import ask

CONFIG = UserDataPart(type="", name="web.yaml", content="#cloud-config\npassword: hunter2\npackages: [git]\n")


def test_documents_and_variables_are_kept_and_shown_without_their_secrets(running: Running) -> None:
    context = {"greeting": 'it\'s "x" # y\nz', "token": "hunter2"}
    running.client.run_instance(ask(context=context, context_method=ContextMethod.BOTH, user_data=(CONFIG,)))
    running.wait(1, State.RUNNING)
    told = running.client.context(1)
    assert told.method is ContextMethod.BOTH
    assert told.labels == ("_STRATUSLAB", "cidata")
    assert told.variables == {"GREETING": 'it\'s "x" # y\nz', "TOKEN": "********"}
    assert [(part.type, part.name) for part in told.parts] == [("cloud-config", "web.yaml")]
    assert "hunter2" not in told.parts[0].content
    assert "packages: [git]" in told.parts[0].content
    whole = running.client.context(1, secrets=True)
    assert whole.parts[0].content == CONFIG.content
    assert whole.variables["TOKEN"] == "hunter2"


def test_the_seed_on_the_machines_disc_holds_the_documents(running: Running) -> None:
    running.client.run_instance(ask(context_method=ContextMethod.CLOUD_INIT, user_data=(CONFIG,)))
    running.wait(1, State.RUNNING)
    engine = running.cloud.engine
    assert isinstance(engine, LibvirtEngine)
    [disc] = (running.home / "e").rglob("*.iso")
    content = disc.read_bytes()
    at = content.index(b"\x1f\x8b\x08")
    # What follows on the disc is not of the packed document.
    message = message_from_bytes(zlib.decompressobj(wbits=31).decompress(content[at:]))
    assert [piece.get_filename() for piece in message.walk()] == [None, "web.yaml", "slshell"]
    assert message.get_payload(0).get_payload(decode=True) == CONFIG.content.encode()  # type: ignore[union-attr]
    assert b"_STRATUSLAB" not in content


def test_a_machine_that_asked_for_nothing_is_told_as_its_appliance_says(running: Running) -> None:
    running.client.run_instance(ask())
    told = running.client.context(1)
    assert (told.method, told.labels, told.parts) == (ContextMethod.STRATUSLAB, ("_STRATUSLAB",), ())
    assert len(told.keys) == 1


def test_what_an_ended_machine_was_told_is_forgotten(running: Running) -> None:
    running.client.run_instance(
        ask(context={"token": "hunter2"}, context_method=ContextMethod.BOTH, user_data=(CONFIG,))
    )
    running.wait(1, State.RUNNING)
    running.client.kill(1)
    running.wait(1, State.DONE)
    told = running.client.context(1, secrets=True)
    assert (told.variables, told.parts) == ({}, ())


def test_documents_that_nothing_would_read_are_refused(running: Running) -> None:
    with pytest.raises(UsageError) as refused:
        running.client.run_instance(ask(user_data=(CONFIG,)))
    assert "--context-method both" in refused.value.hint
    assert running.client.instances(all=True) == []


def test_a_broken_document_is_refused_before_anything_is_made(running: Running) -> None:
    broken = UserDataPart(type="cloud-config", name="web.yaml", content="#cloud-config\na: [\n")
    with pytest.raises(UsageError, match=r"web.yaml, line 3"):
        running.client.run_instance(ask(context_method=ContextMethod.BOTH, user_data=(broken,)))
    assert running.client.instances(all=True) == []


def test_the_context_of_a_machine_that_is_not_there_is_not_found(running: Running) -> None:
    with pytest.raises(NotFound):
        running.client.context(7)
