"""Commands at work: each has connections of its own, which end with it."""

from __future__ import annotations

import io

import pytest

from slshell.client.cloud import Cloud, LocalLink
from slshell.commands.environment import Environment
from slshell.dashboard.at_work import AtWork
from slshell.model.errors import CloudUnreachable
from slshell.output.writer import Output
from tests.unit.client.served import ServedCloud


@pytest.fixture
def environment(served: ServedCloud) -> Environment:
    made = Environment(output=Output(stdout=io.StringIO(), stderr=io.StringIO()), stdin=io.StringIO())
    made.make_cloud = lambda profile, start, notice: Cloud(LocalLink(served.home, start=False))
    return made


def test_the_connections_of_a_command_end_with_it_and_no_others(environment: Environment) -> None:
    at_work = AtWork()
    ended, other = (at_work.begin("instances", environment) for _ in range(2))
    for each in (ended, other):
        assert each.environment.cloud.instances() == []
    at_work.ended(ended)
    with pytest.raises(CloudUnreachable, match="closed"):
        ended.environment.cloud.instances()
    assert other.environment.cloud.instances() == []
    assert ended.environment.lasting.cloud.instances() == []
    assert list(at_work.running) == [other]
