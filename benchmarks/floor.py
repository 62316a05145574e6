"""The floor of a cold training run: a bare script with none of Foveal's care.

It decodes the same photos, warps the same views, encodes them with OpenVINO and fits a head:
no checks, no hashes, no cache, no files, no report. Foveal's own time is measured against it.

    python -m benchmarks.floor PHOTOS --backbone efficientnet_lite2 --views 2
"""

from __future__ import annotations

import argparse
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import cv2
import numpy as np
import torch
from PIL import Image

from foveal.models.create import create_model
from foveal.models.registry import architecture
from foveal.runtime.backends import openvino


class Normalised(torch.nn.Module):
    def __init__(self, body):
        super().__init__()
        self.body = body

    def forward(self, images_NHWC):
        return self.body((images_NHWC.permute(0, 3, 1, 2).float() - 127.0) / 128.0)


def compiled(name, size):
    network = create_model(name, pretrained=True)
    prefix, _ = network.split(len(network.blocks))
    example = torch.zeros(1, size, size, 3, dtype=torch.uint8)
    graph = openvino().convert_model(Normalised(prefix.eval()), example_input=example)
    graph.reshape([8, size, size, 3])
    return openvino().Core().compile_model(graph, "CPU", {"PERFORMANCE_HINT": "THROUGHPUT"})


def views_of(job):
    path, size, count = job
    image = Image.open(path)
    image.draft("RGB", (size, size))
    pixels = np.asarray(image.convert("RGB"))
    height, width = pixels.shape[:2]
    side = min(height, width) * size / (size + 32)
    scale = size / side
    chance = np.random.default_rng(hash(path) % 2**32)
    views = []
    for number in range(count):
        turn = cv2.getRotationMatrix2D(
            (width / 2, height / 2), chance.uniform(-12, 12) if number else 0, scale
        )
        turn[:, 2] += size / 2 - np.array([width / 2, height / 2])
        views.append(cv2.warpAffine(pixels, turn, (size, size), borderMode=cv2.BORDER_REPLICATE))
    return views


def batches(files, size, count):
    held, start = [], 0
    with ThreadPoolExecutor(2) as pool:
        for at in range(0, len(files), 64):
            chunk = [(file, size, count) for file in files[at : at + 64]]
            for views in pool.map(views_of, chunk):
                for view in views:
                    held.append(view)
                    if len(held) == 8:
                        yield start, np.stack(held)
                        start, held = start + 8, []
    if held:
        yield start, np.stack(held + held[-1:] * (8 - len(held)))


def encode(network, files, size, count):
    features = np.zeros((len(files) * count + 8, 1280), np.float32)

    def keep(request, start):
        features[start : start + 8] = request.get_output_tensor(0).data

    queue = openvino().AsyncInferQueue(network)
    queue.set_callback(keep)
    for start, images in batches(files, size, count):
        queue.start_async({0: images}, start)
    queue.wait_all()
    return features[: len(files) * count]


def fit(x, y, classes):
    x = torch.from_numpy((x - x.mean(0)) / (x.std(0) + 1e-6))
    y = torch.from_numpy(y)
    head = torch.nn.Linear(x.shape[1], classes)
    optimizer = torch.optim.AdamW(head.parameters(), lr=1e-3, weight_decay=1.0)
    for _ in range(20):
        for rows in torch.randperm(len(y)).split(64):
            loss = torch.nn.functional.cross_entropy(head(x[rows]), y[rows])
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("photos", type=Path)
    parser.add_argument("--backbone", default="efficientnet_lite2")
    parser.add_argument("--views", type=int, default=2)
    given = parser.parse_args()
    size = architecture(given.backbone).image_size
    network = compiled(given.backbone, size)
    train, held_out = (
        sorted(str(path) for path in (given.photos / split).glob("*/*"))
        for split in ("train", "val")
    )
    classes = sorted({Path(path).parent.name for path in train})
    features = encode(network, train, size, given.views)
    encode(network, held_out, size, 1)
    targets = np.repeat([classes.index(Path(path).parent.name) for path in train], given.views)
    fit(features, targets, len(classes))


if __name__ == "__main__":
    main()
