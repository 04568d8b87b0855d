"""The code keeps to the project's own rules: size, style, types, and the borders between its folders."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from tests.support.shell import ROOT

FILE_LINES = 400
FUNCTION_LINES = 50
TREES = ("slshell", "tests", "benchmarks")


def sources(*trees: str) -> Iterator[Path]:
    for tree in trees:
        yield from sorted((ROOT / tree).rglob("*.py"))


def tool(name: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    program = Path(sys.executable).with_name(name)
    return subprocess.run([str(program), *arguments], cwd=ROOT, capture_output=True, text=True, check=False)


def test_no_file_is_longer_than_400_lines() -> None:
    lengths = {str(path.relative_to(ROOT)): len(path.read_text().splitlines()) for path in sources(*TREES)}
    assert {name: length for name, length in lengths.items() if length > FILE_LINES} == {}


def test_no_function_is_longer_than_50_lines() -> None:
    """Migrations are left out: each is one list of statements."""
    long = {}
    for path in sources(*TREES):
        if path.parent.name == "versions":
            continue
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                length = (node.end_lineno or node.lineno) - node.lineno + 1
                if length > FUNCTION_LINES:
                    long[f"{path.relative_to(ROOT)}:{node.lineno} {node.name}"] = length
    assert long == {}


def test_every_module_of_the_package_says_what_it_is_for() -> None:
    bare = [
        str(path.relative_to(ROOT))
        for path in sources("slshell")
        if path.read_text().strip() and not ast.get_docstring(ast.parse(path.read_text()))
    ]
    assert bare == []


def test_every_test_folder_is_a_package_so_that_names_may_repeat() -> None:
    folders = {path.parent for path in sources("tests")}
    assert [str(folder) for folder in folders if not (folder / "__init__.py").exists()] == []


def test_the_style_checker_is_content() -> None:
    told = tool("ruff", "check", "--no-cache", ".")
    assert told.returncode == 0, told.stdout


def test_the_code_is_formatted() -> None:
    told = tool("ruff", "format", "--no-cache", "--check", ".")
    assert told.returncode == 0, told.stdout


def test_the_types_agree() -> None:
    told = tool("mypy")
    assert told.returncode == 0, told.stdout


def test_the_borders_between_folders_are_kept() -> None:
    told = tool("lint-imports", "--no-cache")
    assert told.returncode == 0, told.stdout
