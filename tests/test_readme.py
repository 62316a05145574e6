"""What the README shows is what happens."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from docs.markdown_pages import example
from foveal.cli.main import COMMANDS

REPOSITORY = Path(__file__).resolve().parent.parent
README = (REPOSITORY / "README.md").read_text(encoding="utf-8")


def test_the_example_prints_what_the_readme_shows(tmp_path, shared_graphs):
    code, shown = example(REPOSITORY / "README.md")
    for _ in range(2):  # a reader tries it twice, in the same folder
        result = subprocess.run(
            [sys.executable, "-c", code], capture_output=True, text=True, cwd=tmp_path, timeout=280
        )
        assert result.returncode == 0, result.stderr
    number = r"\d+\.\d+"
    assert re.sub(number, "#", result.stdout) == re.sub(number, "#", shown)
    (got,), (written,) = re.findall(number, result.stdout), re.findall(number, shown)
    assert float(got) == pytest.approx(float(written), abs=1.5)  # another CPU rounds otherwise


def test_the_example_has_about_ten_lines():
    code = re.search(r"```python\n(.+?)```", README, flags=re.S)[1]
    assert len(code.strip().splitlines()) <= 12


def test_every_command_is_in_the_table():
    assert set(re.findall(r"^\| `foveal ([\w-]+)", README, flags=re.M)) == set(COMMANDS)


def test_every_link_leads_somewhere():
    links = re.findall(r"\]\(([^)#:]+)\)", README)
    assert links
    assert [link for link in links if not (REPOSITORY / link).exists()] == []
