"""A docstring, as griffe reads it, in Markdown."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator
from typing import Any

import griffe
from markdown import cell, code, prose
from source import Object

_LISTS = {"parameters": "Arguments", "raises": "Raises", "yields": "Yields"}


def section(docstring: griffe.Docstring | None, kind: str) -> list[Any]:
    """Return what one section of a docstring lists.

    Args:
        docstring: None gives nothing.
        kind: griffe's name of the section, such as ``"returns"``.

    Returns:
        Its items, in order.
    """
    parsed = docstring.parsed if docstring else []
    return [item for part in parsed if part.kind.value == kind for item in part.value]


def summary(found: Object) -> str:
    """Return the first sentence or paragraph that says what something is.

    Args:
        found: anything with a docstring.

    Returns:
        Text; empty where there is none.
    """
    return found.docstring.value.split("\n\n")[0] if found.docstring else ""


def rendered(docstring: griffe.Docstring) -> Iterator[str]:
    """Yield a docstring as paragraphs, lists and examples.

    Args:
        docstring: in the style of Google.

    Yields:
        Blocks of Markdown.
    """
    for part in docstring.parsed:
        kind = part.kind.value
        if kind == "text":
            yield _paragraphs(part.value)
        elif kind in _LISTS:
            rows = "\n".join(_item(kind, item) for item in part.value)
            yield f"**{_LISTS[kind]}**\n\n{rows}"
        elif kind == "returns":
            yield f"**Returns** {cell(_whole(part.value))}"
        elif kind == "admonition" and ">>>" in part.value.contents:
            yield f"```python\n{part.value.contents.strip()}\n```"
        elif kind == "admonition":
            yield f"**{part.title}** {cell(part.value.contents)}"
        elif kind == "examples":
            yield f"```python\n{_example(part.value)}\n```"
        else:
            raise SystemExit(f"there is no rule for a section of {kind}: {docstring.value!r}.")


def _item(kind: str, item: Any) -> str:
    if kind == "parameters":
        return f"- {code(item.name)}: {cell(item.description)}"
    if kind == "raises":
        return f"- {code(str(item.annotation))}: {cell(item.description)}"
    return f"- {cell(_whole([item]))}"


def _whole(items: list[Any]) -> str:
    """Join what griffe took apart: a colon in a sentence is no name before one."""
    told = []
    for item in items:
        name = item.name or ""
        told.append(f"{name}: {item.description}" if name else item.description)
    return " ".join(told)


def _example(value: list[Any]) -> str:
    return "\n".join(text.strip() for _, text in value)


def _paragraphs(text: str) -> str:
    """Return text as it is, its indented blocks as code."""
    blocks = []
    for block in text.replace("\n\n::\n", "\n").replace("::\n", ":\n").split("\n\n"):
        indented = all(line.startswith("    ") for line in block.splitlines() if line)
        blocks.append(f"```\n{textwrap.dedent(block)}\n```" if indented else prose(block))
    return "\n\n".join(blocks)
