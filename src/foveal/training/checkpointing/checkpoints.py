"""Checkpoints: numbered, hashed, several kept, read back from the newest that is whole."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import safetensors
import safetensors.torch
from torch import Tensor

from foveal.errors import StorageError, TrainingError, UsageError
from foveal.storage import read_bytes, write_bytes
from foveal.storage.atomic import TEMPORARY

_NAME = re.compile(r"checkpoint-(\d{6,})-([0-9a-f]{16})\.safetensors")
_KEY = "foveal"


@dataclass(frozen=True)
class Checkpoint:
    """What a checkpoint holds."""

    path: Path
    """Its file."""
    tensors: dict[str, Tensor]
    """Everything that is a tensor."""
    facts: dict[str, Any]
    """Everything else, as JSON has it."""


class Checkpoints:
    """A folder of checkpoints, written by one process at a time.

    Each is one safetensors file, ``checkpoint-000012-<hash>.safetensors``: its number says which is
    newest, the first 16 digits of its SHA-256 say whether it is whole.

    Args:
        folder: made when the first one is written.
        keep: how many to keep, at least 2: the newest may turn out damaged.
        say: takes a sentence when a damaged checkpoint is passed over.

    Raises:
        UsageError: `keep` is less than 2.
    """

    def __init__(
        self, folder: str | Path, keep: int = 2, say: Callable[[str], None] = print
    ) -> None:
        if keep < 2:
            raise UsageError(f"`keep` must be at least 2, the newest may be damaged; got {keep}.")
        self.folder, self.keep, self.say = Path(folder), keep, say

    def files(self) -> list[Path]:
        """Return the checkpoints that there are, the newest first."""
        numbered = {
            (int(match[1]), file)
            for file in self.folder.glob("checkpoint-*.safetensors")
            if (match := _NAME.fullmatch(file.name))
        }
        return [file for _, file in sorted(numbered, reverse=True)]

    def save(self, tensors: Mapping[str, Tensor], facts: Mapping[str, Any]) -> Path:
        """Write a checkpoint and remove those that are too old.

        Args:
            tensors: anything on any device; they are read, not kept.
            facts: anything that JSON can hold, without NaN.

        Returns:
            The file.

        Raises:
            DiskFullError: there is no room; the older checkpoints stay.
            StorageError: it cannot be written.
        """
        text = json.dumps(facts, allow_nan=False)
        plain = {name: tensor.detach().cpu().contiguous() for name, tensor in tensors.items()}
        data = safetensors.torch.save(plain, {_KEY: text})
        before = self.files()
        number = 1 + (_number(before[0]) if before else 0)
        digest = hashlib.sha256(data).hexdigest()[:16]
        path = self.folder / f"checkpoint-{number:06d}-{digest}.safetensors"
        write_bytes(path, data)
        for old in before[self.keep - 1 :]:
            with suppress(OSError):
                old.unlink()
        return path

    def latest(self) -> Checkpoint | None:
        """Read the newest checkpoint that is whole; say so when a newer one is not.

        Returns:
            It, or None when there are no checkpoints at all.

        Raises:
            TrainingError: there are checkpoints and all are damaged.
        """
        files = self.files()
        for file in files:
            try:
                return _read(file)
            except (StorageError, ValueError, safetensors.SafetensorError) as error:
                self.say(f"{file} is damaged ({error}); going back to the one before.")
        if files:
            raise TrainingError(
                f"all {len(files)} checkpoints in {self.folder} are damaged; restore one from a "
                "backup or start again in another folder."
            )
        return None

    def remove_leftovers(self) -> None:
        """Remove temporaries of writers that were killed; only while no one else writes here."""
        for left in self.folder.glob(f"{TEMPORARY}*.safetensors"):
            with suppress(OSError):
                left.unlink()


def _number(file: Path) -> int:
    match = _NAME.fullmatch(file.name)
    return int(match[1]) if match else 0


def _read(file: Path) -> Checkpoint:
    data = read_bytes(file)
    digest = hashlib.sha256(data).hexdigest()
    if not file.stem.endswith(digest[:16]):
        raise ValueError(f"its SHA-256 begins with {digest[:16]}")
    length = int.from_bytes(data[:8], "little")
    facts = json.loads(json.loads(data[8 : 8 + length])["__metadata__"][_KEY])
    return Checkpoint(file, safetensors.torch.load(data), facts)
