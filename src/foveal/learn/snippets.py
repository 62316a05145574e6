"""The snippets of the lessons, and what running them printed.

The outputs are kept beside the lessons in ``content/outputs/``; ``python -m
foveal.learn.run_snippets`` writes them, and a test runs the snippets again and compares.
"""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import cast

TABS = {"foveal": "foveal", "pytorch": "PyTorch", "keras": "Keras"}
LESSONS = ("images-as-arrays", "convolution-and-pooling", "architectures", "transfer-learning")

_FENCE = re.compile(r"^```python (?P<words>.*)\n(?P<code>(?:.*\n)*?)```$", re.MULTILINE)


@dataclass(frozen=True)
class Snippet:
    """A piece of code that can be run by itself."""

    lesson: str
    """The lesson it stands in."""

    identity: str
    """Its name in the lesson, shared by its tabs."""

    tab: str
    """One of `TABS`."""

    code: str
    """What is run."""

    tolerance: float
    """By how much, as a part of it, a printed number may differ on another machine."""

    @property
    def key(self) -> str:
        """What its output is kept under."""
        return f"{self.identity}/{self.tab}"


def content(name: str) -> str:
    """Return a file that the lessons are made from.

    Args:
        name: its name in ``content/``.

    Returns:
        Its text.
    """
    return (resources.files("foveal.learn") / "content" / name).read_text("utf-8")


def snippets(lesson: str) -> Iterator[Snippet]:
    """Find the snippets of a lesson.

    Args:
        lesson: its slug.

    Yields:
        Each, in the order of the text.
    """
    for found in _FENCE.finditer(content(f"{lesson}.md")):
        words = dict(word.split("=", 1) for word in shlex.split(found["words"]))
        tolerance = float(words.get("tolerance", 0))
        yield Snippet(lesson, words["id"], words["tab"], found["code"], tolerance)


@cache
def outputs(lesson: str) -> dict[str, str]:
    """Return what the snippets of a lesson printed when they were run.

    Args:
        lesson: its slug.

    Returns:
        Text by `Snippet.key`.
    """
    return cast(dict[str, str], json.loads(content(f"outputs/{lesson}.json")))
