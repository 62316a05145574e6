"""HTML that is safe by construction: what is not `Html` is escaped.

Class names, paths and settings come from strangers' folders. Every element is made by `element`,
so none of them can become markup, whoever forgets to think of it.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterable

# Control characters, lone surrogates (bytes of a file name that are no UTF-8), and the marks that
# turn text around: "\u202egnp.exe" would be shown as "exe.png".
_UNPRINTABLE = re.compile(
    r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff\ufffe\uffff]"
)
_VOID = frozenset({"meta", "link", "img", "br", "hr", "col"})


class Html(str):
    """Text that is markup already."""

    __slots__ = ()


Child = str | Html | None
Attribute = str | int | float | bool | None


def escaped(value: str) -> Html:
    """Return `value` as text that cannot be markup, in elements and in attributes.

    Args:
        value: any text; what cannot be printed or written as UTF-8 becomes the character U+FFFD.

    Returns:
        Markup that shows `value`.

    Example:
        >>> escaped('<b title="x">')
        '&lt;b title=&quot;x&quot;&gt;'
    """
    return Html(html.escape(_UNPRINTABLE.sub("\N{REPLACEMENT CHARACTER}", value)))


def element(tag: str, /, *children: Child, **attributes: Attribute) -> Html:
    """Return one element.

    Args:
        tag: its name, written by us, never by a user.
        children: text (escaped), markup (as it is), or None (nothing).
        attributes: values are escaped; None and False are left out, True has no value. A name
            loses a trailing underscore and has hyphens for the others: ``class_``, ``aria_label``.

    Returns:
        The element as markup.

    Example:
        >>> element("p", "1 < 2", element("br"), class_="note", hidden=True)
        '<p class="note" hidden>1 &lt; 2<br></p>'
    """
    written = "".join(_attribute(name, value) for name, value in attributes.items())
    if tag in _VOID:
        return Html(f"<{tag}{written}>")
    return Html(f"<{tag}{written}>{join(children)}</{tag}>")


def join(children: Iterable[Child], between: str = "") -> Html:
    """Return children one after the other.

    Args:
        children: text (escaped), markup (as it is), or None (nothing).
        between: what stands between them; escaped.

    Returns:
        The markup of all.
    """
    parts = [c if isinstance(c, Html) else escaped(c) for c in children if c is not None]
    return Html(escaped(between).join(parts))


def name(value: str, limit: int = 60) -> Html:
    """Return a class name, isolated from the direction of the text around it.

    Args:
        value: a class name or another word of the user's, in any script.
        limit: longer names lose their middle; the whole name is in the tooltip.

    Returns:
        A ``bdi`` element.
    """
    short = shortened(value, limit)
    return element("bdi", short, title=value if short != value else None)


def shortened(value: str, limit: int) -> str:
    """Return `value`, without its middle where it is longer than `limit`.

    Args:
        value: any text.
        limit: characters at most, 3 or more.

    Returns:
        `value`, or its two ends with an ellipsis between them.

    Example:
        >>> shortened("a_very_long_class_name", 9)
        'a_ve…name'
    """
    if len(value) <= limit:
        return value
    end = (limit - 1) // 2
    return f"{value[: limit - 1 - end]}…{value[-end:]}"


def _attribute(key: str, value: Attribute) -> str:
    if value is None or value is False:
        return ""
    label = key.rstrip("_").replace("_", "-")
    return f" {label}" if value is True else f' {label}="{escaped(str(value))}"'
