"""One step of a convolution, and how it is written out."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Any

from foveal.ops.arrays import Array
from foveal.ops.grid import Cell

Number = int | float
Nested = tuple[Any, ...]


@dataclass(frozen=True)
class Step:
    """How one output cell comes about.

    `window`, `weights` and `products` are rows of numbers, or channels of rows where the image
    has channels.
    """

    index: int
    """Place in the trace, from 0."""

    output: Cell
    """Row and column of the output cell."""

    cells: tuple[tuple[Cell | None, ...], ...]
    """Which input cell each cell of the window shows; None for zero padding."""

    window: Nested
    """The numbers under the kernel."""

    weights: Nested
    """The kernel, as it is applied to every window."""

    products: Nested
    """Each number times its weight."""

    running: tuple[Number, ...]
    """The sum after the first product, the second, and so on, in reading order."""

    channel_sums: tuple[Number, ...]
    """The sum of the products of each channel; one where there are no channels."""

    total: Number
    """The sum of all products."""

    divisor: int
    """What the sum is divided by; 1 for most kernels."""

    scaled: Number
    """`total` divided by `divisor`."""

    bias: Number
    """What is added then."""

    biased: Number
    """`scaled` plus `bias`."""

    relu: bool
    """Whether a negative result becomes 0."""

    value: Number
    """What the output cell holds: `biased`, or 0 where a ReLU cuts it off."""

    def explain(self) -> str:
        """Return the sum written out, every number in full, so that it can be added up again.

        Returns:
            ``"10·(−1) + 10·0 + 0·1 = −10"``; where they change something, then the division, the
            bias and the ReLU: ``"; −10 / 2 = −5; −5 + 1 = −4; max(0, −4) = 0"``.
        """
        pairs = zip(_flat(self.window), _flat(self.weights), strict=True)
        products = " + ".join(f"{_factor(x)}·{_factor(weight)}" for x, weight in pairs)
        stages = [f"{products} = {_plain(self.total)}"]
        if self.divisor != 1:
            stages.append(f"{_plain(self.total)} / {self.divisor} = {_plain(self.scaled)}")
        if self.bias:
            stages.append(f"{_plain(self.scaled)} + {_factor(self.bias)} = {_plain(self.biased)}")
        if self.relu:
            stages.append(f"max(0, {_plain(self.biased)}) = {_plain(self.value)}")
        return "; ".join(stages)

    def as_dict(self) -> dict[str, Any]:
        """Return what JSON can hold.

        Returns:
            Every field by name.
        """
        return asdict(self)


def nested(array: Array) -> Nested:
    """Return an array as tuples of plain numbers.

    Args:
        array: at least one dimension.

    Returns:
        Rows of numbers, or channels of rows.
    """
    if array.ndim == 1:
        return tuple(array.tolist())
    return tuple(nested(part) for part in array)


def _flat(numbers: Nested) -> Iterator[Number]:
    for item in numbers:
        if isinstance(item, tuple):
            yield from _flat(item)
        else:
            yield item


def _plain(number: Number) -> str:
    """Write a number in full and with a real minus sign."""
    whole = isinstance(number, int) or (number.is_integer() and abs(number) < 1e15)
    return (str(int(number)) if whole else repr(number)).replace("-", "−")


def _factor(number: Number) -> str:
    text = _plain(number)
    return f"({text})" if text.startswith("−") else text
