"""Small pieces of Markdown."""

from __future__ import annotations

import re


def anchor(heading: str) -> str:
    """Return the fragment that leads to a heading, as GitHub makes it.

    Args:
        heading: its text; code marks do not count.

    Returns:
        Lower case, hyphens for spaces, without punctuation.
    """
    kept = re.sub(r"[^\w\- ]", "", heading.strip().lower())
    return kept.replace(" ", "-")


def code(text: str) -> str:
    """Return text in the type of code, fit for a table's cell.

    Args:
        text: without a code mark in it.

    Returns:
        Markdown.
    """
    return f"`{text}`".replace("|", "\\|")


def prose(text: str) -> str:
    """Return a docstring's text as Markdown: nothing outside code is taken for HTML.

    Args:
        text: with single or double code marks.

    Returns:
        Markdown.
    """
    text = text.replace("``", "`")
    parts = re.split(r"(`[^`]*`)", text)
    return "".join(p if p.startswith("`") else re.sub(r"([<*])", r"\\\1", p) for p in parts)


def cell(text: str) -> str:
    """Return a docstring's text for a table's cell: on one line.

    Args:
        text: see `prose`.

    Returns:
        Markdown.
    """
    return prose(" ".join(text.split())).replace("|", "\\|")
