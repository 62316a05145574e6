"""What a terminal shows of an epoch, where there is much room and where there is little."""

from __future__ import annotations

import io

import pytest
from rich.console import Console

from foveal.cli import live
from foveal.cli.live import TerminalListener
from foveal.workflow.listener import Step

STEP = Step(12, 30, 64, 300, 0.694, 0.5, images_per_second=120.0, seconds_left=61.0)


@pytest.mark.parametrize(("width", "has_bar"), [(80, True), (40, False)])
def test_the_epoch_is_told_in_full_on_any_terminal(width, has_bar, monkeypatch):
    shown = io.StringIO()
    screen = Console(file=shown, width=width, force_terminal=True, color_system=None)
    monkeypatch.setattr(live, "console", lambda stderr: screen)
    listener = TerminalListener()
    listener.step(STEP)
    listener.close()
    text = shown.getvalue()
    assert "epoch 12/30" in text
    assert "loss 0.694" in text
    assert ("━" in text) == has_bar
