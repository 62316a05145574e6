"""Commands run in the process of the tests."""

from __future__ import annotations

import pytest

from foveal.cli.main import main


def foveal(capsys, *words):
    """Run a command in this process; return its exit code, stdout and stderr."""
    with pytest.raises(SystemExit, match=r"^\d$") as ended:
        main([str(word) for word in words])
    shown = capsys.readouterr()
    assert "Traceback" not in shown.err
    return ended.value.code, shown.out, shown.err
