"""A tiny run folder around the model that tells red photos from blue ones."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import numpy as np
from PIL import Image

from small_model import write_colour_model

SHADES = {"red": (200, 30, 30), "blue": (30, 30, 200)}


def write_colour_run(folder: Path, photos: Path, counts: dict[str, int] | None = None) -> Path:
    """Write photos of both colours, split in three, and a run folder that names them."""
    write_colour_model(folder / "model")
    chance = np.random.default_rng(0)
    rows = []
    for label, shade in SHADES.items():
        (photos / label).mkdir(parents=True, exist_ok=True)
        for split, count in (counts or {"train": 12, "validation": 24, "test": 10}).items():
            for number in range(count):
                path = photos / label / f"{split}-{number:02d}.png"
                colour = tuple(np.clip(shade + chance.integers(-25, 26, 3), 0, 255).tolist())
                if not path.exists():
                    Image.new("RGB", (40, 40), colour).save(path)
                rows.append((f"{label}/{path.name}", label, split))
    write_table(folder, photos, rows)
    return folder


def write_table(folder: Path, photos: Path, rows: list[tuple[str, str, str]]) -> None:
    """Write what a run folder says of its photos."""
    with open(folder / "split.csv", "w", newline="") as file:
        csv.writer(file).writerows([("path", "class", "split"), *rows])
    config = {"data_root": str(photos), "settings": {"augment": "light", "flip": None}}
    (folder / "config.json").write_text(json.dumps(config))
