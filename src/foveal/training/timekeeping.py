"""How long training has taken, and what still fits into its time limit."""

from __future__ import annotations

import time


class Clock:
    """Counts the seconds of a training over all its sessions.

    Args:
        limit: seconds that training may take, or None.
        before: seconds that earlier sessions took.
    """

    def __init__(self, limit: float | None, before: float = 0.0) -> None:
        self.limit, self.before = limit, before
        self._started = time.perf_counter()
        self.steps, self.step_seconds_sum, self.images = 0, 0.0, 0
        self.validation_seconds = 0.0

    @property
    def elapsed(self) -> float:
        """Seconds of training so far."""
        return self.before + time.perf_counter() - self._started

    def count(self, seconds: float, images: int) -> None:
        """Take note of a step.

        Args:
            seconds: it took.
            images: samples in it.
        """
        self.steps += 1
        self.step_seconds_sum += seconds
        self.images += images

    @property
    def step_seconds(self) -> float:
        """Mean seconds of a step of this session; 0 before the first."""
        return self.step_seconds_sum / self.steps if self.steps else 0.0

    @property
    def images_per_second(self) -> float:
        """Training samples a second in the steps of this session."""
        return self.images / self.step_seconds_sum if self.steps else 0.0

    def is_late(self, more_steps: int) -> bool:
        """Say whether the limit would be passed by some more steps and a validation.

        Args:
            more_steps: how many.
        """
        if self.limit is None:
            return False
        ahead = more_steps * self.step_seconds + self.validation_seconds
        return self.elapsed + ahead > self.limit

    def steps_that_fit(self, steps_per_epoch: int) -> int:
        """Return how many steps fit into the time that is left, validations included.

        Args:
            steps_per_epoch: after so many there is a validation.
        """
        if self.limit is None or not self.steps:
            return sys_maximum
        left = self.limit - self.elapsed - self.validation_seconds
        return max(0, int(left / (self.step_seconds + self.validation_seconds / steps_per_epoch)))


sys_maximum = 2**62
