"""What chance decides about a view: drawn from its numbers, not from a generator's past."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from foveal.arguments import require_whole
from foveal.errors import UsageError

if TYPE_CHECKING:
    from foveal.images.augment import Augment


DRAWS = 9  # numbers that chance gives for one view


@dataclass(frozen=True)
class AffineParameters:
    """What was drawn for one view."""

    rotation: float = 0.0
    """Degrees by which the picture turns anticlockwise."""

    shift_x: float = 0.0
    """Fraction of the view by which the picture moves to the right."""

    shift_y: float = 0.0
    """Fraction of the view by which the picture moves down."""

    zoom_x: float = 1.0
    """Factor of the window's width."""

    zoom_y: float = 1.0
    """Factor of the window's height."""

    shear: float = 0.0
    """Degrees by which upright lines lean."""

    flip_horizontal: bool = False
    """Whether left and right are exchanged."""

    flip_vertical: bool = False
    """Whether top and bottom are exchanged."""

    brightness: float = 1.0
    """Factor of every pixel."""


def draw_parameters(augment: Augment, seed: int, view: int, sample: int) -> AffineParameters:
    """Draw one view's parameters, from its numbers alone.

    Each parameter has its own place in the random stream: switching one setting off leaves what
    the others draw as it was.

    Args:
        augment: the ranges.
        seed: of the run, 0 to 2**64 - 1.
        view: 0 for the plain view, above that the number of an augmented one.
        sample: of the photo, 0 to 2**64 - 1; `sample_number` derives it from the content hash.

    Returns:
        The parameters; those that change nothing for view 0.

    Raises:
        UsageError: a number is negative or too large.

    Source:
        Salmon et al., Parallel random numbers: as easy as 1, 2, 3, 2011 (Philox).
    """
    for name, value in (("seed", seed), ("view", view), ("sample", sample)):
        require_whole(name, value, 0, 2**64 - 1)
    if view == 0:
        return AffineParameters()
    key, counter = np.array([seed, sample], np.uint64), np.array([0, 0, 0, view], np.uint64)
    u = np.random.Generator(np.random.Philox(key=key, counter=counter)).random(DRAWS)
    return parameters_from(augment, u.tolist())


def parameters_from(augment: Augment, u: Sequence[float]) -> AffineParameters:
    """Turn even random numbers into one view's parameters.

    Args:
        augment: the ranges.
        u: `DRAWS` numbers, each 0 to below 1, each with its own place.

    Returns:
        The parameters.
    """
    centred = [2 * value - 1 for value in u]
    return AffineParameters(
        rotation=augment.rotation_range * centred[0],
        shift_x=augment.width_shift_range * centred[1],
        shift_y=augment.height_shift_range * centred[2],
        zoom_x=_between(augment.zoom_limits, u[3]),
        zoom_y=_between(augment.zoom_limits, u[4]),
        shear=augment.shear_range * centred[5],
        flip_horizontal=augment.horizontal_flip and u[6] < 0.5,
        flip_vertical=augment.vertical_flip and u[7] < 0.5,
        brightness=_between(augment.brightness_range or (1.0, 1.0), u[8]),
    )


def affine_matrix(parameters: AffineParameters, size: int) -> NDArray[np.float64]:
    """Return the matrix from pixels of an augmented view to pixels of the plain one.

    Read from the output: undo the shift, the rotation, the flips, the shear and the zoom, all about
    the centre of the view.

    Args:
        parameters: what was drawn.
        size: side of the view in pixels.

    Returns:
        float64 (3, 3), acting on columns (x, y, 1) of pixel indices, y down.

    Example:
        >>> affine_matrix(AffineParameters(flip_horizontal=True), 4) @ [0, 1, 1]
        array([3., 1., 1.])
    """
    angle, lean = math.radians(parameters.rotation), math.radians(parameters.shear)
    cos, sin = math.cos(angle), math.sin(angle)
    rotate = np.array([[cos, -sin], [sin, cos]])
    flip = np.diag([1.0 - 2 * parameters.flip_horizontal, 1.0 - 2 * parameters.flip_vertical])
    shear = np.array([[1, math.tan(lean)], [0, 1]])
    zoom = np.diag([parameters.zoom_x, parameters.zoom_y])
    linear = zoom @ shear @ flip @ rotate
    centre = np.full(2, (size - 1) / 2)
    shift = size * np.array([parameters.shift_x, parameters.shift_y])
    matrix = np.eye(3)
    matrix[:2, :2] = linear
    matrix[:2, 2] = centre - linear @ (centre + shift)
    return matrix


def sample_number(content: str) -> int:
    """Return the number that stands for a photo when its views are drawn.

    Args:
        content: the content hash of its file, hexadecimal, at least 16 digits.

    Returns:
        0 to 2**64 - 1: the first 16 digits.

    Raises:
        UsageError: `content` is not such a hash.

    Example:
        >>> sample_number("00000000000000ff" + "0" * 16)
        255
    """
    try:
        if len(content) < 16:
            raise ValueError
        return int(content[:16], 16)
    except ValueError:
        raise UsageError(
            f"`content` must be a content hash of at least 16 hexadecimal digits; got {content!r}."
        ) from None


def _between(limits: tuple[float, float], u: float) -> float:
    low, high = limits
    return low + (high - low) * u
