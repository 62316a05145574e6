"""Which mode was chosen for a network on this machine, so that it is chosen again."""

from __future__ import annotations

import platform
from contextlib import suppress
from dataclasses import asdict

import torch
from torch import Tensor, nn

from foveal.errors import StorageError
from foveal.runtime.cores import usable_cores
from foveal.storage import cache_folder, content_hash, read_json, write_json
from foveal.training.optimisation.modes import Mode


class ModeMemory:
    """The choice for one network, one shape of input and one machine.

    Args:
        network: what is trained.
        inputs: a batch of it.
        modes: what there is to choose from.
        device: where it runs.
    """

    def __init__(
        self, network: nn.Module, inputs: Tensor, modes: list[Mode], device: torch.device
    ) -> None:
        shapes = [tuple(parameter.shape) for parameter in network.parameters()]
        facts = [str(network), shapes, tuple(inputs.shape[1:]), [asdict(mode) for mode in modes]]
        machine = [str(device), torch.__version__, platform.processor(), usable_cores()]
        name = content_hash(repr([facts, machine]).encode())
        self.file = cache_folder() / "modes" / f"{name}.json"
        self._count = len(modes)

    def recall(self) -> int | None:
        """Return what was chosen before.

        Returns:
            Its position among the modes, or None.
        """
        with suppress(StorageError):
            chosen = read_json(self.file) if self.file.is_file() else None
            if isinstance(chosen, int) and 0 <= chosen < self._count:
                return chosen
        return None

    def keep(self, chosen: int) -> None:
        """Remember a choice; where the cache cannot be written, the next run measures again.

        Args:
            chosen: its position among the modes.
        """
        with suppress(StorageError):
            write_json(self.file, chosen)
