"""Photos to train on: decoded once, augmented afresh in every epoch."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from foveal.arguments import require_whole
from foveal.data import Rejection, Sample, counted
from foveal.data.threads import map_in_threads
from foveal.errors import ImageError, UsageError
from foveal.images import Augment, Preprocess
from foveal.images.policies import PolicyName, policy_named
from foveal.runtime.memory import usable_memory
from foveal.training.inputs.batches import Slices
from foveal.training.inputs.photo_store import PhotoStore
from foveal.training.inputs.render_ahead import Pixels, render_ahead
from foveal.training.inputs.rendering import Recipe, Renderer
from foveal.training.inputs.workers import Workers

Progress = Callable[[int, int], None]


class PixelData:
    """Photos as `TrainingData`: uint8 pixels of a network's size.

    Epoch 0 gives exactly ``preprocess.apply`` of each photo. From epoch 1 on every view depends on
    (seed, epoch, row) alone, so any epoch can begin anywhere. Photos stay decoded in memory as far
    as there is room; the others are decoded again in each epoch. Call `prepare` first.

    Args:
        samples: the photos. Only those of the train split may be augmented.
        targets_N: the class of each, int64 (n,).
        preprocess: the geometry of the network's input.
        augment: flips, shifts and the like.
        seed: what they are drawn from, 0 to 2**64 - 1.
        policy: what is done to a view after that; see `policy_named`.
        workers: 0 renders in threads of this process, N in N processes of their own. The pixels
            do not depend on it.
        memory_bytes: what decoded photos may take; None for half of what is free.
        notify: is told in one sentence where not all photos fit.

    Raises:
        UsageError: photos of another split would be augmented, or an argument is out of range.
        UnknownNameError: there is no such policy.
    """

    def __init__(
        self,
        samples: Sequence[Sample],
        targets_N: NDArray[np.int64],
        preprocess: Preprocess,
        augment: Augment,
        *,
        seed: int,
        policy: PolicyName = "none",
        workers: int = 0,
        memory_bytes: int | None = None,
        notify: Callable[[str], None] = lambda sentence: None,
    ) -> None:
        require_whole("seed", seed, 0, 2**64 - 1)
        require_whole("workers", workers, 0, 256)
        if memory_bytes is not None:
            require_whole("memory_bytes", memory_bytes, 0, 2**63)
        policy_named(policy)
        if len(samples) != len(targets_N):
            raise UsageError(
                f"`targets_N` must have a class for each of {counted(len(samples), 'photo')}; "
                f"got {len(targets_N):,}."
            )
        recipe = Recipe(preprocess, augment, policy, seed)
        if recipe.changes:
            _require_training(samples)
        self.samples = tuple(samples)
        self.targets_N = np.asarray(targets_N, np.int64)
        self.workers = workers
        self._limit = usable_memory() // 2 if memory_bytes is None else memory_bytes
        self._recipe, self._notify = recipe, notify
        self._renderer: Renderer | None = None
        self._workers: Workers | None = None

    def prepare(self, progress: Progress = lambda done, total: None) -> tuple[Rejection, ...]:
        """Decode every photo once, and go on without those that cannot be used.

        Rows are numbered anew: `samples` and `targets_N` hold the photos that are left.

        Args:
            progress: called with (done, total), from the calling thread.

        Returns:
            The photos that were left out, each with its reason.
        """
        store = PhotoStore(len(self.samples), self._limit, shared=self.workers > 0)
        everything = Renderer(self._recipe, self.samples, store)

        def keep(row: int) -> ImageError | None:
            try:
                everything.keep(row)
            except ImageError as error:
                return error
            return None

        faults = map_in_threads(keep, range(len(self.samples)), batch=32, progress=progress)
        good = np.flatnonzero([fault is None for fault in faults])
        store.only(good)
        rejected = tuple(
            Rejection(sample.path, fault.reason, fault.remedy)
            for sample, fault in zip(self.samples, faults, strict=True)
            if fault is not None
        )
        self.samples = tuple(self.samples[row] for row in good)
        self.targets_N = self.targets_N[good]
        self._renderer = Renderer(self._recipe, self.samples, store)
        if store.kept < len(self.samples):
            self._notify(
                f"{store.kept:,} of {counted(len(self.samples), 'photo')} fit decoded into "
                f"{self._limit / 1e6:,.0f} MB of memory; the others are decoded in each epoch."
            )
        return rejected

    def batches(self, epoch: int, slices: Slices) -> Iterator[Tensor]:
        """Yield the pixels of each slice in turn, rendered ahead of whoever takes them.

        Args:
            epoch: the number of the epoch, from 1; 0 for plain views.
            slices: the rows of each batch, int64, each 0 … n − 1.

        Returns:
            An iterator of uint8 (m, S, S, C).

        Raises:
            UsageError: `prepare` was not called, or a row or the epoch is out of range.
            ImageError: a photo that is not in memory can no longer be read, or has changed.
            TrainingError: a worker process died.
        """
        if self._renderer is None:
            raise UsageError("`prepare` must be called before batches are asked for; call it once.")
        require_whole("epoch", epoch, 0, 2**63)
        for rows in slices:
            if len(rows) and not 0 <= rows.min() <= rows.max() < len(self.samples):
                raise UsageError(
                    f"`slices` must hold rows 0 to {len(self.samples) - 1}; "
                    f"got {rows.min()} to {rows.max()}."
                )
        return map(torch.from_numpy, self._pixels(self._renderer, epoch, slices))

    def close(self) -> None:
        """End the worker processes, if there are any; they start again when they are needed."""
        if self._workers is not None:
            self._workers.close()

    def name(self, row: int) -> str:
        """Return the file of a photo.

        Args:
            row: 0 … n − 1.

        Returns:
            Its path.
        """
        return str(self.samples[row].path)

    def _pixels(self, renderer: Renderer, epoch: int, slices: Slices) -> Iterator[Pixels]:
        if self.workers == 0:
            return render_ahead(renderer, epoch, slices)
        if self._workers is None or self._workers.closed:
            self._workers = Workers(renderer, self.workers)
        return self._workers.batches(epoch, slices)


def _require_training(samples: Sequence[Sample]) -> None:
    for sample in samples:
        if sample.split != "train":
            raise UsageError(
                f"`augment` and `policy` are for photos of the train split only; {sample.path} "
                f"is in {sample.split}: give Augment.preset('none') and policy 'none'."
            )
