"""The documentation of the operators runs, matches the signatures, and needs no PyTorch."""

from __future__ import annotations

import doctest
import importlib
import inspect
import pkgutil
import re
import subprocess
import sys
from collections.abc import Iterator
from types import ModuleType
from typing import Any

import pytest

from foveal import ops

MODULES = [
    importlib.import_module(f"foveal.ops.{found.name}")
    for found in pkgutil.iter_modules(ops.__path__)
]


def _functions() -> Iterator[tuple[str, Any]]:
    for module in MODULES:
        for name, value in vars(module).items():
            if getattr(value, "__module__", None) != module.__name__ or name.startswith("_"):
                continue
            if inspect.isfunction(value):
                yield f"{module.__name__}.{name}", value


@pytest.mark.parametrize("module", MODULES, ids=lambda module: module.__name__)
def test_every_example_in_the_documentation_runs(module: ModuleType) -> None:
    assert doctest.testmod(module).failed == 0


@pytest.mark.parametrize(("name", "function"), list(_functions()))
def test_documented_arguments_are_those_of_the_signature(name: str, function: Any) -> None:
    text = inspect.getdoc(function) or ""
    section = re.search(r"^Args:\n((?:    .*\n?|\n)+)", text, re.MULTILINE)
    documented = re.findall(r"^    \*?(\w+): ", section.group(1), re.MULTILINE) if section else []
    assert documented == list(inspect.signature(function).parameters), name
    assert "Returns:" in text, name


def test_every_public_operator_has_an_example() -> None:
    for name in ops.__all__:
        value = getattr(ops, name)
        if inspect.isfunction(value):
            assert ">>> " in (value.__doc__ or ""), name


def test_the_public_names_exist_are_sorted_and_come_once() -> None:
    assert all(hasattr(ops, name) for name in ops.__all__)
    assert len(set(ops.__all__)) == len(ops.__all__)


def test_the_operators_import_numpy_alone() -> None:
    heavy = "{'torch', 'cv2', 'scipy', 'sklearn', 'PIL', 'matplotlib'}"
    script = f"import sys, foveal.ops; print(sorted({heavy} & set(sys.modules)))"
    told = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )
    assert told.stdout.strip() == "[]"
