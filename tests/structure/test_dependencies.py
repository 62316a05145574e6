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


def locked() -> dict[str, tuple[str, int]]:
    """Version and number of hashes of every package in the lock."""
    lock = (REPOSITORY / ".ci" / "requirements.lock").read_text()
    blocks = [block for block in re.split(r"^(?=\S)", lock, flags=re.M) if "==" in block]
    return {
        found[1]: (found[2], block.count("--hash=sha256:"))
        for block in blocks
        if (found := re.match(r"([\w.-]+)==(\S+)", block))
    }


def test_the_lock_holds_every_dependency_within_its_bounds_and_with_hashes():
    from packaging.requirements import Requirement

    lines = [*PROJECT["dependencies"], *PROJECT["optional-dependencies"]["dev"]]
    held = locked()
    for requirement in map(Requirement, lines):
        name = requirement.name.replace("_", "-")
        if name in ("torch", "torchvision"):  # .ci/lock.py says why
            assert name not in held
            continue
        assert name in held, f"{name} is not in .ci/requirements.lock: run `make lock`"
        version_held, hashes = held[name]
        assert requirement.specifier.contains(version_held), f"run `make lock`: {name}"
        assert hashes
    assert all(hashes for _, hashes in held.values())


def test_the_lock_names_no_package_index():
    assert "://" not in (REPOSITORY / ".ci" / "requirements.lock").read_text()


@pytest.mark.parametrize("name", PUBLISHED_BY_ATTACKERS)
def test_no_release_that_attackers_published_is_in_the_lock(name):
    held, _ = locked().get(name, ("", 0))
    assert held not in PUBLISHED_BY_ATTACKERS[name]


@pytest.mark.parametrize("name", PUBLISHED_BY_ATTACKERS)
def test_no_release_that_attackers_published_is_here(name):
    try:
        assert version(name) not in PUBLISHED_BY_ATTACKERS[name]
    except PackageNotFoundError:
        assert name not in DECLARED | EXTRAS
