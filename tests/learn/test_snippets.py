"""What the snippets of the lessons show is what they print."""

from __future__ import annotations

import re
import subprocess
import venv

import pytest

from docs.markdown_pages import REPOSITORY, example
from foveal.errors import FovealError
from foveal.learn.run_snippets import prepare, run
from foveal.learn.snippets import LESSONS, TABS, Snippet, outputs, snippets

NUMBER = re.compile(r"-?\d+(?:\.\d+)?")
PIPELINE = "pipeline/foveal"  # encodes 1,797 photos, as the README does
EVERY = [snippet for lesson in LESSONS for snippet in snippets(lesson)]


@pytest.fixture(scope="module")
def bench(tmp_path_factory, converted_graphs):
    """A folder with the sample photos and digits, as the lessons tell the reader to make."""
    folder = tmp_path_factory.mktemp("bench")
    prepare(folder)
    (folder / "cache").mkdir()
    (folder / "cache" / "graphs").symlink_to(converted_graphs)
    return folder


def assert_printed(snippet, printed):
    """Compare with what the lesson shows; numbers within what the lesson allows."""
    shown = outputs(snippet.lesson)[snippet.key]
    if not snippet.tolerance:
        assert printed == shown, snippet.key
        return
    assert NUMBER.sub("#", printed) == NUMBER.sub("#", shown), snippet.key
    got, written = ([float(n) for n in NUMBER.findall(text)] for text in (printed, shown))
    assert got == pytest.approx(written, rel=snippet.tolerance), snippet.key


@pytest.mark.timeout(600)
@pytest.mark.parametrize("lesson", LESSONS)
def test_the_foveal_and_pytorch_snippets_print_what_the_lesson_shows(lesson, bench):
    chosen = [s for s in snippets(lesson) if s.tab in ("foveal", "pytorch") and s.key != PIPELINE]
    printed = run(chosen, bench)
    for snippet in chosen:
        assert_printed(snippet, printed[snippet.key])


def test_the_pipeline_of_the_lesson_is_the_example_of_the_readme_which_is_run_there():
    (lesson,) = (snippet.code for snippet in EVERY if snippet.key == PIPELINE)
    code, shown = example(REPOSITORY / "README.md")
    assert lesson.partition("data = ")[2].strip() == code.partition("data = ")[2].strip()
    assert outputs("transfer-learning")[PIPELINE] == shown


@pytest.mark.long
@pytest.mark.timeout(3600)
def test_the_keras_snippets_print_what_the_lesson_shows(bench, tmp_path):
    venv.create(tmp_path / "keras", with_pip=True)
    python = tmp_path / "keras" / "bin" / "python"
    packages = ["tensorflow-cpu", "keras", "pillow"]
    subprocess.run([python, "-m", "pip", "install", "--quiet", *packages], check=True)
    for lesson in LESSONS:
        chosen = [s for s in snippets(lesson) if s.tab == "keras"]
        printed = run(chosen, bench, str(python))
        for snippet in chosen:
            assert_printed(snippet, printed[snippet.key])


def test_every_snippet_has_all_three_tabs_once_and_an_output_for_each():
    for lesson in LESSONS:
        keys = [snippet.key for snippet in snippets(lesson)]
        names = {key.partition("/")[0] for key in keys}
        assert sorted(keys) == sorted(f"{name}/{tab}" for name in names for tab in TABS)
        assert set(outputs(lesson)) == set(keys)
        assert all(outputs(lesson).values())


@pytest.mark.parametrize("lesson", LESSONS)
def test_no_output_is_kept_that_no_snippet_has(lesson):
    assert list(outputs(lesson)) == [snippet.key for snippet in snippets(lesson)]


def test_the_lines_of_snippets_fit_a_page():
    long = [s.key for s in EVERY for line in s.code.splitlines() if len(line) > 120]
    assert not long


def test_no_snippet_writes_outside_its_folder_or_downloads():
    forbidden = re.compile(r"weights=\"imagenet\"\)|urllib|requests|\.\./|expanduser")
    assert not [s.key for s in EVERY if forbidden.search(s.code)]


def test_a_snippet_that_fails_is_named(tmp_path):
    broken = Snippet("images-as-arrays", "broken", "foveal", "1 / 0", 0)
    with pytest.raises(
        FovealError, match=r"snippet broken/foveal failed: (?s:.*)ZeroDivisionError"
    ):
        run([broken], tmp_path)


def test_an_interpreter_that_cannot_start_is_reported(tmp_path):
    wrong = tmp_path / "python"
    wrong.write_text("#!/bin/sh\necho no python here >&2\nexit 3\n")
    wrong.chmod(0o755)
    with pytest.raises(FovealError, match="could not be run: no python here"):
        run([Snippet("x", "y", "keras", "print(1)", 0)], tmp_path, str(wrong))


def test_control_snippets_do_not_share_names(tmp_path):
    first = Snippet("x", "a", "foveal", "shared = 1\nprint(shared)", 0)
    second = Snippet("x", "b", "foveal", "print('shared' in globals())", 0)
    assert run([first, second], tmp_path) == {"a/foveal": "1\n", "b/foveal": "False\n"}
