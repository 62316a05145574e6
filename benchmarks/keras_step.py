"""A training step of the custom CIFAR network in Keras, to set beside `benchmarks.training_step`.

Needs nothing of Foveal: run it with the Python of an environment that has Keras and a backend::

    python3 -m venv keras-env && keras-env/bin/pip install keras tensorflow
    keras-env/bin/python benchmarks/keras_step.py

The same network, batch of 128 and random pixels as there; ``train_on_batch`` with Adam, whose
arithmetic costs what AdamW's does. Prints images a second in f32 and in mixed bfloat16.
"""

from __future__ import annotations

import argparse
import json
import statistics
import time

import keras
import numpy as np

BATCH, CLASSES, SIZE = 128, 10, 32


def network():
    """Two convolutions with BatchNorm and ReLU at 32, 64 and 128 maps, then Dense(256)."""
    layers = [keras.Input((SIZE, SIZE, 3)), keras.layers.Rescaling(1 / 64, offset=-127.5 / 64)]
    for width in (32, 64, 128):
        for _ in range(2):
            layers += [keras.layers.Conv2D(width, 3, padding="same")]
            layers += [keras.layers.BatchNormalization(), keras.layers.ReLU()]
        layers += [keras.layers.MaxPooling2D(), keras.layers.Dropout(0.25)]
    layers += [keras.layers.Flatten(), keras.layers.Dense(256)]
    layers += [keras.layers.BatchNormalization(), keras.layers.ReLU(), keras.layers.Dropout(0.5)]
    layers += [keras.layers.Dense(CLASSES, dtype="float32")]
    made = keras.Sequential(layers)
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    made.compile(keras.optimizers.Adam(1e-3), loss=loss, metrics=["accuracy"])
    return made


def images_per_second(policy: str, rounds: int, steps: int) -> float:
    """The median over rounds of some steps each, after a round that sets things up."""
    keras.config.set_dtype_policy(policy)
    made = network()
    chance = np.random.default_rng(0)
    pixels = chance.integers(0, 256, (BATCH, SIZE, SIZE, 3)).astype("float32")
    targets = chance.integers(0, CLASSES, BATCH)
    taken = []
    for _ in range(rounds + 1):
        begun = time.perf_counter()
        for _ in range(steps):
            made.train_on_batch(pixels, targets)
        taken.append(time.perf_counter() - begun)
    return steps * BATCH / statistics.median(taken[1:])


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--steps", type=int, default=3, help="steps a round")
    given = parser.parse_args()
    made = network()
    trainable = sum(int(np.prod(weight.shape)) for weight in made.trainable_weights)
    figures = {
        "keras": keras.__version__,
        "backend": keras.backend.backend(),
        "parameters": made.count_params(),
        "trainable": trainable,
        "f32": images_per_second("float32", given.rounds, given.steps),
        "bf16": images_per_second("mixed_bfloat16", given.rounds, given.steps),
    }
    print(json.dumps(figures, indent=2))


if __name__ == "__main__":
    main()
