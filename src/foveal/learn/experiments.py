"""Two small measurements whose results the lessons quote, with their conditions."""

from __future__ import annotations

import platform
import statistics
import time
from typing import Any

import torch
from sklearn.datasets import load_digits
from torch import Tensor, nn

from foveal.learn.figures.networks import COMPARED
from foveal.models import architecture
from foveal.models.create import create_model
from foveal.training.transfer.head import one_thread

DEPTHS = (4, 12, 20, 36)
CHANNELS, STEPS, BATCH, SEEDS = 16, 200, 64, (0, 1, 2)


class Pair(nn.Module):
    """Two convolutions, their output added to their input or not.

    Args:
        skip: whether to add.
    """

    def __init__(self, skip: bool) -> None:
        super().__init__()
        self.skip = skip
        self.layers = nn.Sequential(
            nn.Conv2d(CHANNELS, CHANNELS, 3, padding=1, bias=False),
            nn.BatchNorm2d(CHANNELS),
            nn.ReLU(),
            nn.Conv2d(CHANNELS, CHANNELS, 3, padding=1, bias=False),
            nn.BatchNorm2d(CHANNELS),
        )

    def forward(self, x_NCHW: Tensor) -> Tensor:
        """Return the maps after both convolutions.

        Args:
            x_NCHW: maps.

        Returns:
            Maps of the same shape.
        """
        y_NCHW: Tensor = self.layers(x_NCHW)
        return torch.relu(y_NCHW + x_NCHW if self.skip else y_NCHW)


def depth_experiment() -> dict[str, Any]:
    """Train plain and residual networks of several depths on digits of 8 × 8 pixels.

    Returns:
        ``depths``, and the mean loss of the last 50 steps, over seeds, for ``plain`` and
        ``residual``; and the ``conditions``.
    """
    bunch = load_digits()
    images = torch.from_numpy(bunch.images).float()[:, None] / 16
    labels = torch.from_numpy(bunch.target)
    with one_thread():
        results = {
            name: [
                round(statistics.fmean(_train(images, labels, depth, skip, s) for s in SEEDS), 3)
                for depth in DEPTHS
            ]
            for name, skip in (("plain", False), ("residual", True))
        }
    conditions = (
        f"scikit-learn's 1,797 digits, 8 × 8; {CHANNELS} channels, batch normalisation, SGD with "
        f"momentum 0.9, learning rate 0.05, {STEPS} steps of {BATCH}; mean training loss of the "
        f"last 50 steps over seeds {SEEDS}; PyTorch {torch.__version__}"
    )
    return {"depths": list(DEPTHS), **results, "conditions": conditions}


def _train(images: Tensor, labels: Tensor, depth: int, skip: bool, seed: int) -> float:
    torch.manual_seed(seed)
    network = nn.Sequential(
        nn.Conv2d(1, CHANNELS, 3, padding=1),
        *(Pair(skip) for _ in range(depth // 2)),
        nn.AdaptiveAvgPool2d(1),
        nn.Flatten(),
        nn.Linear(CHANNELS, 10),
    )
    optimiser = torch.optim.SGD(network.parameters(), lr=0.05, momentum=0.9)
    chance = torch.Generator().manual_seed(seed)
    losses = []
    for _ in range(STEPS):
        chosen = torch.randint(len(images), (BATCH,), generator=chance)
        loss = nn.functional.cross_entropy(network(images[chosen]), labels[chosen])
        optimiser.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]  # PyTorch has no types here
        optimiser.step()
        losses.append(loss.item())
    return statistics.fmean(losses[-50:])


def network_speeds() -> dict[str, Any]:
    """Measure how many images a second networks name, one image at a time, on one core.

    Processor time is read, not the clock: other programs on the machine disturb it less.

    Returns:
        ``images_per_second`` by network, and the ``conditions``.
    """
    speeds = {}
    for name in COMPARED:
        network = create_model(name).to(memory_format=torch.channels_last)  # type: ignore[call-overload]
        size = architecture(name).image_size
        image = torch.randn(1, 3, size, size).contiguous(memory_format=torch.channels_last)
        with torch.inference_mode(), one_thread():
            network(image)
            speeds[name] = round(1 / min(_seconds(network, image) for _ in range(5)), 1)
    conditions = (
        f"PyTorch {torch.__version__}, f32, channels last, one image at a time, one core of an "
        f"{platform.machine()} processor, best of 5, processor time"
    )
    return {"images_per_second": speeds, "conditions": conditions}


def _seconds(network: nn.Module, image: Tensor) -> float:
    started = time.process_time()
    network(image)
    return time.process_time() - started
