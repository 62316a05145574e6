"""What the guides show is what happens."""

from __future__ import annotations

import ast
import importlib.util
import os
import re
import subprocess
import sys
from urllib.parse import parse_qsl

import pytest

from conftest import REPOSITORY
from docs.markdown_pages import WRITTEN, called, code_blocks, example
from foveal.ops import KERNELS

LEARNING = REPOSITORY / "docs" / "guide-learning.md"
ENGINEERING = REPOSITORY / "docs" / "guide-engineering.md"
STATE = REPOSITORY / "src/foveal/web/static/math/visualizer_state.js"
PATTERNS = REPOSITORY / "src/foveal/web/static/math/patterns.js"


def run(code, folder):
    command = [sys.executable, "-W", "error", "-c", code]
    own = os.environ | {"FOVEAL_CACHE_DIR": str(folder / "cache")}
    done = subprocess.run(command, capture_output=True, text=True, cwd=folder, timeout=280, env=own)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_the_learner_s_example_prints_what_is_shown(tmp_path):
    code, shown = example(LEARNING)
    assert run(code, tmp_path) == shown


def test_the_parts_that_can_be_hidden_are_those_of_the_visualizer():
    parts = re.search(r"PARTS = (\[[^]]+\])", STATE.read_text(encoding="utf-8"))[1]
    shown = re.findall(r"^\| `(\w+)` \|", LEARNING.read_text(encoding="utf-8"), flags=re.M)
    assert shown == re.findall(r'"(\w+)"', parts)


def test_links_into_the_visualizer_name_filters_patterns_and_parts_that_exist():
    patterns = set(re.findall(r"^  (\w+): \{", PATTERNS.read_text(encoding="utf-8"), flags=re.M))
    parts = set(re.findall(r'"(\w+)"', re.search(r"PARTS = (.+)", STATE.read_text())[1]))
    queries = re.findall(r"#/visualizer\?([^\s`]+)", LEARNING.read_text(encoding="utf-8"))
    assert queries
    for name, value in (pair for query in queries for pair in parse_qsl(query)):
        known = {"kernel": set(KERNELS), "pattern": patterns, "hide": parts, "v": {"1"}}
        assert set(value.split(",")) <= known.get(name, {value}), (name, value)


@pytest.fixture(scope="module")
def engineer_printed(tmp_path_factory, converted_graphs):
    """What the engineer's examples print, run one after the other in an empty folder."""
    folder = tmp_path_factory.mktemp("engineer")
    (folder / "cache").mkdir()
    (folder / "cache" / "graphs").symlink_to(converted_graphs)
    marker = "=" * 8
    blocks = code_blocks(ENGINEERING, "python")
    return run(f"\nprint({marker!r})\n".join(blocks), folder).split(f"{marker}\n")


def test_every_example_of_the_engineer_s_guide_runs(engineer_printed):
    assert len(engineer_printed) == len(code_blocks(ENGINEERING, "python")) > 5


def test_the_engineer_s_examples_print_what_the_guide_shows_but_for_numbers(engineer_printed):
    text = ENGINEERING.read_text(encoding="utf-8")
    pairs = re.findall(r"```python\n(.+?)```\n\n(?:```\n(.*?)```)?", text, flags=re.S)
    number = r"\d[\d.,]*"
    for (code, shown), printed in zip(pairs, engineer_printed, strict=True):
        assert re.sub(number, "#", printed) == re.sub(number, "#", shown), code


def foveal_imports():
    for page in WRITTEN:
        for block in code_blocks(page, "python"):
            for node in ast.walk(ast.parse(block)):
                if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("foveal"):
                    for alias in node.names:
                        yield pytest.param(
                            node.module, alias.name, id=f"{called(page)}: {alias.name}"
                        )


@pytest.mark.parametrize(("module", "name"), list(foveal_imports()))
def test_what_an_example_imports_is_there(module, name):
    home = importlib.import_module(module)
    assert hasattr(home, name) or importlib.util.find_spec(f"{module}.{name}")
