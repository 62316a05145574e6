"""The glossary, the key takeaways, and the index for the search."""

from __future__ import annotations

import re
from functools import cache
from typing import Any

from foveal.learn.lessons import lessons, slug_of
from foveal.learn.links import see
from foveal.learn.markdown import plain, render, render_inline
from foveal.learn.snippets import content

_HEADING = re.compile(r"^## (?P<title>.+)\n(?P<body>(?:(?!## ).*\n?)*)", re.MULTILINE)
_SEE = re.compile(r"^See: (?P<links>.+)$", re.MULTILINE)
_LINK = re.compile(r"\[(?P<label>[^\]]+)\]\((?P<target>[^)]+)\)")


@cache
def _entries(file: str) -> tuple[tuple[str, str, tuple[tuple[str, str], ...]], ...]:
    """Return title, Markdown and links of each entry of a file."""
    found = []
    for entry in _HEADING.finditer(content(file)):
        line = _SEE.search(entry["body"])
        links = tuple(
            (x["label"], x["target"]) for x in _LINK.finditer(line["links"] if line else "")
        )
        found.append((entry["title"].strip(), _SEE.sub("", entry["body"]).strip(), links))
    return tuple(found)


def glossary() -> list[dict[str, Any]]:
    """Return the terms of the field, in alphabetical order.

    Returns:
        ``term``, ``slug``, ``html`` and ``see`` (``label``, ``href``) of each.
    """
    return [
        {
            "term": term,
            "slug": slug_of(term),
            "html": render(text),
            "see": [see(*link) for link in links],
        }
        for term, text, links in sorted(_entries("glossary.md"), key=lambda entry: entry[0].lower())
    ]


def takeaways() -> list[dict[str, Any]]:
    """Return what to remember of each lesson.

    Returns:
        ``title``, ``points`` (HTML) and ``see`` (``label``, ``href``) of each group.
    """
    return [
        {
            "title": title,
            "points": [render_inline(p) for p in re.findall(r"^- (.+)$", text, re.MULTILINE)],
            "see": [see(*link) for link in links],
        }
        for title, text, links in _entries("takeaways.md")
    ]


def search_index() -> list[dict[str, str]]:
    """Return what can be searched: sections of lessons, terms, takeaways.

    Returns:
        ``kind``, ``title``, ``where``, ``href`` and ``text`` (plain) of each.
    """
    sections = [
        {
            "kind": "lesson",
            "title": section.title,
            "where": lesson.title,
            "href": f"#/lessons/{lesson.slug}/{section.slug}",
            "text": section.text,
        }
        for lesson in lessons()
        for section in lesson.sections
    ]
    terms = [
        {
            "kind": "glossary",
            "title": entry["term"],
            "where": "Glossary",
            "href": f"#/glossary/{entry['slug']}",
            "text": plain(entry["html"]),
        }
        for entry in glossary()
    ]
    points = [
        {
            "kind": "takeaway",
            "title": group["title"],
            "where": "Key takeaways",
            "href": "#/takeaways",
            "text": plain(" ".join(group["points"])),
        }
        for group in takeaways()
    ]
    return sections + terms + points
