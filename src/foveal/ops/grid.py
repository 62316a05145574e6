"""Where the windows of a kernel lie on an image, and which cells belong together.

`window_grid` turns the arguments of an operator into a `WindowGrid` once; convolution, pooling,
their gradients and the trace all work on that.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from foveal.arguments import IntPair, is_whole, is_whole_pair, pair
from foveal.errors import UsageError
from foveal.ops.shapes import AxisPadding, conv_output_size, padding_amounts

Padding = str | int | Sequence[int] | Sequence[Sequence[int]]
PaddingMode = Literal["zero", "reflect", "replicate"]
Cell = tuple[int, int]
PADDING_MODES = ("zero", "reflect", "replicate")


@dataclass(frozen=True)
class WindowGrid:
    """The geometry of an operator that slides a window; made by `window_grid`.

    All pairs are (vertical, horizontal); the output's sides are `Explained`.
    """

    size: tuple[int, int]
    """Height and width of the input."""

    kernel: tuple[int, int]
    """Height and width of the kernel."""

    stride: tuple[int, int]
    """Cells between two windows."""

    dilation: tuple[int, int]
    """Cells between two cells of a window."""

    padding: tuple[tuple[int, int], tuple[int, int]]
    """Cells added: ((top, bottom), (left, right))."""

    padding_mode: PaddingMode
    """What the added cells hold: zeros, the mirrored image, or its border repeated."""

    output: tuple[int, int]
    """Height and width of the output."""

    @property
    def padded(self) -> tuple[int, int]:
        """Height and width of the input with its padding."""
        (top, bottom), (left, right) = self.padding
        return self.size[0] + top + bottom, self.size[1] + left + right

    @property
    def unused(self) -> tuple[int, int]:
        """Rows at the bottom and columns at the right of the padded input no window reaches."""
        return self._unused(0), self._unused(1)

    def _unused(self, axis: int) -> int:
        reach = (self.output[axis] - 1) * self.stride[axis]
        return self.padded[axis] - reach - self.dilation[axis] * (self.kernel[axis] - 1) - 1

    def sources(self, axis: int) -> npt.NDArray[np.intp]:
        """Return which input row (or column) each padded row (or column) holds.

        Args:
            axis: 0 for rows, 1 for columns.

        Returns:
            One index per padded row; −1 where it holds zeros.
        """
        (before, after), size = self.padding[axis], self.size[axis]
        position = np.arange(-before, size + after)
        inner = np.clip(position, 0, size - 1)
        if self.padding_mode == "zero":
            return np.where(position == inner, position, -1)
        # A mirrored cell lies as far inside the border as its padding lies outside.
        return inner if self.padding_mode == "replicate" else 2 * inner - position

    def window_cells(self, row: int, column: int) -> tuple[tuple[Cell | None, ...], ...]:
        """Return the input cells that one output cell is made of.

        Args:
            row: row of the output cell.
            column: its column.

        Returns:
            One (row, column) per cell of the kernel, in rows; None where it is zero padding.

        Raises:
            UsageError: there is no such output cell.
        """
        _check_cell((row, column), self.output, "output cell")
        rows, columns = self._taps(0)[row], self._taps(1)[column]
        return tuple(
            tuple((int(r), int(c)) if r >= 0 and c >= 0 else None for c in columns) for r in rows
        )

    def outputs_of(self, row: int, column: int) -> tuple[Cell, ...]:
        """Return every output cell that one input cell feeds.

        Args:
            row: row of the input cell.
            column: its column.

        Returns:
            (row, column) of the outputs, in reading order; reflected and repeated borders count.

        Raises:
            UsageError: there is no such input cell.
        """
        _check_cell((row, column), self.size, "input cell")
        rows = np.flatnonzero((self._taps(0) == row).any(axis=1))
        columns = np.flatnonzero((self._taps(1) == column).any(axis=1))
        return tuple((int(r), int(c)) for r in rows for c in columns)

    def inputs_of_weight(self, row: int, column: int) -> tuple[Cell, ...]:
        """Return every input cell that one weight of the kernel is multiplied with.

        Args:
            row: row of the weight in the kernel.
            column: its column.

        Returns:
            (row, column) of the inputs, in reading order, each once.

        Raises:
            UsageError: there is no such weight.
        """
        _check_cell((row, column), self.kernel, "weight")
        rows, columns = np.unique(self._taps(0)[:, row]), np.unique(self._taps(1)[:, column])
        return tuple((int(r), int(c)) for r in rows if r >= 0 for c in columns if c >= 0)

    def explain(self) -> str:
        """Return the formula of the output's height and width.

        Returns:
            Text such as ``"height: ⌈32 / 2⌉ = 16; width: ⌈32 / 2⌉ = 16"``.
        """
        height, width = self.output
        return f"height: {_text(height)}; width: {_text(width)}"

    def _taps(self, axis: int) -> npt.NDArray[np.intp]:
        """Return the input index of each (output position, kernel position) along an axis."""
        starts = np.arange(self.output[axis]) * self.stride[axis]
        offsets = np.arange(self.kernel[axis]) * self.dilation[axis]
        sources: npt.NDArray[np.intp] = self.sources(axis)[starts[:, None] + offsets]
        return sources


def window_grid(
    size: tuple[int, int],
    kernel: IntPair,
    stride: IntPair = 1,
    padding: Padding = "valid",
    dilation: IntPair = 1,
    padding_mode: PaddingMode = "zero",
) -> WindowGrid:
    """Return where the windows of a kernel lie on an image.

    Args:
        size: (height, width) of the image.
        kernel: side of the kernel, or (height, width).
        stride: cells between two windows, or (vertical, horizontal).
        padding: ``"valid"``, ``"same"``, an int, (vertical, horizontal), or
            ((top, bottom), (left, right)).
        dilation: cells between two cells of a window, or (vertical, horizontal).
        padding_mode: what padding holds: ``"zero"``, ``"reflect"`` or ``"replicate"``.

    Returns:
        The grid, with explicit padding and the output's size.

    Raises:
        UsageError: an argument is out of range, or the kernel does not fit.

    Example:
        >>> grid = window_grid((5, 5), 3, stride=2, padding=1)
        >>> grid.output
        (3, 3)
        >>> grid.outputs_of(1, 1)
        ((0, 0), (0, 1), (1, 0), (1, 1))
    """
    size, kernel = pair(size, "size"), pair(kernel, "kernel")
    stride, dilation = pair(stride, "stride"), pair(dilation, "dilation")
    axes = list(zip(size, kernel, stride, per_axis(padding), dilation, strict=True))
    sides = [padding_amounts(*axis) for axis in axes]
    height, width = (conv_output_size(*axis) for axis in axes)
    _check_mode(padding_mode, sides, size)
    amounts = (int(sides[0][0]), int(sides[0][1])), (int(sides[1][0]), int(sides[1][1]))
    return WindowGrid(size, kernel, stride, dilation, amounts, padding_mode, (height, width))


def per_axis(padding: Any) -> tuple[AxisPadding, AxisPadding]:
    """Return the padding of rows and of columns, each as `padding_amounts` takes it.

    Args:
        padding: as in `window_grid`.

    Returns:
        (vertical, horizontal).

    Raises:
        UsageError: it is none of those.
    """
    if (isinstance(padding, str) and padding in ("valid", "same")) or is_whole(padding, 0):
        return padding, padding
    if is_whole_pair(padding, 0) or (
        isinstance(padding, tuple | list)
        and len(padding) == 2
        and all(is_whole_pair(side, 0) for side in padding)
    ):
        return padding[0], padding[1]
    raise UsageError(
        "`padding` must be 'valid', 'same', an int of at least 0, a (vertical, horizontal) pair, "
        f"or ((top, bottom), (left, right)); got {padding!r}."
    )


def _check_mode(mode: Any, sides: Sequence[tuple[int, int]], size: tuple[int, int]) -> None:
    if mode not in PADDING_MODES:
        raise UsageError(f"`padding_mode` must be one of {', '.join(PADDING_MODES)}; got {mode!r}.")
    for amounts, cells in zip(sides, size, strict=True):
        if mode == "reflect" and max(amounts) >= cells:
            raise UsageError(
                f"`padding` must be below the side of the image with padding_mode 'reflect'; "
                f"got {max(amounts)} for a side of {cells}."
            )


def _check_cell(cell: tuple[Any, Any], bounds: tuple[int, int], kind: str) -> None:
    if not all(
        is_whole(place, 0) and place < side for place, side in zip(cell, bounds, strict=True)
    ):
        raise UsageError(
            f"{kind} must be within {bounds[0]} rows and {bounds[1]} columns, "
            f"counted from 0; got {cell}."
        )


def _text(side: int) -> str:
    explain = getattr(side, "explain", None)
    return explain() if explain else str(side)
