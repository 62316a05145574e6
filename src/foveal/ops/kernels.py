"""Named 3×3 kernels and what each is for.

Weights are whole numbers and one divisor, so that sums shown to a reader add up: a box blur is
(1/9)·Σ, not nine times 0.1111.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

import numpy as np

from foveal.errors import UnknownNameError
from foveal.ops.arrays import Array

Row = tuple[int, int, int]


@dataclass(frozen=True)
class Kernel:
    """A 3×3 kernel: whole weights, a divisor, and its purpose in words."""

    name: str
    """What it is called in code: ``"sobel_x"``."""

    title: str
    """What it is called on a page: ``"Sobel x"``."""

    weights: tuple[Row, Row, Row]
    """Whole numbers, row by row, before division."""

    divisor: int
    """What the sum of products is divided by."""

    purpose: str
    """What it finds or does, in one or two plain sentences."""

    @property
    def values(self) -> Array:
        """The weights as they act: int64 where the divisor is 1, else float64; (3, 3)."""
        whole = np.array(self.weights)
        return whole if self.divisor == 1 else whole / self.divisor

    @property
    def scale(self) -> str:
        """The factor before the sum: ``"1/9"``, or ``"1"``."""
        return "1" if self.divisor == 1 else f"1/{self.divisor}"

    @property
    def total(self) -> int:
        """Sum of the whole weights; where it is 0, flat areas vanish."""
        return sum(map(sum, self.weights))

    def as_dict(self) -> dict[str, Any]:
        """Return what JSON can hold.

        Returns:
            name, title, weights, divisor, scale, total and purpose.
        """
        return {
            "name": self.name,
            "title": self.title,
            "weights": [list(row) for row in self.weights],
            "divisor": self.divisor,
            "scale": self.scale,
            "total": self.total,
            "purpose": self.purpose,
        }


_TABLE = (
    Kernel(
        "vertical_edge",
        "Vertical edge",
        ((-1, 0, 1), (-1, 0, 1), (-1, 0, 1)),
        1,
        "Finds borders that run up and down: it subtracts the left column from the right one. "
        "Positive where it gets brighter from left to right, negative where it gets darker.",
    ),
    Kernel(
        "horizontal_edge",
        "Horizontal edge",
        ((-1, -1, -1), (0, 0, 0), (1, 1, 1)),
        1,
        "Finds borders that run left and right: it subtracts the upper row from the lower one. "
        "Positive where it gets brighter from top to bottom, negative where it gets darker.",
    ),
    Kernel(
        "sobel_x",
        "Sobel x",
        ((-1, 0, 1), (-2, 0, 2), (-1, 0, 1)),
        1,
        "Measures how fast the brightness changes from left to right. The middle row counts "
        "twice, which makes it less sensitive to noise than a plain difference.",
    ),
    Kernel(
        "sobel_y",
        "Sobel y",
        ((-1, -2, -1), (0, 0, 0), (1, 2, 1)),
        1,
        "Measures how fast the brightness changes from top to bottom. The middle column counts "
        "twice, which makes it less sensitive to noise than a plain difference.",
    ),
    Kernel(
        "laplacian",
        "Laplacian",
        ((0, 1, 0), (1, -4, 1), (0, 1, 0)),
        1,
        "Finds detail in every direction at once: it compares a cell with its four neighbours. "
        "Zero on flat areas and even ramps, large at points, lines and corners.",
    ),
    Kernel(
        "sharpen",
        "Sharpen",
        ((0, -1, 0), (-1, 5, -1), (0, -1, 0)),
        1,
        "Makes edges crisper: it keeps the image and adds how much each cell differs from its "
        "four neighbours. Flat areas stay as they are.",
    ),
    Kernel(
        "box_blur",
        "Box blur",
        ((1, 1, 1), (1, 1, 1), (1, 1, 1)),
        9,
        "Smooths: every cell becomes the plain average of itself and its eight neighbours. "
        "Noise goes down, and so does fine detail.",
    ),
    Kernel(
        "gaussian_blur",
        "Gaussian blur",
        ((1, 2, 1), (2, 4, 2), (1, 2, 1)),
        16,
        "Smooths gently: an average in which near cells count more than far ones, so that "
        "outlines stay rounder than with a box blur.",
    ),
    Kernel(
        "emboss",
        "Emboss",
        ((-2, -1, 0), (-1, 1, 1), (0, 1, 2)),
        1,
        "Makes the image look pressed into metal and lit from one corner: borders that get "
        "brighter towards the lower right stand out, the opposite ones sink in.",
    ),
    Kernel(
        "identity",
        "Identity",
        ((0, 0, 0), (0, 1, 0), (0, 0, 0)),
        1,
        "Changes nothing: every cell is copied. A check that a convolution is set up rightly.",
    ),
)

KERNELS: Mapping[str, Kernel] = MappingProxyType({kernel.name: kernel for kernel in _TABLE})


def get_kernel(name: str) -> Kernel:
    """Return the kernel of that name.

    Args:
        name: a key of `KERNELS`.

    Returns:
        The kernel.

    Raises:
        UnknownNameError: there is none; the message says what is near.

    Example:
        >>> get_kernel("box_blur").scale
        '1/9'
    """
    if name not in KERNELS:
        raise UnknownNameError("kernel", name, KERNELS)
    return KERNELS[name]
