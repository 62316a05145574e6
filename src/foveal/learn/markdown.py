"""From the Markdown of lessons to HTML.

Markup in the text is escaped, never passed through. Three things are added to Markdown: links by
kind (``lesson:``, ``visualizer:``, …; see `foveal.learn.links`), code spans that are worked out
(``=conv_output_size(28, 5)``; see `foveal.learn.numbers`) or are formulas (``$n$``), and fenced
blocks of our own (see `foveal.learn.blocks`).
"""

from __future__ import annotations

import html
import re
from collections.abc import MutableMapping, Sequence
from functools import cache
from typing import Any

from latex2mathml.converter import convert
from markdown_it import MarkdownIt
from markdown_it.renderer import RendererHTML
from markdown_it.token import Token
from markdown_it.utils import OptionsDict

from foveal.learn.elements import Html, element
from foveal.learn.links import address
from foveal.learn.numbers import computed

_SEE = ("visualizer:", "explorer:", "pooling:", "channels:", "gradient:", "features:", "check:")
_TOGETHER = re.compile(r"(?<=\d) (?=[×%])|(?<=×) (?=\d)")
_TAGS = re.compile(r"<(details|figure|pre|math|foveal-figure)\b.*?</\1>|<[^>]+>", re.DOTALL)


def parse(text: str) -> list[Token]:
    """Return the tokens of a text.

    Args:
        text: Markdown.

    Returns:
        The tokens, links resolved.
    """
    return _parser().parse(text)


def render_tokens(tokens: Sequence[Token]) -> Html:
    """Return the HTML of tokens without fenced blocks of our own.

    Args:
        tokens: as `parse` gives them.

    Returns:
        The markup.
    """
    parser = _parser()
    return Html(parser.renderer.render(tokens, parser.options, {}))


def render(text: str) -> Html:
    """Return the HTML of a text without fenced blocks of our own.

    Args:
        text: Markdown.

    Returns:
        The markup: paragraphs, lists, tables.

    Example:
        >>> render("Its output has `=conv_output_size(28, 5)` rows.")
        '<p>Its output has 24 rows.</p>\\n'
    """
    return render_tokens(parse(text))


def render_inline(text: str) -> Html:
    """Return the HTML of one line, without a paragraph around it.

    Args:
        text: Markdown.

    Returns:
        The markup.
    """
    return Html(_parser().renderInline(text))


def formula(latex: str, *, block: bool = False) -> Html:
    """Return a formula as MathML.

    Args:
        latex: such as ``"x^2"``.
        block: whether it stands on a line of its own.

    Returns:
        A ``math`` element, in a ``div`` where it is a block.
    """
    math = Html(convert(latex, display="block" if block else "inline"))
    return element("div", math, class_="formula") if block else math


def plain(markup: str) -> str:
    """Return the prose of some HTML: without code, figures and answers.

    Args:
        markup: HTML made here.

    Returns:
        Text on one line.
    """
    return " ".join(html.unescape(_TAGS.sub(" ", markup)).split())


@cache
def _parser() -> MarkdownIt:
    parser = MarkdownIt("commonmark", {"html": False, "typographer": True})
    parser.enable(["table", "smartquotes"])
    parser.add_render_rule("text", _text)
    parser.add_render_rule("code_inline", _code_inline)
    parser.add_render_rule("link_open", _link_open)
    parser.validateLink = lambda url: True  # type: ignore[method-assign]  # `address` refuses
    return parser


def _text(
    self: RendererHTML,
    tokens: Sequence[Token],
    index: int,
    options: OptionsDict,
    env: MutableMapping[str, Any],
) -> str:
    """Keep what belongs together on one line: 3 × 3, 88 %."""
    return html.escape(_TOGETHER.sub("\N{NO-BREAK SPACE}", tokens[index].content))


def _code_inline(
    self: RendererHTML,
    tokens: Sequence[Token],
    index: int,
    options: OptionsDict,
    env: MutableMapping[str, Any],
) -> str:
    text = tokens[index].content
    if text.startswith("="):
        return html.escape(_TOGETHER.sub("\N{NO-BREAK SPACE}", computed(text)))
    if len(text) > 2 and text[0] == text[-1] == "$":
        return formula(text[1:-1])
    return element("code", text)


def _link_open(
    self: RendererHTML,
    tokens: Sequence[Token],
    index: int,
    options: OptionsDict,
    env: MutableMapping[str, Any],
) -> str:
    target = str(tokens[index].attrs["href"])
    kind = ' class="see-it"' if target.startswith(_SEE) else ""
    outside = ' rel="noreferrer"' if target.startswith("https://") else ""
    return f'<a{kind} href="{html.escape(address(target))}"{outside}>'
