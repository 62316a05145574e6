"""What a summary says of a network, of each of its blocks and of each of their layers."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Any

Shape = tuple[int, ...]


@dataclass(frozen=True)
class LayerSummary:
    """One layer, or one operation that is no layer: an addition, a concatenation."""

    name: str
    """Its path in the network, such as ``"blocks.stem.conv"``."""
    kind: str
    """What it is, such as ``"Conv2d"`` or ``"add"``."""
    output_shape: Shape
    """For one image: maps (C, H, W), or a vector (D,)."""
    trainable: int
    """Weights and biases that take a gradient."""
    frozen: int
    """Weights and biases that take none."""
    statistics: int
    """Moving means and variances of batch normalisation."""
    macs: int | None
    """Multiply-accumulates for one image (convolutions and dense layers); None if not known."""
    receptive_field: tuple[int, int] | None
    """Height and width, in input pixels, of what can change one of its values. It may be larger
    than the image, whose border is padded. None if not known."""
    share: float
    """Its part of all parameters, 0 to 1."""
    stored_bytes: int
    """Memory of its output as float32, for one image; 0 if it has none of its own."""
    explain: dict[str, str] = field(default_factory=dict)
    """The formulas, numbers put in, of shape, parameters, macs and receptive_field."""

    @property
    def parameters(self) -> int:
        """Weights and biases."""
        return self.trainable + self.frozen


@dataclass(frozen=True)
class BlockSummary:
    """One named block, the pool, or the head."""

    name: str
    """Its name, such as ``"stage2_1"``, ``"pool"`` or ``"head"``."""
    kind: str
    """Its class."""
    layers: tuple[LayerSummary, ...]
    """Its layers, in the order an image meets them."""
    output_shape: Shape
    """For one image: maps (C, H, W), or a vector (D,)."""
    receptive_field: tuple[int, int] | None
    """Of its output; see `LayerSummary`."""
    trainable: int
    """Weights and biases that take a gradient."""
    frozen: int
    """Weights and biases that take none."""
    statistics: int
    """Moving means and variances of batch normalisation."""
    macs: int | None
    """Multiply-accumulates for one image; None if not known."""
    share: float
    """Its part of all parameters, 0 to 1."""

    @property
    def parameters(self) -> int:
        """Weights and biases."""
        return self.trainable + self.frozen


@dataclass(frozen=True)
class Summary:
    """A whole network."""

    name: str
    """Its registered name."""
    image_size: int
    """Side of the images in pixels that the shapes are for."""
    in_channels: int
    """Channels of the images."""
    blocks: tuple[BlockSummary, ...]
    """The named blocks, then ``"pool"`` and ``"head"``."""
    trainable: int
    """Weights and biases that take a gradient."""
    frozen: int
    """Weights and biases that take none."""
    statistics: int
    """Moving means and variances of batch normalisation."""
    macs: int | None
    """Multiply-accumulates for one image; None if not known of every block."""
    weight_bytes: int
    """Memory of all weights, biases and statistics."""
    activation_bytes: int
    """Memory of all layers' outputs for one image in float32, which training keeps."""
    notes: tuple[str, ...] = ()
    """What could not be worked out, and why."""

    @property
    def parameters(self) -> int:
        """Weights and biases, which is what PyTorch counts; Keras adds `statistics`."""
        return self.trainable + self.frozen

    def layers(self) -> tuple[LayerSummary, ...]:
        """Return all layers of all blocks.

        Returns:
            The layers, in the order an image meets them.
        """
        return tuple(layer for block in self.blocks for layer in block.layers)

    def as_dict(self) -> dict[str, Any]:
        """Return what JSON can hold.

        Returns:
            Every field by its name, and ``"parameters"``.
        """
        values = asdict(self)
        return {"parameters": self.parameters} | values
