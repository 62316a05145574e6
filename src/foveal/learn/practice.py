"""Practice questions with numbers that can be drawn again.

Seed 0 gives the numbers that the lessons show first; `foveal.learn.draws` has the questions.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any

from foveal.arguments import whole
from foveal.errors import UnknownNameError
from foveal.learn import draws
from foveal.learn.draws import Draw
from foveal.learn.markdown import render


def practice_kinds() -> tuple[str, ...]:
    """Return the kinds of questions that can be drawn.

    Returns:
        Their names.
    """
    return tuple(_KINDS)


def practice(kind: str, seed: int) -> dict[str, Any]:
    """Draw a question.

    Args:
        kind: one of `practice_kinds`.
        seed: decides the numbers; 0 gives those of the lesson.

    Returns:
        ``seed``, ``title``, ``prompt``, ``hint`` and ``worked`` (HTML), and ``answer``.

    Raises:
        UnknownNameError: there is no such kind.
        UsageError: `seed` is no whole number of at least 0.

    Example:
        >>> practice("conv_parameters", 0)["answer"]
        18496
    """
    draw = drawn(kind, seed)
    return {
        "seed": seed,
        "title": draw.title,
        "prompt": render(draw.prompt),
        "hint": render(draw.hint),
        "worked": render(draw.worked),
        "answer": draw.answer,
    }


def drawn(kind: str, seed: int) -> Draw:
    """Draw a question, its texts in Markdown.

    Args:
        kind: one of `practice_kinds`.
        seed: decides the numbers; 0 gives those of the lesson.

    Returns:
        The question.

    Raises:
        UnknownNameError: there is no such kind.
        UsageError: `seed` is no whole number of at least 0.
    """
    if kind not in _KINDS:
        raise UnknownNameError("practice question", kind, _KINDS)
    first, make = _KINDS[kind]
    number = whole(seed, "seed", 0)
    if number == 0:
        return make(*first)
    chance = random.Random(f"{kind} {number}")
    return make(*_DRAWS[kind](chance))


# The numbers that the lessons show, and the question they are put into.
_KINDS: dict[str, tuple[tuple[Any, ...], Callable[..., Draw]]] = {
    "values_in_image": ((640, 480), draws.values_in_image),
    "normalise_pixel": ((0, 124), draws.normalise_pixel),
    "output_size": ((28, 5, 1, 0), draws.output_size),
    "conv_parameters": ((32, 64, 3), draws.conv_parameters),
    "pooled": ((0, "max"), draws.pooled),
    "receptive_field": (((3, 1), (2, 2), (3, 1)), draws.receptive_field),
    "small_filters": ((64, 7), draws.small_filters),
    "flatten": ((7, 512, 4096), draws.flatten),
    "separable": ((32, 64), draws.separable),
    "head": ((1280, 5), draws.head),
}

_DRAWS: dict[str, Callable[[random.Random], tuple[Any, ...]]] = {
    "values_in_image": lambda chance: chance.choice(
        [(800, 600), (1024, 768), (1280, 720), (1920, 1080), (320, 240), (4000, 3000)]
    ),
    "normalise_pixel": lambda chance: (chance.randrange(3), chance.randrange(256)),
    "output_size": lambda chance: (
        chance.choice([28, 32, 64, 96, 128, 224]),
        chance.choice([3, 5, 7]),
        chance.choice([1, 2, 3]),
        chance.choice([0, 1, 2]),
    ),
    "conv_parameters": lambda chance: (
        chance.choice([1, 3, 16, 32, 64, 128]),
        chance.choice([8, 16, 32, 64, 128, 256]),
        chance.choice([1, 3, 5]),
    ),
    "pooled": lambda chance: (chance.randrange(1, 10_000), chance.choice(["max", "average"])),
    "receptive_field": lambda chance: tuple(
        chance.choice([(3, 1), (5, 1), (3, 2), (2, 2)]) for _ in range(chance.choice([3, 4]))
    ),
    "small_filters": lambda chance: (
        chance.choice([16, 32, 128, 256, 512]),
        chance.choice([5, 7, 9, 11]),
    ),
    "flatten": lambda chance: (
        chance.choice([4, 5, 7, 8, 10]),
        chance.choice([128, 256, 1280, 2048]),
        chance.choice([128, 256, 1000]),
    ),
    "separable": lambda chance: (
        chance.choice([16, 32, 64, 128, 256]),
        chance.choice([32, 64, 128, 256, 512]),
    ),
    "head": lambda chance: (chance.choice([512, 1280, 2048]), chance.choice([2, 3, 10, 20, 102])),
}
