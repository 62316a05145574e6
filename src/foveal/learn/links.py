"""Where the links of lessons lead: one way to write each kind, one place that knows the routes."""

from __future__ import annotations

from foveal.errors import UsageError
from foveal.learn.sources import source_slug

_ROUTES = {
    "check": "#/check",
    "explorer": "#/explorer?model=",
    "features": "#/features",
    "glossary": "#/glossary/",
    "gradient": "#/gradient",
    "lesson": "#/lessons/",
    "channels": "#/channels",
    "pooling": "#/pooling?v=1&",
    "source": "#/source/",
    "takeaways": "#/takeaways",
    "visualizer": "#/visualizer?v=1&",
}


def address(target: str) -> str:
    """Return the address that a link of a lesson stands for.

    Args:
        target: ``"lesson:SLUG#SECTION"``, ``"visualizer:kernel=sobel_x"``, ``"explorer:vgg16"``,
            ``"source:models/vgg.py"``, ``"glossary:stride"``, … or an ``https`` address.

    Returns:
        A route of the site, or the address itself.

    Raises:
        UsageError: there is no such kind of link.

    Example:
        >>> address("lesson:architectures#vgg")
        '#/lessons/architectures/vgg'
    """
    if target.startswith("https://"):
        return target
    kind, _, rest = target.partition(":")
    if kind not in _ROUTES:
        raise UsageError(f"a link must begin with https:// or one of {list(_ROUTES)}: {target!r}.")
    if kind == "source":
        return _ROUTES[kind] + source_slug(rest)
    return _ROUTES[kind] + (rest.replace("#", "/") if kind == "lesson" else rest)


def see(label: str, target: str) -> dict[str, str]:
    """Return a "see it" link as JSON can hold it.

    Args:
        label: what is to be seen there.
        target: as in `address`.

    Returns:
        ``label`` and ``href``.

    Raises:
        UsageError: there is no such kind of link.
    """
    return {"label": label, "href": address(target)}
