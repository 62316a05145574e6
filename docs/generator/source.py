"""The package as griffe reads it: signatures and docstrings, without importing anything."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import griffe

import foveal

Object = griffe.Object | griffe.Alias
"""A module, class, function or attribute."""


@cache
def package() -> Object:
    """Return the package.

    Returns:
        Its tree of modules, read once.
    """
    root = Path(foveal.__file__).parent.parent
    return griffe.load(
        "foveal",
        search_paths=[str(root)],
        docstring_parser="google",
        docstring_options={"warnings": False},  # a test compares docstrings with signatures
        resolve_aliases=True,
    )


def field_texts(kind: type) -> dict[str, str]:
    """Return the docstrings of a class's fields, those of its bases included.

    Args:
        kind: a class of the package.

    Returns:
        Names and texts.
    """
    found = package()[f"{kind.__module__.removeprefix('foveal.')}.{kind.__qualname__}"]
    members = found.all_members.items()
    return {name: m.docstring.value for name, m in members if m.is_attribute and m.docstring}
