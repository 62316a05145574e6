"""The frame of every page: policy, style, masthead and contents. It needs nothing but itself."""

from __future__ import annotations

from collections.abc import Mapping
from importlib import resources

from foveal.evaluation.markup import Child, Html, element, escaped, join, name

_POLICY = (
    "default-src 'none'; style-src 'unsafe-inline'; img-src data:; "
    "base-uri 'none'; form-action 'none'"
)
_ICON = (
    "data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 32 32'%3E"
    "%3Ccircle cx='16' cy='16' r='13' fill='none' stroke='%230f6b6b' stroke-width='3'/%3E"
    "%3Ccircle cx='16' cy='16' r='6' fill='%230f6b6b'/%3E%3C/svg%3E"
)


def render_page(
    kind: str,
    title: str,
    subtitle: Child,
    summary: str,
    sections: Mapping[str, tuple[str, Html | None]],
    footer: str,
    mark: str = "",
) -> str:
    """Return a page that runs no script and asks for nothing.

    Args:
        kind: what it is, such as ``"Foveal report"``.
        title: what it is about, in the user's words.
        subtitle: the line below the title.
        summary: one sentence for search and previews.
        sections: by their address on the page: the name in the contents, and the section or None.
        footer: the last line.
        mark: a comment near the beginning by which programs know the page.

    Returns:
        The page, to be written as UTF-8.
    """
    present = {key: (text, part) for key, (text, part) in sections.items() if part is not None}
    first = next(iter(present))
    body = element(
        "body",
        element("a", "Skip to the result", href=f"#{first}", class_="skip"),
        _masthead(kind, title, subtitle),
        element(
            "div",
            _contents({key: text for key, (text, _) in present.items()}),
            element("main", *(part for _, part in present.values())),
            class_="page",
        ),
        element("footer", element("p", footer)),
    )
    comment = f"<!-- {mark} -->\n" if mark else ""
    page = element("html", _head(f"{title}: {kind}", summary), body, lang="en")
    return f"<!doctype html>\n{comment}{page}\n"


def _head(title: str, summary: str) -> Html:
    """Return the head of the page: policy, title and style."""
    css = resources.files("foveal.evaluation").joinpath("report.css").read_text("utf-8")
    return element(
        "head",
        element("meta", charset="utf-8"),
        Html(f'<meta http-equiv="Content-Security-Policy" content="{escaped(_POLICY)}">'),
        element("meta", name="viewport", content="width=device-width, initial-scale=1"),
        element("meta", name="color-scheme", content="light dark"),
        element("meta", name="description", content=summary),
        element("title", title),
        element("link", rel="icon", href=_ICON),
        element("style", Html(css)),
    )


def _masthead(kind: str, title: str, subtitle: Child) -> Html:
    """Return the top of the page."""
    mark = element(
        "svg",
        element("circle", cx=16, cy=16, r=13),
        element("circle", cx=16, cy=16, r=6, class_="centre"),
        viewBox="0 0 32 32",
        class_="mark",
        aria_hidden="true",
    )
    return element(
        "header",
        element("p", mark, element("span", kind), class_="brand"),
        element("h1", name(title, 120)),
        element("p", subtitle, class_="quiet"),
    )


def _contents(names: Mapping[str, str]) -> Html:
    """Return links to the sections."""
    links = [element("li", element("a", text, href=f"#{key}")) for key, text in names.items()]
    return element("nav", element("ul", join(links)), aria_label="Contents")
