"""What more views of each training photo bring, and what they cost.

    python -m benchmarks.views_and_head PHOTOS [--backbone efficientnet_lite2] [--splits 8]

All photos are encoded once; heads are then trained on random splits with 1, 2 and 4 views.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np

from foveal.data import ImageData, seeded_split
from foveal.features import FrozenEncoder, Views, choose_backbone
from foveal.images import Augment
from foveal.metrics import log_loss, softmax
from foveal.training import HeadConfig
from foveal.training.transfer.dense import dense_logits
from foveal.training.transfer.head import Features, train_head


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("photos", type=Path)
    parser.add_argument("--backbone", default="efficientnet_lite2")
    parser.add_argument("--splits", type=int, default=8)
    given = parser.parse_args()
    data = ImageData.from_folder(given.photos)
    encoder = FrozenEncoder(choose_backbone(given.backbone))
    encoded = encoder.encode(data.samples, Views(4, Augment.preset("medium")))
    samples = [data.samples[index] for index in encoded.kept]
    targets = data.targets(samples)
    for views in (1, 2, 4):
        figures = np.array(
            [
                measure(encoded.features_NVD[:, :views], samples, targets, s)
                for s in range(given.splits)
            ]
        )
        accuracy, loss, temperature = figures.mean(axis=0)
        print(f"{views} views: test accuracy {accuracy:.1%}, loss {loss:.3f}, T {temperature:.2f}")


def measure(x_NVD, samples, targets, seed):
    contents, labels = [s.content for s in samples], [s.label for s in samples]
    splits = np.array(seeded_split(contents, labels, val=0.15, test=0.15, seed=seed).splits)
    parts = {
        name: Features(x_NVD[splits == name], targets[splits == name])
        for name in ("train", "validation", "test")
    }
    classes = int(targets.max()) + 1
    head = train_head(parts["train"], parts["validation"], classes, HeadConfig(seed=seed))
    probabilities = softmax(dense_logits(head.layers, parts["test"].x_NVD[:, 0]))
    right = (probabilities.argmax(axis=1) == parts["test"].targets_N).mean()
    return right, log_loss(probabilities, parts["test"].targets_N), head.temperature


if __name__ == "__main__":
    main()
