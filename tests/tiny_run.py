"""A run folder around a tiny network from a description, with photos that are no single colour."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch

from conftest import write_photos
from foveal.images import Preprocess
from foveal.models.convnet import ConvNet
from foveal.models.custom import custom_cnn
from foveal.runtime.model_folder import ModelConfig
from foveal.workflow.assemble import network_graph, write_network
from foveal.workflow.export_check import generated
from small_run import write_table

CLASSES = ("plain", "spots", "stripes")
LAYERS = [
    {"conv": 8, "batch_norm": True},
    {"max_pool": 2},
    {"conv": 16, "activation": "silu"},
    {"global_average_pool": True},
]


def tiny_network(preprocess: Preprocess, seed: int = 0) -> tuple[ConvNet, dict]:
    """Return an untrained network that is sure of itself, and its description."""
    size, channels = preprocess.image_size, preprocess.channels
    description = {"image_size": size, "in_channels": channels, "layers": LAYERS}
    torch.manual_seed(seed)
    network = custom_cnn(
        description, num_classes=len(CLASSES), in_channels=channels, image_size=size
    )
    images = np.stack(generated(preprocess, 32))
    with torch.no_grad():  # or all probabilities would be near a third
        pixels = torch.from_numpy(preprocess.normalize(images)).permute(0, 3, 1, 2)
        logits = network.eval()(pixels)
        head = network.head[-1]
        head.weight.div_(logits.std(0)[:, None] / 1.5)
        head.bias.sub_(logits.mean(0)).div_(logits.std(0) / 1.5)
    return network.eval(), description


def write_tiny_run(
    home: Path, preprocess: Preprocess | None = None, *, other_graph: bool = False
) -> Path:
    """Write photos and a run.

    Args:
        home: an empty folder.
        preprocess: of the network; None for 32 pixels, cropped.
        other_graph: give the folder the graph of another network than its weights.
    """
    preprocess = preprocess or Preprocess.preset("symmetric", 32)
    network, description = tiny_network(preprocess)
    drawn = tiny_network(preprocess, seed=1)[0] if other_graph else network
    config = ModelConfig("tiny", CLASSES, preprocess, (), temperature=1.5, description=description)
    run = home / "runs" / "tiny-001"
    write_network(run / "model", config, network, network_graph(drawn, preprocess))
    photos = write_photos(home / "photos", dict.fromkeys(CLASSES, 14))
    splits = ["train"] * 6 + ["validation"] * 8
    rows = [
        (f"{name}/{number:02d}.jpg", name, split)
        for name in CLASSES
        for number, split in enumerate(splits)
    ]
    write_table(run, photos, rows)
    return run
