"""Measure Foveal: ``python -m benchmarks`` (or ``make bench``)."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from benchmarks import main_job
from benchmarks.machine import conditions
from foveal.storage import read_json, write_json

RESULTS = Path(__file__).with_name("results.json")
MARKS = {
    "cold_over_floor": ("≤", 1.4),
    "second_over_cold": ("≤", 0.35),
    "predict_seconds": ("≤", 1.5),
    "help_seconds": ("≤", 0.3),
    "validation_accuracy": ("≥", 0.94),
}


def show(results: dict[str, Any]) -> None:
    """Print one line a figure, with the mark it should reach."""
    for name, value in results.items():
        relation, mark = MARKS.get(name, ("", None))
        shown = f"{value:.3f}" if isinstance(value, float) else str(value)
        wanted = f"   ({relation} {mark})" if mark is not None else ""
        print(f"{name:<22} {shown}{wanted}")


def main() -> None:
    """Measure, print and write ``benchmarks/results.json``."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--repeats", type=int, default=3, help="of each training, default 3")
    parser.add_argument(
        "--memory-photos", type=int, default=5000, help="photos of the memory test; 0 leaves it out"
    )
    parser.add_argument("--json", type=Path, default=RESULTS, help="where the figures go")
    given = parser.parse_args()
    measured = {
        "conditions": conditions(),
        "main_job": main_job.run(
            given.repeats, given.memory_photos, lambda line: print(f"… {line}", flush=True)
        ),
    }
    show(measured["conditions"])
    show(measured["main_job"])
    kept = read_json(given.json) if given.json.is_file() else {}  # of other benchmarks
    write_json(given.json, kept | measured)


if __name__ == "__main__":
    main()
