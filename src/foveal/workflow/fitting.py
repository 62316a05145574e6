"""Between the trainer and whoever listens: live steps, checkpoints, calibration."""

from __future__ import annotations

import math
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import torch
from torch import nn

from foveal.models.convnet import ConvNet
from foveal.runtime.cores import usable_cores
from foveal.training.callbacks import Callback
from foveal.training.checkpointing.checkpoints import Checkpoints
from foveal.training.inputs.batches import TrainingData
from foveal.training.network_config import NetworkConfig
from foveal.training.optimisation.modes import Mode
from foveal.training.optimisation.optimisers import ParameterGroup
from foveal.training.processes.parallel import Processes
from foveal.training.record import EpochRecord, Phase
from foveal.training.trainer.engine import Fitted, Trainer
from foveal.training.trainer.evaluating import evaluate
from foveal.training.transfer.head import calibrate
from foveal.workflow.listener import Listener, Step


def fit_network(
    network: nn.Module,
    train: TrainingData,
    validation: TrainingData,
    config: NetworkConfig,
    *,
    phase: Phase,
    groups: Sequence[ParameterGroup] | None = None,
    callbacks: Sequence[Callback] = (),
    checkpoints: str | Path | None = None,
    processes: Processes,
    identity: Mapping[str, Any],
    listener: Listener,
) -> Fitted:
    """Train a network and let a listener hear of it.

    Args:
        network: takes what `train` yields.
        train: what is trained on.
        validation: what decides the best epoch.
        config: the settings.
        phase: what is trained.
        groups: learning-rate multipliers; None for one learning rate.
        callbacks: are given each epoch's record.
        checkpoints: a folder for checkpoints, or None.
        processes: who works together.
        identity: further facts that must be the same at a resume.
        listener: hears of steps and epochs.

    Returns:
        What happened; the network has its best weights, on the CPU.
    """
    live = _Live(config, len(train.targets_N), listener)
    live.trainer = trainer = Trainer(
        network,
        train,
        validation,
        config,
        groups=groups,
        phase=phase,
        callbacks=callbacks,
        checkpoints=(None if checkpoints is None else Checkpoints(checkpoints, say=listener.warn)),
        processes=processes,
        identity=identity,
        on_step=live.step,
        on_epoch=live.epoch,
        say=listener.note,
    )
    with usable_threads():
        fitted = trainer.fit()
    listener.note(
        f"Kept the weights of epoch {fitted.weights_of_epoch} of {len(fitted.history)}; training "
        f"ended since {fitted.stopped_because}."
    )
    network.to("cpu")
    return fitted


@contextmanager
def usable_threads() -> Iterator[int]:
    """Let PyTorch use the cores that this process may really use.

    Yields:
        How many they are.
    """
    before, cores = torch.get_num_threads(), usable_cores()
    torch.set_num_threads(cores)
    try:
        yield cores
    finally:
        torch.set_num_threads(before)


def calibrated(pixels: nn.Module, network: ConvNet, validation: TrainingData, mode: Mode) -> float:
    """Fit a temperature on the validation photos and fold it into the last layer.

    Args:
        pixels: the network as it takes what `validation` yields.
        network: the network itself.
        validation: photos that were not trained on.
        mode: how to compute.

    Returns:
        The temperature.
    """
    logits = evaluate(pixels, validation, mode=Mode(channels_last=mode.channels_last))
    temperature = calibrate(logits, validation.targets_N)
    last = [module for module in network.head.modules() if isinstance(module, nn.Linear)][-1]
    with torch.no_grad():
        last.weight.div_(temperature)
        if last.bias is not None:
            last.bias.div_(temperature)
    network.eval()
    return temperature


class _Live:
    """Turns the trainer's counts into what people want to know."""

    def __init__(self, config: NetworkConfig, samples: int, listener: Listener) -> None:
        self.config, self.samples, self.listener = config, samples, listener
        self.trainer: Trainer | None = None
        self._begun: tuple[float, int] | None = None  # when, and after which step of all

    def step(self, done: int, total: int, loss: float, accuracy: float) -> None:
        """Hear of a step; see `Trainer`."""
        epoch = 1 if self.trainer is None else self.trainer.progress.epoch
        moment, overall = time.perf_counter(), (epoch - 1) * total + done
        self._begun = self._begun or (moment, overall)
        passed, steps = moment - self._begun[0], overall - self._begun[1]
        rate = left = None
        if steps:
            to_do = total * self.config.epochs - overall
            rate = self.samples / total * steps / passed
            left = max(0.0, min(passed / steps * to_do, self._allowed()))
        self.listener.step(
            Step(
                epoch=epoch,
                epochs=self.config.epochs,
                done=min(done * self.config.batch, self.samples),
                total=self.samples,
                loss=loss,
                accuracy=accuracy,
                images_per_second=rate,
                seconds_left=left,
            )
        )

    def _allowed(self) -> float:
        if self.config.time_limit is None or self.trainer is None:
            return math.inf
        return self.config.time_limit - self.trainer.clock.elapsed

    def epoch(self, record: EpochRecord) -> None:
        """Hear of an epoch; see `Trainer`."""
        self.listener.epoch(record)
