"""Figures of the comparison are those of the measurements, and what it lets one repeat is there."""

from __future__ import annotations

import re

from docs.markdown_pages import REPOSITORY

DOCS = REPOSITORY / "docs"
COMPARISON = (DOCS / "comparison.md").read_text(encoding="utf-8")
MEASURED = (DOCS / "measurements.md").read_text(encoding="utf-8")


def figures(text):
    """Numbers with a decimal point that are no part of a version or a name."""
    return set(re.findall(r"(?<![\w.=])\d+\.\d+(?![\w.]\d|\.\d)", text))


def test_every_figure_was_measured():
    versions = {"2.21", "2.13"}
    told = figures(COMPARISON.partition("## How to repeat it")[0]) - versions
    assert len(told) > 8
    assert sorted(told - figures(MEASURED)) == []


def test_every_test_it_points_to_exists():
    named = re.findall(r"`(tests/[\w/.]+)`", COMPARISON)
    assert named
    assert [name for name in named if not (REPOSITORY / name).exists()] == []


def test_the_script_for_keras_needs_nothing_of_foveal():
    script = REPOSITORY / "benchmarks" / "keras_step.py"
    assert not re.search(r"(?:import|from) +(?:foveal|benchmarks)\b", script.read_text("utf-8"))
