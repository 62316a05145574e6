"""Shape arithmetic of convolution and pooling along one axis: it exists here and nowhere else.

Every result is an `Explained`: an int whose ``explain()`` is the formula with the numbers put in.
Operators, summaries, lessons and quiz answers all call these functions.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from foveal.arguments import is_whole, is_whole_pair, whole
from foveal.errors import UsageError
from foveal.ops.counts import (
    batch_norm_parameters,
    conv_macs,
    conv_parameters,
    dense_macs,
    dense_parameters,
    element_count,
)
from foveal.ops.explained import Explained

__all__ = [
    "AxisPadding",
    "Explained",
    "Window",
    "batch_norm_parameters",
    "conv_macs",
    "conv_output_size",
    "conv_parameters",
    "conv_transpose_output_size",
    "dense_macs",
    "dense_parameters",
    "element_count",
    "output_stride",
    "padding_amounts",
    "pool_output_size",
    "receptive_field",
    "same_padding",
]

AxisPadding = str | int | tuple[int, int]


def padding_amounts(
    size: int, kernel: int, stride: int = 1, padding: AxisPadding = "valid", dilation: int = 1
) -> tuple[Explained, Explained]:
    """Return how many cells are added before and after one axis.

    Args:
        size: cells along the axis.
        kernel: cells of the kernel along the axis.
        stride: cells between two windows.
        padding: ``"valid"`` (none), ``"same"`` (as many as make the output ⌈size / stride⌉; the
            odd one goes to the end, as in TensorFlow), an int for both ends, or (before, after).
        dilation: cells between two cells of a window.

    Returns:
        Cells before, cells after.

    Raises:
        UsageError: an argument is out of range.

    Example:
        >>> before, after = padding_amounts(32, 3, stride=2, padding="same")
        >>> before, after
        (0, 1)
        >>> after.explain()
        '⌈max((⌈32 / 2⌉ − 1)·2 + 3 − 32, 0) / 2⌉ = 1'
    """
    size, kernel = whole(size, "size"), whole(kernel, "kernel")
    stride, dilation = whole(stride, "stride"), whole(dilation, "dilation")
    if padding == "same":
        before, after = same_padding(size, kernel, stride, dilation)
        span = f"{kernel}" if dilation == 1 else f"{dilation}·({kernel} − 1) + 1"
        formula = f"max((⌈{size} / {stride}⌉ − 1)·{stride} + {span} − {size}, 0) / 2"
        return Explained(before, f"⌊{formula}⌋"), Explained(after, f"⌈{formula}⌉")
    if padding == "valid":
        return _given(0), _given(0)
    if is_whole(padding, 0):
        return _given(padding), _given(padding)
    if is_whole_pair(padding, 0):
        return _given(padding[0]), _given(padding[1])
    raise UsageError(
        "`padding` along one axis must be 'valid', 'same', an int of at least 0 or a "
        f"(before, after) pair of them; got {padding!r}."
    )


def same_padding(size: int, kernel: int, stride: int = 1, dilation: int = 1) -> tuple[int, int]:
    """Return the amounts of ``"same"`` padding as bare numbers, for a network's forward pass.

    Nothing is checked and nothing explained: PyTorch's compiler can follow this arithmetic.

    Args:
        size: cells along the axis.
        kernel: cells of the kernel along the axis.
        stride: cells between two windows.
        dilation: cells between two cells of a window.

    Returns:
        Cells before, cells after, as of `padding_amounts`.
    """
    total = max((-(-size // stride) - 1) * stride + _span(kernel, dilation) - size, 0)
    return total // 2, -(-total // 2)


def conv_output_size(
    size: int, kernel: int, stride: int = 1, padding: AxisPadding = "valid", dilation: int = 1
) -> Explained:
    """Return the output cells of a convolution along one axis.

    Args:
        size: input cells along the axis.
        kernel: cells of the kernel along the axis.
        stride: cells between two windows.
        padding: as in `padding_amounts`.
        dilation: cells between two cells of a window.

    Returns:
        ⌊(n + 2p − d(k − 1) − 1) / s⌋ + 1, or ⌈n / s⌉ with ``"same"``.

    Raises:
        UsageError: an argument is out of range, or the kernel does not fit in the padded size.

    Source:
        Dumoulin and Visin, "A guide to convolution arithmetic for deep learning", 2016.

    Example:
        >>> conv_output_size(224, 3)
        222
        >>> conv_output_size(32, 3).explain()
        '⌊(32 + 2·0 − 3) / 1⌋ + 1 = 30'
        >>> conv_output_size(32, 3, stride=2, padding="same").explain()
        '⌈32 / 2⌉ = 16'
    """
    before, after = padding_amounts(size, kernel, stride, padding, dilation)
    if padding == "same":
        return Explained(-(-size // stride), f"⌈{size} / {stride}⌉")
    span = _span(kernel, dilation)
    room = size + before + after - span
    if room < 0:
        raise UsageError(
            f"the window must fit in the padded input: {kernel} cells with dilation {dilation} "
            f"span {span}; got {size} + {before} + {after} = {size + before + after}; "
            "use a smaller window or more padding."
        )
    added = f"2·{before}" if before == after else f"{before} + {after}"
    taken = f"{kernel}" if dilation == 1 else f"{dilation}·({kernel} − 1) − 1"
    return Explained(room // stride + 1, f"⌊({size} + {added} − {taken}) / {stride}⌋ + 1")


def pool_output_size(
    size: int, pool_size: int = 2, stride: int | None = None, padding: AxisPadding = "valid"
) -> Explained:
    """Return the output cells of a pooling along one axis.

    Args:
        size: input cells along the axis.
        pool_size: cells of the pooling window.
        stride: cells between two windows; None stands for `pool_size`.
        padding: as in `padding_amounts`.

    Returns:
        The same formula as for a convolution.

    Raises:
        UsageError: an argument is out of range, or the window does not fit.

    Example:
        >>> pool_output_size(28).explain()
        '⌊(28 + 2·0 − 2) / 2⌋ + 1 = 14'
    """
    pool_size = whole(pool_size, "pool_size")
    return conv_output_size(size, pool_size, pool_size if stride is None else stride, padding)


def conv_transpose_output_size(
    size: int,
    kernel: int,
    stride: int = 1,
    padding: AxisPadding = "valid",
    dilation: int = 1,
    output_padding: int = 0,
) -> Explained:
    """Return the output cells of a transposed convolution along one axis.

    Args:
        size: input cells along the axis.
        kernel: cells of the kernel along the axis.
        stride: output cells between two windows.
        padding: cells cut off the output, written as in `padding_amounts`; ``"same"`` makes the
            output size · stride.
        dilation: cells between two cells of a window.
        output_padding: cells added at the end; below `stride`, and 0 with ``"same"``.

    Returns:
        (n − 1)·s − 2p + d(k − 1) + 1 + output padding, or n·s with ``"same"``.

    Raises:
        UsageError: an argument is out of range, or nothing would be left of the output.

    Example:
        >>> conv_transpose_output_size(7, 3, stride=2, padding=1, output_padding=1).explain()
        '(7 − 1)·2 − 2·1 + 3 + 1 = 14'
    """
    before, after = padding_amounts(size, kernel, stride, padding, dilation)
    extra = whole(output_padding, "output_padding", 0)
    if extra >= stride or (extra and padding == "same"):
        raise UsageError(
            f"`output_padding` must be below the stride {stride}, and 0 with padding 'same'; "
            f"got {extra} with padding {padding!r}."
        )
    if padding == "same":
        return Explained(size * stride, f"{size}·{stride}")
    value = (size - 1) * stride - before - after + _span(kernel, dilation) + extra
    if value < 1:
        raise UsageError(
            f"`padding` must leave at least one output cell; got {padding!r}, which leaves {value}."
        )
    cut = f"2·{before}" if before == after else f"{before} − {after}"
    span = f"{kernel}" if dilation == 1 else f"{dilation}·({kernel} − 1) + 1"
    return Explained(value, f"({size} − 1)·{stride} − {cut} + {span} + {extra}")


@dataclass(frozen=True)
class Window:
    """What a layer of a chain looks at, along one axis: a convolution or a pooling."""

    kernel: int
    """Cells of the window."""

    stride: int = 1
    """Cells between two windows."""

    dilation: int = 1
    """Cells between two cells of a window."""

    def __post_init__(self) -> None:
        for name in ("kernel", "stride", "dilation"):
            whole(getattr(self, name), name)


def receptive_field(layers: Iterable[Window]) -> Explained:
    """Return how many input cells, along one axis, can change one output cell of a chain.

    Args:
        layers: the chain's windows, first layer first.

    Returns:
        1 + Σ d(k − 1)·(product of the strides before); 1 for an empty chain.

    Source:
        Araujo, Norris and Sim, "Computing receptive fields of convolutional neural networks",
        Distill, 2019.

    Example:
        >>> receptive_field([Window(3), Window(3), Window(3)]).explain()
        '1 + (3 − 1)·1 + (3 − 1)·1 + (3 − 1)·1 = 7'
        >>> receptive_field([Window(3), Window(2, stride=2), Window(3)])
        8
    """
    field, step, terms = 1, 1, ["1"]
    for layer in layers:
        field += layer.dilation * (layer.kernel - 1) * step
        spread = f"{layer.dilation}·" if layer.dilation > 1 else ""
        terms.append(f"{spread}({layer.kernel} − 1)·{step}")
        step *= layer.stride
    return Explained(field, " + ".join(terms))


def output_stride(layers: Iterable[Window]) -> Explained:
    """Return how many input cells lie between two neighbouring output cells of a chain.

    Args:
        layers: the chain's windows, first layer first.

    Returns:
        The product of the strides; 1 for an empty chain.

    Example:
        >>> output_stride([Window(7, stride=2), Window(3, stride=2)]).explain()
        '2·2 = 4'
    """
    product, factors = 1, []
    for layer in layers:
        product *= layer.stride
        factors.append(str(layer.stride))
    return Explained(product, "·".join(factors) or "1")


def _span(kernel: int, dilation: int) -> int:
    return dilation * (kernel - 1) + 1


def _given(amount: int) -> Explained:
    return Explained(amount, f"{amount:,}")
