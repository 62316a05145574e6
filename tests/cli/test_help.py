"""What `--help` says."""

from __future__ import annotations

import pytest

from foveal.cli.flags import help_texts
from foveal.cli.main import COMMANDS, dispatch
from foveal.workflow.settings import TrainOptions


@pytest.mark.parametrize("name", COMMANDS)
def test_every_flag_of_a_command_is_explained_without_noise(name, capsys, monkeypatch):
    monkeypatch.setenv("COLUMNS", "100")
    with pytest.raises(SystemExit, match="0"):
        dispatch([name, "--help"])
    told = capsys.readouterr().out
    assert "None" not in told
    assert "``" not in told
    assert max(map(len, told.splitlines()[1:])) <= 100  # the first, the usage, is tyro's own


def test_help_is_the_docstring_of_the_field_on_one_line():
    texts = help_texts(TrainOptions)
    assert texts["views"].startswith(
        "Views of each training photo, 2 by default, 4 to fine-tune on"
    )
    assert "\n" not in "".join(texts.values())
    assert all(texts[name] for name in TrainOptions.__dataclass_fields__)
