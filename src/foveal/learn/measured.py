"""Figures that were measured, with their conditions and where they are written down."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cache
from importlib import resources

from foveal.errors import UnknownNameError


@dataclass(frozen=True)
class Measured:
    """One figure."""

    text: str
    """As it is shown: ``"88.8 %"``."""

    source: str
    """Where it comes from and under which conditions."""


@cache
def measurements() -> dict[str, Measured]:
    """Return all measured figures.

    Returns:
        Figures by name, from ``content/measured.toml``.
    """
    text = (resources.files("foveal.learn") / "content" / "measured.toml").read_text("utf-8")
    return {
        name: Measured(text, group["source"])
        for group in tomllib.loads(text)["group"]
        for name, text in group["figures"].items()
    }


def measured(name: str) -> Measured:
    """Return one measured figure.

    Args:
        name: a name of ``content/measured.toml``.

    Returns:
        The figure.

    Raises:
        UnknownNameError: there is none of that name.
    """
    if name not in measurements():
        raise UnknownNameError("measured figure", name, measurements())
    return measurements()[name]
