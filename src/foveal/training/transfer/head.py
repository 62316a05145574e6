"""Training a head on frozen features: standardised, early stopped, calibrated, folded."""

from __future__ import annotations

import copy
import math
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional as F

from foveal.metrics import fit_temperature
from foveal.models.heads import dense_head
from foveal.training.config import HeadConfig
from foveal.training.order import epoch_order, epoch_views
from foveal.training.record import EpochRecord
from foveal.training.transfer.adamw import AdamW
from foveal.training.transfer.dense import Dense, Standardiser, fold

HIDDEN = 256
_DOUBT = 50  # photos whose word the belief in a temperature of 1 is worth


@dataclass(frozen=True)
class TrainedHead:
    """A head in plain arrays, ready to be joined to its backbone."""

    layers: tuple[Dense, ...]
    """Weights float32 (out, in) and biases (out,), first to last, with ReLU between them.
    Standardisation and temperature are folded in: they take raw features, give calibrated
    logits."""
    temperature: float
    """The calibration that was folded in."""
    history: tuple[EpochRecord, ...]
    """One record an epoch."""
    best_epoch: int
    """The epoch whose weights were kept."""


@dataclass(frozen=True)
class Features:
    """Frozen features and their classes."""

    x_NVD: NDArray[np.float32]
    """float32 (n, views, D)."""
    targets_N: NDArray[np.int64]
    """int64 (n,)."""


def train_head(
    train: Features,
    validation: Features,
    num_classes: int,
    config: HeadConfig,
    on_epoch: Callable[[EpochRecord], None] = lambda record: None,
) -> TrainedHead:
    """Train a head, keep the weights of its best epoch, calibrate and fold it.

    Args:
        train: every epoch sees one view of each sample.
        validation: the first view of each sample counts.
        num_classes: number of logits.
        config: the settings.
        on_epoch: is given the record of every epoch.

    Returns:
        The head.
    """
    with one_thread():
        return _train(train, validation, num_classes, config, on_epoch)


@contextmanager
def one_thread() -> Iterator[None]:
    """Let PyTorch use one thread: matrices this small lose by sharing, and the bits stay the same
    on every number of cores.
    """
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(before)


def _train(
    train: Features,
    validation: Features,
    num_classes: int,
    config: HeadConfig,
    on_epoch: Callable[[EpochRecord], None],
) -> TrainedHead:
    scale = Standardiser.fit(train.x_NVD)
    x_NVD = torch.from_numpy(scale.apply(train.x_NVD))
    held_out = torch.from_numpy(scale.apply(validation.x_NVD[:, 0]))
    head = _new_head(x_NVD.shape[-1], num_classes, config)
    loop = _Loop(head, config, x_NVD, torch.from_numpy(train.targets_N), num_classes)
    best, best_epoch, history = copy.deepcopy(head.state_dict()), 0, list[EpochRecord]()
    lowest = math.inf
    for epoch in range(1, config.epochs + 1):
        loss, accuracy = loop.run(epoch)
        logits = _logits(head, held_out)
        record = _record(epoch, loss, accuracy, logits, validation.targets_N, loop.optimizer.lr)
        history.append(record)
        on_epoch(record)
        if record.validation_loss < lowest:
            lowest, best_epoch = record.validation_loss, epoch
            best = copy.deepcopy(head.state_dict())
        if epoch - best_epoch >= config.patience:
            break
    head.load_state_dict(best)
    temperature = calibrate(_logits(head, held_out).numpy(), validation.targets_N)
    return TrainedHead(fold(head, scale, temperature), temperature, tuple(history), best_epoch)


class _Loop:
    """The steps of one epoch."""

    def __init__(
        self, head: nn.Module, config: HeadConfig, x_NVD: Tensor, targets_N: Tensor, classes: int
    ) -> None:
        self.head, self.config, self.x_NVD, self.targets_N = head, config, x_NVD, targets_N
        self.optimizer = AdamW(head.parameters(), lr=config.lr, weight_decay=config.weight_decay)
        self.weights = _class_weights(targets_N, classes, config)
        self.steps = math.ceil(len(targets_N) / config.batch)

    def run(self, epoch: int) -> tuple[float, float]:
        config, count = self.config, len(self.targets_N)
        views = torch.from_numpy(
            epoch_views(count, self.x_NVD.shape[1], seed=config.seed, epoch=epoch)
        )
        order = torch.from_numpy(epoch_order(count, seed=config.seed, epoch=epoch))
        self.head.train()
        losses, right = 0.0, 0
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(hash((config.seed, epoch)) % 2**63)
            for step, rows in enumerate(torch.split(order, config.batch)):
                self._set_learning_rate((epoch - 1) * self.steps + step)
                targets = self.targets_N[rows]
                logits = self.head(self.x_NVD[rows, views[rows]])
                loss = F.cross_entropy(
                    logits,
                    targets,
                    weight=self.weights,
                    label_smoothing=config.label_smoothing,
                )
                self.optimizer.step(loss)
                losses += loss.item() * len(rows)
                right += int((logits.argmax(dim=1) == targets).sum())
        return losses / count, right / count

    def _set_learning_rate(self, step: int) -> None:
        share = step / (self.steps * self.config.epochs)
        self.optimizer.lr = self.config.lr * (1 + math.cos(math.pi * share)) / 2


def _new_head(width: int, classes: int, config: HeadConfig) -> nn.Sequential:
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(config.seed)
        widths = [width, classes] if config.head == "linear" else [width, HIDDEN, classes]
        return dense_head(widths)


def _class_weights(targets_N: Tensor, classes: int, config: HeadConfig) -> Tensor | None:
    if config.class_weights == "none":
        return None
    counts = torch.bincount(targets_N, minlength=classes).clamp(min=1)
    return len(targets_N) / (classes * counts.float())


def calibrate(logits_NK: NDArray[np.float32], targets_N: NDArray[np.int64]) -> float:
    """Fit the temperature, drawn towards 1 where there are few photos to fit it on.

    Without a single mistake there is nothing to calibrate by: the fit would run to its bound and
    call every later answer certain. With 18 photos a fit of 0.47 made the test's loss twice as
    large; half the weight at 50 photos, nearly all of it at a thousand.

    Args:
        logits_NK: of the validation photos, float32 (N, K).
        targets_N: their classes, int64 (N,).

    Returns:
        What to divide logits by; positive.
    """
    if (logits_NK.argmax(axis=1) == targets_N).all():
        return 1.0
    weight = len(targets_N) / (len(targets_N) + _DOUBT)
    return float(fit_temperature(logits_NK, targets_N) ** weight)


@torch.inference_mode()
def _logits(head: nn.Module, x_ND: Tensor) -> Tensor:
    logits: Tensor = head.eval()(x_ND)
    return logits


def _record(
    epoch: int,
    loss: float,
    accuracy: float,
    logits_NK: Tensor,
    targets_N: NDArray[np.int64],
    learning_rate: float,
) -> EpochRecord:
    targets = torch.from_numpy(targets_N)
    return EpochRecord(
        epoch=epoch,
        train_loss=loss,
        train_accuracy=accuracy,
        validation_loss=F.cross_entropy(logits_NK, targets).item(),
        validation_accuracy=(logits_NK.argmax(dim=1) == targets).double().mean().item(),
        learning_rate=learning_rate,
    )
