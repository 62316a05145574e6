"""How fast our networks are beside the same ones of timm: forward and training step.

    python -m benchmarks.networks [NAME ...] [--repeats 7] [--seconds 2] [--busy] [--json FILE]

Both networks see the same batch, channels-last, and have the same weights (but for Lite, whose
weights are random in both). The contestants take turns within a repeat, and the order changes from
turn to turn; a ratio is the median over the repeats of ours by timm's, so that whatever else the
machine does slows both alike. On a machine that has other work, `--busy` takes one thread and
counts the time of the processor, not of the clock. Also: how long building takes, best of three.
"""

from __future__ import annotations

import argparse
import importlib
import statistics
import sys
import time
import warnings
from collections.abc import Callable
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import torch
from torch import nn

from benchmarks.machine import conditions
from foveal.models import architecture, create_model, list_models
from foveal.models.registry import resolve
from foveal.models.weights import load_strictly
from foveal.runtime.backends import best_precision
from foveal.storage import write_json

THEIRS = {  # ours: timm's
    **{name: name for name in ("resnet18", "resnet34", "resnet50", "resnet101", "resnet152")},
    **{name: name for layers in (11, 13, 16, 19) for name in (f"vgg{layers}", f"vgg{layers}_bn")},
    "inception_v3": "inception_v3",
    "mobilenet_v2": "mobilenetv2_100",
    **{f"efficientnet_b{index}": f"efficientnet_b{index}" for index in range(3)},
    **{f"efficientnet_lite{index}": f"tf_efficientnet_lite{index}" for index in range(3)},
}  # fmt: skip
WANTED = 1.05
BATCH = {"forward": 4, "training": 4}
Work = Callable[[], None]
Clock = Callable[[], float]


def import_timm() -> Any:
    """Import timm; beside a PyTorch of another build, declare the operators torchvision misses."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            importlib.import_module("torchvision")
        except RuntimeError:
            for name in [name for name in sys.modules if name.partition(".")[0] == "torchvision"]:
                del sys.modules[name]
            library = torch.library.Library("torchvision", "DEF")
            for operator in ("nms", "qnms"):
                library.define(
                    f"{operator}(Tensor boxes, Tensor scores, float threshold) -> Tensor"
                )
            _LIBRARIES.append(library)
        return importlib.import_module("timm")


_LIBRARIES: list[torch.library.Library] = []


def pair(name: str) -> dict[str, nn.Module]:
    """Build both networks with the same weights, channels-last."""
    theirs = import_timm().create_model(THEIRS[name], pretrained=False)
    row = architecture(name)
    ours = create_model(name)
    if row.rename_timm:
        rename = resolve(row.rename_timm)
        state = {rename(key, ours): value for key, value in theirs.state_dict().items()}
        load_strictly(ours, {k: v for k, v in state.items() if k is not None}, source="timm")
    return {
        "foveal": ours.to(memory_format=torch.channels_last),
        "timm": theirs.to(memory_format=torch.channels_last),
    }


def forward(network: nn.Module, x_NCHW: torch.Tensor, low: bool) -> Work:
    network.eval()

    def work() -> None:
        with torch.inference_mode(), autocast(low):
            network(x_NCHW)

    return work


def training(network: nn.Module, x_NCHW: torch.Tensor, low: bool) -> Work:
    network.train()
    optimiser = torch.optim.SGD(network.parameters(), lr=1e-4, momentum=0.9, foreach=True)
    targets_N = torch.arange(len(x_NCHW))

    def work() -> None:
        optimiser.zero_grad()
        with autocast(low):
            logits_NK = network(x_NCHW)
        nn.functional.cross_entropy(logits_NK.float(), targets_N).backward()
        optimiser.step()

    return work


def autocast(low: bool) -> Any:
    return torch.autocast("cpu", torch.bfloat16) if low else nullcontext()


def in_turn(
    works: dict[str, Work], repeats: int, seconds: float, clock: Clock
) -> dict[str, list[float]]:
    """Return the seconds a run of each contestant took, repeat by repeat."""
    names = list(works)
    started = clock()
    for name in names:
        works[name]()
    took = (clock() - started) / len(names)
    times = max(1, round(seconds / repeats / max(took, 1e-4) / len(names)))
    found: dict[str, list[float]] = {name: [] for name in names}
    for repeat in range(repeats):
        spent = dict.fromkeys(names, 0.0)
        for turn in range(times):
            for name in names if (repeat + turn) % 2 else reversed(names):
                started = clock()
                works[name]()
                spent[name] += clock() - started
        for name in names:
            found[name].append(spent[name] / times)
    return found


def measure(name: str, repeats: int, seconds: float, clock: Clock) -> dict[str, Any]:
    networks = pair(name)
    size = architecture(name).image_size
    modes = ["f32", *(["bf16"] if best_precision() == "bf16" else [])]
    row: dict[str, Any] = {"building_seconds": building(name, clock)}
    for kind, make in (("forward", forward), ("training", training)):
        x_NCHW = torch.randn(BATCH[kind], 3, size, size).to(memory_format=torch.channels_last)
        for mode in modes:
            works = {k: make(network, x_NCHW, mode == "bf16") for k, network in networks.items()}
            took = in_turn(works, repeats, seconds, clock)
            ratios = [a / b for a, b in zip(took["foveal"], took["timm"], strict=True)]
            row[f"{kind} {mode}"] = {
                "ratio": statistics.median(ratios),
                "spread": [min(ratios), max(ratios)],
                **{k: BATCH[kind] / statistics.median(values) for k, values in took.items()},
            }
    return row


def building(name: str, clock: Clock) -> float:
    seconds = []
    for _ in range(3):
        started = clock()
        create_model(name)
        seconds.append(clock() - started)
    return min(seconds)


def show(name: str, row: dict[str, Any]) -> None:
    cells = [
        f"{kind} {cell['foveal']:6.1f} /s, ratio {cell['ratio']:.3f}"
        f"{' !' if cell['ratio'] > WANTED else '  '}"
        for kind, cell in row.items()
        if isinstance(cell, dict)
    ]
    print(f"{name:19} built {row['building_seconds']:.2f} s  {'; '.join(cells)}", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("names", nargs="*", help="networks; all that timm has if none are given")
    parser.add_argument("--repeats", type=int, default=7, help="paired repeats")
    parser.add_argument("--seconds", type=float, default=2.0, help="for each kind and mode")
    parser.add_argument("--busy", action="store_true", help="one thread, time of the processor")
    parser.add_argument("--json", type=Path, help="write the figures and their conditions here")
    options = parser.parse_args()
    clock = time.process_time if options.busy else time.perf_counter
    if options.busy:
        torch.set_num_threads(1)
    results = {}
    for name in options.names or [name for name in list_models() if name in THEIRS]:
        torch.manual_seed(0)
        results[name] = measure(name, options.repeats, options.seconds, clock)
        show(name, results[name])
    if options.json:
        timm = {"timm": import_timm().__version__, "threads": torch.get_num_threads()}
        timm["clock"] = "processor" if options.busy else "wall"
        write_json(options.json, conditions() | timm | {"batch": BATCH, "networks": results})


if __name__ == "__main__":
    main()
