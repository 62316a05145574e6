"""Reports for the tests: deterministic, without photos on disk."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np

from foveal.evaluation import Evaluation, ReportData
from foveal.metrics import softmax

HOSTILE = (
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(2)>',
    "' onclick='alert(3)",
    "\u202egnp.exe",
    "قطة جميلة",
    "bad\udcffbyte\x00",
    "&lt;b&gt;",
    "a_very_long_class_name_" * 8,
)


def evaluation(
    classes: tuple[str, ...], n: int, *, split: str = "test", skill: float = 3.0
) -> Evaluation:
    rng = np.random.default_rng(len(classes) + n)
    targets = np.arange(n) % len(classes)
    logits = rng.normal(size=(n, len(classes)))
    logits[np.arange(n), targets] += skill
    paths = tuple(f"{split}/{classes[t]}/photo {i}.jpg" for i, t in enumerate(targets))
    return Evaluation(split, classes, paths, targets, softmax(logits).astype(np.float32))


def history(epochs: int) -> list[dict[str, float | None]]:
    return [
        {
            "epoch": e,
            "train_loss": 1 / e,
            "train_accuracy": 1 - 0.5 / e,
            "validation_loss": 1.2 / e,
            "validation_accuracy": 1 - 0.6 / e,
            "learning_rate": 1e-3,
        }
        for e in range(1, epochs + 1)
    ]


def report_data(
    classes: tuple[str, ...] = ("ants", "bees"), n: int = 120, **changed: Any
) -> ReportData:
    results = {
        "validation": evaluation(classes, max(1, n // 2), split="validation"),
        "test": evaluation(classes, n),
    }
    counts = {split: dict.fromkeys(classes, 9) for split in ("train", "validation", "test")}
    fields: dict[str, Any] = {
        "title": "Ants or bees",
        "run_name": "ants-1",
        "created": "23 November 2026",
        "classes": classes,
        "counts": counts,
        "evaluations": results,
        "history": history(12),
        "best_epoch": 9,
        "timing": {"decode_seconds": 6.0, "encode_seconds": 11.0, "total_seconds": 14.0},
        "warnings": ["two photos are the same"],
        "rejected": [
            SimpleNamespace(path="a/cut.jpg", reason="truncated JPEG", remedy="export it again")
        ],
        "settings": {"backbone": "efficientnet_lite2", "views": 4, "mean": [127, 127, 127]},
        "command": "foveal train photos/ --seed 0",
        "next_steps": ["Add photos of ants."],
        "temperature": 1.25,
        "image_root": Path("photos"),
    }
    return ReportData(**(fields | changed))


def hostile_data() -> ReportData:
    bad = HOSTILE[0]
    return report_data(
        HOSTILE,
        48,
        title=bad,
        run_name=HOSTILE[1],
        created=bad,
        warnings=list(HOSTILE),
        rejected=[SimpleNamespace(path=name, reason=name, remedy=name) for name in HOSTILE],
        settings={name: [name] for name in HOSTILE},
        command=f"</code>{bad}",
        next_steps=[f"</li>{bad}"],
    )
