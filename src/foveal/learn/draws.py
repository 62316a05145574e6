"""The practice questions whose numbers are drawn: how each is put and worked out.

Every answer and every worked line comes from `foveal.ops` (or, for pixels, from
`foveal.images.preprocess`): the text cannot disagree with the library.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from foveal.images.preprocess import Preprocess
from foveal.ops import average_pool2d, max_pool2d, shapes
from foveal.ops.explained import Explained

IMAGENET = Preprocess.preset("imagenet")
COLOURS = ("red", "green", "blue")


@dataclass(frozen=True)
class Draw:
    """One question with its numbers; the texts are Markdown."""

    title: str
    """What it is about, in a few words."""

    prompt: str
    """The question."""

    hint: str
    """What helps without giving it away."""

    worked: str
    """The way to the answer."""

    answer: int | float
    """The number asked for."""


def values_in_image(width: int, height: int) -> Draw:
    """Ask how many numbers a colour photo holds.

    Args:
        width: of the photo, in pixels.
        height: of the photo, in pixels.

    Returns:
        The question.
    """
    count = shapes.element_count(height, width, 3)
    return Draw(
        "how many numbers?",
        f"A colour photo is {width:,} × {height:,} pixels. How many numbers does its array hold?",
        "Each pixel has one number for red, one for green and one for blue.",
        f"Height × width × channels: {count.explain()}. As `uint8` each takes one byte, so the "
        f"array is {count:,} bytes; as `float32` four times that, {4 * count:,} bytes.",
        int(count),
    )


def normalise_pixel(channel: int, value: int) -> Draw:
    """Ask for one value after ImageNet normalisation.

    Args:
        channel: 0 red, 1 green, 2 blue.
        value: 0 to 255.

    Returns:
        The question.
    """
    pixel = np.zeros((1, 1, 3), np.uint8)
    pixel[..., channel] = value
    answer = round(float(IMAGENET.normalize(pixel)[0, 0, channel]), 2)
    mean, std = IMAGENET.mean[channel] / 255, IMAGENET.std[channel] / 255
    return Draw(
        "normalise one value",
        f"A pixel's {COLOURS[channel]} value is {value}. What is it after ImageNet normalisation "
        f"(mean {mean:.3f}, standard deviation {std:.3f})? Two decimals are enough.",
        "Divide by 255 first; then subtract the mean and divide by the standard deviation.",
        f"{value} / 255 = {value / 255:.4f}; ({value / 255:.4f} − {mean:.3f}) / {std:.3f} = "
        f"{_signed(answer)}.",
        answer,
    )


def output_size(size: int, kernel: int, stride: int, padding: int) -> Draw:
    """Ask for the side of a convolution's output.

    Args:
        size: side of the image.
        kernel: side of the filter.
        stride: cells between two windows.
        padding: cells added on every side.

    Returns:
        The question.
    """
    output = shapes.conv_output_size(size, kernel, stride, padding)
    padded = f"padding {padding} on every side" if padding else "no padding"
    return Draw(
        "output size",
        f"A {kernel} × {kernel} filter slides over a {size} × {size} image with stride {stride} "
        f"and {padded}. How many rows does the output have?",
        "How many positions are there from the first to the last place where the filter still "
        "fits?",
        f"`$\\lfloor (n + 2p - k) / s \\rfloor + 1$`: {output.explain()}. The output is "
        f"{output} × {output}.",
        int(output),
    )


def conv_parameters(channels: int, filters: int, kernel: int) -> Draw:
    """Ask for the parameters of a convolution layer.

    Args:
        channels: that come in.
        filters: that look at them.
        kernel: side of the filter.

    Returns:
        The question.
    """
    count = shapes.conv_parameters(channels, filters, kernel)
    return Draw(
        "parameters of a layer",
        f"A layer has {filters} filters of {kernel} × {kernel} over an input of {channels} "
        "channels, each with a bias. How many parameters is that?",
        "One filter looks at *all* input channels. Count its weights, add its bias, then "
        "multiply by the number of filters.",
        f"{count.explain()}. The size of the image does not appear: the same filters work on an "
        "image of any size.",
        int(count),
    )


def pooled(seed: int, operation: str) -> Draw:
    """Ask for one value of a pooled map.

    Args:
        seed: draws the map; 0 gives that of the lesson.
        operation: ``"max"`` or ``"average"``.

    Returns:
        The question.
    """
    cells = (
        [[1, 3, 2, 4], [5, 6, 1, 2], [3, 2, 8, 1], [4, 7, 3, 9]]
        if seed == 0
        else np.random.default_rng(seed).integers(0, 10, (4, 4)).tolist()
    )
    pool = max_pool2d if operation == "max" else average_pool2d
    output = pool(cells)
    answer = output[0, 0].item()
    window = [*cells[0][:2], *cells[1][:2]]
    rows = "\n".join("    " + "  ".join(map(str, row)) for row in cells)
    listed = ", ".join(map(str, window))
    summed = f"({' + '.join(map(str, window))}) / 4"
    steps = f"The largest of {listed}" if operation == "max" else summed
    rest = ", ".join(f"{value:g}" for value in output.ravel()[1:])
    return Draw(
        f"{operation} pooling by hand",
        f"A map of 4 × 4:\n\n{rows}\n\n{operation.capitalize()} pooling 2 × 2 with stride 2: what "
        "is the upper left value of the output?",
        "Only the four values in the upper left corner count.",
        f"{steps} {'is' if operation == 'max' else '='} {answer:g}. The other three windows give "
        f"{rest}.",
        answer,
    )


def receptive_field(*layers: tuple[int, int]) -> Draw:
    """Ask how far a chain of layers sees.

    Args:
        *layers: kernel and stride of each.

    Returns:
        The question.
    """
    field = shapes.receptive_field(shapes.Window(kernel, stride) for kernel, stride in layers)
    chain = ", then ".join(f"{kernel} × {kernel} with stride {stride}" for kernel, stride in layers)
    return Draw(
        "receptive field",
        f"Layers follow one another: {chain}. How many input pixels, along one side, can "
        "change one output value?",
        "Start with 1. Each layer adds (kernel − 1) times the product of all strides before it.",
        f"{field.explain()}.",
        int(field),
    )


def small_filters(channels: int, large: int) -> Draw:
    """Ask how many weights 3 × 3 filters in a row save.

    Args:
        channels: in and out of each layer.
        large: side of the one large filter, odd.

    Returns:
        The question.
    """
    count = (large - 1) // 2
    stacked = Explained(count * 9 * channels * channels, f"{count}·3·3·{channels}·{channels}")
    single = shapes.conv_parameters(channels, channels, large, bias=False)
    return Draw(
        f"{_number(count)} 3 × 3 against one {large} × {large}",
        f"{_number(count).capitalize()} 3 × 3 layers in a row see as far as one {large} × {large} "
        f"layer. All have {channels} channels in and out, without biases. How many weights do the "
        "small ones save?",
        "Weights of one layer: side × side × channels in × channels out.",
        f"Stacked: {stacked.explain()}. Single: {single.explain()}. The difference is "
        f"{single - stacked:,}, {1 - stacked / single:.0%} of the large one; and there are "
        f"{_number(count)} activations instead of one.",
        single - stacked,
    )


def flatten(side: int, channels: int, neurons: int) -> Draw:
    """Ask how much larger a dense layer is after flattening than after averaging.

    Args:
        side: of the last maps.
        channels: of the last maps.
        neurons: of the dense layer.

    Returns:
        The question.
    """
    flat = shapes.dense_parameters(side * side * channels, neurons, bias=False)
    pooled = shapes.dense_parameters(channels, neurons, bias=False)
    return Draw(
        "flatten against global average pooling",
        f"The last maps are {side} × {side} × {channels}, then comes a dense layer of {neurons:,} "
        "neurons. How many times as many weights does it need after flattening as after global "
        "average pooling?",
        "Flattening keeps every value of every map, pooling keeps one value a map.",
        f"Flattened: {flat.explain()}. Pooled: {pooled.explain()}. That is {side} × {side} = "
        f"{flat // pooled} times as many, whatever the number of neurons.",
        flat // pooled,
    )


def head(features: int, classes: int) -> Draw:
    """Ask what is trained on top of a frozen network.

    Args:
        features: values a photo.
        classes: to tell apart.

    Returns:
        The question.
    """
    count = shapes.dense_parameters(features, classes)
    return Draw(
        "what is left to train",
        f"A frozen network gives {features:,} features a photo. On top comes one dense layer with "
        f"a bias for {classes} classes. How many parameters are trained?",
        "Frozen layers count nothing.",
        f"{count.explain()}.",
        int(count),
    )


def separable(channels: int, filters: int) -> Draw:
    """Ask for the weights of a depthwise separable convolution.

    Args:
        channels: that come in.
        filters: that go out.

    Returns:
        The question.
    """
    depthwise = shapes.conv_parameters(channels, channels, 3, bias=False, groups=channels)
    pointwise = shapes.conv_parameters(channels, filters, 1, bias=False)
    full = shapes.conv_parameters(channels, filters, 3, bias=False)
    total = depthwise + pointwise
    return Draw(
        "a depthwise separable layer",
        f"MobileNet replaces a 3 × 3 convolution from {channels} to {filters} channels by a 3 × 3 "
        f"depthwise one (one filter for each of the {channels} channels), then a 1 × 1 one to "
        f"{filters} channels. How many weights do the two have together, without biases?",
        "A depthwise filter sees one channel only. A 1 × 1 filter sees all of them at one place.",
        f"Depthwise: {9 * channels:,}. Pointwise: {pointwise.explain()}. Together {total:,}; the "
        f"full convolution has {full:,}, {full / total:.1f} times as many.",
        total,
    )


def _signed(number: float) -> str:
    return f"{number:.2f}".replace("-", "−")


def _number(count: int) -> str:
    return {2: "two", 3: "three", 4: "four", 5: "five"}[count]
