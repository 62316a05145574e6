"""What a network answers, sample by sample, without training it."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional as F

from foveal.training.inputs.batches import TrainingData
from foveal.training.optimisation.modes import Mode
from foveal.training.processes.parallel import Alone, Processes


def evaluate(
    network: nn.Module,
    data: TrainingData,
    *,
    batch: int = 128,
    mode: Mode | None = None,
    processes: Processes | None = None,
    on_batch: Callable[[], None] = lambda: None,
) -> NDArray[np.float32]:
    """Return the logits of every sample, plain and without augmentation.

    Several processes share the batches; every sample is computed once, and the bits are those of
    one process.

    Args:
        network: gives logits; it is left in evaluation mode.
        data: the samples.
        batch: samples a forward pass.
        mode: how to compute; None for f32.
        processes: who takes part; None for this process alone, where the network is.
        on_batch: called before each batch; may raise to stop.

    Returns:
        Logits in the order of the rows, float32 (n, K).
    """
    mode = mode or Mode()
    if processes is None:
        first = next(network.parameters(), None)
        processes = Alone("cpu" if first is None else first.device)
    slices = np.split(np.arange(len(data.targets_N)), range(batch, len(data.targets_N), batch))
    mine = slices[processes.rank :: processes.world]
    network.eval()
    parts = []
    for inputs in data.batches(0, mine):
        on_batch()
        parts.append(_logits(network, inputs, mode, processes.device))
    if processes.world == 1:
        return torch.cat(parts).cpu().numpy()
    width = processes.same(parts[0].shape[1] if processes.rank == 0 else None)
    logits = torch.zeros(len(data.targets_N), width, device=processes.device)
    for rows, part in zip(mine, parts, strict=True):
        logits[rows] = part
    return processes.sum(logits).cpu().numpy()


@torch.inference_mode()
def _logits(network: nn.Module, inputs: Tensor, mode: Mode, device: torch.device) -> Tensor:
    inputs = mode.arrange(inputs.to(device), inputs.dtype == torch.uint8)
    with mode.autocast(device):
        logits: Tensor = network(inputs)
    return logits.float()


def loss_and_accuracy(
    logits_NK: NDArray[np.float32], targets_N: NDArray[np.int64]
) -> tuple[float, float]:
    """Return the mean negative log-likelihood and the share that is named rightly.

    Args:
        logits_NK: float32 (N, K).
        targets_N: int64 (N,).

    Returns:
        The loss, and the accuracy 0 … 1.
    """
    logits, targets = torch.from_numpy(logits_NK).double(), torch.from_numpy(targets_N)
    right = (logits.argmax(dim=1) == targets).double().mean()
    return F.cross_entropy(logits, targets).item(), right.item()
