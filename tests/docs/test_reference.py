"""The reference says what the code says."""

from __future__ import annotations

import shutil
import subprocess
import sys

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


def test_control_an_altered_page_and_one_that_should_not_be_there_are_noticed(tmp_path):
    for part in ("api", "generator"):
        shutil.copytree(REPOSITORY / "docs" / part, tmp_path / "docs" / part)
    shutil.copy(REPOSITORY / "docs" / "cli.md", tmp_path / "docs")
    with (tmp_path / "docs" / "cli.md").open("a") as page:
        page.write("A sentence that no command says.\n")
    (tmp_path / "docs" / "api" / "no_such_page.md").write_text("# Nothing\n")
    assert stale_pages(tmp_path / "docs") >= {"docs/cli.md", "docs/api/no_such_page.md"}
