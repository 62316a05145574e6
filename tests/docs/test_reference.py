"""The reference says what the code says."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import foveal
from docs.markdown_pages import REPOSITORY


def stale_pages(docs):
    """What `make reference` would change, by a generator and its pages."""
    command = [sys.executable, str(docs / "generator"), "--check"]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=250)
    if done.returncode == 0:
        return set()
    assert "run `make reference` and commit what it writes" in done.stderr, done.stderr
    return set(done.stderr.partition("the code says: ")[2].partition(";")[0].split(", "))


def test_every_page_is_what_make_reference_writes():
    found = stale_pages(REPOSITORY / "docs")
    names = ", ".join(sorted(found))
    assert not found, f"{names}: run `make reference` and commit what it writes"


def test_every_public_name_and_every_package_with_public_names_has_its_place():
    pages = {page.stem: page.read_text("utf-8") for page in (REPOSITORY / "docs/api").glob("*.md")}
    names = set(foveal.__all__) - {"__version__"}
    assert {name for name in names if f"[`foveal.{name}`]" not in pages["README"]} == set()
    package = Path(foveal.__file__).parent
    open_ones = {
        folder.parent.name
        for folder in package.glob("*/__init__.py")
        if "__all__ = [" in folder.read_text(encoding="utf-8")
    }
    assert len(open_ones) > 8
    assert open_ones <= set(pages)


def test_control_an_altered_page_and_one_that_should_not_be_there_are_noticed(tmp_path):
    for part in ("api", "generator"):
        shutil.copytree(REPOSITORY / "docs" / part, tmp_path / "docs" / part)
    shutil.copy(REPOSITORY / "docs" / "cli.md", tmp_path / "docs")
    with (tmp_path / "docs" / "cli.md").open("a") as page:
        page.write("A sentence that no command says.\n")
    (tmp_path / "docs" / "api" / "no_such_page.md").write_text("# Nothing\n")
    assert stale_pages(tmp_path / "docs") >= {"docs/cli.md", "docs/api/no_such_page.md"}
