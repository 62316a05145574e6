"""The lessons: Markdown in ``content/``, made into pages when they are asked for."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from functools import cache
from itertools import groupby

from markdown_it.token import Token

from foveal.errors import UsageError
from foveal.learn.blocks import Place, block, fence_words, snippet
from foveal.learn.elements import Html, join
from foveal.learn.markdown import parse, plain, render_inline, render_tokens
from foveal.learn.pages import Lesson, Section
from foveal.learn.reading import minutes
from foveal.learn.snippets import LESSONS, content


@cache
def lessons() -> tuple[Lesson, ...]:
    """Return all lessons.

    Returns:
        The four, in order.
    """
    return tuple(_lesson(slug) for slug in LESSONS)


def slug_of(title: str) -> str:
    """Return the anchor of a heading.

    Args:
        title: plain text.

    Returns:
        Lower case letters, digits and hyphens.

    Example:
        >>> slug_of("Three 3 × 3, or one 7 × 7?")
        'three-3-3-or-one-7-7'
    """
    return re.sub(r"[^a-z0-9]+", "-", title.lower()).strip("-")


def _lesson(slug: str) -> Lesson:
    text = content(f"{slug}.md")
    parts = list(_parts(parse(text)))
    (title, opening), *rest = parts
    sections = tuple(_section(slug, heading, tokens) for heading, tokens in rest)
    summary = plain(render_tokens(opening))
    return Lesson(slug, title, summary, minutes(text, sections), sections)


def _parts(tokens: list[Token]) -> Iterator[tuple[str, list[Token]]]:
    """Yield each heading of level 1 or 2 with the tokens up to the next."""
    heading, kept = "", list[Token]()
    position = 0
    while position < len(tokens):
        token = tokens[position]
        if token.type == "heading_open" and token.tag in ("h1", "h2"):
            if heading:
                yield heading, kept
            heading, kept = plain(render_inline(tokens[position + 1].content)), []
            position += 3
            continue
        kept.append(token)
        position += 1
    yield heading, kept


def _section(lesson: str, title: str, tokens: list[Token]) -> Section:
    place = Place(lesson, slug_of(title))
    html = join(*_rendered(tokens, place))
    return Section(place.section, title, str(html), plain(html))


def _rendered(tokens: Iterable[Token], place: Place) -> Iterator[Html]:
    """Render prose by Markdown, fences by our own rules, neighbouring tabs together."""
    for identity, run in groupby(tokens, _snippet_of):
        group = list(run)
        if identity:
            tabs = {fence_words(token.info)[1]["tab"]: token.content for token in group}
            yield snippet(place.lesson, identity, tabs)
            continue
        for is_fence, some in groupby(group, lambda token: token.type == "fence"):
            if is_fence:
                yield from (block(token.info, token.content, place) for token in some)
            else:
                yield render_tokens(list(some))


def _snippet_of(token: Token) -> str:
    if token.type == "html_block":
        raise UsageError("lessons hold no markup.")
    if token.type != "fence" or not token.info.startswith("python "):
        return ""
    return fence_words(token.info)[1]["id"]
