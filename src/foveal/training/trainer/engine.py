"""The trainer: epochs of steps, validation, callbacks and checkpoints."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Any, NoReturn

import numpy as np
import safetensors.torch
from numpy.typing import NDArray
from torch import nn

from foveal.errors import BadBatchError
from foveal.storage import write_bytes
from foveal.training.callbacks import Callback, Request, SetLearningRate, Stop
from foveal.training.checkpointing.checkpoints import Checkpoints
from foveal.training.checkpointing.keeper import Keeper
from foveal.training.checkpointing.state import check_identity, identity_of
from foveal.training.inputs.batches import TrainingData
from foveal.training.monitors import monitored
from foveal.training.network_config import NetworkConfig
from foveal.training.optimisation.memory import kept_memory
from foveal.training.optimisation.modes import Mode, Timing
from foveal.training.optimisation.optimisers import ParameterGroup
from foveal.training.processes.interrupt import Interrupt
from foveal.training.processes.parallel import Processes
from foveal.training.processes.parallel import processes as found_processes
from foveal.training.record import EpochRecord, Phase
from foveal.training.timekeeping import Clock
from foveal.training.trainer.evaluating import evaluate, loss_and_accuracy
from foveal.training.trainer.loop import EpochLoop, OnStep
from foveal.training.trainer.setup import (
    build_state,
    check_data,
    choose_mode,
    epoch_rows,
    new_progress,
    standard_callbacks,
    taken_up,
)


@dataclass(frozen=True)
class Fitted:
    """What training left behind; the network itself has its weights."""

    history: tuple[EpochRecord, ...]
    """A record for each epoch."""
    best_epoch: int
    """The epoch with the best figure."""
    weights_of_epoch: int
    """The epoch whose weights the network has: the best, unless a callback asked for the last."""
    stopped_because: str
    """Why training ended, half a sentence."""
    seconds: float
    """Of training and validation, those before a resume included."""
    images_per_second: float
    """Training samples a second, in the steps since the last resume."""
    mode: Mode
    """How the network computed."""
    timings: tuple[Timing, ...]
    """What was measured to choose the mode; empty where there was nothing to choose."""
    slices: int
    """What a batch was cut into."""


class Trainer:
    """Trains a network; goes on from the newest checkpoint where there is one.

    Args:
        network: takes what `train` yields and gives logits (N, K). Its trainable parameters and
            its BatchNorm statistics are moved.
        train: what is trained on.
        validation: what decides the best epoch; rendered plain.
        config: the settings.
        groups: learning-rate multipliers that together hold every trainable parameter; None for
            one learning rate.
        phase: what is trained; part of the seeds and of the records.
        callbacks: are given each epoch's record, in this order.
        checkpoints: where checkpoints go; None writes none.
        processes: who trains together; None for what the launcher says.
        identity: further facts that must be the same at a resume, as JSON has them.
        on_step: is given the steps done in this epoch, how many it has, and the mean loss and
            accuracy so far.
        on_epoch: is given each epoch's record.
        say: takes sentences worth reading.

    Raises:
        TrainingError: there is nothing to train, or nothing to train on.
        UsageError: a callback cannot be used.
    """

    def __init__(
        self,
        network: nn.Module,
        train: TrainingData,
        validation: TrainingData,
        config: NetworkConfig,
        *,
        groups: Sequence[ParameterGroup] | None = None,
        phase: Phase = "scratch",
        callbacks: Sequence[Callback] = (),
        checkpoints: Checkpoints | None = None,
        processes: Processes | None = None,
        identity: Mapping[str, Any] | None = None,
        on_step: OnStep = lambda *_: None,
        on_epoch: Callable[[EpochRecord], None] = lambda record: None,
        say: Callable[[str], None] = print,
    ) -> None:
        check_data(train, validation)
        self.network, self.train, self.validation, self.config = network, train, validation, config
        self.groups, self.phase = groups, phase
        self.callbacks = standard_callbacks(config, callbacks)
        self.on_step, self.on_epoch, self.say = on_step, on_epoch, say
        self.processes = processes or found_processes()
        self.monitor = monitored(config.monitor)
        self.identity = identity_of(config, phase, train, validation, identity or {})
        self._interrupt = Interrupt()
        self._keeper = Keeper(checkpoints, self.processes, self.identity, config.checkpoint_minutes)
        self._timings: list[Timing] = []
        for callback in self.callbacks:
            callback.start(self.monitor)

    def stop(self) -> None:
        """Ask `fit`, in another thread, to write a checkpoint and stop after the step."""
        self._interrupt.ask()

    def fit(self) -> Fitted:
        """Train until the end, from the start or from the newest checkpoint.

        Returns:
            What happened. The network is in evaluation mode and has its best weights.

        Raises:
            TrainingInterrupted: a signal came or `stop` was called; a checkpoint is written.
            BadBatchError: a loss is no number; the last good weights are in a checkpoint.
            TrainingError: a checkpoint is of another training, or a process is lost.
            StorageError: a checkpoint cannot be written.
        """
        with ExitStack() as stack:
            stack.enter_context(kept_memory())
            stack.callback(self._interrupt.clear)
            for callback in self.callbacks:
                stack.callback(callback.close)
            stack.enter_context(self.processes.watched(self._keeper.emergency))
            stack.enter_context(self._keeper.claim())
            self._begin()
            stack.enter_context(self._interrupt.listening(self._keeper.emergency))
            while not self.progress.stopped_because:
                self._epoch()
        return self._finish()

    def _begin(self) -> None:
        found = self._keeper.latest()
        facts = self.processes.same(None if found is None else found.facts)
        if facts is None:
            mode, self._timings = choose_mode(self.network, self.train, self.config, self.processes)
            self.progress = new_progress(mode, self.config, self.train, self.processes)
        else:
            check_identity(facts, self.identity)
            self.progress = taken_up(facts, self.processes, self.say)
        self.state, self.stepper = build_state(
            self.network,
            self.groups,
            self.train,
            self.config,
            self.phase,
            self.progress,
            self.processes,
            self.callbacks,
        )
        self.state.resume(found, facts, self.processes)
        self.clock = Clock(self.config.time_limit, self.progress.elapsed)
        self._keeper.watch_over(self.state, self.clock)
        self.loop = EpochLoop(
            self.state,
            self.stepper,
            self.train,
            self.config,
            self.processes,
            self._keeper,
            self.clock,
            self._interrupt,
            self.on_step,
            self.say,
        )
        if facts is None:
            self._keeper.save()  # a second measurement might choose another mode

    def _epoch(self) -> None:
        self.network.train()
        steps = epoch_rows(self.config, self.train, self.progress.epoch)
        ended = self.loop.run(steps)
        record = self._validate()
        with self._keeper.changing:
            self._close_epoch(record, ended)
        self.on_epoch(record)
        self.loop.fit_schedule(len(steps))
        self._keeper.save()

    def _validate(self) -> EpochRecord:
        progress, started = self.progress, time.perf_counter()
        average = self.state.average
        logits = evaluate(
            self.network if average is None else average.network,
            self.validation,
            batch=self.config.batch,
            mode=progress.mode,
            processes=self.processes,
            on_batch=self.loop.stop_if_asked,
        )
        loss, accuracy = loss_and_accuracy(logits, self.validation.targets_N)
        if not math.isfinite(loss):
            self._refuse_validation(logits)
        self.clock.validation_seconds = time.perf_counter() - started
        return EpochRecord(
            epoch=progress.epoch,
            train_loss=progress.loss_sum / progress.seen,
            train_accuracy=progress.right_sum / progress.seen,
            validation_loss=loss,
            validation_accuracy=accuracy,
            learning_rate=progress.lr,
            phase=self.phase,
        )

    def _refuse_validation(self, logits_NK: NDArray[np.float32]) -> NoReturn:
        odd = np.flatnonzero(~np.isfinite(logits_NK).all(axis=1))
        files = [self.validation.name(int(row)) for row in odd]
        more = f" and {len(files) - 3} more" if len(files) > 3 else ""
        raise BadBatchError(
            f"the validation loss must be a finite number; in epoch {self.progress.epoch} it is "
            f"not, on {', '.join(files[:3])}{more}. Lower the learning rate, or use precision f32; "
            "the last checkpoint is kept.",
            files,
        )

    def _close_epoch(self, record: EpochRecord, ended: str) -> None:
        progress, value = self.progress, self.monitor.value(record)
        progress.history.append(record)
        if progress.best_value is None or self.monitor.better(value, progress.best_value):
            progress.best_epoch, progress.best_value = record.epoch, value
            self.state.note_best()
        progress.stopped_because = ended
        if not ended and record.epoch == self.config.epochs:
            epochs = record.epoch
            done = f"all {epochs} epochs are done" if epochs > 1 else "the one epoch is done"
            progress.stopped_because = done
        for callback in self.callbacks:
            request = callback.epoch(record)
            if request is not None:
                self._grant(request)
        progress.next_epoch()

    def _grant(self, request: Request) -> None:
        if isinstance(request, Stop):
            self.progress.stopped_because = request.reason
            self.progress.keep_last = not request.restore_best_weights
        elif isinstance(request, SetLearningRate):
            self.progress.lr_scale *= request.factor
        elif self.processes.rank == 0:
            write_bytes(request.path, safetensors.torch.save(self.state.validated()))

    def _finish(self) -> Fitted:
        progress = self.progress
        self.state.take(self.state.evaluated if progress.keep_last else self.state.best)
        self.network.eval()
        return Fitted(
            history=tuple(progress.history),
            best_epoch=progress.best_epoch,
            weights_of_epoch=(
                progress.history[-1].epoch if progress.keep_last else progress.best_epoch
            ),
            stopped_because=progress.stopped_because,
            seconds=self.clock.elapsed,
            images_per_second=self.clock.images_per_second,
            mode=progress.mode,
            timings=tuple(self._timings),
            slices=progress.layout.slices,
        )
