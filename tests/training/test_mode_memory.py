"""The choice of a mode is made once on a machine, and not for a hair's breadth."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from foveal.training.optimisation.mode_memory import ModeMemory
from foveal.training.optimisation.modes import Mode, Timing, clearly_fastest

F32, BF16 = Mode("f32", channels_last=True), Mode("bf16", channels_last=True)
CPU = torch.device("cpu")


@pytest.mark.parametrize(
    ("seconds", "chosen"), [((1.0, 1.1), F32), ((1.0, 1.5), BF16), ((1.0, 1.19), F32)]
)
def test_plain_f32_is_left_only_for_a_clear_gain(seconds, chosen):
    fast, slow = seconds
    assert clearly_fastest([Timing(BF16, fast, 8), Timing(F32, slow, 8)]) == chosen


def test_where_f32_is_fastest_it_is_chosen_in_the_faster_order():
    other = Mode("f32", channels_last=False)
    assert clearly_fastest([Timing(other, 1.0, 8), Timing(F32, 2.0, 8)]) == other
    assert clearly_fastest([Timing(other, 1.0, 8), Timing(F32, 1.1, 8)]) == F32


def test_a_network_that_is_fast_anyway_stays_plain():
    assert clearly_fastest([Timing(BF16, 0.001, 8), Timing(F32, 0.003, 8)]) == F32
    assert clearly_fastest([Timing(BF16, 0.01, 8), Timing(F32, 0.03, 8)]) == BF16  # control


def test_a_choice_is_remembered_for_this_network_and_shape_alone(private_cache):
    network, inputs = nn.Conv2d(3, 4, 3), torch.zeros(2, 8, 8, 3)
    memory = ModeMemory(network, inputs, [F32, BF16], CPU)
    assert memory.recall() is None
    memory.keep(1)
    assert ModeMemory(nn.Conv2d(3, 4, 3), inputs, [F32, BF16], CPU).recall() == 1
    assert ModeMemory(nn.Conv2d(3, 5, 3), inputs, [F32, BF16], CPU).recall() is None
    assert ModeMemory(network, torch.zeros(2, 9, 9, 3), [F32, BF16], CPU).recall() is None
    memory.file.write_text("torn")
    assert memory.recall() is None
