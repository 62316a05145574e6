"""Learning rates are those of PyTorch's schedulers, and a pace changes without a jump."""

from __future__ import annotations

import pytest
import torch
from torch.optim import lr_scheduler

from foveal.training.optimisation.schedules import Pace, learning_rate_factor

TOTAL, WARMUP = 40, 6


def rates(make, lr=1.0):
    """What a scheduler of PyTorch sets, step by step."""
    optimizer = torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=lr)
    scheduler = make(optimizer)
    found = []
    for _ in range(TOTAL):
        found.append(optimizer.param_groups[0]["lr"])
        optimizer.step()
        scheduler.step()
    return found


def after_warmup(then):
    def make(optimizer):
        rise = lr_scheduler.LinearLR(optimizer, 1 / (WARMUP + 1), 1.0, WARMUP)
        return lr_scheduler.SequentialLR(optimizer, [rise, then(optimizer)], [WARMUP])

    return make


def one_cycle(rise):
    return lambda optimizer: lr_scheduler.OneCycleLR(
        optimizer, 1.0, TOTAL + 1, pct_start=rise, cycle_momentum=False
    )


CASES = {
    "constant": ("constant", 0, lambda o: lr_scheduler.ConstantLR(o, 1.0), TOTAL),
    "cosine": ("cosine", 0, lambda o: lr_scheduler.CosineAnnealingLR(o, TOTAL), TOTAL),
    "constant after a warm-up": (
        "constant",
        WARMUP,
        after_warmup(lambda o: lr_scheduler.ConstantLR(o, 1.0)),
        TOTAL,
    ),
    "cosine after a warm-up": (
        "cosine",
        WARMUP,
        after_warmup(lambda o: lr_scheduler.CosineAnnealingLR(o, TOTAL - WARMUP)),
        TOTAL,
    ),
    "one-cycle": ("one-cycle", 0, one_cycle(0.3), TOTAL + 1),
    "one-cycle with a rise of its own": (
        "one-cycle",
        WARMUP,
        one_cycle(WARMUP / (TOTAL + 1)),
        TOTAL + 1,
    ),
}


@pytest.mark.filterwarnings("ignore:The epoch parameter in `scheduler.step:UserWarning")
@pytest.mark.parametrize("case", CASES)
def test_a_schedule_is_that_of_pytorch(case):
    name, warmup, make, total = CASES[case]
    ours = [learning_rate_factor(name, step, total, warmup) for step in range(TOTAL)]
    assert ours == pytest.approx(rates(make), rel=1e-6, abs=1e-9)


def test_control_another_schedule_is_another():
    ours = [learning_rate_factor("cosine", step, TOTAL, 0) for step in range(TOTAL)]
    assert ours != pytest.approx(rates(one_cycle(0.3)), rel=1e-2)


@pytest.mark.parametrize("total", [1, 2, 3, 4, 10])
@pytest.mark.parametrize("name", ["constant", "plateau", "cosine", "one-cycle"])
def test_the_shortest_runs_have_a_rate_too(name, total):
    factors = [learning_rate_factor(name, step, total) for step in range(total)]
    assert all(0 <= factor <= 1 for factor in factors)


def test_a_pace_without_a_limit_takes_one_position_a_step():
    pace = Pace(total=1000)
    assert [pace.at(step) for step in range(1000)] == list(range(1000))


def test_a_faster_pace_starts_where_the_old_one_was_and_ends_at_its_end():
    pace = Pace(total=1000).to_end_at(100, 400)
    assert (pace.at(100), pace.at(250), pace.at(400)) == (100, 550, 1000)
    again = pace.to_end_at(250, 300)
    assert (again.at(250), again.at(300)) == (550, 1000)


def test_a_schedule_is_never_stretched():
    assert Pace(total=1000).to_end_at(100, 5000).last == 1000
    slower_again = Pace(total=1000).to_end_at(0, 500).to_end_at(250, 2**62)
    assert slower_again.at(250) == 500
    assert slower_again.last == 750
