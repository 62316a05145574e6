"""Randomness as a function: of seed, epoch and position, never of history."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


def epoch_order(count: int, *, seed: int, epoch: int) -> NDArray[np.int64]:
    """Return the order in which an epoch visits the samples.

    Args:
        count: number of samples.
        seed: the seed of the run.
        epoch: the number of the epoch, from 1.

    Returns:
        A permutation of 0 … count − 1.
    """
    return _generator(seed, epoch, "order").permutation(count)


def epoch_views(count: int, views: int, *, seed: int, epoch: int) -> NDArray[np.int64]:
    """Return which view of every sample an epoch trains on.

    Args:
        count: number of samples.
        views: views there are of each.
        seed: the seed of the run.
        epoch: the number of the epoch, from 1.

    Returns:
        int64 (count,), each from 0 to views − 1. Over `views` epochs every view of a sample is
        used once, in an order of the sample's own.
    """
    first = _generator(seed, (epoch - 1) // views, "views").random((count, views)).argsort(axis=1)
    chosen: NDArray[np.int64] = first[:, (epoch - 1) % views]
    return chosen


def epoch_draws(
    count: int, width: int, *, seed: int, epoch: int, purpose: str
) -> NDArray[np.float64]:
    """Return what chance gives every sample in an epoch, all at once.

    Args:
        count: number of samples.
        width: numbers for each; 0 for none.
        seed: the seed of the run.
        epoch: the number of the epoch, from 1.
        purpose: what they decide; other purposes draw other numbers.

    Returns:
        float64 (count, width), each 0 to below 1. A row does not depend on how many follow it.
    """
    return _generator(seed, epoch, purpose).random((count, width))


def _generator(seed: int, number: int, purpose: str) -> np.random.Generator:
    words = int.from_bytes(purpose.encode(), "little")
    return np.random.Generator(np.random.Philox(np.random.SeedSequence([seed, number, words])))
