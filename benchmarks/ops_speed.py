"""How fast the NumPy operators are, beside SciPy and PyTorch, each on one thread, in one run.

    python -m benchmarks.ops_speed [--json FILE] [--repeats 15]

The contestants of a row take turns, and what counts is the time of the processor, so that other
work on the machine slows all of them alike and little; the figures are medians.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import scipy
import torch
from scipy.signal import correlate2d
from threadpoolctl import threadpool_limits
from torch.nn import functional

from benchmarks.machine import conditions
from foveal import ops
from foveal.storage import write_json

Contestants = dict[str, Callable[[], Any]]


def single_channel(rng: np.random.Generator) -> Contestants:
    image, kernel = rng.standard_normal((512, 512)), rng.standard_normal((3, 3))
    tensor, weight = torch.from_numpy(image)[None, None], torch.from_numpy(kernel)[None, None]
    return {
        "foveal": lambda: ops.convolve2d(image, kernel),
        "scipy": lambda: correlate2d(image, kernel, mode="valid"),
        "torch": lambda: functional.conv2d(tensor, weight),
    }


def channels(
    rng: np.random.Generator, inputs: int, outputs: int, side: int, kernel: int, **settings: int
) -> Contestants:
    groups = settings.get("groups", 1)
    x = rng.standard_normal((8, inputs, side, side), dtype=np.float32)
    w = rng.standard_normal((outputs, inputs // groups, kernel, kernel), dtype=np.float32)
    tensor, weight = torch.from_numpy(x), torch.from_numpy(w)
    padding = kernel // 2
    return {
        "foveal": lambda: ops.conv2d(x, w, padding=padding, **settings),
        "torch": lambda: functional.conv2d(tensor, weight, padding=padding, **settings),
    }


def cases() -> dict[str, Contestants]:
    rng = np.random.default_rng(0)
    return {
        "3×3 on 512×512, float64": single_channel(rng),
        "N 8, 64→64, 56×56, 3×3, float32": channels(rng, 64, 64, 56, 3),
        "N 8, 3→64, 224×224, 7×7 / 2, float32": channels(rng, 3, 64, 224, 7, stride=2),
        "N 8, 256→64, 28×28, 1×1, float32": channels(rng, 256, 64, 28, 1),
        "N 8, depthwise 144, 56×56, 3×3, float32": channels(rng, 144, 144, 56, 3, groups=144),
    }


def medians(contestants: Contestants, repeats: int) -> dict[str, float]:
    """Return the median milliseconds of each contestant."""
    seconds: dict[str, list[float]] = {name: [] for name in contestants}
    for turn in range(repeats + 1):
        for name, run in contestants.items():
            start = time.process_time()
            run()
            if turn:  # the first is a warm-up
                seconds[name].append(time.process_time() - start)
    return {name: float(np.median(values)) * 1e3 for name, values in seconds.items()}


def print_table(results: dict[str, dict[str, float]]) -> None:
    print(f"{'milliseconds, one thread':42}{'foveal':>9}{'scipy':>9}{'torch':>9}")
    for case, times in results.items():
        cells = (f"{times[name]:9.2f}" if name in times else f"{'':9}" for name in _NAMES)
        ratios = (
            f"{name} / foveal = {times[name] / times['foveal']:.2f}"
            for name in _NAMES[1:]
            if name in times
        )
        print(f"{case:42}{''.join(cells)}   {', '.join(ratios)}")


_NAMES = ("foveal", "scipy", "torch")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--json", type=Path, help="write the figures and their conditions here")
    parser.add_argument("--repeats", type=int, default=15, help="timed runs of each contestant")
    options = parser.parse_args()
    torch.set_num_threads(1)
    with threadpool_limits(1):
        results = {name: medians(case, options.repeats) for name, case in cases().items()}
    print_table(results)
    if options.json:
        facts = {"threads": 1, "repeats": options.repeats, "scipy": scipy.__version__}
        write_json(options.json, conditions() | facts | {"milliseconds": results})


if __name__ == "__main__":
    main()
