"""How many parameters, multiplications and values a layer has. Public through `ops.shapes`."""

from __future__ import annotations

import math

from foveal.arguments import IntPair, pair, whole
from foveal.errors import UsageError
from foveal.ops.explained import Explained


def conv_parameters(
    in_channels: int, out_channels: int, kernel: IntPair, bias: bool = True, groups: int = 1
) -> Explained:
    """Return the weights, and biases, of a convolution.

    Args:
        in_channels: input channels.
        out_channels: filters.
        kernel: side of the kernel, or (height, width).
        bias: whether each filter has one.
        groups: groups of channels that do not see each other.

    Returns:
        (kh·kw·in / groups + bias)·out.

    Raises:
        UsageError: an argument is out of range, or `groups` does not divide the channels.

    Example:
        >>> conv_parameters(32, 64, 3).explain()
        '(3·3·32 + 1)·64 = 18,496'
    """
    weights, text = _filter_size(in_channels, out_channels, kernel, groups)
    if bias:
        return Explained((weights + 1) * out_channels, f"({text} + 1)·{out_channels}")
    return Explained(weights * out_channels, f"{text}·{out_channels}")


def dense_parameters(inputs: int, outputs: int, bias: bool = True) -> Explained:
    """Return the weights, and biases, of a fully connected layer.

    Args:
        inputs: values that come in.
        outputs: neurons.
        bias: whether each neuron has one.

    Returns:
        (inputs + bias)·outputs.

    Raises:
        UsageError: an argument is out of range.

    Example:
        >>> dense_parameters(224 * 224 * 3, 1000, bias=False).explain()
        '150528·1000 = 150,528,000'
    """
    inputs, outputs = whole(inputs, "inputs"), whole(outputs, "outputs")
    if bias:
        return Explained((inputs + 1) * outputs, f"({inputs} + 1)·{outputs}")
    return Explained(inputs * outputs, f"{inputs}·{outputs}")


def batch_norm_parameters(channels: int, statistics: bool = False) -> Explained:
    """Return the parameters of a batch normalisation.

    Args:
        channels: channels it normalises.
        statistics: whether the moving mean and variance, which are not trained, are counted too
            (Keras counts them in a total, PyTorch does not).

    Returns:
        2·channels (scale and shift), or 4·channels.

    Raises:
        UsageError: `channels` is out of range.

    Example:
        >>> batch_norm_parameters(64).explain()
        '2·64 = 128'
    """
    each = 4 if statistics else 2
    return Explained(each * whole(channels, "channels"), f"{each}·{channels}")


def conv_macs(
    output: IntPair, in_channels: int, out_channels: int, kernel: IntPair, groups: int = 1
) -> Explained:
    """Return the multiply-accumulates of a convolution for one image (biases not counted).

    Args:
        output: side of the output, or (height, width).
        in_channels: input channels.
        out_channels: filters.
        kernel: side of the kernel, or (height, width).
        groups: groups of channels that do not see each other.

    Returns:
        Output cells · weights.

    Raises:
        UsageError: an argument is out of range, or `groups` does not divide the channels.

    Example:
        >>> conv_macs(30, 3, 32, kernel=3).explain()
        '30·30·3·3·3·32 = 777,600'
    """
    rows, columns = pair(output, "output")
    weights, text = _filter_size(in_channels, out_channels, kernel, groups)
    total = rows * columns * weights * out_channels
    return Explained(total, f"{rows}·{columns}·{text}·{out_channels}")


def dense_macs(inputs: int, outputs: int) -> Explained:
    """Return the multiply-accumulates of a fully connected layer for one image.

    Args:
        inputs: values that come in.
        outputs: neurons.

    Returns:
        inputs·outputs.

    Raises:
        UsageError: an argument is out of range.

    Example:
        >>> dense_macs(1280, 10).explain()
        '1280·10 = 12,800'
    """
    return dense_parameters(inputs, outputs, bias=False)


def element_count(*sides: int) -> Explained:
    """Return how many values an array holds.

    Args:
        *sides: its shape.

    Returns:
        The product of the sides.

    Raises:
        UsageError: a side is out of range.

    Example:
        >>> element_count(480, 640, 3).explain()
        '480·640·3 = 921,600'
    """
    checked = [whole(side, "sides") for side in sides]
    return Explained(math.prod(checked), "·".join(map(str, checked)) or "1")


def check_groups(in_channels: int, out_channels: int, groups: int) -> int:
    """Return `groups` if both numbers of channels divide by it.

    Args:
        in_channels: input channels.
        out_channels: output channels.
        groups: groups of channels that do not see each other.

    Returns:
        A plain int.

    Raises:
        UsageError: it does not divide them.
    """
    groups = whole(groups, "groups")
    if in_channels % groups or out_channels % groups:
        raise UsageError(
            "`groups` must divide the input and the output channels; "
            f"got {groups} for {in_channels} and {out_channels} channels."
        )
    return groups


def _filter_size(
    in_channels: int, out_channels: int, kernel: IntPair, groups: int
) -> tuple[int, str]:
    """Return the weights of one filter and their formula."""
    in_channels = whole(in_channels, "in_channels")
    out_channels = whole(out_channels, "out_channels")
    rows, columns = pair(kernel, "kernel")
    groups = check_groups(in_channels, out_channels, groups)
    depth = f"{in_channels}" if groups == 1 else f"({in_channels} / {groups})"
    return rows * columns * in_channels // groups, f"{rows}·{columns}·{depth}"
