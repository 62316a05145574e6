"""A real, tiny model folder: tells red photos from blue ones by their mean colour."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from foveal.images import Preprocess
from foveal.runtime.backends import openvino
from foveal.runtime.graphs import save_openvino
from foveal.runtime.model_folder import ModelConfig, write_model
from foveal.storage import write_bytes

SIDE = 32


def write_colour_model(folder: Path) -> Path:
    """Write the model, and return its folder."""
    ops = openvino().opset13
    pixels = ops.parameter([-1, SIDE, SIDE, 3], np.uint8, name="pixels")
    mean = ops.reduce_mean(ops.convert(pixels, "f32"), np.array([1, 2]))
    weight = np.array([[-0.05, 0.05], [0, 0], [0.05, -0.05]], np.float32)
    graph = openvino().Model([ops.matmul(mean, weight, False, False)], [pixels])
    config = ModelConfig(
        architecture="efficientnet_lite0",
        classes=("blue", "red"),
        preprocess=Preprocess(image_size=SIDE),
        head_widths=(3, 2),
    )
    write_model(
        folder,
        config,
        lambda path: write_bytes(path, b"weights"),
        lambda path: save_openvino(graph, path),
        "0.0",
    )
    return folder
