"""A training that takes a second: a small network, synthetic pictures, everything else real.

As a program (``python tests/tiny_training.py [FOLDER SETTINGS]``) it trains, resumes and is killed
by the tests; it writes ``hashes.json`` into the folder when it is done.
"""

from __future__ import annotations

import hashlib
import json
import os
import sys
import time
from dataclasses import asdict
from pathlib import Path

import numpy as np
import torch
from torch import nn

from foveal.errors import FovealError, TrainingInterrupted
from foveal.runtime.convert import RawPixels
from foveal.training import Checkpoints, NetworkConfig, Trainer

CLASSES = 3


class Pictures:
    """Noisy stripes, flats and dots; rendering depends on (seed, epoch, row) alone."""

    def __init__(self, count, size=8, seed=0, delay=0.0):
        chance = np.random.default_rng(seed)
        self.targets_N = (np.arange(count) % CLASSES).astype(np.int64)
        y, x = np.mgrid[:size, :size]
        shapes = np.stack([(x % 2) * 120, x * 0 + 60, ((x + y) % 2) * 120])
        noise = chance.normal(60, 30, (count, size, size, 3))
        pixels = shapes[self.targets_N][..., None] + noise
        self.pixels = np.clip(pixels, 0, 255).astype(np.uint8)
        self.seed, self.delay = seed, delay
        self.rendered = []  # (epoch, rows) of every batch, for tests to read

    def batches(self, epoch, slices):
        for rows in slices:
            self.rendered.append((epoch, rows.copy()))
            if self.delay:
                time.sleep(self.delay)
            images = self.pixels[rows]
            if epoch:
                flips = [
                    np.random.default_rng([self.seed, epoch, int(row)]).random() < 0.5
                    for row in rows
                ]
                images = np.where(np.array(flips)[:, None, None, None], images[:, :, ::-1], images)
            yield torch.from_numpy(np.ascontiguousarray(images))

    def name(self, row):
        return f"pictures/{row:03d}.png"


class Activations(Pictures):
    """The same pictures as float maps (n, C, H, W), as a frozen prefix would give them."""

    def batches(self, epoch, slices):
        for images in super().batches(epoch, slices):
            yield images.permute(0, 3, 1, 2).float() / 100 - 1


def small_network(seed=0, dropout=0.2):
    """Two convolutions with BatchNorm and dropout, on raw pixels."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        body = nn.Sequential(
            nn.Conv2d(3, 8, 3, padding=1, bias=False),
            nn.BatchNorm2d(8),
            nn.ReLU(),
            nn.Dropout(dropout),
            nn.Conv2d(8, 8, 3, stride=2),
            nn.BatchNorm2d(8),
            nn.ReLU(),
            nn.AdaptiveAvgPool2d(1),
            nn.Flatten(),
            nn.Linear(8, CLASSES),
        )
    return RawPixels(body, [120.0] * 3, [60.0] * 3)


def settings(**changes):
    """Settings without a measurement, whose choice could differ."""
    fixed = {"epochs": 3, "batch": 16, "precision": "f32", "channels_last": "on", "lr": 0.01}
    return NetworkConfig(**(fixed | changes))


def trainer(config, *, checkpoints=None, network=None, count=72, **further):
    """Return a trainer of the small network on the pictures."""
    network = small_network() if network is None else network
    held_out = Pictures(30, seed=1)
    train = further.pop("train", None) or Pictures(count)
    further.setdefault("say", lambda sentence: None)
    return Trainer(network, train, held_out, config, checkpoints=checkpoints, **further)


def digest(tensors):
    """SHA-256 of named tensors."""
    hashed = hashlib.sha256()
    for name in sorted(tensors):
        hashed.update(name.encode())
        hashed.update(tensors[name].detach().contiguous().numpy().tobytes())
    return hashed.hexdigest()


def hashes(made):
    """What must be equal between two trainings: weights, optimiser, metric log."""
    return {
        "weights": digest(made.network.state_dict()),
        "state": digest(made.state.tensors()),
        "history": [asdict(record) for record in made.progress.history],
    }


def complain(sentence):
    """Write a sentence to stderr."""
    sys.stderr.write(f"{sentence}\n")


def tell(*step):
    """Say that a step is done, so that a test can count them."""
    sys.stdout.write("step\n")
    sys.stdout.flush()


class SlowStep(nn.Module):
    """A network whose forward pass, at one step, stays in C code for longer than anyone waits."""

    def __init__(self, at):
        super().__init__()
        self.network, self.left = small_network(), at

    def forward(self, images):
        self.left -= self.training
        if self.training and self.left == 0:
            hashlib.pbkdf2_hmac("sha256", b"long", b"step", 2**31 - 1)
        return self.network(images)


def allowed(seconds):
    """Seconds that a process may take, more where others keep the processor busy."""
    return seconds * max(1.0, os.getloadavg()[0] / (os.cpu_count() or 1))


def train(folder, given) -> int:
    """Train in a folder, or go on there; return the exit code."""
    torch.set_num_threads(1)
    data = Pictures(72, delay=given.pop("delay", 0.0))
    slow = given.pop("slow_step", 0)
    linger = given.pop("linger", 0.0)

    def on_epoch(record):
        """Let process 0 be busy at the end, when the others have nothing left to do."""
        if record.epoch == made.config.epochs and made.processes.rank == 0:
            time.sleep(linger)

    made = trainer(
        settings(**given),
        network=SlowStep(slow) if slow else None,
        checkpoints=Checkpoints(folder / "checkpoints", say=complain),
        train=data,
        on_step=tell,
        on_epoch=on_epoch,
    )
    try:
        made.fit()
    except TrainingInterrupted as error:
        complain(error)
        return error.exit_code
    except FovealError as error:
        complain(error)
        return 1
    seen = [int(row) for _, rows in made.validation.rendered for row in rows]
    (folder / f"validated-{made.processes.rank}.json").write_text(json.dumps(seen))
    if made.processes.rank == 0:
        (folder / "hashes.json").write_text(json.dumps(hashes(made)))
    return 0


def breed():
    """Train in a forked process for each line of stdin: importing PyTorch is paid only once."""
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    for line in sys.stdin:
        folder, given = json.loads(line)
        child = os.fork()
        if child == 0:
            os._exit(train(Path(folder), given))
        sys.stdout.write(f"pid {child}\n")
        sys.stdout.flush()
        _, status = os.waitpid(child, 0)
        sys.stdout.write(f"exit {os.waitstatus_to_exitcode(status)}\n")
        sys.stdout.flush()


if __name__ == "__main__":
    if len(sys.argv) > 1:
        sys.exit(train(Path(sys.argv[1]), json.loads(sys.argv[2])))
    breed()
