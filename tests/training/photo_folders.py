"""Small photos on disk, listed as training data lists them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from PIL import Image

from foveal.data import Sample
from foveal.storage import file_content_hash


def write_samples(
    folder: Path, count: int, *, split: str = "train", grey: bool = False, side: int = 40
) -> list[Sample]:
    """Write noisy PNG files of varied size and list them."""
    folder.mkdir(parents=True, exist_ok=True)
    chance = np.random.default_rng(len(str(split)))
    samples = []
    for index in range(count):
        height, width = (side, side + 7 * (index % 3))
        shape = (height, width) if grey else (height, width, 3)
        path = folder / f"{index:03d}.png"
        Image.fromarray(chance.integers(0, 256, shape, dtype=np.uint8)).save(path)
        content = file_content_hash(path)
        samples.append(Sample(path, str(index % 2), split, None, content))  # type: ignore[arg-type]  # a str
    return samples


def slices_of(count: int, size: int, seed: int = 0) -> list[np.ndarray]:
    """Divide a shuffled 0 … count − 1 into batches."""
    order = np.random.default_rng(seed).permutation(count)
    return [order[start : start + size] for start in range(0, count, size)]
