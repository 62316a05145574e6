"""What every exported file holds, whatever its format."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from foveal.runtime.backends import Backend
from foveal.runtime.model_folder import ModelConfig
from foveal.version import __version__

ExportFormat = Literal["onnx", "openvino", "torch"]
Precision = Literal["f32", "int8"]

INPUT, OUTPUT = "images", "probabilities"
METADATA_VERSION = 1


@dataclass(frozen=True)
class Contents:
    """What goes into an exported file."""

    folder: Path
    """The model folder."""
    config: ModelConfig
    """What it says of itself, its checksums already checked."""
    precision: Precision = "f32"
    """What the weights and the convolutions are in."""
    graph: Any = None
    """A quantised ``openvino.Model`` from raw pixels to logits; None for the folder's own."""

    def metadata(self) -> dict[str, str]:
        """Return what the file says of itself: three names, each with JSON in plain ASCII.

        Returns:
            ``classes``, a list in the order of the probabilities; ``preprocess``, the fields of
            `foveal.Preprocess`; and ``about``, names of input and output and where it comes from.
        """
        size, channels = self.config.preprocess.image_size, self.config.preprocess.channels
        about = {
            "metadata_version": METADATA_VERSION,
            "foveal": __version__,
            "architecture": self.config.architecture,
            "precision": self.precision,
            "input": {
                "name": INPUT,
                "type": "uint8",
                "layout": "NHWC",
                "shape": [None, size, size, channels],
                "colours": "RGB" if channels == 3 else "grey",
            },
            "output": {
                "name": OUTPUT,
                "type": "float32",
                "shape": [None, len(self.config.classes)],
                "calibrated": True,
            },
            "temperature": self.config.temperature,
            "provenance": self.config.provenance,
        }
        return {
            "classes": json.dumps(list(self.config.classes)),
            "preprocess": json.dumps(self.config.preprocess.as_dict()),
            "about": json.dumps(about),
        }


@dataclass(frozen=True)
class Opened:
    """An exported file, ready to run."""

    backend: Backend
    """Raw pixels uint8 (N, S, S, C) → probabilities (N, K)."""
    metadata: dict[str, str]
    """What it says of itself; see `Contents.metadata`."""
