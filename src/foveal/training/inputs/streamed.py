"""Training on activations that no cache could hold: the frozen part runs again in every epoch."""

from __future__ import annotations

import queue
import threading
from collections.abc import Iterator

import numpy as np
import torch
from torch import Tensor

from foveal.errors import TrainingError
from foveal.features.cache import DType, Rows
from foveal.features.encoder import as_kept
from foveal.runtime.backends import Backend, Images
from foveal.training.inputs.activations import as_input
from foveal.training.inputs.batches import Slices, TrainingData

_AHEAD = 2  # batches that wait for whoever trains
_Tag = tuple[int, int]  # a slice, and the first of its rows
_Result = Rows | BaseException


class StreamedData:
    """Activations of freshly augmented photos as `TrainingData`.

    A thread renders the photos and runs the frozen blocks while the caller trains on the batch
    before. What it gives for plain photos equals what the cache would have held, bit for bit.

    Args:
        pixels: the photos, uint8 (m, S, S, C).
        backend: runs the frozen blocks; see ``foveal.features.opening.open_backend``.
        dtype: the numbers that the cache would have kept; None for the encoder's own choice,
            float16 for maps and float32 for vectors.
    """

    def __init__(self, pixels: TrainingData, backend: Backend, dtype: DType | None = None) -> None:
        self.pixels, self.backend, self.dtype = pixels, backend, dtype
        self.targets_N = pixels.targets_N

    def batches(self, epoch: int, slices: Slices) -> Iterator[Tensor]:
        """Yield the activations of each slice in turn, computed ahead of whoever takes them.

        Args:
            epoch: the number of the epoch, from 1; 0 for plain photos.
            slices: the rows of each batch, int64, each 0 … n − 1; none is empty.

        Yields:
            float32 (m, C, H, W) in channels-last order, or (m, D).

        Raises:
            TrainingError: the thread that computes them died.
        """
        ready: queue.Queue[_Result] = queue.Queue(_AHEAD)
        stopped = threading.Event()
        worker = threading.Thread(
            target=self._work, args=(epoch, slices, ready, stopped), name="prefix", daemon=True
        )
        worker.start()
        try:
            for _ in slices:
                rows = _next(ready, worker)
                yield as_input(torch.from_numpy(rows))
        finally:
            stopped.set()
            worker.join()

    def name(self, row: int) -> str:
        """Return the file of a sample.

        Args:
            row: 0 … n − 1.

        Returns:
            Its path.
        """
        return self.pixels.name(row)

    def _work(
        self,
        epoch: int,
        slices: Slices,
        ready: queue.Queue[_Result],
        stopped: threading.Event,
    ) -> None:
        def put(result: _Result) -> bool:
            while not stopped.is_set():
                try:
                    ready.put(result, timeout=0.1)
                except queue.Full:
                    continue
                return True
            return False

        rendered = self.pixels.batches(epoch, slices)
        try:
            for rows in self._activations(rendered, slices):
                if not put(rows):
                    return
        except BaseException as error:  # raised again where the batches are taken
            put(error)
        finally:
            close = getattr(rendered, "close", None)
            if close is not None:
                close()

    def _activations(self, rendered: Iterator[Tensor], slices: Slices) -> Iterator[Rows]:
        """Put the outputs of the backend's requests, which come in any order, together again."""
        parts: dict[int, dict[int, Rows]] = {}
        held = [0] * len(slices)
        following = 0
        for (index, start), outputs in self.backend.stream(self._requests(rendered)):
            dtype = self.dtype or ("float16" if outputs.ndim == 4 else "float32")
            parts.setdefault(index, {})[start] = as_kept(outputs, dtype)
            held[index] += len(outputs)
            while following < len(slices) and held[following] == len(slices[following]):
                done = parts.pop(following)
                yield np.concatenate([done[at] for at in sorted(done)])
                following += 1

    def _requests(self, rendered: Iterator[Tensor]) -> Iterator[tuple[_Tag, Images]]:
        for index, pixels in enumerate(rendered):
            images: Images = pixels.numpy()
            size = self.backend.batch or len(images)
            for start in range(0, len(images), size):
                yield (index, start), images[start : start + size]


def _next(ready: queue.Queue[_Result], worker: threading.Thread) -> Rows:
    while True:
        try:
            result = ready.get(timeout=1.0)
        except queue.Empty:
            if worker.is_alive():
                continue
            raise TrainingError(
                "the thread that runs the frozen blocks died without a word; start again."
            ) from None
        if isinstance(result, BaseException):
            raise result
        return result
