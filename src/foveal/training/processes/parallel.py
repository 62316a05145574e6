"""Several processes that train one network: each takes its slices of every batch.

Gradients are averaged as DistributedDataParallel does, but together with BatchNorm's statistics,
the losses and the votes to stop, in one exchange a step: all processes always agree on where they
are, and the sum is formed in an order that one process can repeat.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from datetime import timedelta
from typing import Any, Protocol

import torch
from torch import Tensor

from foveal.errors import TrainingError
from foveal.training.processes.heartbeat import Heartbeat

TIMEOUT = 60.0  # seconds without a sign of life
_WAIT = timedelta(hours=12)  # for work that one process does alone; the heartbeat sees losses


def _to_stderr(sentence: str) -> None:
    sys.stderr.write(f"{sentence}\n")


class Processes(Protocol):
    """The processes that train together."""

    rank: int
    """The number of this one, from 0."""
    world: int
    """How many there are."""
    device: torch.device
    """Where this one computes."""

    def sum(self, values: Tensor) -> Tensor:
        """Return the sum of every process's tensor, the same bits on each.

        Args:
            values: float, of one shape everywhere.

        Returns:
            The sum.
        """

    def same(self, value: Any) -> Any:
        """Return what process 0 has.

        Args:
            value: anything that JSON could hold.

        Returns:
            The value of process 0.
        """

    def copy_from_first(self, tensors: Iterable[Tensor]) -> None:
        """Overwrite tensors with those of process 0.

        Args:
            tensors: the same kinds in the same order everywhere.
        """

    def watched(self, on_loss: Callable[[], None]) -> AbstractContextManager[None]:
        """Watch the other processes inside the block.

        Args:
            on_loss: called when one is lost and this process must end.

        Returns:
            A context manager.
        """


class Alone:
    """One process.

    Args:
        device: where it computes; None for an accelerator if there is one, else the CPU.
    """

    rank, world = 0, 1

    def __init__(self, device: torch.device | str | None = None) -> None:
        if device is None:
            device = torch.accelerator.current_accelerator() or "cpu"
        self.device = torch.device(device)

    def sum(self, values: Tensor) -> Tensor:
        """Return the tensor.

        Args:
            values: float.

        Returns:
            `values`.
        """
        return values

    def same(self, value: Any) -> Any:
        """Return the value.

        Args:
            value: anything.

        Returns:
            `value`.
        """
        return value

    def copy_from_first(self, tensors: Iterable[Tensor]) -> None:
        """Leave tensors as they are.

        Args:
            tensors: any.
        """

    def watched(self, on_loss: Callable[[], None]) -> AbstractContextManager[None]:
        """Watch nobody.

        Args:
            on_loss: is not called.

        Returns:
            An empty context manager.
        """
        return nullcontext()


class Parallel:
    """The processes that ``torchrun`` or ``accelerate launch`` started.

    Args:
        timeout: seconds without a sign of life after which a process counts as lost.
        say: takes the sentence that names a lost process.
    """

    def __init__(self, timeout: float = TIMEOUT, say: Callable[[str], object] = _to_stderr) -> None:
        from accelerate import PartialState  # seconds to import: only under a launcher

        state = PartialState(cpu=not torch.cuda.is_available(), timeout=_WAIT)
        self.rank, self.world, self.device = state.process_index, state.num_processes, state.device
        self._nccl = state.backend == "nccl"
        self._heartbeat = Heartbeat(_store(), self.rank, self.world, timeout, say)

    def sum(self, values: Tensor) -> Tensor:
        """Return the sum of every process's tensor, the same bits on each.

        Two summands give the same bits in either order. With more on gloo they are collected and
        added in the order of the processes; NCCL adds in its own order.

        Args:
            values: float, of one shape everywhere. It may be overwritten.

        Returns:
            The sum.

        Raises:
            TrainingError: a process is lost; the message names it.
        """
        with self._naming_the_lost():
            if self.world <= 2 or self._nccl:
                torch.distributed.all_reduce(values)
                return values
            parts = [torch.empty_like(values) for _ in range(self.world)]
            torch.distributed.all_gather(parts, values)
        total = parts[0]
        for part in parts[1:]:
            total += part
        return total

    def same(self, value: Any) -> Any:
        """Return what process 0 has.

        Args:
            value: anything that JSON could hold.

        Returns:
            The value of process 0.

        Raises:
            TrainingError: a process is lost; the message names it.
        """
        box = [value]
        with self._naming_the_lost():
            torch.distributed.broadcast_object_list(box, src=0)
        return box[0]

    def copy_from_first(self, tensors: Iterable[Tensor]) -> None:
        """Overwrite tensors with those of process 0.

        Args:
            tensors: the same kinds in the same order everywhere.

        Raises:
            TrainingError: a process is lost; the message names it.
        """
        with self._naming_the_lost():
            for tensor in tensors:
                plain = tensor.detach().contiguous()
                torch.distributed.broadcast(plain, src=0)
                tensor.detach().copy_(plain)

    def watched(self, on_loss: Callable[[], None]) -> AbstractContextManager[None]:
        """Watch the other processes inside the block.

        Args:
            on_loss: called, in another thread, when one is lost and this process must end.

        Returns:
            A context manager.
        """
        return self._heartbeat.beating(on_loss)

    @contextmanager
    def _naming_the_lost(self) -> Iterator[None]:
        try:
            yield
        except RuntimeError as error:
            raise TrainingError(self._heartbeat.verdict()) from error


def processes(device: torch.device | str | None = None) -> Processes:
    """Return the processes that train together, as the launcher says.

    Args:
        device: where to compute when there is no launcher; None for an accelerator if there is
            one, else the CPU.

    Returns:
        `Parallel` under ``torchrun`` or ``accelerate launch`` with more than one process, else
        `Alone`.
    """
    if int(os.environ.get("WORLD_SIZE", "1")) > 1:
        return Parallel(float(os.environ.get("FOVEAL_RANK_TIMEOUT", TIMEOUT)))
    return Alone(device)


def _store() -> Any:
    from torch.distributed.distributed_c10d import _get_default_store

    return _get_default_store()
