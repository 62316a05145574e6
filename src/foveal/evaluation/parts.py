"""The pieces every section of the report is built from."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from foveal.evaluation.markup import Child, Html, element, join


def section(key: str, title: str, *children: Child) -> Html:
    """Return one section of the report with its heading.

    Args:
        key: its address on the page.
        title: its heading.
        children: what it holds.

    Returns:
        A ``section`` element.
    """
    heading = element("h2", title, id=f"{key}-heading")
    return element("section", heading, *children, id=key, aria_labelledby=f"{key}-heading")


def paragraph(*children: Child, class_: str | None = None) -> Html:
    """Return a paragraph.

    Args:
        children: its words.
        class_: its class in the style sheet.

    Returns:
        A ``p`` element.
    """
    return element("p", *children, class_=class_)


def term(word: str, *meaning: Child) -> Html:
    """Return a technical word with its meaning in one line.

    Args:
        word: the word.
        meaning: what it means, as the rest of a sentence.

    Returns:
        A ``p`` element.
    """
    return element("p", element("dfn", word), " ", *meaning, class_="term")


def figure(picture: Html, caption: Child, class_: str | None = None) -> Html:
    """Return a chart with the sentence that says how to read it.

    Args:
        picture: the chart.
        caption: the sentence.
        class_: its class in the style sheet.

    Returns:
        A ``figure`` element.
    """
    return element("figure", picture, element("figcaption", caption), class_=class_)


def folded(summary: str, *children: Child) -> Html:
    """Return something that opens on demand.

    Args:
        summary: what is always seen.
        children: what it hides.

    Returns:
        A ``details`` element.
    """
    return element("details", element("summary", summary), *children)


def table(
    caption: str,
    columns: Sequence[Child],
    rows: Iterable[Sequence[Child]],
    *,
    class_: str | None = None,
    caption_hidden: bool = False,
) -> Html:
    """Return a table that scrolls by itself where the page is narrow.

    Args:
        caption: what it shows; unique on the page.
        columns: the heads of the columns.
        rows: the cells of each row; the first is the row's head.
        class_: its class in the style sheet.
        caption_hidden: whether the caption is for screen readers only.

    Returns:
        A ``div`` that can be scrolled with the keyboard, and the table in it.
    """
    heads = [element("th", column, scope="col") for column in columns]
    body = [
        element("tr", element("th", row[0], scope="row"), *(element("td", c) for c in row[1:]))
        for row in rows
    ]
    content = element(
        "table",
        element("caption", caption, class_="unseen" if caption_hidden else None),
        element("thead", element("tr", *heads)),
        element("tbody", *body),
        class_=class_,
    )
    return scrolling(caption, content)


def scrolling(label: str, content: Html) -> Html:
    """Return content in a box that scrolls, by keyboard too.

    Args:
        label: its name for screen readers; unique on the page.
        content: what may be wider than the page.

    Returns:
        A ``div``.
    """
    return element("div", content, class_="scroll", role="region", tabindex=0, aria_label=label)


def bar(share: float | None, class_: str = "bar") -> Html:
    """Return a bar for the eye; the number beside it is for everyone.

    Args:
        share: from 0 to 1; None draws nothing.
        class_: its class in the style sheet.

    Returns:
        A ``span`` hidden from screen readers.
    """
    width = 0.0 if share is None else min(1.0, max(0.0, share))
    fill = element("span", style=f"width:{100 * width:.1f}%")
    return element("span", fill, class_=class_, aria_hidden="true")


def unseen(text: str) -> Html:
    """Return words for screen readers only.

    Args:
        text: the words.

    Returns:
        A ``span``.
    """
    return element("span", text, class_="unseen")


def bullets(items: Iterable[Child], tag: str = "ul", class_: str | None = None) -> Html:
    """Return a list.

    Args:
        items: what it lists.
        tag: ``"ul"`` or ``"ol"``.
        class_: its class in the style sheet.

    Returns:
        The element.
    """
    return element(tag, join(element("li", item) for item in items), class_=class_)
