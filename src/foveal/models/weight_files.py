"""Reading files of weights without running anything that is in them."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import Tensor

from foveal.errors import ModelError
from foveal.storage.space import named_errors

_ZIP, _PICKLE = b"PK\x03\x04", b"\x80"


def read_state(file: str | Path) -> dict[str, Tensor]:
    """Read a file of named tensors without running any code in it.

    The kind of file is told by its first bytes, not by its name.

    Args:
        file: a safetensors file, or a PyTorch state dict.

    Returns:
        Names and tensors.

    Raises:
        ModelError: the file is damaged, or holds anything but named tensors.
        StorageError: the file cannot be read.
    """
    path = Path(file)
    with named_errors(path, "read"), path.open("rb") as stream:
        start = stream.read(9)
    if start.startswith((_ZIP, _PICKLE)):
        return _read_torch(path)
    if start[8:] != b"{":
        raise ModelError(
            f"{path} is no file of weights; expected safetensors or a PyTorch state dict."
        )
    try:
        tensors: dict[str, Tensor] = load_file(path)
    except (SafetensorError, ValueError, KeyError, TypeError, RuntimeError) as error:
        raise ModelError(
            f"{path} is no usable safetensors file ({_reason(error)}); download or export it again."
        ) from error
    return tensors


def _read_torch(path: Path) -> dict[str, Tensor]:
    try:
        with path.open("rb") as stream:  # of a path, torch.load believes the suffix
            state = torch.load(stream, map_location="cpu", weights_only=True)
    except Exception as error:  # a damaged or hostile archive fails in any part of the reader
        raise ModelError(
            f"{path} is damaged, or is a pickle of more than tensors, which could run code when "
            f"opened, and was refused ({_reason(error)}). Save its state_dict() as safetensors."
        ) from error
    if not isinstance(state, Mapping):
        raise ModelError(f"{path} must hold named tensors; it holds a {type(state).__name__}.")
    strange = [key for key, value in state.items() if not isinstance(value, Tensor)]
    if strange or not all(isinstance(key, str) for key in state):
        raise ModelError(
            f"{path} must hold named tensors and nothing else; got also {strange[:3]}. "
            "Save its state_dict() as safetensors."
        )
    return dict(state)


def _reason(error: Exception) -> str:
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    return (lines[0] if lines else type(error).__name__).rstrip(".")[:160]
