"""Colours for Python code, by Python's own tokenizer."""

from __future__ import annotations

import builtins
import io
import keyword
import tokenize

from foveal.learn.elements import Html, element, join

_BUILTINS = frozenset(name for name in dir(builtins) if not name.startswith("_"))
_STRINGS = {tokenize.STRING} | {
    getattr(tokenize, name)
    for name in ("FSTRING_START", "FSTRING_MIDDLE", "FSTRING_END")
    if hasattr(tokenize, name)
}


def highlighted(code: str) -> Html:
    """Return code with a ``span`` around each keyword, string, number, comment and builtin.

    Args:
        code: Python; anything else comes back escaped and without colours.

    Returns:
        The markup; its text is `code`.

    Example:
        >>> highlighted("x = 1  # one")
        'x = <span class="tok-number">1</span>  <span class="tok-comment"># one</span>'
    """
    lines = code.splitlines(keepends=True)
    parts: list[str] = []
    row, column = 1, 0
    try:
        tokens = list(tokenize.generate_tokens(io.StringIO(code).readline))
    except (tokenize.TokenError, SyntaxError):
        return join(code)
    for token in tokens:
        kind = _class_of(token)
        if kind is None:
            continue
        parts += [_between(lines, (row, column), token.start)]
        parts.append(element("span", _between(lines, token.start, token.end), class_=kind))
        row, column = token.end
    parts.append(_between(lines, (row, column), (len(lines) + 1, 0)))
    return join(*parts)


def _class_of(token: tokenize.TokenInfo) -> str | None:
    if token.type == tokenize.COMMENT:
        return "tok-comment"
    if token.type == tokenize.NUMBER:
        return "tok-number"
    if token.type in _STRINGS:
        return "tok-string"
    if token.type == tokenize.NAME and keyword.iskeyword(token.string):
        return "tok-keyword"
    if token.type == tokenize.NAME and token.string in _BUILTINS:
        return "tok-name"
    return None


def _between(lines: list[str], start: tuple[int, int], end: tuple[int, int]) -> str:
    (first, left), (last, right) = start, end
    if first > len(lines):
        return ""
    if first == last:
        return lines[first - 1][left:right]
    middle = "".join(lines[first : last - 1])
    rest = lines[last - 1][:right] if last <= len(lines) else ""
    return lines[first - 1][left:] + middle + rest
