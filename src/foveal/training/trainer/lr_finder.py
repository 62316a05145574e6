"""The learning-rate range test: how the loss answers to ever larger steps."""

from __future__ import annotations

import copy
import itertools
import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import nn

from foveal.errors import TrainingError, UsageError
from foveal.training.checkpointing.progress import Progress
from foveal.training.inputs.batches import TrainingData
from foveal.training.network_config import NetworkConfig
from foveal.training.optimisation.memory import kept_memory
from foveal.training.optimisation.modes import Mode
from foveal.training.optimisation.optimisers import ParameterGroup
from foveal.training.optimisation.schedules import Pace
from foveal.training.optimisation.steps import Votes
from foveal.training.processes.layout import Layout, Rows
from foveal.training.processes.parallel import Alone
from foveal.training.trainer.setup import build_state, check_data, epoch_rows

_KEEP = 0.9  # of the smoothed loss, each step
_DIVERGED = 4.0  # times the lowest smoothed loss
_SKIP = 5  # first points, whose smoothed loss rests on too few


@dataclass(frozen=True)
class LearningRateCurve:
    """What a range test found."""

    rates: tuple[float, ...]
    """The learning rate of each step, rising."""
    losses: tuple[float, ...]
    """The loss at each step, before it."""
    smoothed: tuple[float, ...]
    """Their moving average, without the bias of its start."""
    suggestion: float
    """The rate at which the smoothed loss falls most steeply: a good highest rate."""
    diverged: bool
    """Whether the loss grew so much that the test was ended early."""


@kept_memory()
def find_learning_rate(
    network: nn.Module,
    data: TrainingData,
    config: NetworkConfig,
    *,
    groups: Sequence[ParameterGroup] | None = None,
    lowest: float = 1e-6,
    highest: float = 1.0,
    steps: int = 100,
    device: torch.device | str | None = None,
    on_step: Callable[[int, int, float], None] = lambda *_: None,
) -> LearningRateCurve:
    """Train a copy of a network with a learning rate that grows from step to step.

    Args:
        network: stays as it is.
        data: what would be trained on.
        config: the settings; schedule and learning rate are not used.
        groups: learning-rate multipliers; see `foveal.training.Trainer`.
        lowest: the first learning rate.
        highest: the last one.
        steps: how many, at least 10.
        device: where to run; None for an accelerator if there is one, else the CPU.
        on_step: is given the steps done, how many there are, and the loss.

    Returns:
        The curve and a suggestion.

    Raises:
        UsageError: the range or the number of steps cannot be used.
        TrainingError: the loss is no number from the start, or never falls.

    Source:
        Smith 2017, "Cyclical Learning Rates for Training Neural Networks", section 3.3.
    """
    if not 0 < lowest < highest < math.inf:
        raise UsageError(
            f"`lowest` and `highest` must be positive and in this order; got {lowest}, {highest}."
        )
    if steps < 10:
        raise UsageError(f"`steps` must be at least 10; got {steps}.")
    check_data(data, data)
    rates = np.geomspace(lowest, highest, steps).tolist()
    trial, own = _copied(network, groups)
    found = list[tuple[float, float]]()
    losses = _losses(trial, data, config, own, rates, Alone(device))
    smoothed, lowest_loss = 0.0, math.inf
    for number, loss in enumerate(losses, start=1):
        if not math.isfinite(loss):
            break
        smoothed = _KEEP * smoothed + (1 - _KEEP) * loss
        level = smoothed / (1 - _KEEP**number)
        found.append((loss, level))
        on_step(number, steps, loss)
        lowest_loss = min(lowest_loss, level)
        if level > _DIVERGED * lowest_loss and number > _SKIP:
            break
    return _curve(rates, found)


def _losses(
    network: nn.Module,
    data: TrainingData,
    config: NetworkConfig,
    groups: Sequence[ParameterGroup] | None,
    rates: list[float],
    processes: Alone,
) -> Iterator[float]:
    """Yield the loss before each step, then take the step."""
    mode = Mode(
        "bf16" if config.precision == "bf16" else "f32", config.channels_last != "off", False
    )
    layout = Layout(1, config.accumulate)
    progress = Progress(Pace(len(rates)), layout, mode)
    _, stepper = build_state(network, groups, data, config, "scratch", progress, processes, [])
    for step, (rate, (epoch, rows)) in enumerate(zip(rates, _rows(config, data), strict=False)):
        cut = layout.cut(rows)
        inputs = data.batches(epoch, [part for part in cut if len(part)])
        targets = [torch.from_numpy(data.targets_N[part]) for part in cut]
        result = stepper.gradients(inputs, cut, targets, (epoch, step), layout, Votes())
        if result.out_of_memory:
            raise TrainingError(
                f"{config.batch} samples must fit into the accelerator's memory; they do not. Use "
                "a smaller batch, or more `accumulate`."
            )
        yield result.loss
        stepper.commit(result, rate)


def _rows(config: NetworkConfig, data: TrainingData) -> Iterator[tuple[int, Rows]]:
    for epoch in itertools.count(1):
        for rows in epoch_rows(config, data, epoch):
            yield epoch, rows


def _copied(
    network: nn.Module, groups: Sequence[ParameterGroup] | None
) -> tuple[nn.Module, list[ParameterGroup] | None]:
    """Copy a network, and groups that hold the copy's parameters."""
    trial = copy.deepcopy(network)
    if groups is None:
        return trial, None
    twins = {
        id(old): new for old, new in zip(network.parameters(), trial.parameters(), strict=True)
    }
    return trial, [
        ParameterGroup(group.name, tuple(twins[id(old)] for old in group.parameters), group.lr_mult)
        for group in groups
    ]


def _curve(rates: list[float], found: list[tuple[float, float]]) -> LearningRateCurve:
    if len(found) <= _SKIP + 2:
        raise TrainingError(
            f"the loss must be a finite number for more than {_SKIP + 2} steps; it was for "
            f"{len(found)}. Start at a lower learning rate."
        )
    levels = np.array([level for _, level in found])
    slopes = np.gradient(levels, np.log(rates[: len(found)]))
    steepest = _SKIP + int(slopes[_SKIP:].argmin())
    if slopes[steepest] >= 0:
        raise TrainingError(
            "the loss must fall at some learning rate; it never did. Look at the data, or try more "
            "steps."
        )
    return LearningRateCurve(
        rates=tuple(rates[: len(found)]),
        losses=tuple(loss for loss, _ in found),
        smoothed=tuple(levels.tolist()),
        suggestion=rates[steepest],
        diverged=len(found) < len(rates),
    )
