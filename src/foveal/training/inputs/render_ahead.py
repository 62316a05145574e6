"""Batches rendered in threads, a few ahead of whoever takes them."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor

import numpy as np
from numpy.typing import NDArray

from foveal.runtime.cores import usable_cores
from foveal.training.inputs.batches import Slices
from foveal.training.inputs.rendering import Renderer

Pixels = NDArray[np.uint8]

_AHEAD = 4  # batches
_UNIT = 1 << 17  # pixels that one thread renders at a time


def render_ahead(
    renderer: Renderer, epoch: int, slices: Slices, threads: int | None = None
) -> Iterator[Pixels]:
    """Render batches in threads, in order, never more than a few ahead.

    Args:
        renderer: makes the pixels.
        epoch: from 1; 0 for plain views.
        slices: the rows of each batch.
        threads: how many; None for the usable cores. The pixels do not depend on it.

    Yields:
        uint8 (m, S, S, C) for each slice.
    """
    if epoch > 0:
        renderer.draws(epoch)  # once, before threads would do it at the same time
    unit = max(1, _UNIT // renderer.recipe.preprocess.image_size**2)
    pool = ThreadPoolExecutor(threads or usable_cores(), thread_name_prefix="render")
    waiting: deque[list[Future[Pixels]]] = deque()
    try:
        for rows in slices:
            starts = range(0, max(1, len(rows)), unit)
            parts = [rows[start : start + unit] for start in starts]
            waiting.append([pool.submit(renderer.render, epoch, part) for part in parts])
            if len(waiting) > _AHEAD:
                yield _joined(waiting.popleft())
        while waiting:
            yield _joined(waiting.popleft())
    finally:
        pool.shutdown(cancel_futures=True)


def _joined(parts: list[Future[Pixels]]) -> Pixels:
    if len(parts) == 1:
        return parts[0].result()
    return np.concatenate([part.result() for part in parts])
