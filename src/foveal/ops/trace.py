"""One convolution, step by step: the only source that visualizers and lessons have.

A trace is a sequence of steps, one per output cell in reading order. A step holds the window, the
products, their running sum, the division, the bias and the result, as plain Python numbers that
JSON can hold. Steps are worked out when they are asked for, so the trace of a photo costs nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from typing import Any, overload

import numpy as np
import numpy.typing as npt

from foveal.arguments import IntPair, whole
from foveal.errors import UsageError
from foveal.ops.arrays import Array, choose_dtypes, numeric
from foveal.ops.grid import Cell, Padding, PaddingMode, WindowGrid, window_grid
from foveal.ops.kernels import Kernel
from foveal.ops.step import Number, Step, nested
from foveal.ops.windows import pad


@dataclass(frozen=True, eq=False)
class ConvolutionTrace(Sequence[Step]):
    """The steps of one convolution; made by `trace_convolution`.

    Index, slice or iterate over it; `at` finds a step by its output cell.
    """

    image: Array
    """The input, (H, W) or (C, H, W)."""

    kernel: Array
    """The weights as they are applied (flipped, if that was asked for), before division."""

    divisor: int
    """What each sum is divided by."""

    bias: Number
    """What is added after the division."""

    relu: bool
    """Whether negative results become 0."""

    grid: WindowGrid
    """Where the windows lie; its methods link inputs, outputs and weights."""

    padded: Array
    """The input with its padding."""

    def __len__(self) -> int:
        height, width = self.grid.output
        return int(height * width)

    @overload
    def __getitem__(self, index: int) -> Step: ...

    @overload
    def __getitem__(self, index: slice) -> tuple[Step, ...]: ...

    def __getitem__(self, index: int | slice) -> Step | tuple[Step, ...]:
        if isinstance(index, slice):
            return tuple(self._step(number) for number in range(*index.indices(len(self))))
        if not -len(self) <= index < len(self):
            raise IndexError(f"step must be below {len(self)}; got {index}.")
        return self._step(index % len(self))

    def at(self, row: int, column: int) -> Step:
        """Return the step that makes one output cell.

        Args:
            row: row of the output cell.
            column: its column.

        Returns:
            The step.

        Raises:
            UsageError: there is no such output cell.
        """
        self.grid.window_cells(row, column)
        return self._step(row * self.grid.output[1] + column)

    @property
    def output(self) -> Array:
        """The whole output, (h, w): the values of all steps."""
        values = [step.value for step in self]
        return np.array(values).reshape(self.grid.output)

    def as_dict(self) -> dict[str, Any]:
        """Return the whole trace as what JSON can hold.

        Returns:
            ``image``, ``kernel``, ``divisor``, ``bias``, ``relu``, ``geometry`` (the settings,
            ``formula`` and ``unused`` rows and columns), ``output``, ``steps``, ``feeds`` (for
            each input cell, the output cells it feeds) and ``touches`` (for each weight, the
            input cells it is multiplied with).
        """
        grid = self.grid
        geometry = asdict(grid) | {
            "output": [int(side) for side in grid.output],
            "padded": grid.padded,
            "unused": grid.unused,
            "formula": grid.explain(),
        }
        return {
            "image": self.image.tolist(),
            "kernel": self.kernel.tolist(),
            "divisor": self.divisor,
            "bias": self.bias,
            "relu": self.relu,
            "geometry": geometry,
            "output": self.output.tolist(),
            "steps": [step.as_dict() for step in self],
            "feeds": _for_each(grid.size, grid.outputs_of),
            "touches": _for_each(grid.kernel, grid.inputs_of_weight),
        }

    def _step(self, index: int) -> Step:
        row, column = divmod(index, self.grid.output[1])
        window = self._window(row, column)
        products = window * self.kernel
        running = products.cumsum().tolist()
        total = running[-1]
        scaled = total if self.divisor == 1 else total / self.divisor
        biased = scaled + self.bias
        return Step(
            index=index,
            output=(row, column),
            cells=self.grid.window_cells(row, column),
            window=nested(window),
            weights=nested(self.kernel),
            products=nested(products),
            running=tuple(running),
            channel_sums=tuple(np.atleast_1d(products.sum(axis=(-2, -1))).tolist()),
            total=total,
            divisor=self.divisor,
            scaled=scaled,
            bias=self.bias,
            biased=biased,
            relu=self.relu,
            value=max(biased, 0) if self.relu else biased,
        )

    def _window(self, row: int, column: int) -> Array:
        """Return the numbers under the kernel: a strided view of the padded image."""
        top, left = row * self.grid.stride[0], column * self.grid.stride[1]
        (height, width), (down, right) = self.grid.kernel, self.grid.dilation
        rows = slice(top, top + (height - 1) * down + 1, down)
        return self.padded[..., rows, left : left + (width - 1) * right + 1 : right]


def trace_convolution(
    image: npt.ArrayLike,
    kernel: Kernel | npt.ArrayLike,
    bias: Number = 0,
    stride: IntPair = 1,
    padding: Padding = "valid",
    dilation: IntPair = 1,
    *,
    divisor: int | None = None,
    padding_mode: PaddingMode = "zero",
    flip_kernel: bool = False,
    relu: bool = False,
) -> ConvolutionTrace:
    """Return the steps of a convolution with one kernel.

    Args:
        image: (H, W), or (C, H, W) for an image of channels.
        kernel: a named `Kernel`, or weights: (kh, kw), or (C, kh, kw) for an image of channels.
        bias: what is added to every output cell.
        stride: cells between two windows, or (vertical, horizontal).
        padding: what is added around the image, as in `window_grid`.
        dilation: cells between two cells of a window, or (vertical, horizontal).
        divisor: what each sum is divided by; None stands for the named kernel's own, or 1.
        padding_mode: ``"zero"``, ``"reflect"`` or ``"replicate"``.
        flip_kernel: turn the kernel by 180° first: the convolution of mathematics.
        relu: replace negative results by 0.

    Returns:
        A sequence of `Step`; integers stay integers wherever nothing is divided.

    Raises:
        UsageError: an argument is out of range, or the shapes do not fit each other.

    Example:
        >>> trace = trace_convolution([[1, 2, 3], [4, 5, 6]], [[0, 1], [-1, 0]], bias=10)
        >>> len(trace), trace[0].running, trace[0].value
        (2, (0, 2, -2, -2), 8)
        >>> print(trace.at(0, 1).explain())
        2·0 + 3·1 + 5·(−1) + 6·0 = −2; −2 + 10 = 8
    """
    if isinstance(kernel, Kernel):
        divisor = kernel.divisor if divisor is None else divisor
        kernel = kernel.weights
    pixels, weights = numeric(image, "image"), numeric(kernel, "kernel")
    _check_layout(pixels, weights)
    grid = window_grid(
        pixels.shape[-2:], weights.shape[-2:], stride, padding, dilation, padding_mode
    )
    _, result = choose_dtypes(pixels, weights)
    dtype = np.int64 if result.kind == "i" else np.float64  # JSON has no smaller float
    weights = weights[..., ::-1, ::-1] if flip_kernel else weights
    return ConvolutionTrace(
        image=pixels,
        kernel=weights.astype(dtype),
        divisor=whole(1 if divisor is None else divisor, "divisor"),
        bias=_scalar(bias),
        relu=relu,
        grid=grid,
        padded=pad(pixels.astype(dtype), grid),
    )


def _check_layout(image: Array, kernel: Array) -> None:
    fits = image.ndim == kernel.ndim and image.shape[:-2] == kernel.shape[:-2]
    if image.ndim not in (2, 3) or not fits or 0 in image.shape + kernel.shape:
        raise UsageError(
            "`image` and `kernel` must be (H, W) and (kh, kw), or (C, H, W) and (C, kh, kw); "
            f"got shapes {image.shape} and {kernel.shape}."
        )


def _scalar(bias: Any) -> Number:
    array = numeric(bias, "bias")
    if array.ndim:
        raise UsageError(f"`bias` must be one number; got shape {array.shape}.")
    number: Number = array.item()
    return number


def _for_each(
    shape: tuple[int, int], cells_of: Callable[[int, int], tuple[Cell, ...]]
) -> list[list[tuple[Cell, ...]]]:
    return [[cells_of(row, column) for column in range(shape[1])] for row in range(shape[0])]
