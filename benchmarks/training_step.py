"""A training step through Foveal against a hand-written PyTorch loop in the same mode.

``python -m benchmarks.training_step``: the custom CIFAR network, batch 128, on random pixels that
lie in memory, so that only the step is measured. The two take turns, a few steps each, and the
median of the rounds' ratios is given: on a busy machine both suffer alike.
"""

from __future__ import annotations

import argparse
import json
import statistics
import time
from collections.abc import Callable, Iterator
from contextlib import nullcontext, suppress
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import nn

from benchmarks.machine import conditions
from foveal.errors import TrainingInterrupted
from foveal.models import create_model
from foveal.runtime.convert import RawPixels
from foveal.runtime.cores import usable_cores
from foveal.storage import write_json
from foveal.training import NetworkConfig, Trainer
from foveal.training.optimisation.modes import Mode, has_bf16

BATCH, CLASSES, SIZE = 128, 10, 32
MARK = 0.95


class Memory:
    """Random pictures in memory: as a `TrainingData`, rendering costs next to nothing."""

    def __init__(self, count: int) -> None:
        chance = np.random.default_rng(0)
        self.pixels = torch.from_numpy(
            chance.integers(0, 256, (count, SIZE, SIZE, 3), dtype=np.uint8)
        )
        self.targets_N = chance.integers(0, CLASSES, count).astype(np.int64)

    def batches(self, epoch: int, slices: Any) -> Iterator[torch.Tensor]:
        for rows in slices:
            yield self.pixels[torch.from_numpy(rows)]

    def name(self, row: int) -> str:
        return f"random {row}"


def network() -> RawPixels:
    """The network on raw pixels, always with the same start."""
    torch.manual_seed(0)
    body = create_model("custom_cifar_cnn", num_classes=CLASSES)
    return RawPixels(body, [127.5] * 3, [64.0] * 3)


def by_hand(data: Memory, mode: Mode) -> Callable[[], None]:
    """Return a step as people write it: the tutorial's loop with its usual accelerations."""
    made = network().train()
    if mode.channels_last:
        made = made.to(memory_format=torch.channels_last)
    optimizer = torch.optim.AdamW(made.parameters(), lr=1e-3, fused=True)
    criterion = nn.CrossEntropyLoss()
    orders, total = iter(()), [0.0, 0.0]

    def step() -> None:
        nonlocal orders
        rows = next(orders, None)
        if rows is None:
            orders = iter(torch.randperm(len(data.targets_N)).split(BATCH))
            rows = next(orders)
        images, targets = data.pixels[rows], torch.from_numpy(data.targets_N)[rows]
        optimizer.zero_grad(set_to_none=True)
        bf16 = mode.precision == "bf16"
        with torch.autocast("cpu", torch.bfloat16) if bf16 else nullcontext():
            logits = made(images)
            loss = criterion(logits, targets)
        loss.backward()
        optimizer.step()
        total[0] += loss.item()
        total[1] += (logits.argmax(1) == targets).sum().item()

    return step


def now() -> np.ndarray:
    """The time on the wall, and that of the processor, which other programs disturb less."""
    return np.array([time.perf_counter(), time.process_time()])


def compare(mode: Mode, rounds: int, steps: int) -> dict[str, Any]:
    """Let both take turns inside one training: its hook runs the hand-written loop."""
    data = Memory(40 * BATCH)
    hand = by_hand(data, mode)
    ours, theirs = list[np.ndarray](), list[np.ndarray]()
    begun, done = now(), 0

    def on_step(*told: float) -> None:
        nonlocal begun, done
        done += 1
        if done % steps:
            return
        between = now()
        for _ in range(steps):
            hand()
        ended = now()
        ours.append(between - begun)
        theirs.append(ended - between)
        begun = now()
        if len(ours) > rounds:
            trainer.stop()

    last = "on" if mode.channels_last else "off"
    config = NetworkConfig(
        epochs=10**6, batch=BATCH, precision=mode.precision, channels_last=last, lr=1e-3
    )
    trainer = Trainer(network(), data, Memory(BATCH), config, on_step=on_step)
    with suppress(TrainingInterrupted):
        trainer.fit()
    own, other = np.stack(ours[1:]), np.stack(theirs[1:])  # the first round sets things up
    wall, processor = (other / own).T
    images = steps * BATCH
    return {
        "mode": str(mode),
        "foveal_images_per_second": images / statistics.median(own[:, 0]),
        "by_hand_images_per_second": images / statistics.median(other[:, 0]),
        "foveal_over_by_hand": statistics.median(wall),
        "foveal_over_by_hand_quartiles": [round(q, 3) for q in statistics.quantiles(wall, n=4)],
        "foveal_over_by_hand_in_processor_time": statistics.median(processor),
        "rounds": rounds,
        "steps_a_round": steps,
    }


def main() -> None:
    """Measure and print; with ``--json`` also write."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--steps", type=int, default=3, help="steps of each a round")
    parser.add_argument("--threads", type=int, default=usable_cores())
    parser.add_argument("--json", type=Path, help="where the figures go")
    given = parser.parse_args()
    torch.set_num_threads(given.threads)
    precisions: list[Any] = ["f32", "bf16"] if has_bf16(torch.device("cpu")) else ["f32"]
    results = [compare(Mode(each), given.rounds, given.steps) for each in precisions]
    measured = {
        "conditions": conditions() | {"threads": given.threads},
        "mark": MARK,
        "training_step": results,
    }
    print(json.dumps(measured, indent=2))
    if given.json:
        write_json(given.json, measured)


if __name__ == "__main__":
    main()
