"""HTML by elements: text is escaped unless it is `Html` already."""

from __future__ import annotations

import html
import re
from collections.abc import Iterable, Sequence

_NUMBER = re.compile(r"[−-]?\d[\d,.]*(?: \S{1,2})?")  # 12, −3, 1,024, 88.8 %, 3.9 s, 224 px
Attribute = str | int | float | bool | None


class Html(str):
    """Text that is markup already."""

    __slots__ = ()


def element(tag: str, /, *children: str, **attributes: Attribute) -> Html:
    """Return one element.

    Args:
        tag: its name.
        children: text, which is escaped, or `Html`.
        attributes: None and False are left out, True has no value. A name loses a trailing
            underscore and has hyphens for the others: ``class_``, ``aria_label``.

    Returns:
        The element as markup.

    Example:
        >>> element("p", "1 < 2", element("br"), class_="note")
        '<p class="note">1 &lt; 2<br></p>'
    """
    opening = Html(f"<{tag}{''.join(_attribute(*pair) for pair in attributes.items())}>")
    if tag in ("img", "br", "hr"):
        return opening
    return Html(f"{opening}{join(*children)}</{tag}>")


def join(*children: str) -> Html:
    """Return children one after the other.

    Args:
        children: text, which is escaped, or `Html`.

    Returns:
        The markup of all.
    """
    return Html("".join(c if isinstance(c, Html) else html.escape(c) for c in children))


def table(
    caption: str, head: Sequence[str], rows: Iterable[Sequence[str]], **attributes: Attribute
) -> Html:
    """Return a table that scrolls by itself where the page is narrow.

    Args:
        caption: what it shows, in plain words.
        head: the names of the columns; nothing stands above them where it is empty.
        rows: the cells, the first of each row its heading; text or `Html`.
        attributes: of the ``table`` element.

    Returns:
        The table in a ``div``.
    """
    names = (element("th", cell, scope="col") for cell in head)
    top = element("thead", element("tr", *names)) if head else Html()
    body = [
        element(
            "tr",
            element("th", first, scope="row"),
            *(element("td", cell, class_="number" if _is_number(cell) else None) for cell in rest),
        )
        for first, *rest in rows
    ]
    return wrapped(
        caption,
        element("table", element("caption", caption), top, element("tbody", *body), **attributes),
    )


def wrapped(caption: str, inside: Html) -> Html:
    """Return a table in what makes it scroll by itself, by keyboard too.

    Args:
        caption: its name for screen readers.
        inside: the ``table`` element.

    Returns:
        A ``div``.
    """
    return element(
        "div", inside, class_="table-wrap", tabindex=0, role="region", aria_label=caption
    )


def _is_number(cell: str) -> bool:
    return _NUMBER.fullmatch(cell) is not None


def _attribute(key: str, value: Attribute) -> str:
    if value is None or value is False:
        return ""
    name = key.rstrip("_").replace("_", "-")
    return f" {name}" if value is True else f' {name}="{html.escape(str(value))}"'
