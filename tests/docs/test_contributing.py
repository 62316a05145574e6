"""The commands for those who work on Foveal are there."""

from __future__ import annotations

import re

import pytest

from docs.markdown_pages import REPOSITORY, WRITTEN, called, code_blocks, inline_code

TARGETS = set(re.findall(r"^([a-z-]+):", (REPOSITORY / "Makefile").read_text(), flags=re.M))
CONTRIBUTING = REPOSITORY / "CONTRIBUTING.md"


@pytest.mark.parametrize("page", WRITTEN, ids=called)
def test_every_target_of_make_and_every_module_to_run_exists(page):
    text = "\n".join([*inline_code(page), *code_blocks(page, "")])
    for words in re.findall(r"\bmake ([a-z][a-z -]*)", text):
        assert set(words.split()) <= TARGETS, words
    for module in re.findall(r"python -m (benchmarks[\w.]*|foveal\.[\w.]+)", text):
        place = (
            REPOSITORY / ("" if module.startswith("bench") else "src") / module.replace(".", "/")
        )
        assert place.with_suffix(".py").exists() or (place / "__main__.py").exists(), module


def test_every_path_it_names_exists():
    roots = (REPOSITORY, REPOSITORY / "src", REPOSITORY / "src" / "foveal")
    for text in inline_code(CONTRIBUTING):
        for path in re.findall(
            r"(?<![\w.])(?:\.ci|docs|tests|foveal|models|cli|ops)/[\w/.]+", text
        ):
            assert any((root / path).exists() for root in roots), path


def test_every_target_of_make_is_explained_by_make_help():
    text = (REPOSITORY / "Makefile").read_text()
    told = set(re.findall(r'@echo "make ([\w-]+)', text))
    assert told >= {"demo", "test", "test-long", "bench", "reference", "wheel", "lock", "clean"}
    assert told <= TARGETS
