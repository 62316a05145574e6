"""docs/api/: the public interface, from signatures and docstrings."""

from __future__ import annotations

import contextlib
import importlib
from collections.abc import Iterator
from typing import NamedTuple

import griffe
from docstrings import rendered, summary
from markdown import anchor, cell
from signatures import bases, constant, constructor, fields_and_properties, methods, signature
from source import Object, package


class Page(NamedTuple):
    """A page of the interface."""

    about: str
    """What it is for, on the first page."""
    modules: tuple[str, ...]
    """Where its names come from: their ``__all__``, or else what is public in them."""


PAGES = {
    "data": Page("Folders and tables of photos, splits, checks, samples", ("data",)),
    "images": Page("Decoding, colour, preprocessing, augmented views", ("images",)),
    "models": Page(
        "Networks, their weights and what they consist of",
        ("models", "models.convnet", "models.summary", "models.heads"),
    ),
    "features": Page("The frozen part of a network, and its cache", ("features",)),
    "training": Page(
        "Settings, the trainer, callbacks, checkpoints",
        ("training", "training.inputs.batches", "training.inputs.pixels"),
    ),
    "workflow": Page(
        "Whole jobs: what the commands call",
        (
            *("workflow.classifier", "workflow.scratch", "workflow.base", "workflow.settings"),
            *("workflow.groups", "workflow.run", "workflow.evaluate", "workflow.errors"),
            *("workflow.explain", "workflow.compare_runs", "workflow.scores"),
            *("workflow.export", "workflow.describe", "workflow.lr_find", "workflow.listener"),
        ),
    ),
    "runtime": Page(
        "Model folders, backends, prediction",
        (
            *("runtime.loading", "runtime.predictor", "runtime.imagenet", "runtime.rejection"),
            *("runtime.views", "runtime.model_folder", "runtime.backends", "runtime.network"),
            *("runtime.convert", "runtime.export"),
        ),
    ),
    "explain": Page("Why a network answers as it does", ("explain",)),
    "evaluation": Page("Figures of a classifier, and reports", ("evaluation",)),
    "metrics": Page("Figures of merit, in NumPy", ("metrics",)),
    "ops": Page("Reference operators, in NumPy, and shape arithmetic", ("ops", "ops.shapes")),
    "learn": Page("Lessons, questions and glossary as data", ("learn",)),
    "storage": Page("Writing to disk", ("storage",)),
    "errors": Page("The exceptions", ("errors",)),
}
MADE = "Made by `make reference` from the docstrings."


class Entry(NamedTuple):
    """A public name."""

    name: str
    found: Object
    """What griffe knows of it."""

    @property
    def path(self) -> str:
        """Where it is defined, which tells two ways to one thing."""
        return str(self.found.canonical_path)


def interface_pages() -> dict[str, str]:
    """Return the pages.

    Returns:
        File names and Markdown.
    """
    entries = {name: _entries(page) for name, page in PAGES.items()}
    homes = {
        entry.path: f"{name}.md#{anchor(entry.name)}"
        for name, modules in entries.items()
        for found in modules.values()
        for entry in found
    }
    written = {f"{name}.md": _page(name, modules, homes) for name, modules in entries.items()}
    return {"README.md": _first_page(homes), **written}


def _entries(page: Page) -> dict[str, list[Entry]]:
    """Return the public names of a page by module; what an earlier one shows is left out."""
    seen: set[str] = set()
    found: dict[str, list[Entry]] = {}
    for module in page.modules:
        named = [Entry(name, _look_up(module, name)) for name in _public(package()[module])]
        found[module] = [e for e in named if e.path not in seen and not e.found.is_module]
        seen |= {entry.path for entry in found[module]}
    return found


def _public(module: Object) -> list[str]:
    """Return the names that a module offers: classes, then functions, then the rest."""
    if module.exports is not None:
        names = [str(name) for name in module.exports]
    else:
        names = [
            name
            for name, member in module.members.items()
            if not (name.startswith("_") or member.is_alias or member.is_module)
            and member.docstring
        ]
    kinds = {"class": 0, "function": 1}
    shown = [name for name in names if not name.startswith("__")]
    path = str(module.canonical_path).removeprefix("foveal.").removeprefix("foveal")
    return sorted(shown, key=lambda n: (kinds.get(_look_up(path, n).kind.value, 2), n.lower()))


def _look_up(module: str, name: str) -> Object:
    """Find a name as griffe does, or by importing it where the package loads it when asked."""
    there = package()[module] if module else package()
    with contextlib.suppress(KeyError, griffe.AliasResolutionError):
        member = there.members[name]
        if member.is_module:  # a function that has its name from the module it is in
            return member.members.get(name, member)
        return member.final_target if isinstance(member, griffe.Alias) else member
    value = getattr(importlib.import_module(f"foveal.{module}".rstrip(".")), name)
    if isinstance(value, str | int | float):  # one of several constants on a line
        return griffe.Attribute(name, value=repr(value), parent=there)
    found: Object = package()[f"{value.__module__.removeprefix('foveal.')}.{name}"]
    return found


def _first_page(homes: dict[str, str]) -> str:
    parts = [
        "# The Python interface",
        f"{MADE} What is not listed here may change without notice.",
        "| page | what is there |\n|---|---|\n"
        + "\n".join(f"| [{name}]({name}.md) | {page.about} |" for name, page in PAGES.items()),
        "## What `foveal` offers itself",
        _docstring(package()),
    ]
    rows = []
    for name in _public(package()):
        found = _look_up("", name)
        link = f"[`foveal.{name}`]({homes[str(found.canonical_path)]})"
        rows.append(f"| {link} | {cell(summary(found))} |")
    return _joined([*parts, "\n".join(["| name | what it is |", "|---|---|", *rows])])


def _page(name: str, modules: dict[str, list[Entry]], homes: dict[str, str]) -> str:
    parts = [f"# {PAGES[name].about}", MADE]
    for module, entries in modules.items():
        parts += [f"## foveal.{module}", _docstring(package()[module])]
        rows = [f"| [`{e.name}`](#{anchor(e.name)}) | {cell(summary(e.found))} |" for e in entries]
        parts.append("\n".join(["| name | what it is |", "|---|---|", *rows]))
        for entry in entries:
            parts += _described(entry, homes)
    return _joined(parts)


def _docstring(found: Object) -> str:
    return "\n\n".join(rendered(found.docstring)) if found.docstring else ""


def _described(entry: Entry, homes: dict[str, str]) -> Iterator[str]:
    name, found = entry
    yield f"### {name}"
    if isinstance(found, griffe.Class):
        yield constructor(found, name)
        yield bases(found, homes)
        yield _docstring(found)
        yield fields_and_properties(found, homes)
        for method in methods(found, homes):
            yield f"#### {name}.{method.name}"
            yield signature(method, f"{name}.{method.name}")
            yield _docstring(method)
        return
    if isinstance(found, griffe.Function):
        yield signature(found, name)
    elif isinstance(found, griffe.Attribute):
        yield constant(found, name)
    yield _docstring(found)


def _joined(parts: list[str]) -> str:
    return "\n\n".join(part.strip() for part in parts if part.strip()) + "\n"
