"""Precision and memory format: what there is, and which is fastest here, measured.

Depthwise convolutions in bf16 are slow on some CPUs and channels-last is slower for some networks,
so nothing is assumed: a few steps of each are timed on a copy of the network.
"""

from __future__ import annotations

import copy
import shutil
import time
from contextlib import AbstractContextManager
from dataclasses import asdict, dataclass
from itertools import product
from typing import Any, Literal

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from foveal.errors import UsageError
from foveal.training.network_config import NetworkConfig
from foveal.training.optimisation.memory import kept_memory

_SECONDS = 8.0  # what a measurement may take, about
_SAMPLES = 32
_ROUNDS = 8
_FAST_ENOUGH = 5e-4  # seconds a sample
_WORTH = 1.2  # how many times as fast a mode must be to be chosen over a plainer one


@dataclass(frozen=True)
class Mode:
    """How a network computes."""

    precision: Literal["f32", "bf16"] = "f32"
    """``bf16`` is autocast: weights stay f32."""
    channels_last: bool = True
    """Whether maps lie in memory channel by channel for each pixel."""
    compile: bool = False
    """Whether the network is compiled."""

    def prepare(self, network: nn.Module) -> None:
        """Arrange a network's weights in memory, and compile it where that is wanted.

        Args:
            network: its weights are moved, not changed.

        Raises:
            UsageError: compiling was asked for and there is no compiler.
        """
        last = torch.channels_last if self.channels_last else torch.contiguous_format
        network.to(memory_format=last)  # type: ignore[call-overload]  # missing from its stubs
        if not self.compile:
            return
        if not any(shutil.which(name) for name in ("g++", "c++", "clang++")):
            raise UsageError(
                "`compile` needs a C++ compiler and none was found; install g++ or leave it off."
            )
        network.compile()

    def arrange(self, inputs: Tensor, pixels: bool) -> Tensor:
        """Lay a batch out in memory as the network wants it.

        Args:
            inputs: photos (N, H, W, C), or activations.
            pixels: whether it is photos.

        Returns:
            The same values and shape. Photos lie channels-last by nature.
        """
        if inputs.ndim != 4:
            return inputs
        if pixels:
            if self.channels_last:
                return inputs
            return inputs.permute(0, 3, 1, 2).contiguous().permute(0, 2, 3, 1)
        last = torch.channels_last if self.channels_last else torch.contiguous_format
        return inputs.contiguous(memory_format=last)

    def autocast(self, device: torch.device) -> AbstractContextManager[Any]:
        """Return the block in which the forward pass runs.

        Args:
            device: where.

        Returns:
            A context manager.
        """
        return torch.autocast(device.type, torch.bfloat16, enabled=self.precision == "bf16")

    def __str__(self) -> str:
        parts: list[str] = [self.precision]
        parts += ["channels-last"] if self.channels_last else []
        return ", ".join(parts + (["compiled"] if self.compile else []))


@dataclass(frozen=True)
class Timing:
    """How long a step took in a mode."""

    mode: Mode
    """The mode."""
    seconds: float
    """Of one forward and backward pass over the samples measured."""
    samples: int
    """How many they were."""

    def as_json(self) -> dict[str, Any]:
        """Return what a report holds of it."""
        return {**asdict(self.mode), "seconds": self.seconds, "samples": self.samples}


def has_bf16(device: torch.device) -> bool:
    """Say whether a device computes bf16 by itself.

    Args:
        device: the device.

    Returns:
        False where bf16 would be imitated, slowly.
    """
    if device.type == "cuda":
        return bool(torch.cuda.is_bf16_supported(including_emulation=False))
    if device.type == "cpu":
        supported = (torch.cpu._is_avx512_bf16_supported, torch.cpu._is_amx_tile_supported)
        return any(bool(check()) for check in supported)
    return False


def candidates(config: NetworkConfig, device: torch.device) -> list[Mode]:
    """Return the modes that settings leave open.

    Args:
        config: `precision`, `channels_last` and `compile` are read.
        device: where training runs.

    Returns:
        One mode or more.
    """
    precisions: list[Any] = [config.precision]
    if config.precision == "auto":
        precisions = ["f32", "bf16"] if has_bf16(device) else ["f32"]
    formats = [True, False] if config.channels_last == "auto" else [config.channels_last == "on"]
    return [Mode(p, last, config.compile) for p, last in product(precisions, formats)]


def measure_modes(
    network: nn.Module,
    inputs: Tensor,
    targets: Tensor,
    modes: list[Mode],
    device: torch.device,
) -> list[Timing]:
    """Time forward and backward passes of each mode on a copy of a network.

    Args:
        network: stays as it is.
        inputs: a batch as the network takes it; 32 samples of it are used.
        targets: their classes, int64 (N,).
        modes: what to compare.
        device: where to run.

    Returns:
        A timing for each mode, the fastest first.
    """
    inputs, targets = inputs[:_SAMPLES].to(device), targets[:_SAMPLES].to(device)
    devices = [] if device.type == "cpu" else [device]
    with kept_memory(), torch.random.fork_rng(devices=devices):
        trials = {mode: copy.deepcopy(network).train() for mode in modes}
        for mode, trial in trials.items():
            mode.prepare(trial)
        shortest = _in_turn(trials, inputs, targets)
    timings = [Timing(mode, seconds, len(inputs)) for mode, seconds in shortest.items()]
    return sorted(timings, key=lambda timing: timing.seconds)


def _in_turn(trials: dict[Mode, nn.Module], inputs: Tensor, targets: Tensor) -> dict[Mode, float]:
    """Return the shortest pass of each mode: in turn, so that other work slows all of them alike.

    The first round sets things up and counts only where nothing else fits into the time.
    """
    started, shortest = time.perf_counter(), dict.fromkeys(trials, float("inf"))
    for round_number in range(1 + _ROUNDS):
        for mode, trial in trials.items():
            seconds = _pass(trial, mode, inputs, targets)
            shortest[mode] = min(shortest[mode], seconds)
        late = time.perf_counter() - started > _SECONDS
        if late:
            break
        if round_number == 0:
            shortest = dict.fromkeys(trials, float("inf"))
    return shortest


def _pass(network: nn.Module, mode: Mode, inputs: Tensor, targets: Tensor) -> float:
    before = time.perf_counter()
    arranged = mode.arrange(inputs, inputs.dtype == torch.uint8)
    with mode.autocast(inputs.device):
        logits = network(arranged)
    torch.autograd.backward(F.cross_entropy(logits.float(), targets))
    if inputs.device.type != "cpu":
        torch.accelerator.synchronize()
    seconds = time.perf_counter() - before
    network.zero_grad()  # gradients of every trial at once would take memory for nothing
    return seconds


def clearly_fastest(timings: list[Timing]) -> Mode:
    """Return the mode to train in: the plainest, unless another is clearly faster.

    Args:
        timings: one or more.

    Returns:
        f32 and channels-last, or what is at least 1.2 times as fast. A network that needs less
        than half a millisecond for a sample anyway has nothing to gain but noise.
    """
    plainest_first = sorted(
        timings, key=lambda timing: (timing.mode.precision != "f32", not timing.mode.channels_last)
    )
    chosen = plainest_first[0]
    if chosen.seconds < _FAST_ENOUGH * chosen.samples:
        return chosen.mode
    for timing in plainest_first[1:]:
        if timing.seconds * _WORTH < chosen.seconds:
            chosen = timing
    return chosen.mode
