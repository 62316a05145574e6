"""The steps of an epoch: from where it is to its end, or to where training must stop."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator
from typing import NoReturn

import torch
from torch import Tensor

from foveal.errors import BadBatchError, TrainingError, TrainingInterrupted
from foveal.training.checkpointing.keeper import Keeper
from foveal.training.checkpointing.state import TrainingState
from foveal.training.inputs.batches import TrainingData
from foveal.training.network_config import NetworkConfig
from foveal.training.optimisation.schedules import learning_rate_factor
from foveal.training.optimisation.steps import Stepper, StepResult, Votes
from foveal.training.processes.interrupt import Interrupt
from foveal.training.processes.layout import Rows
from foveal.training.processes.parallel import Processes
from foveal.training.timekeeping import Clock

_PLAN_AFTER = 20  # steps after which a schedule is fitted to a time limit
_TIME_IS_UP = "its time limit was reached"
OnStep = Callable[[int, int, float, float], None]


class EpochLoop:
    """Goes through the steps of epochs.

    Args:
        state: what is trained; its progress is moved on.
        stepper: computes and applies the steps.
        data: what is trained on.
        config: the settings.
        processes: who takes part.
        keeper: writes checkpoints.
        clock: counts seconds.
        interrupt: whether to stop.
        on_step: see `Trainer`.
        say: takes sentences worth reading.
    """

    def __init__(
        self,
        state: TrainingState,
        stepper: Stepper,
        data: TrainingData,
        config: NetworkConfig,
        processes: Processes,
        keeper: Keeper,
        clock: Clock,
        interrupt: Interrupt,
        on_step: OnStep,
        say: Callable[[str], None],
    ) -> None:
        self.state, self.stepper, self.data, self.config = state, stepper, data, config
        self.processes, self.keeper, self.clock = processes, keeper, clock
        self.interrupt, self.on_step, self.say = interrupt, on_step, say
        self.progress = state.progress

    def run(self, steps: list[Rows]) -> str:
        """Do the steps of an epoch that are not done yet.

        Args:
            steps: the samples of every step of the epoch.

        Returns:
            Why training ends here, half a sentence; empty when the epoch is through.

        Raises:
            TrainingInterrupted: training was told to stop.
            BadBatchError: a loss or gradient is no number.
            TrainingError: a sample does not fit into memory, or a process is lost.
        """
        ended = ""
        while self.progress.step < len(steps) and not ended:
            ended = self._go_through(steps)
        return ended

    def _go_through(self, steps: list[Rows]) -> str:
        """Do steps until the epoch or training ends, or memory runs out."""
        progress, layout = self.progress, self.progress.layout
        cuts = [layout.cut(rows) for rows in steps[progress.step :]]
        share = layout.share(self.processes.rank, self.processes.world)
        mine = [cut[index] for cut in cuts for index in share if len(cut[index])]
        inputs = self.data.batches(progress.epoch, mine)
        try:
            for cut in cuts:
                result = self._step(inputs, cut)
                if result is None:
                    return ""  # again from here, with smaller slices
                self._after_step(result, len(steps))
                if result.votes.late or progress.done >= progress.pace.last < progress.pace.total:
                    return _TIME_IS_UP
        finally:
            close = getattr(inputs, "close", None)
            if close is not None:
                close()
        return ""

    def _step(self, inputs: Iterator[Tensor], cut: list[Rows]) -> StepResult | None:
        """Do a step; None when it did not fit into memory."""
        progress, started, samples = self.progress, time.perf_counter(), sum(map(len, cut))
        targets = [torch.from_numpy(self.data.targets_N[rows]) for rows in cut]
        wanted = Votes(self.interrupt.asked, self.clock.is_late(2))
        place = progress.epoch, progress.step
        result = self.stepper.gradients(inputs, cut, targets, place, progress.layout, wanted)
        if result.out_of_memory:
            self._halve(cut)
            return None
        self._check(result, cut)
        lr = self._learning_rate()
        with self.keeper.changing:
            self._commit(result, lr, samples)
        self.clock.count(time.perf_counter() - started, samples)
        return result

    def _commit(self, result: StepResult, lr: float, samples: int) -> None:
        progress = self.progress
        self.stepper.commit(result, lr)
        progress.step, progress.done, progress.lr = progress.step + 1, progress.done + 1, lr
        progress.loss_sum += result.loss * samples
        progress.right_sum += result.right
        progress.seen += samples
        if self.state.average is not None:
            self.state.average.update(progress.done)

    def _after_step(self, result: StepResult, steps: int) -> None:
        progress = self.progress
        seen = progress.seen
        self.on_step(progress.step, steps, progress.loss_sum / seen, progress.right_sum / seen)
        if result.votes.stop:
            self.interrupted()
        self.stop_if_asked()
        if progress.done == _PLAN_AFTER:
            self.fit_schedule(steps)
        self.keeper.save_if_due()

    def _learning_rate(self) -> float:
        progress, config = self.progress, self.config
        total = progress.pace.total
        position = progress.pace.at(progress.done)
        warmup = config.warmup * total / config.epochs
        factor = learning_rate_factor(config.schedule, position, total, warmup)
        return config.base_lr * factor * progress.lr_scale

    def fit_schedule(self, steps: int) -> None:
        """Let a schedule whose end matters end at the time limit.

        Args:
            steps: how many an epoch has.
        """
        if self.config.time_limit is None or self.config.schedule not in ("cosine", "one-cycle"):
            return
        fitting = self.processes.same(self.clock.steps_that_fit(steps))
        progress = self.progress
        progress.pace = progress.pace.to_end_at(progress.done, progress.done + fitting)

    def stop_if_asked(self) -> None:
        """Stop, where no other process must be asked first.

        Raises:
            TrainingInterrupted: training was told to stop.
        """
        if self.processes.world == 1 and self.interrupt.asked:
            self.interrupted()

    def interrupted(self) -> NoReturn:
        """Write a checkpoint and stop.

        Raises:
            TrainingInterrupted: always.
        """
        path, progress = self.keeper.save(), self.progress
        where = f"training stopped in epoch {progress.epoch}, after step {progress.step}"
        onward = f"it goes on from {path}." if path else "no checkpoint was written here."
        raise TrainingInterrupted(f"{where}; {onward}", self.interrupt.signal, path)

    def _halve(self, cut: list[Rows]) -> None:
        largest = max(map(len, cut))
        if largest < 4:
            raise TrainingError(
                f"{largest} samples must fit into the accelerator's memory; they do not. Choose a "
                "smaller image size or network."
            )
        if self.processes.device.type != "cpu":
            torch.accelerator.empty_cache()
        self.progress.layout = self.progress.layout.halved()
        self.say(
            f"the accelerator's memory cannot hold {largest} samples at once: going on with slices "
            f"of {math.ceil(largest / 2)}; the batch stays {self.config.batch}."
        )

    def _check(self, result: StepResult, cut: list[Rows]) -> None:
        odd = [index for index, loss in enumerate(result.losses) if not math.isfinite(loss)]
        if not odd and math.isfinite(result.norm):
            return
        self.stepper.abandon()
        self.keeper.save()
        rows = [int(row) for index in odd or range(len(cut)) for row in cut[index]]
        files = [self.data.name(row) for row in rows]
        more = f" and {len(files) - 3} more" if len(files) > 3 else ""
        raise BadBatchError(
            f"the {'loss' if odd else 'gradient'} must be a finite number; in epoch "
            f"{self.progress.epoch}, step {self.progress.step + 1}, it is not, on "
            f"{', '.join(files[:3])}{more}. Look at these files, or lower the learning rate; the "
            "last good weights are kept.",
            files,
        )
