"""The fenced blocks of lessons, by the first word after the fence.

================  ================================================================================
``python id tab``  a snippet; neighbours of the same id become tabs, each with its stored output
``shell``          a command to type
``figure name``    a figure computed here; the body is its caption
``live kind …``    a figure the site computes while one reads; the body is shown without scripts
``table``          a Markdown table; ``caption=``
``practice``       ``id title``: a question with ``--- hint`` and ``--- answer``;
                   ``kind``: a question whose numbers are drawn (`foveal.learn.practice`)
``key-points``, ``pitfalls``, ``note title``   boxes of Markdown
``math``           a formula on a line of its own
================  ================================================================================
"""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from foveal.errors import UsageError
from foveal.learn.elements import Html, element, wrapped
from foveal.learn.figures import figure
from foveal.learn.highlight import highlighted
from foveal.learn.markdown import formula, render, render_inline
from foveal.learn.practice import practice
from foveal.learn.snippets import TABS, outputs

Arguments = Mapping[str, str]


@dataclass
class Place:
    """Where in the lessons a block stands; ids on the page are made from it."""

    lesson: str
    """The lesson's slug."""

    section: str
    """The section's slug."""

    questions: int = field(default=0)
    """Practice questions so far in this section."""

    def next_question(self) -> str:
        """Return the id of one more question.

        Returns:
            Such as ``"stride-q2"``.
        """
        self.questions += 1
        return f"{self.section}-q{self.questions}"


def fence_words(info: str) -> tuple[str, Arguments]:
    """Split what stands after a fence.

    Args:
        info: such as ``'note title="In short"'``.

    Returns:
        The kind, and the arguments by name.

    Raises:
        UsageError: an argument has no name.

    Example:
        >>> fence_words('note title="In short"')
        ('note', {'title': 'In short'})
    """
    kind, *words = shlex.split(info)
    pairs = [word.partition("=") for word in words]
    if any(not sign for _, sign, _ in pairs):
        raise UsageError(f"words after a fence must be name=value; got {info!r}.")
    return kind, {name: value for name, _, value in pairs}


def block(info: str, body: str, place: Place) -> Html:
    """Return the HTML of one fenced block, snippets aside.

    Args:
        info: what stands after the fence.
        body: what stands in it.
        place: where it is.

    Returns:
        The markup.

    Raises:
        UsageError: there is no such kind of block.
    """
    kind, arguments = fence_words(info)
    if kind not in _KINDS:
        raise UsageError(f"a fence must be one of {sorted(_KINDS)} or python; got {info!r}.")
    return _KINDS[kind](arguments, body, place)


def snippet(lesson: str, identity: str, tabs: Mapping[str, str]) -> Html:
    """Return a snippet with its tabs and the outputs that running it gave.

    Args:
        lesson: the lesson's slug.
        identity: the snippet's id.
        tabs: code by tab, in order.

    Returns:
        A ``foveal-tabs`` element.
    """
    stored = outputs(lesson)
    panels = [
        element(
            "section",
            element("pre", element("code", highlighted(code), class_="language-python")),
            element(
                "figure",
                element("figcaption", "Output"),
                element("pre", element("samp", stored[f"{identity}/{tab}"].rstrip("\n"))),
                class_="output",
            ),
            data_label=TABS[tab],
        )
        for tab, code in tabs.items()
    ]
    return element("foveal-tabs", *panels)


def _shell(arguments: Arguments, body: str, place: Place) -> Html:
    return element("pre", element("code", body.rstrip("\n"), class_="language-shell"))


def _figure(arguments: Arguments, body: str, place: Place) -> Html:
    values = dict(arguments)
    return figure(values.pop("name"), render_inline(body.strip()), values)


def _live(arguments: Arguments, body: str, place: Place) -> Html:
    attributes = {f"data_{name}": value for name, value in arguments.items()}
    return element("foveal-figure", body.strip(), **attributes)


def _table(arguments: Arguments, body: str, place: Place) -> Html:
    caption = arguments["caption"]
    inside = render(body).replace("<table>", f"<table>{element('caption', caption)}", 1)
    return wrapped(caption, Html(inside.strip()))


def _math(arguments: Arguments, body: str, place: Place) -> Html:
    return formula(body.strip(), block=True)


def _box(kind: str, heading: str) -> Callable[[Arguments, str, Place], Html]:
    def made(arguments: Arguments, body: str, place: Place) -> Html:
        title = arguments.get("title", heading)
        return element("aside", element("h3", title), render(body), class_=kind)

    return made


def _practice(arguments: Arguments, body: str, place: Place) -> Html:
    identity = place.next_question()
    if "kind" in arguments:
        question = practice(arguments["kind"], 0)
        title, prompt, hint, worked = (
            str(question[name]) for name in ("title", "prompt", "hint", "worked")
        )
        inside = _question(identity, title, Html(prompt), Html(hint), Html(worked))
        data = json.dumps(question, ensure_ascii=False)
        return element("foveal-practice", inside, data_kind=arguments["kind"], data_question=data)
    parts = re.split(r"^--- (?:hint|answer)\n", body, flags=re.MULTILINE)
    if len(parts) != 3:
        raise UsageError(f"practice {arguments} must have --- hint and --- answer.")
    return _question(identity, arguments["title"], *map(render, parts))


def _question(identity: str, title: str, prompt: Html, hint: Html, worked: Html) -> Html:
    return element(
        "div",
        element("h3", f"Practice: {title}"),
        element("div", prompt, class_="prompt"),
        *(
            element("details", element("summary", label), element("div", text), class_=kind)
            for kind, label, text in (
                ("hint", "Hint", hint),
                ("answer", "Worked answer", worked),
            )
        ),
        class_="practice",
        id=identity,
    )


_KINDS: dict[str, Callable[[Arguments, str, Place], Html]] = {
    "figure": _figure,
    "key-points": _box("key-points", "Key points"),
    "live": _live,
    "math": _math,
    "note": _box("note", "Note"),
    "pitfalls": _box("pitfalls", "Common pitfalls"),
    "practice": _practice,
    "shell": _shell,
    "table": _table,
}
