"""The documentation as tests read it: pages, code, links and headings."""

from __future__ import annotations

import re
import shlex
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parent.parent.parent
_FOLDERS = (REPOSITORY, REPOSITORY / "docs", REPOSITORY / "docs" / "api")
PAGES = sorted(page for folder in _FOLDERS for page in folder.glob("*.md"))
WRITTEN = [page for page in PAGES if page.parent.name != "api" and page.name != "cli.md"]
"""The pages that people write."""
_FENCE = re.compile(r"^```([\w-]*)[^\n]*\n(.*?)^```$", flags=re.M | re.S)


def called(page: Path) -> str:
    """Name a page as people do."""
    return str(page.relative_to(REPOSITORY))


def code_blocks(page: Path, language: str) -> list[str]:
    """Return the code of a page in one language; an empty name stands for none."""
    found = _FENCE.findall(page.read_text(encoding="utf-8"))
    return [code for name, code in found if name == language]


def example(page: Path) -> tuple[str, str]:
    """Return the first Python code of a page that has its output below it, and that output."""
    text = page.read_text(encoding="utf-8")
    found = re.search(r"```python\n(.+?)```\n\n```\n(.+?)```", text, flags=re.S)
    assert found, page
    return found[1], found[2]


def without_code(page: Path) -> str:
    """Return a page without its blocks of code."""
    return _FENCE.sub("", page.read_text(encoding="utf-8"))


def inline_code(page: Path) -> list[str]:
    """Return what a page shows as code within its text."""
    return re.findall(r"(?<!`)`([^`\n]+)`(?!`)", without_code(page))


def commands(page: Path) -> Iterator[tuple[str, list[str]]]:
    """Yield the command lines of `foveal` in a page's blocks: the name, and the words after it."""
    for block in [*code_blocks(page, ""), *code_blocks(page, "sh"), *code_blocks(page, "bash")]:
        for line in block.replace("\\\n", " ").splitlines():
            found = re.match(r"\$? *(?:.*-m )?(?:\.venv/bin/)?foveal +(.+)", line)
            if found:
                name, *words = shlex.split(found[1], comments=True)
                yield name, words


def links(page: Path) -> list[str]:
    """Return where a page leads to, by links and pictures."""
    text = re.sub(r"`[^`\n]*`", "", without_code(page))
    return re.findall(r"\]\(<?([^()\s>]+)>?\)", text) + re.findall(
        r'(?:src|srcset)="([^"]+)"', text
    )


def anchors(page: Path) -> set[str]:
    """Return the fragments of a page's headings, as GitHub makes them."""
    seen: Counter[str] = Counter()
    found = set()
    for heading in re.findall(r"^#{1,6} +(.+?) *$", without_code(page), flags=re.M):
        plain = re.sub(r"\[([^\]]+)\]\([^)]*\)", r"\1", heading).lower()
        slug = re.sub(r"[^\w\- ]", "", plain).replace(" ", "-")
        found.add(f"{slug}-{seen[slug]}" if seen[slug] else slug)
        seen[slug] += 1
    return found
