"""The knowledge check: six questions whose order, choices and numbers follow from a seed."""

from __future__ import annotations

import random
from typing import Any

from foveal.arguments import whole
from foveal.learn.links import see
from foveal.learn.markdown import render, render_inline
from foveal.learn.questions import QUESTIONS, Question


def knowledge_check(seed: int) -> list[dict[str, Any]]:
    """Draw the six questions.

    Args:
        seed: decides the order of questions and choices, and the numbers; 0 has the numbers of
            the lessons.

    Returns:
        Each question: ``id``, ``prompt`` (HTML), ``choices`` (``html``, ``correct``,
        ``reason``) and ``see`` (``label``, ``href``).

    Raises:
        UsageError: `seed` is no whole number of at least 0.
    """
    number = whole(seed, "seed", 0)
    chance = random.Random(f"check {number}")
    questions = [make(chance, number == 0) for make in QUESTIONS]
    chance.shuffle(questions)
    return [_as_dict(question, chance) for question in questions]


def _as_dict(question: Question, chance: random.Random) -> dict[str, Any]:
    choices = [
        {"html": render_inline(c.text), "correct": at == 0, "reason": render_inline(c.reason)}
        for at, c in enumerate(question.choices)
    ]
    chance.shuffle(choices)
    return {
        "id": question.identity,
        "prompt": render(question.prompt),
        "choices": choices,
        "see": [see(*link) for link in question.links],
    }
