"""Nothing that the OpenAPI document allows, and nothing near it, breaks the cloud."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from hypothesis.errors import Unsatisfiable
from schemathesis import GenerationMode

from slshell.model.errors import ERRORS
from tests.service.conftest import serve

# The engine's own failures have these; a defect of ours has 500.
EXAMPLES = 25
_TOLD = {cls.status for cls in ERRORS.values()} - {500}


@pytest.fixture(scope="module")
def api(tmp_path_factory: pytest.TempPathFactory, appliances_folder: Path) -> Iterator[Any]:
    """The schema of a cloud that answers on TCP with a token."""
    home = tmp_path_factory.mktemp("openapi")
    for _running in serve(home, listen=("127.0.0.1", 0)):
        address = json.loads((home / "daemon.json").read_text())["tcp"]
        token = (home / "token").read_text().strip()
        loaded = schemathesis.openapi.from_url(
            f"http://{address}/schema/openapi.json", headers={"Authorization": f"Bearer {token}"}
        )
        yield loaded.exclude(path="/v1/cloud/stop"), {"Authorization": f"Bearer {token}"}


@pytest.mark.parametrize("mode", list(GenerationMode), ids=lambda mode: mode.value)
def test_no_call_breaks_the_cloud(api: Any, mode: GenerationMode) -> None:
    schema, headers = api
    tried = set()
    for found in schema.get_all_operations():
        operation = found.ok()
        tried.add(operation.path)
        _exercise(operation, mode, headers)
    assert {"/v1/instances", "/v1/changes", "/v1/uploads", "/v1/appliances"} <= tried


def _exercise(operation: Any, mode: GenerationMode, headers: dict[str, str]) -> None:
    @settings(max_examples=EXAMPLES, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
    @given(case=operation.as_strategy(generation_mode=mode))
    def call(case: Any) -> None:
        if operation.path == "/v1/changes":
            case.query = {**(case.query or {}), "wait": 0}
        response = case.call(headers=headers)
        if response.status_code >= 500:
            assert response.status_code in _TOLD, (case.as_curl_command(), response.text)
        if response.status_code >= 400:
            assert set(response.json()) == {"code", "message", "hint", "details"}, case.as_curl_command()

    try:
        call()
    except Unsatisfiable:
        # A call without parameters has no wrong ones.
        assert mode is GenerationMode.NEGATIVE
