"""Every public function documents the parameters it has, and only those."""

from __future__ import annotations

import ast
import inspect
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

import foveal

PACKAGE = Path(foveal.__file__).parent
FILES = sorted(PACKAGE.rglob("*.py"))
Function = ast.FunctionDef | ast.AsyncFunctionDef


def public_functions(tree: ast.Module) -> Iterator[tuple[str, Function, str]]:
    """Yield the public functions of a module with the docstring that documents them."""
    for node in tree.body:
        if isinstance(node, Function) and not node.name.startswith("_"):
            yield node.name, node, ast.get_docstring(node) or ""
        if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
            for item in node.body:
                if not isinstance(item, Function) or _is_overload(item):
                    continue
                if item.name == "__init__":
                    yield f"{node.name}.__init__", item, ast.get_docstring(node) or ""
                elif not item.name.startswith("_"):
                    yield f"{node.name}.{item.name}", item, ast.get_docstring(item) or ""


def _is_overload(function: Function) -> bool:
    return any(isinstance(d, ast.Name) and d.id == "overload" for d in function.decorator_list)


def parameters(function: Function, is_method: bool) -> set[str]:
    given = function.args
    named = [*given.posonlyargs, *given.args, *given.kwonlyargs]
    named += [extra for extra in (given.vararg, given.kwarg) if extra]
    names = [arg.arg for arg in named]
    return set(names[1:] if is_method and not _is_static(function) else names)


def _is_static(function: Function) -> bool:
    return any(ast.unparse(d) == "staticmethod" for d in function.decorator_list)


def documented(docstring: str) -> set[str]:
    section = re.search(r"^Args:\n((?:[ ]{4}.*\n?|\n)+)", docstring, flags=re.M)
    if not section:
        return set()
    return {name.lstrip("*") for name in re.findall(r"^    ([*\w]+):", section[1], flags=re.M)}


@pytest.mark.parametrize("file", FILES, ids=lambda file: str(file.relative_to(PACKAGE)))
def test_documented_parameters_are_the_parameters(file):
    wrong = {
        name: sorted(odd)
        for name, function, docstring in public_functions(ast.parse(file.read_text()))
        if (odd := documented(docstring) ^ parameters(function, is_method="." in name))
    }
    assert not wrong


def test_control_a_missing_parameter_is_noticed():
    tree = ast.parse('def f(a, b):\n    """Do.\n\n    Args:\n        a: one.\n    """\n')
    ((_, function, docstring),) = public_functions(tree)
    assert documented(inspect.cleandoc(docstring)) ^ parameters(function, is_method=False) == {"b"}
