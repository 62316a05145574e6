"""Sentences that name what one types in a terminal, in the words of the page instead."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

_PAGE_HAS = (
    (r"--backbone (\w+)", r"The network \1 (under Details)"),
    (r"Train without --fine-tune, or with a smaller --lr", "Train only the last layer instead"),
    (r"; leave --val at 0\.15, or add", "; add"),
    (r" and --strict was given", ""),
    (r"remove them, or leave --strict out", "remove them"),
    (r"or start a new run without --resume", "or train again"),
    (r"go on(?: from it)? with --resume", "press Resume"),
    (r"go on with: foveal train --resume .*", "Press Resume to go on."),
)
_FLAG_IN_BRACKETS = re.compile(r"\s*\([^()]*(?<![\w-])--[a-z][^()]*\)")


def for_page(sentence: str, photos: str | None = None) -> str:
    """Say a sentence without flags, as far as they are known or stand in brackets.

    Args:
        sentence: of a check, a training or an error.
        photos: the folder of the set that it is about, which is called by its name alone.

    Returns:
        The sentence for somebody who has a page before them, and no terminal.

    Example:
        >>> for_page("Keep one, or keep them in one split (--group-by, or a column group).")
        'Keep one, or keep them in one split.'
    """
    if photos:
        sentence = sentence.replace(f"{photos}/", "").replace(photos, Path(photos).name)
    for pattern, words in _PAGE_HAS:
        sentence = re.sub(pattern, words, sentence)
    return _FLAG_IN_BRACKETS.sub("", sentence)


def event_for_page(event: dict[str, Any], photos: str | None = None) -> dict[str, Any]:
    """Say what a training tells without flags.

    Args:
        event: a line of `foveal train --json`.
        photos: the folder that it learns from; see `for_page`.

    Returns:
        The event, its text in the words of the page.
    """
    text = event.get("text")
    return event | {"text": for_page(text, photos)} if isinstance(text, str) else event
