"""Random numbers for a forward pass, as a function of where in the training it is."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np
import torch

from foveal.training.record import Phase


def seed_for(seed: int, phase: Phase, *place: int, purpose: str) -> int:
    """Return the seed of one place in a training.

    Args:
        seed: the seed of the run.
        phase: what is being trained.
        place: epoch, step, slice.
        purpose: what the numbers are for, so that two uses at one place differ.

    Returns:
        0 … 2^63 − 1.
    """
    words = int.from_bytes(f"{phase}/{purpose}".encode(), "little")
    state = np.random.SeedSequence([seed, words, *place]).generate_state(1, np.uint64)
    return int(state[0] >> np.uint64(1))


@contextmanager
def seeded(seed: int, device: torch.device) -> Iterator[None]:
    """Let PyTorch draw from a seed inside the block, and go on as before after it.

    ``torch.manual_seed`` also queues a seed, with a stack trace, for every accelerator that never
    started; only the generators in use are seeded here.

    Args:
        seed: see `seed_for`.
        device: where the forward pass runs.
    """
    before = torch.get_rng_state()
    torch.default_generator.manual_seed(seed)
    accelerator = None if device.type == "cpu" else torch.get_device_module(device)
    if accelerator is not None:
        there = accelerator.get_rng_state(device)
        accelerator.manual_seed(seed)
    try:
        yield
    finally:
        torch.set_rng_state(before)
        if accelerator is not None:
            accelerator.set_rng_state(there, device)
