"""`foveal train --name`, and how its JSON ends when there is no result."""

from __future__ import annotations

import json

import pytest

from foveal.cli.main import main
from foveal.errors import UsageError
from foveal.workflow.naming import require_new_name


def ended(capsys, *words) -> tuple[int, list[dict], str]:
    with pytest.raises(SystemExit, match=r"\d") as end:
        main(["train", *map(str, words)])
    told = capsys.readouterr()
    return end.value.code, [json.loads(line) for line in told.out.splitlines()], told.err


def test_a_training_that_fails_ends_with_a_line_that_says_why(tmp_path, capsys):
    code, events, told = ended(capsys, tmp_path, "--json", "--out", tmp_path.with_name("runs"))
    assert code == 1
    assert events[-1]["event"] == "failed"
    assert "is empty; expected one sub-folder of images" in events[-1]["text"]
    assert f"foveal: {events[-1]['text']}" in told


def test_a_name_has_no_effect_on_a_run_that_goes_on(tmp_path, capsys):
    code, _, told = ended(capsys, "--resume", tmp_path, "--name", "other")
    assert (code, "has no effect on a run that goes on" in told) == (2, True)


@pytest.mark.parametrize("name", ["", ".", "..", "a/b", "-rf", ".hidden", "a ", "x" * 101, "a\nb"])
def test_a_name_that_is_no_plain_name_is_refused(tmp_path, name):
    with pytest.raises(UsageError, match="`name` must be letters, digits and spaces"):
        require_new_name(tmp_path, name)


def test_a_name_is_used_once(tmp_path):
    require_new_name(tmp_path, "tulips 2.0_é-b")
    (tmp_path / "tulips").mkdir()
    with pytest.raises(UsageError, match="`name` must be new"):
        require_new_name(tmp_path, "tulips")
