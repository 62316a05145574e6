"""The lessons of Foveal and their questions: what the learning app shows, without the site.

Nothing here needs PyTorch: what does was run before and is kept beside the text
(`foveal.learn.run_snippets`, `foveal.learn.run_networks`).
"""

from __future__ import annotations

from foveal.learn.check import knowledge_check
from foveal.learn.lessons import lessons
from foveal.learn.pages import Lesson, Section
from foveal.learn.pictures import pictures
from foveal.learn.practice import practice, practice_kinds
from foveal.learn.reference import glossary, search_index, takeaways
from foveal.learn.sources import sources

__all__ = [
    "Lesson",
    "Section",
    "glossary",
    "knowledge_check",
    "lessons",
    "pictures",
    "practice",
    "practice_kinds",
    "search_index",
    "sources",
    "takeaways",
]
