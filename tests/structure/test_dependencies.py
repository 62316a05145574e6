"""What is imported is declared, what is declared has a reason, and nothing is known to be bad."""

from __future__ import annotations

import ast
import re
import sys
import tomllib
from importlib.metadata import PackageNotFoundError, packages_distributions, version
from pathlib import Path

import pytest

import foveal

PACKAGE = Path(foveal.__file__).parent
REPOSITORY = PACKAGE.parent.parent
PROJECT = tomllib.loads((REPOSITORY / "pyproject.toml").read_text())["project"]
PUBLISHED_BY_ATTACKERS = {
    "lightning": {"2.6.2", "2.6.3"},
    "ultralytics": {"8.3.41", "8.3.42", "8.3.45", "8.3.46"},
    "litellm": {"1.82.7", "1.82.8"},
}


def names(requirements):
    return {re.match(r"[\w.-]+", line)[0].lower().replace("_", "-") for line in requirements}


DECLARED = names(PROJECT["dependencies"])
EXTRAS = {name for lines in PROJECT["optional-dependencies"].values() for name in names(lines)}


def imported():
    found = set()
    for file in PACKAGE.rglob("*.py"):
        for node in ast.walk(ast.parse(file.read_text())):
            if isinstance(node, ast.Import):
                found |= {alias.name.split(".")[0] for alias in node.names}
            elif isinstance(node, ast.ImportFrom) and not node.level:
                found.add(node.module.split(".")[0])
    return found - set(sys.stdlib_module_names) - {"foveal"}


def test_every_import_is_declared():
    homes = packages_distributions()
    homes["pillow_heif"] = ["pillow-heif"]
    undeclared = {
        module
        for module in imported()
        if not {name.lower().replace("_", "-") for name in homes.get(module, [module])}
        & (DECLARED | EXTRAS)
    }
    assert not undeclared


@pytest.mark.parametrize("name", sorted(DECLARED | EXTRAS - {"foveal"}))
def test_every_dependency_has_its_reason_in_the_docs(name):
    page = (REPOSITORY / "docs" / "dependencies.md").read_text()
    assert re.sub(r"lite\d", "lite0/1/2", name) in page.replace("_hub", "_hub").replace("_", "-")


@pytest.mark.parametrize("name", PUBLISHED_BY_ATTACKERS)
def test_no_release_that_attackers_published_is_here(name):
    try:
        assert version(name) not in PUBLISHED_BY_ATTACKERS[name]
    except PackageNotFoundError:
        assert name not in DECLARED | EXTRAS
