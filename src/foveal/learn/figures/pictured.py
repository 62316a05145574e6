"""Figures that are pictures."""

from __future__ import annotations

from foveal.learn.elements import Html, element
from foveal.learn.pictures import PICTURES


def picture(caption: Html, file: str) -> Html:
    """Return a picture with its caption.

    Args:
        caption: what it shows.
        file: a name of `foveal.learn.pictures.PICTURES`.

    Returns:
        A ``figure`` element.
    """
    drawn = PICTURES[file]
    image = element(
        "img",
        src=f"data/pictures/{file}",
        alt=drawn.alt,
        width=drawn.width,
        height=drawn.height,
        loading="lazy",
    )
    return element("figure", image, element("figcaption", caption), class_="picture")
