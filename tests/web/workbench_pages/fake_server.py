"""Answers of the workbench's server, made up: for states that a real one reaches seldom."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qs, urlsplit

import numpy as np

SET, RUN, OTHER = "set-1", "run-1", "run-2"
CLASSES = ["mug", "keys", "spoon"]
CONFUSION = [[9, 1, 0], [0, 10, 0], [2, 0, 8]]
THUMB = "/data/photos/china.jpg"  # any picture of the site


def photo(label: str, number: int) -> dict[str, str]:
    """One photo as the server lists it."""
    return {
        "id": f"{label}{number}",
        "name": f"{label}-{number}.jpg",
        "class": label,
        "thumb": THUMB,
    }


def history(epochs: int = 8, phase: str = "head") -> list[dict[str, Any]]:
    """Rows as history.csv holds them."""
    return [
        {
            "epoch": epoch,
            "train_loss": 1.1 / epoch,
            "train_accuracy": 1 - 0.5 / epoch,
            "validation_loss": 1.2 / epoch + 0.05,
            "validation_accuracy": 0.95 - 0.5 / epoch,
            "learning_rate": 0.001,
            "phase": phase,
        }
        for epoch in range(1, epochs + 1)
    ]


def metrics(classes: list[str] = CLASSES, confusion: list[list[int]] = CONFUSION) -> dict[str, Any]:
    """What metrics.json holds."""
    n = sum(map(sum, confusion))
    right = sum(confusion[i][i] for i in range(len(classes)))
    per_class = {
        name: {"precision": 0.9, "recall": 0.9, "f1": 0.9, "n": sum(confusion[i])}
        for i, name in enumerate(classes)
    }
    per_class[classes[-1]]["precision"] = None
    split = {
        "n": n,
        "accuracy": right / n,
        "accuracy_ci95": [0.74, 0.97],
        "loss": 0.2,
        "macro_f1": 0.9,
        "per_class": per_class,
        "confusion": confusion,
    }
    return {"classes": classes, "splits": {"validation": split, "test": split}, "timing": {}}


def one_run(key: str = RUN, state: str = "done", **more: Any) -> dict[str, Any]:
    """A run as the list shows it."""
    return {
        "id": key,
        "name": "kitchen-001" if key == RUN else "kitchen-002",
        "state": state,
        "photos": SET,
        "kind": "head",
        "backbone": "efficientnet_lite0",
        "created": "2026-03-01T10:00:00+00:00",
        "accuracy": 0.9 if state == "done" else None,
        "split": "test",
        "measured": 30,
        "epochs_done": 8,
        "removable": state != "running",
    } | more


def whole_run(key: str = RUN, state: str = "done", **more: Any) -> dict[str, Any]:
    """A run with everything that is known of it."""
    done = state == "done"
    return (
        one_run(key, state)
        | {
            "settings": {},
            "metrics": metrics() if done else None,
            "history": history() if done else [],
            "error": None,
            "report": None,
            "rejects": done,
        }
        | more
    )


def picture(side: int = 64) -> str:
    """Pixels of a picture, as base64."""
    y, x = np.mgrid[:side, :side]
    pixels = np.stack([x * 255 // side, y * 255 // side, 128 + 0 * x], -1).astype(np.uint8)
    return base64.b64encode(pixels.tobytes()).decode()


def one_map(channel: int, side: int = 14) -> dict[str, Any]:
    """One feature map."""
    y, x = np.mgrid[:side, :side]
    values = ((np.sin(x / 2 + channel) * np.cos(y / 3) + 1) * 127).astype(np.uint8)
    return {
        "channel": channel,
        "width": side,
        "height": side,
        "min": -1.5,
        "max": 2.5,
        "values": base64.b64encode(values.tobytes()).decode(),
    }


def explanation(label: str) -> dict[str, Any]:
    """Answer to an explanation: strongest at the upper left."""
    side = 7
    values = [max(0.0, 1 - (x + y) / side) for y in range(side) for x in range(side)]
    return {
        "class": label,
        "probability": 0.79,  # PyTorch explains, and rounds otherwise than what answers
        "map": {"width": side, "height": side, "values": values},
        "picture": {"width": 64, "height": 64, "rgb": picture()},
        "crop": "The middle square of the photo.",
    }


Answer = dict[str, Any] | tuple[int, dict[str, Any]] | tuple[int, dict[str, Any], dict[str, str]]


class FakeServer:
    """Answers by pattern; a test changes what it needs."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.answers: dict[str, Answer | Callable[..., Answer]] = {
            "GET photos": {
                "sets": [
                    {
                        "id": SET,
                        "name": "kitchen",
                        "n": 100,
                        "classes": [{"name": name, "n": 33} for name in CLASSES],
                    },
                    {
                        "id": "set-2",
                        "name": "garden birds",
                        "n": 2410,
                        "classes": [{"name": f"bird {i}", "n": 241} for i in range(10)],
                    },
                ],
                "limits": {"photo_mb": 16, "zip_mb": 500, "photos": 20000},
            },
            f"GET photos/{SET}": {
                "id": SET,
                "name": "kitchen",
                "n": 100,
                "classes": [{"name": name, "n": 33} for name in CLASSES],
                "photos": {name: [photo(name, i) for i in range(20)] for name in CLASSES},
                "division": "It is given 100 photos in 3 classes: 70 % to learn from.",
                "removable": True,
            },
            f"GET photos/{SET}/check": {
                "verdict": "100 photos of 3 classes: 1 warning. They can be trained on.",
                "trainable": True,
                "n": 100,
                "findings": [
                    {
                        "kind": "near-duplicates",
                        "level": "warning",
                        "sentence": "2 pairs of photos are nearly the same. Keep one of each.",
                        "count": 4,
                        "photos": [photo("mug", i) for i in range(4)],
                    },
                    {
                        "kind": "few",
                        "level": "note",
                        "sentence": "The smallest class, spoon, has 33 photos. More would help.",
                        "count": 0,
                        "photos": [],
                    },
                ],
            },
            f"POST photos/{SET}/remove": {},
            "GET options": {
                "backbones": [
                    {"name": "efficientnet_lite0", "words": "Small and fast."},
                    {"name": "efficientnet_lite2", "words": "More accurate, slower."},
                ],
                "kinds": [
                    {"name": "head", "words": "Seconds to a minute; enough for most."},
                    {"name": "fine-tune", "words": "Minutes; often a little better."},
                    {"name": "scratch", "words": "Long, and needs thousands of photos."},
                ],
                "networks": [{"name": "simple_resnet", "words": "0.3 million weights."}],
                "augments": ["none", "light", "medium", "heavy"],
                "flips": ["none", "horizontal", "vertical", "both"],
                "defaults": {
                    "kind": "head",
                    "backbone": "efficientnet_lite0",
                    "network": "simple_resnet",
                    "epochs": {"head": 60, "fine-tune": 12, "scratch": 30},
                    "augment": {"head": "medium", "fine-tune": "medium", "scratch": "light"},
                    "seed": 0,
                },
            },
            "GET runs": {"runs": [one_run(), one_run(OTHER)], "running": None},
            f"GET runs/{RUN}": whole_run(),
            f"GET runs/{OTHER}": whole_run(OTHER, history=history(5)),
            "POST runs": (201, {"id": RUN}),
            f"GET runs/{RUN}/events": {"events": [], "next": 0, "state": "done"},
            f"GET runs/{RUN}/cell": {
                "photos": [
                    photo("mug", i) | {"label": "mug", "predicted": "keys", "probability": 0.7}
                    for i in range(2)
                ]
            },
            f"POST runs/{RUN}/ready": {"state": "ready", "sentence": ""},
            f"POST runs/{RUN}/predict": {
                "classes": [
                    {"label": "mug", "probability": 0.81},
                    {"label": "spoon", "probability": 0.15},
                    {"label": "keys", "probability": 0.04},
                ],
                "rejected": False,
                "milliseconds": 14.2,
                "preprocess": "The middle square, 224 × 224 pixels.",
            },
            f"POST runs/{RUN}/explain": lambda query: explanation(query["class"][0]),
            f"POST runs/{RUN}/feature-maps": lambda query: {
                "blocks": ["stem", "stage1_1", "top"],
                "block": query.get("block", ["top"])[0],
                "shape": [32, 14, 14],
                "maps": [one_map(i) for i in range(24)],
            },
            f"GET runs/{RUN}/filters": {
                "layer": "stem",
                "filters": [{"width": 3, "height": 3, "rgb": picture(3)} for _ in range(32)],
            },
            "GET compare": {
                "runs": [
                    {"run": "kitchen-001", "accuracy": 0.9, "accuracy_ci95": [0.74, 0.97]},
                    {"run": "kitchen-002", "accuracy": 0.87, "accuracy_ci95": [0.7, 0.95]},
                ],
                "n": 30,
                "both_right": 25,
                "only_first_right": 2,
                "only_second_right": 1,
                "both_wrong": 2,
                "difference": -0.033,
                "difference_ci95": [-0.15, 0.08],
                "mcnemar_p": 1.0,
                "left_out": 0,
                "conclusion": "The difference could be chance.",
                "sentence": "The difference could be chance.",
            },
            f"POST runs/{RUN}/export": (201, {"job": "job-1"}),
            "GET exports/job-1": {
                "state": "done",
                "sentence": "Verified on 18 photos: largest difference 1e-6, no label changed.",
                "download": "/downloads/job-1.zip",
            },
        }

    def install(self, page: Any) -> None:
        """Answer for the server from now on."""
        page.route(re.compile(r"/api/workbench/"), self._answer)

    def _answer(self, route: Any) -> None:
        request = route.request
        parts = urlsplit(request.url)
        key = f"{request.method} {parts.path.removeprefix('/api/workbench/')}"
        self.asked.append(f"{key}?{parts.query}" if parts.query else key)
        found: Any = self.answers.get(key, (404, {"error": f"nothing is made up for {key}."}))
        if found is None:
            route.abort()
            return
        if callable(found):
            found = found(parse_qs(parts.query))
        status, body, headers = (200, found, {}) if isinstance(found, dict) else (*found, {})[:3]
        route.fulfill(
            status=status,
            body=json.dumps(body),
            headers={"Content-Type": "application/json"} | headers,
        )
