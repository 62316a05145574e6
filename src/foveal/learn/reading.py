"""How long a lesson takes: reading, running the snippets, answering the questions."""

from __future__ import annotations

import re
from collections.abc import Iterable

from foveal.learn.pages import Section

WORDS_A_MINUTE = 200
SNIPPET_MINUTES = 0.5  # look at one tab, run it, compare
QUESTION_MINUTES = 0.8


def minutes(source: str, sections: Iterable[Section]) -> int:
    """Estimate how long a lesson takes.

    Args:
        source: its Markdown.
        sections: the same as pages.

    Returns:
        Whole minutes.
    """
    words = sum(len(section.text.split()) for section in sections)
    snippets = len(set(re.findall(r"^```python id=(\S+)", source, flags=re.MULTILINE)))
    questions = len(re.findall(r"^```practice ", source, flags=re.MULTILINE))
    return round(words / WORDS_A_MINUTE + SNIPPET_MINUTES * snippets + QUESTION_MINUTES * questions)
