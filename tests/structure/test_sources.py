"""Rules for every source file and every test."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

import foveal

PACKAGE = Path(foveal.__file__).parent
REPOSITORY = PACKAGE.parent.parent
SOURCES = sorted(PACKAGE.rglob("*.py"))
TESTS = sorted((REPOSITORY / "tests").rglob("test_*.py"))
LONGEST_FILE = 300
VAGUE = {"utils", "util", "common", "helpers", "misc"}


def relative(file: Path) -> str:
    return str(file.relative_to(REPOSITORY))


@pytest.mark.parametrize("file", SOURCES, ids=relative)
def test_a_module_is_short_and_named_after_what_it_does(file):
    assert len(file.read_text().splitlines()) <= LONGEST_FILE
    assert not VAGUE & {part.removesuffix(".py") for part in file.relative_to(PACKAGE).parts}


@pytest.mark.parametrize("file", SOURCES, ids=relative)
def test_no_module_checks_user_input_with_assert(file):
    asserts = [n.lineno for n in ast.walk(ast.parse(file.read_text())) if isinstance(n, ast.Assert)]
    assert not asserts


@pytest.mark.parametrize("file", TESTS, ids=relative)
def test_every_raises_reads_the_sentence(file):
    calls = [
        node
        for node in ast.walk(ast.parse(file.read_text()))
        if isinstance(node, ast.Call) and ast.unparse(node.func) == "pytest.raises"
    ]
    silent = [c.lineno for c in calls if not any(k.arg == "match" for k in c.keywords)]
    assert not silent


def test_the_repository_names_no_machine_path_and_no_package_index():
    pattern = re.compile(
        r"(?<![\w.])/(?:work|root|home|opt)/[\w.]|files\.pythonhosted|pypi\.org/simple"
    )
    files = [*SOURCES, *(REPOSITORY / "docs").rglob("*.md"), REPOSITORY / "README.md"]
    found = [relative(file) for file in files if pattern.search(file.read_text(encoding="utf-8"))]
    assert not found
