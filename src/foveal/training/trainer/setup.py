"""Getting ready to train: from nothing, or from a checkpoint."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from foveal.errors import TrainingError
from foveal.training.callbacks import Callback
from foveal.training.checkpointing.progress import Progress
from foveal.training.checkpointing.state import TrainingState
from foveal.training.inputs.batches import TrainingData
from foveal.training.network_config import NetworkConfig
from foveal.training.optimisation.averaging import MovingAverage
from foveal.training.optimisation.mode_memory import ModeMemory
from foveal.training.optimisation.modes import (
    Mode,
    Timing,
    candidates,
    clearly_fastest,
    measure_modes,
)
from foveal.training.optimisation.optimisers import Optimiser, ParameterGroup
from foveal.training.optimisation.schedules import Pace
from foveal.training.optimisation.steps import Stepper
from foveal.training.order import epoch_order
from foveal.training.plateaus import EarlyStopping, ReduceLROnPlateau
from foveal.training.processes.layout import Layout, Rows, balanced_order, epoch_steps
from foveal.training.processes.parallel import Processes
from foveal.training.record import Phase


def standard_callbacks(config: NetworkConfig, given: Sequence[Callback]) -> list[Callback]:
    """Return the callbacks that settings ask for, then those that were given.

    Args:
        config: `patience` and `schedule` are read.
        given: those of the caller; one of the same kind takes the place of a standard one.

    Returns:
        All callbacks, in the order in which they are called.
    """
    kinds = {type(callback) for callback in given}
    made: list[Callback] = []
    if config.patience and EarlyStopping not in kinds:
        made.append(EarlyStopping(config.monitor, config.patience))
    if config.schedule == "plateau" and ReduceLROnPlateau not in kinds:
        patience = max(1, config.patience // 2) if config.patience else 5
        made.append(ReduceLROnPlateau(config.monitor, patience=patience))
    return made + list(given)


def epoch_rows(config: NetworkConfig, data: TrainingData, epoch: int) -> list[Rows]:
    """Return the samples of each step of an epoch.

    Args:
        config: `batch`, `sampling` and `seed` are read.
        data: what is trained on.
        epoch: its number, from 1.

    Returns:
        The rows of each step.
    """
    if config.sampling == "balanced":
        order = balanced_order(data.targets_N, seed=config.seed, epoch=epoch)
    else:
        order = epoch_order(len(data.targets_N), seed=config.seed, epoch=epoch)
    return epoch_steps(order, config.batch)


def class_weights(config: NetworkConfig, targets_N: Rows) -> Tensor | None:
    """Return what each sample counts in the loss.

    Args:
        config: `class_weights` is read.
        targets_N: the class of every training sample, int64 (n,).

    Returns:
        float32 (n,), with the same sum for every class; None when all count the same.
    """
    if config.class_weights == "none":
        return None
    counts = np.bincount(targets_N)
    present = np.count_nonzero(counts)
    weights = len(targets_N) / (present * np.maximum(counts, 1))
    return torch.from_numpy(weights[targets_N].astype(np.float32))


def choose_mode(
    network: nn.Module, data: TrainingData, config: NetworkConfig, processes: Processes
) -> tuple[Mode, list[Timing]]:
    """Choose precision and memory format, by a measurement where settings leave a choice.

    A measurement is noisy and the choice decides the bits of the result. So the first choice for a
    network on a machine is remembered in the cache folder: the same command gives the same weights.

    Args:
        network: stays as it is.
        data: a few of its samples are used.
        config: the settings.
        processes: all get the choice of process 0.

    Returns:
        The mode, and what was measured, fastest first.
    """
    modes = candidates(config, processes.device)
    if len(modes) == 1:
        return modes[0], []
    rows = np.arange(min(len(data.targets_N), config.batch))
    inputs = next(iter(data.batches(1, [rows])))
    targets = torch.from_numpy(data.targets_N[rows])
    memory = ModeMemory(network, inputs, modes, processes.device)
    known = processes.same(memory.recall())
    if known is not None:
        return modes[known], []
    timings = measure_modes(network, inputs, targets, modes, processes.device)
    chosen = processes.same(modes.index(clearly_fastest(timings)))
    if processes.rank == 0:
        memory.keep(chosen)
    return modes[chosen], timings


def new_progress(
    mode: Mode, config: NetworkConfig, data: TrainingData, processes: Processes
) -> Progress:
    """Return the progress of a training that has not begun.

    Args:
        mode: how the network computes.
        config: the settings.
        data: what is trained on.
        processes: who takes part.

    Returns:
        The progress.
    """
    steps = len(epoch_rows(config, data, 1))
    layout = Layout(processes.world, config.accumulate)
    return Progress(Pace(config.epochs * steps), layout, mode)


def taken_up(
    facts: Mapping[str, Any], processes: Processes, say: Callable[[str], None]
) -> Progress:
    """Return the progress of a checkpoint, fitted to the processes there are now.

    Args:
        facts: those of the checkpoint.
        processes: who takes part now.
        say: takes a sentence when the bits cannot be those of the run before.

    Returns:
        The progress.
    """
    progress = Progress.from_json(facts["progress"])
    groups = progress.layout.groups
    if groups % processes.world:
        progress.layout = Layout(processes.world, progress.layout.per_group)
        say(
            f"training began with {groups} processes and goes on with {processes.world}: the "
            "result will not be the same to the last bit."
        )
    return progress


def build_state(
    network: nn.Module,
    groups: Sequence[ParameterGroup] | None,
    data: TrainingData,
    config: NetworkConfig,
    phase: Phase,
    progress: Progress,
    processes: Processes,
    callbacks: Sequence[Callback],
) -> tuple[TrainingState, Stepper]:
    """Build everything that a training consists of around a network.

    Args:
        network: moved to the device and switched to training.
        groups: learning-rate multipliers.
        data: what is trained on.
        config: the settings.
        phase: what is trained.
        progress: where training is.
        processes: who takes part.
        callbacks: in the order in which they are called.

    Returns:
        The state, and what computes its steps.
    """
    network.to(processes.device)
    progress.mode.prepare(network)
    network.train()
    optimiser = Optimiser(network, groups, config)
    weights = class_weights(config, data.targets_N)
    stepper = Stepper(network, optimiser, weights, config, phase, progress.mode, processes)
    moving = dict(network.named_parameters()) | stepper.statistics | stepper.counters
    trained = {
        name: tensor.detach()
        for name, tensor in moving.items()
        if tensor.requires_grad or name not in dict(network.named_parameters())
    }
    average = MovingAverage(network, trained, config.ema) if config.ema else None
    return TrainingState(network, stepper, optimiser, average, progress, callbacks), stepper


def check_data(train: TrainingData, validation: TrainingData) -> None:
    """Refuse data that cannot be trained on.

    Args:
        train: at least two samples.
        validation: at least one.

    Raises:
        TrainingError: there are too few.
    """
    for name, part, least in (("training", train, 2), ("validation", validation, 1)):
        if len(part.targets_N) < least:
            raise TrainingError(
                f"the {name} data must have at least {least} samples; got {len(part.targets_N)}."
            )
