"""What the learning app shows: lessons of sections, terms, and where each can be found."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Section:
    """One part of a lesson."""

    slug: str
    """Its anchor: ``"stride"``."""

    title: str
    """Its heading, as plain text."""

    html: str
    """Its content, without the heading."""

    text: str
    """The same as plain text, for the search."""


@dataclass(frozen=True)
class Lesson:
    """One lesson."""

    slug: str
    """Its address: ``"convolution-and-pooling"``."""

    title: str
    """Its name, as plain text."""

    summary: str
    """What it is about, in one or two sentences of plain text."""

    minutes: int
    """How long reading and trying it out takes; see `foveal.learn.reading`."""

    sections: tuple[Section, ...]
    """Its parts, in order."""


@dataclass(frozen=True)
class Term:
    """One word of the field, explained."""

    slug: str
    """Its anchor: ``"receptive-field"``."""

    name: str
    """The word."""

    html: str
    """What it means."""

    text: str
    """The same as plain text, for the search."""


@dataclass(frozen=True)
class SourcePage:
    """A file of this project that a lesson refers to."""

    slug: str
    """Its address: ``"models-resnet"``."""

    path: str
    """Where it lies in the package: ``"models/resnet.py"``."""

    html: str
    """Its text, with colours."""
