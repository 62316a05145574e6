"""Which frozen backbone runs, from where to where, and on what."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

from foveal.arguments import require_choice
from foveal.data import Sample
from foveal.errors import ModelError, UsageError
from foveal.images import Preprocess
from foveal.models import architecture
from foveal.models.hub import HubWeights
from foveal.models.registry import Architecture
from foveal.runtime.backends import (
    best_precision,
    openvino,
)
from foveal.runtime.quantize import CALIBRATION_PHOTOS, require_nncf, spread
from foveal.storage import (
    content_hash,
    sha256_file,
)

CODE_VERSION = 1  # raise it when the same inputs would give other features
DEVICES = ("auto", "cpu", "cuda")
INSTALLED, RANDOM = "default", "none"
INT8 = "int8"


@dataclass(frozen=True)
class Backbone:
    """Which network makes the features, from where to where, and on what."""

    name: str
    """A registered architecture."""
    preprocess: Preprocess
    """What brings photos into its input."""
    device: str
    """``"cpu"`` or ``"cuda"``."""
    precision: str
    """``"f32"``, ``"bf16"`` or ``"int8"``."""
    fingerprint: str
    """A hash of all that decides the features: weights, cut, preprocessing, engine, versions."""
    blocks: int | None = None
    """How many blocks run, from the first; None for all of them and the pool."""
    weights: str = INSTALLED
    """``"default"`` for the trained ones on this machine, ``"none"`` for random ones, or the path
    of a file."""
    seed: int = 0
    """What random weights are drawn from."""
    calibration: tuple[Sample, ...] = ()
    """With int8: the photos that its steps are measured on."""

    @property
    def is_cut(self) -> bool:
        """Whether it ends before the pool, in maps (H, W, C) rather than in a vector (D,)."""
        return self.blocks is not None


def choose_backbone(
    name: str,
    preprocess: Preprocess | None = None,
    *,
    device: str = "auto",
    blocks: int | None = None,
    weights: str | Path = INSTALLED,
    seed: int = 0,
    calibration: Sequence[Sample] = (),
) -> Backbone:
    """Settle which backbone runs where, without loading it.

    Args:
        name: a registered architecture.
        preprocess: what brings photos into its input; None for what its weights need.
        device: ``"auto"`` (an accelerator if PyTorch sees one), ``"cpu"`` or ``"cuda"``.
        blocks: how many blocks run, 1 or more; None, or all of them, for feature vectors.
        weights: ``"default"`` for the trained ones on this machine, ``"hub"`` to download them
            first if need be, ``"none"`` for random ones, or a file of weights for this
            architecture, whose head is not read.
        seed: decides random weights.
        calibration: photos to measure the steps of int8 on, of which about 300 are taken evenly;
            none for the best floating-point precision of the device.

    Returns:
        The backbone.

    Raises:
        UnknownNameError: there is no such architecture.
        ModelError: the weights are not there.
        UsageError: there is no such device here, the network has fewer blocks, or `weights` is
            a file without `preprocess` for an architecture that has no trained weights.
        MissingExtraError: `calibration` is given, and what computes in int8 is not installed.
    """
    row = architecture(name, kind="backbone")
    kind, content = _weights(row, weights, seed)
    preprocess = preprocess or _preprocess(row, kind)
    blocks = _cut(name, blocks)
    photos = tuple(spread(calibration, CALIBRATION_PHOTOS))
    device = available_device("cpu" if photos and device == "auto" else device)
    precision = _precision(device, photos)
    engine = f"openvino {openvino().__version__}" if device == "cpu" else f"torch {device}"
    facts = [CODE_VERSION, row.name, content, preprocess.as_dict(), engine, precision]
    facts += [] if blocks is None else [{"blocks": blocks}]
    if photos:
        made = {"nncf": version("nncf"), "between": best_precision()}
        facts.append(made | {"calibration": [photo.content for photo in photos]})
    fingerprint = content_hash(json.dumps(facts).encode())
    return Backbone(name, preprocess, device, precision, fingerprint, blocks, kind, seed, photos)


def _precision(device: str, calibration: tuple[Sample, ...]) -> str:
    if not calibration:
        return best_precision() if device == "cpu" else "bf16"
    if device != "cpu":
        raise UsageError(f"`precision` int8 runs on the CPU; `device` is {device!r}: use 'cpu'.")
    require_nncf()
    return INT8


def _weights(row: Architecture, weights: str | Path, seed: int) -> tuple[str, str]:
    """Return which kind of weights these are, and a name of their content."""
    if weights == RANDOM:
        return RANDOM, f"random {seed} torch {version('torch')}"
    if weights == "hub":
        if not isinstance(row.weights, HubWeights):
            row.trained()  # says what is missing
            raise UsageError(
                f"`weights` is 'hub', but those of {row.name!r} are installed with a package; "
                "use 'default'."
            )
        return INSTALLED, sha256_file(row.weights.fetch())
    if weights == INSTALLED:
        return INSTALLED, sha256_file(row.trained()[1])
    file = Path(weights)
    if not file.is_file():
        raise ModelError(
            f"`weights` must be 'default', 'hub', 'none' or a file; {str(weights)!r} is no file."
        )
    return str(file.absolute()), sha256_file(file)


def _preprocess(row: Architecture, kind: str) -> Preprocess:
    if row.weights is not None:
        return row.weights.preprocess
    if kind != RANDOM:
        raise UsageError(
            f"`preprocess` must be given: nothing says what the weights in {kind} were trained "
            f"with, and {row.name!r} has none of its own."
        )
    channels = row.in_channels
    return Preprocess.preset("symmetric", image_size=row.image_size, channels=channels)


def _cut(name: str, blocks: int | None) -> int | None:
    if blocks is None:
        return None
    from foveal.models.outline import outline

    names = outline(name).block_names
    if not 1 <= blocks <= len(names):
        raise UsageError(
            f"`blocks` must be 1 to {len(names)}, the blocks of {name!r}; got {blocks}."
        )
    return None if blocks == len(names) else blocks


def available_device(device: str) -> str:
    """Return where PyTorch can run.

    Args:
        device: one of `DEVICES`.

    Returns:
        ``"cpu"`` or ``"cuda"``; for ``"auto"`` the accelerator where there is one.

    Raises:
        UsageError: there is no such device, or not on this machine.
    """
    require_choice("device", device, DEVICES)
    if device == "cpu":
        return device
    import torch

    if torch.cuda.is_available():
        return "cuda"
    if device == "cuda":
        raise UsageError("`device` is 'cuda', but PyTorch sees no such accelerator; use 'cpu'.")
    return "cpu"
