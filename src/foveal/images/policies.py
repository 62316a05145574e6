"""Augmentation policies that need no search: RandAugment and TrivialAugment.

Both choose from the same fourteen operations and differ in how many they apply and how strongly:

- `RandAugment`: two operations, both at magnitude 9 of 10 (Cubuk et al.: N = 2, M = 9).
- `TrivialAugment`: one operation, at one of 31 even magnitudes of a wide range.

They change the square that a network takes, after crop, flips and shifts, as in the papers. What is
moved in from outside has the grey `fill`. Everything follows from the numbers that are given:
nothing is drawn here. An operation that has a direction (a shift, a rotation, brighter or darker)
takes either with equal chance.

Sources:
    Cubuk et al., RandAugment: practical automated data augmentation with a reduced search space,
    2020, and AutoAugment, 2019, table 6 (the ends of the narrow ranges); Müller and Hutter,
    TrivialAugment: tuning-free yet state-of-the-art data augmentation, 2021 (the wide ranges).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal, NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from foveal.arguments import require_whole
from foveal.errors import UnknownNameError
from foveal.images import operations

View = NDArray[np.uint8]
PolicyName = Literal["none", "randaugment", "trivialaugment"]

_STEPS = 30  # between the 31 magnitudes of TrivialAugment


class Operation(NamedTuple):
    """One row of the table of operations."""

    change: Callable[[View, float, int], View]
    """Takes a view, an amount and the grey of the outside."""
    start: float
    """The amount at magnitude 0, where nothing changes."""
    narrow: float
    """The amount at the largest magnitude of RandAugment."""
    wide: float
    """The amount at the largest magnitude of TrivialAugment."""
    signed: bool = False
    """Whether the amount may lie on the other side of `start`."""


_OF_SIDE = 150 / 331  # AutoAugment shifts pictures of 331 pixels by up to 150

OPERATIONS: dict[str, Operation] = {
    "identity": Operation(operations.identity, 0, 0, 0),
    "autocontrast": Operation(operations.autocontrast, 0, 0, 0),
    "equalize": Operation(operations.equalize, 0, 0, 0),
    "rotate": Operation(operations.rotate, 0, 30, 135, signed=True),
    "solarize": Operation(operations.solarize, 256, 0, 0),
    "color": Operation(operations.color, 1, 1.9, 1.99, signed=True),
    "posterize": Operation(operations.posterize, 8, 4, 2),
    "contrast": Operation(operations.contrast, 1, 1.9, 1.99, signed=True),
    "brightness": Operation(operations.brightness, 1, 1.9, 1.99, signed=True),
    "sharpness": Operation(operations.sharpness, 1, 1.9, 1.99, signed=True),
    "shear_x": Operation(operations.shear_x, 0, 0.3, 0.99, signed=True),
    "shear_y": Operation(operations.shear_y, 0, 0.3, 0.99, signed=True),
    "translate_x": Operation(operations.translate_x, 0, _OF_SIDE, 32, signed=True),
    "translate_y": Operation(operations.translate_y, 0, _OF_SIDE, 32, signed=True),
}
"""The operations; shifts are fractions of the side in `narrow` and pixels in `wide`."""

_ROWS = tuple(OPERATIONS.values())
_SHIFTS = (operations.translate_x, operations.translate_y)


class Policy(Protocol):
    """A way to change a view further, after flips, shifts and zooms."""

    @property
    def draws(self) -> int:
        """Random numbers that one view takes."""

    def apply(self, view_HWC: View, u: Sequence[float], fill: int) -> View:
        """Change one view.

        Args:
            view_HWC: uint8 (S, S, 3) or (S, S, 1).
            u: `draws` numbers, each 0 to below 1.
            fill: the grey of what lies outside, 0 to 255.

        Returns:
            uint8 of the same shape.
        """


@dataclass(frozen=True)
class RandAugment:
    """A few operations in a row, all of one strength."""

    count: int = 2
    """How many, 1 to 10."""
    magnitude: int = 9
    """How strong, 0 (nothing moves) to 10."""

    def __post_init__(self) -> None:
        require_whole("count", self.count, 1, 10)
        require_whole("magnitude", self.magnitude, 0, 10)

    @property
    def draws(self) -> int:
        """Random numbers that one view takes: an operation and a sign each time."""
        return 2 * self.count

    def apply(self, view_HWC: View, u: Sequence[float], fill: int) -> View:
        """Change one view.

        Args:
            view_HWC: uint8 (S, S, 3) or (S, S, 1).
            u: `draws` numbers, each 0 to below 1.
            fill: the grey of what lies outside, 0 to 255.

        Returns:
            uint8 of the same shape.
        """
        for which, sign in zip(u[::2], u[1::2], strict=True):
            row = _ROWS[int(which * len(_ROWS))]
            unit = view_HWC.shape[1] if row.change in _SHIFTS else 1
            amount = _amount(row, row.narrow * unit, self.magnitude / 10, sign)
            view_HWC = row.change(view_HWC, amount, fill)
        return view_HWC


@dataclass(frozen=True)
class TrivialAugment:
    """One operation of any strength, from wide ranges."""

    @property
    def draws(self) -> int:
        """Random numbers that one view takes: an operation, a magnitude and a sign."""
        return 3

    def apply(self, view_HWC: View, u: Sequence[float], fill: int) -> View:
        """Change one view.

        Args:
            view_HWC: uint8 (S, S, 3) or (S, S, 1).
            u: `draws` numbers, each 0 to below 1.
            fill: the grey of what lies outside, 0 to 255.

        Returns:
            uint8 of the same shape.
        """
        row = _ROWS[int(u[0] * len(_ROWS))]
        level = int(u[1] * (_STEPS + 1)) / _STEPS
        return row.change(view_HWC, _amount(row, row.wide, level, u[2]), fill)


_POLICIES: dict[str, Policy | None] = {
    "none": None,
    "randaugment": RandAugment(),
    "trivialaugment": TrivialAugment(),
}


def policy_named(name: str) -> Policy | None:
    """Return a policy with the settings of its paper.

    Args:
        name: ``"none"``, ``"randaugment"`` or ``"trivialaugment"``.

    Returns:
        The policy; None for none.

    Raises:
        UnknownNameError: there is no such policy.
    """
    if name not in _POLICIES:
        raise UnknownNameError("augmentation policy", name, _POLICIES)
    return _POLICIES[name]


def _amount(row: Operation, end: float, level: float, sign: float) -> float:
    step = level * (end - row.start)
    return row.start - step if row.signed and sign < 0.5 else row.start + step
