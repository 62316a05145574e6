"""Fine-tuning the end of a network on cached activations, against running all of it in each epoch.

The last 5 of the 16 inverted bottlenecks of EfficientNet-Lite0, the top and a new head train on
maps of 14 × 14 × 112 that were computed once; the peers' way runs the frozen blocks forwards in
every step too (with no gradient for them), or trains the whole network. Synthetic photos: only
time is measured here. A round runs every way once, so that what else the machine does meets all
alike; figures are medians over rounds.

    python -m benchmarks.suffix --rounds 5 --batch 64
"""

from __future__ import annotations

import argparse
import statistics
import time
from collections.abc import Callable

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from benchmarks.machine import conditions
from foveal.models.create import create_model
from foveal.runtime.cores import usable_cores
from foveal.training.inputs.activations import ActivationData
from foveal.training.network_config import NetworkConfig
from foveal.training.optimisation.modes import Mode
from foveal.training.optimisation.optimisers import Optimiser
from foveal.training.transfer.suffix import Suffix, fresh_head

NAME, SIZE, FROZEN, CLASSES, VIEWS = "efficientnet_lite0", 224, 12, 10, 4
Step = Callable[[], None]


def step_of(network: nn.Module, inputs: Callable[[], Tensor], targets: Tensor, mode: Mode) -> Step:
    """Return a training step: forward, backward, optimiser."""
    mode.prepare(network)
    optimiser = Optimiser(network, None, NetworkConfig())

    def step() -> None:
        for parameter in optimiser.parameters:
            parameter.grad = None
        with mode.autocast(torch.device("cpu")):
            logits = network(mode.arrange(inputs(), pixels=False))
        F.cross_entropy(logits.float(), targets).backward()
        optimiser.step(1e-5)

    return step


def ways(batch: int) -> dict[str, Step]:
    """Return a step of every way that is compared."""
    chance = torch.Generator().manual_seed(0)
    photos = torch.randn(batch, 3, SIZE, SIZE, generator=chance)
    targets = torch.arange(batch) % CLASSES
    maps = torch.randn(batch, VIEWS, 14, 14, 112, generator=chance).half().numpy()
    cached = ActivationData(maps, targets.numpy(), [""] * batch, seed=0)
    rows = [np.arange(batch)]

    def activations() -> Tensor:
        return next(cached.batches(1, rows))

    def network() -> nn.Module:
        made = create_model(NAME, num_classes=CLASSES)
        return made.replace_head(fresh_head(made.feature_width, CLASSES, seed=0))

    f32, bf16 = Mode("f32", True), Mode("bf16", True)
    made: dict[str, Step] = {}
    for name, mode in (("f32", f32), ("bf16", bf16)):
        made[f"whole network, {name}"] = step_of(network(), lambda: photos, targets, mode)
        frozen = network().freeze(FROZEN)
        made[f"frozen blocks run in each step, {name}"] = step_of(
            frozen, lambda: photos, targets, mode
        )
        plain = Suffix(network(), FROZEN, bn="trained").eval()  # normalisation as layers
        made[f"suffix, layers apart, {name}"] = step_of(plain, activations, targets, mode)
        suffix = Suffix(network(), FROZEN)
        made[f"suffix, {name}"] = step_of(suffix, activations, targets, mode)
    return made


def run(rounds: int, batch: int, *, busy: bool) -> dict[str, float]:
    """Measure every way in turn and return samples a second, or a second of one core's work."""
    torch.set_num_threads(1 if busy else usable_cores())
    clock = time.process_time if busy else time.perf_counter
    steps = ways(batch)
    seconds: dict[str, list[float]] = {name: [] for name in steps}
    for number in range(rounds + 1):
        for name, step in steps.items():
            started = clock()
            step()
            if number:  # the first round sets things up
                seconds[name].append(clock() - started)
    return {name: batch / statistics.median(values) for name, values in seconds.items()}


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--batch", type=int, default=64)
    parser.add_argument(
        "--busy", action="store_true", help="one thread, processor time: for a machine at work"
    )
    given = parser.parse_args()
    print(conditions())
    rates = run(given.rounds, given.batch, busy=given.busy)
    for name, rate in rates.items():
        print(f"{name:<40} {rate:7.1f} samples/s")
    best = {
        kind: max(rate for name, rate in rates.items() if name.startswith(kind))
        for kind in ("whole network", "frozen blocks", "suffix")
    }
    print(f"an epoch of the suffix costs {best['whole network'] / best['suffix']:.3f} of the whole")
    print(f"network's (≤ 0.15), {best['frozen blocks'] / best['suffix']:.3f} of a frozen one's")


if __name__ == "__main__":
    main()
