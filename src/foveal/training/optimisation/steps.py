"""One step: the forward and backward passes over the slices of a batch, and what they leave."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional as F
from torch.nn.modules.batchnorm import _BatchNorm

from foveal.training.network_config import NetworkConfig
from foveal.training.optimisation.mixing import Mixed, mix
from foveal.training.optimisation.modes import Mode
from foveal.training.optimisation.optimisers import (
    Optimiser,
    clip_gradients,
    gradient_norm,
    gradient_of,
)
from foveal.training.processes.layout import Layout, Rows
from foveal.training.processes.parallel import Processes
from foveal.training.record import Phase
from foveal.training.seeds import seed_for, seeded

_STATISTICS = ("running_mean", "running_var")


@dataclass(frozen=True)
class Votes:
    """What a process wants all of them to do after this step."""

    stop: bool = False
    """Write a checkpoint and stop."""
    late: bool = False
    """End training: its time is up."""


@dataclass(frozen=True)
class StepResult:
    """What a step found, the same in every process."""

    losses: tuple[float, ...]
    """Each slice's part of the batch's mean loss."""
    right: float
    """Samples named rightly; after mixing, each class counts by its share."""
    norm: float
    """Of all gradients together, before clipping."""
    votes: Votes
    """What any process voted for."""
    out_of_memory: bool
    """Whether a slice did not fit into memory; then there are no gradients."""

    @property
    def loss(self) -> float:
        """The mean loss of the batch."""
        return sum(self.losses)


class Stepper:
    """Computes the gradients of a batch and applies them.

    Every slice starts from the BatchNorm statistics at the start of the step, and what they make of
    it is averaged, weighted by their samples: like the gradient, the result does not depend on
    which process took which slice. `safe` holds the statistics of the last finished step, so that
    a checkpoint can be written in the middle of one.

    Args:
        network: its trainable parameters are moved by `commit`.
        optimiser: holds the parameters.
        weights_N: what each training sample counts in the loss, float32 (n,); None for 1.
        config: the settings.
        phase: what is trained, for the seeds.
        mode: how to compute.
        processes: who takes part.
    """

    def __init__(
        self,
        network: nn.Module,
        optimiser: Optimiser,
        weights_N: Tensor | None,
        config: NetworkConfig,
        phase: Phase,
        mode: Mode,
        processes: Processes,
    ) -> None:
        self.network, self.optimiser = network, optimiser
        self.weights_N, self.config, self.phase, self.mode = weights_N, config, phase, mode
        self.processes, self.device = processes, processes.device
        self.statistics, self.counters = _moving_statistics(network)
        self.live = [*self.statistics.values(), *self.counters.values()]
        self.safe = [tensor.clone() for tensor in self.live]

    def gradients(
        self,
        inputs: Iterator[Tensor],
        rows: Sequence[Rows],
        targets: Sequence[Tensor],
        place: tuple[int, int],
        layout: Layout,
        votes: Votes,
    ) -> StepResult:
        """Compute the gradients of a batch, over all processes.

        Args:
            inputs: the rendered slices of this process that are not empty, in order.
            rows: the samples of every slice of the batch.
            targets: their classes, int64, for every slice.
            place: epoch and step.
            layout: how the batch was cut.
            votes: what this process wants.

        Returns:
            What was found. The gradients lie in ``grad`` of each parameter; the statistics in the
            network have moved, those in `safe` have not.
        """
        self._restart()
        total = float(self._weights(rows).sum()) if self.weights_N is not None else _count(rows)
        if layout.slices == 1 and self.processes.world == 1:
            try:
                loss, right = self._pass(next(inputs), rows[0], targets[0], total, (*place, 0))
            except torch.OutOfMemoryError:
                return self._no_memory()
            return self._result(torch.stack([loss, right]), votes)
        return self._shared(inputs, rows, targets, total, place, layout, votes)

    def _shared(
        self,
        inputs: Iterator[Tensor],
        rows: Sequence[Rows],
        targets: Sequence[Tensor],
        total: float,
        place: tuple[int, int],
        layout: Layout,
        votes: Votes,
    ) -> StepResult:
        mine = layout.share(self.processes.rank, self.processes.world)
        found = torch.zeros(layout.slices + 1, device=self.device)
        summed: Tensor | None = None
        out_of_memory = False
        for first in range(mine.start, mine.stop, layout.per_group):
            self._restart()
            moved = [torch.zeros_like(tensor) for tensor in self.statistics.values()]
            for index in range(first, first + layout.per_group):
                if len(rows[index]) == 0 or out_of_memory:
                    continue
                self._rewind()
                try:
                    loss, right = self._pass(
                        next(inputs), rows[index], targets[index], total, (*place, index)
                    )
                except torch.OutOfMemoryError:
                    out_of_memory = True
                    continue
                found[index] += loss
                found[-1] += right
                if moved:  # scaled, rounded, then added: as another process would
                    share = len(rows[index]) / _count(rows)
                    scaled = torch._foreach_mul(list(self.statistics.values()), share)
                    torch._foreach_add_(moved, scaled)
            packed = self._pack(moved)
            summed = packed if summed is None else summed.add_(packed)
        raised = torch.tensor([out_of_memory, votes.stop, votes.late], device=self.device)
        flat = self.processes.sum(torch.cat([*([] if summed is None else [summed]), found, raised]))
        return self._unpack(flat, layout)

    def _pass(
        self, inputs: Tensor, rows: Rows, targets: Tensor, total: float, place: tuple[int, ...]
    ) -> tuple[Tensor, Tensor]:
        """Run one slice forward and backward; its gradients are added to those there are."""
        seed = seed_for(self.config.seed, self.phase, *place, purpose="slice")
        inputs, targets = inputs.to(self.device), targets.to(self.device)
        pixels = inputs.dtype == torch.uint8
        mixed = mix(inputs, self.config, seed)
        weights = None if self.weights_N is None else self.weights_N[rows].to(self.device)
        with seeded(seed, self.device), self.mode.autocast(self.device):
            logits = self.network(self.mode.arrange(mixed.inputs, pixels)).float()
        loss = self._loss(logits, targets, weights, mixed) / total
        torch.autograd.backward(loss)
        return loss.detach(), _right(logits.detach(), targets, mixed)

    def _loss(
        self, logits: Tensor, targets: Tensor, weights: Tensor | None, mixed: Mixed
    ) -> Tensor:
        def summed(wanted: Tensor, counts: Tensor | None) -> Tensor:
            losses = F.cross_entropy(
                logits, wanted, reduction="none", label_smoothing=self.config.label_smoothing
            )
            return losses.sum() if counts is None else (losses * counts).sum()

        own = summed(targets, weights)
        if mixed.partner is None:
            return own
        counts = None if weights is None else weights[mixed.partner]
        other = summed(targets[mixed.partner], counts)
        return mixed.share * own + (1 - mixed.share) * other

    def _weights(self, rows: Sequence[Rows]) -> Tensor:
        if self.weights_N is None:
            return torch.ones(_count(rows))
        return torch.cat([self.weights_N[part] for part in rows])

    @torch.no_grad()
    def _rewind(self) -> None:
        """Bring the statistics back to the start of the step."""
        if self.live:
            torch._foreach_copy_(self.live, self.safe)

    def _restart(self) -> None:
        for parameter in self.optimiser.parameters:
            parameter.grad = None

    def abandon(self) -> None:
        """Forget a step that was begun: no gradients, the statistics as before."""
        self._restart()
        self._rewind()

    @torch.no_grad()
    def _pack(self, moved: list[Tensor]) -> Tensor:
        gradients = [gradient_of(parameter) for parameter in self.optimiser.parameters]
        return torch.cat([tensor.reshape(-1) for tensor in [*gradients, *moved]])

    @torch.no_grad()
    def _unpack(self, flat: Tensor, layout: Layout) -> StepResult:
        gradients = [gradient_of(parameter) for parameter in self.optimiser.parameters]
        into = [*gradients, *self.statistics.values()]
        sizes = [tensor.numel() for tensor in into]
        *parts, losses, right, raised = torch.split(flat, [*sizes, layout.slices, 1, 3])
        memory, stop, late = (vote > 0 for vote in raised.tolist())
        if memory:
            return self._no_memory()
        for tensor, part in zip(into, parts, strict=True):
            tensor.copy_(part.view(tensor.shape))
        for counter, before in zip(
            self.counters.values(), self.safe[len(self.statistics) :], strict=True
        ):
            counter.copy_(before + 1)
        return self._result(torch.cat([losses, right]), Votes(stop, late))

    def _result(self, found: Tensor, votes: Votes) -> StepResult:
        norm = gradient_norm(self.optimiser.parameters)
        *losses, right, length = torch.cat([found, norm.view(1)]).tolist()
        return StepResult(tuple(losses), right, length, votes, out_of_memory=False)

    def _no_memory(self) -> StepResult:
        self.abandon()
        return StepResult((), 0.0, 0.0, Votes(), out_of_memory=True)

    @torch.no_grad()
    def commit(self, result: StepResult, lr: float) -> None:
        """Apply the gradients: from here on the step is done.

        Args:
            result: what `gradients` returned.
            lr: the learning rate.
        """
        if self.config.clip:
            clip_gradients(self.optimiser.parameters, result.norm, self.config.clip)
        self.optimiser.step(lr)
        if self.live:
            torch._foreach_copy_(self.safe, self.live)


def _moving_statistics(network: nn.Module) -> tuple[dict[str, Tensor], dict[str, Tensor]]:
    """Return the statistics that training moves, by their names in the state dict."""
    statistics, counters = dict[str, Tensor](), dict[str, Tensor]()
    for name, module in network.named_modules():
        if isinstance(module, _BatchNorm) and module.training and module.track_running_stats:
            own = dict(module.named_buffers(prefix=name, recurse=False))
            for full, tensor in own.items():
                kind = statistics if full.endswith(_STATISTICS) else counters
                kind[full] = tensor
    return statistics, counters


def _right(logits: Tensor, targets: Tensor, mixed: Mixed) -> Tensor:
    named = logits.argmax(dim=1)
    own = (named == targets).sum()
    if mixed.partner is None:
        return own.float()
    other = (named == targets[mixed.partner]).sum()
    return mixed.share * own + (1 - mixed.share) * other


def _count(rows: Sequence[Rows]) -> int:
    return sum(len(part) for part in rows)
