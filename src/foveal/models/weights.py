"""Trained weights: found, renamed, loaded strictly, and a report of what was done."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from torch import Tensor

from foveal.errors import ModelError, UsageError
from foveal.models.convnet import ConvNet
from foveal.models.hub import HubWeights
from foveal.models.registry import Architecture, resolve
from foveal.models.weight_files import read_state

__all__ = ["LoadReport", "load_strictly", "load_trained", "load_weights", "read_state"]

_COUNTER = ".num_batches_tracked"  # of batch normalisation; older files lack it, nothing reads it

Rename = Callable[[str, ConvNet], str | None]


@dataclass(frozen=True)
class LoadReport:
    """What became of every tensor of a file."""

    source: str
    """The file."""
    loaded: tuple[str, ...]
    """The tensors of the network that now hold the file's values."""
    renamed: tuple[tuple[str, str], ...]
    """(name in the file, name in the network) where they differ."""
    kept: tuple[str, ...]
    """Tensors of the network that keep their own values: a head with other classes, and
    counters that the file does not have."""
    ignored: tuple[str, ...]
    """Tensors of the file that the rename function left out on purpose."""
    converted: tuple[str, ...]
    """Loaded tensors whose numbers were stored in another floating-point format."""

    def as_dict(self) -> dict[str, Any]:
        """Return what JSON can hold.

        Returns:
            Every field by its name.
        """
        return asdict(self)

    def sentence(self) -> str:
        """Return the report in one sentence.

        Returns:
            Such as ``"model.safetensors: 320 tensors loaded, 318 renamed; kept 2, ignored 0."``
        """
        return (
            f"{self.source}: {len(self.loaded)} tensors loaded, {len(self.renamed)} renamed; "
            f"kept {len(self.kept)}, ignored {len(self.ignored)}."
        )


def load_trained(network: ConvNet, row: Architecture) -> LoadReport:
    """Load the trained weights of a registered network, in place; download them if need be.

    Args:
        network: the network; if its number of classes differs from the file's, the last layer
            of its head keeps its own weights.
        row: its row in the table.

    Returns:
        What was loaded.

    Raises:
        ModelError: there are no weights, they cannot be had, or they do not fit.
    """
    if isinstance(row.weights, HubWeights):
        return load_weights(network, row.weights.fetch(), rename=row.rename_timm)
    _, file = row.trained()
    return load_weights(network, file, rename=row.weights.rename if row.weights else None)


def load_weights(network: ConvNet, file: str | Path, *, rename: str | None = None) -> LoadReport:
    """Load weights from a local file, in place.

    Args:
        network: the network; if its number of classes differs from the file's, the last layer
            of its head keeps its own weights.
        file: a safetensors file or a PyTorch state dict.
        rename: ``"module:function"``, called with a name in the file and the network, for the
            name in the network, or None for a tensor that is left out; None if the names are
            ours already. The `rename_timm` of a registered architecture reads timm's files.

    Returns:
        What was loaded.

    Raises:
        UsageError: `rename` names nothing.
        ModelError: the file is damaged, holds more than tensors, or does not fit.
    """
    state = read_state(file)
    translate = _translation(rename)
    translated = {name: translate(name, network) for name in state}
    names = {theirs: ours for theirs, ours in translated.items() if ours is not None}
    if len(set(names.values())) != len(names):
        raise ModelError(f"{file}: two tensors are renamed to the same name by {rename!r}.")
    given = {ours: state[theirs] for theirs, ours in names.items()}
    loaded, kept, converted = _load(network, given, str(file))
    return LoadReport(
        source=str(file),
        loaded=loaded,
        renamed=tuple((theirs, ours) for theirs, ours in names.items() if theirs != ours),
        kept=kept,
        ignored=tuple(name for name in state if name not in names),
        converted=converted,
    )


def load_strictly(network: ConvNet, state: Mapping[str, Tensor], *, source: str) -> LoadReport:
    """Load named tensors; whatever is missing, left over or of another shape raises.

    Args:
        network: the network to fill, in place. Where only its number of classes differs from the
            tensors', its last linear layer keeps its own weights.
        state: names, as in the network, and tensors.
        source: where they come from, for the message.

    Returns:
        What was loaded.

    Raises:
        ModelError: a tensor is missing, unexpected, of another shape or kind, or not finite.
    """
    loaded, kept, converted = _load(network, state, source)
    return LoadReport(source, loaded, (), kept, (), converted)


_Names = tuple[str, ...]


def _load(
    network: ConvNet, state: Mapping[str, Tensor], source: str
) -> tuple[_Names, _Names, _Names]:
    """Load, and return the names that were loaded, kept and converted."""
    wanted = network.state_dict()
    last = [name for name in wanted if name.startswith("head.")][-2:]  # weight and bias
    given = {name: _dense(value, wanted.get(name)) for name, value in state.items()}
    kept = [name for name in wanted if name.endswith(_COUNTER) and name not in given]
    if last and last[0] in given and _differs_in_classes(given[last[0]], wanted[last[0]]):
        kept += last
        given = {name: value for name, value in given.items() if name not in last}
    problems = [
        *(f"missing {name}" for name in wanted.keys() - given.keys() - set(kept)),
        *(f"unexpected {name}" for name in given.keys() - wanted.keys()),
        *(
            f"{name} {fault}"
            for name in wanted.keys() & given.keys()
            if (fault := _fault(given[name], wanted[name]))
        ),
    ]
    if problems:
        shown = "; ".join(sorted(problems)[:5])
        more = f" and {len(problems) - 5} more" if len(problems) > 5 else ""
        raise ModelError(f"{source} does not fit {network.name!r}: {shown}{more}.")
    network.load_state_dict(given, strict=False)  # what is missing was settled above
    converted = tuple(name for name in given if given[name].dtype != wanted[name].dtype)
    return tuple(given), tuple(kept), converted


def _differs_in_classes(given: Tensor, wanted: Tensor) -> bool:
    return given.shape[1:] == wanted.shape[1:] and given.shape[0] != wanted.shape[0]


def _dense(value: Tensor, wanted: Tensor | None) -> Tensor:
    """Read a convolution that spans its whole input as the dense layer that it is."""
    if wanted is not None and value.ndim == 4 and wanted.ndim == 2:
        return value.flatten(1)
    return value


def _fault(given: Tensor, wanted: Tensor) -> str:
    if given.shape != wanted.shape:
        return f"is {tuple(given.shape)}, expected {tuple(wanted.shape)}"
    if given.is_floating_point() != wanted.is_floating_point() or given.is_complex():
        return f"is {given.dtype}, expected {wanted.dtype}"
    if wanted.is_floating_point() and not np.isfinite(given.float().numpy()).all():
        return "holds infinite numbers or NaN"
    return ""


def _translation(rename: str | None) -> Rename:
    if rename is None:
        return lambda name, network: name
    try:
        function = resolve(rename)
    except (ImportError, AttributeError, ValueError) as error:
        raise UsageError(
            f"`rename` must be 'module:function'; got {rename!r} ({error})."
        ) from error
    if not callable(function):
        raise UsageError(f"`rename` must name a function; got {rename!r}.")
    rename_one: Rename = function
    return rename_one
