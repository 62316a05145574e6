"""LeNet-5: the first convolutional network in wide use, for digits of 32×32 pixels.

The names c1 … f6 are the paper's. Three things follow later custom: S2 and S4 average without
weights of their own, C3 sees all maps of S2, and the output is a dense layer.

Source:
    LeCun et al. 1998, "Gradient-Based Learning Applied to Document Recognition", figure 2.
"""

from __future__ import annotations

from collections import OrderedDict

from torch import nn

from foveal.models.convnet import ConvNet, Flatten
from foveal.ops.shapes import conv_output_size, pool_output_size

KERNEL, POOL = 5, 2
C1, C3, C5, F6 = 6, 16, 120, 84


def lenet5(
    name: str, *, image_size: int = 32, num_classes: int = 10, in_channels: int = 1
) -> ConvNet:
    """Build LeNet-5 with tanh and average pooling.

    Args:
        name: its registered name.
        image_size: the side of its images in pixels, at least 16.
        num_classes: number of logits.
        in_channels: channels of the input.

    Returns:
        The network, without starting weights of its own.
    """
    side = image_size
    for _ in range(2):
        side = pool_output_size(conv_output_size(side, KERNEL), POOL)
    flatten = Flatten(C3, int(side))
    return ConvNet(
        name,
        [
            ("c1", _convolution(in_channels, C1)),
            ("s2", nn.AvgPool2d(POOL)),
            ("c3", _convolution(C1, C3)),
            ("s4", nn.AvgPool2d(POOL)),
        ],
        flatten,
        nn.Sequential(
            OrderedDict(
                c5=nn.Linear(flatten.width, C5),
                tanh5=nn.Tanh(),
                f6=nn.Linear(C5, F6),
                tanh6=nn.Tanh(),
                output=nn.Linear(F6, num_classes),
            )
        ),
        image_size=image_size,
        in_channels=in_channels,
    )


def _convolution(in_channels: int, out_channels: int) -> nn.Sequential:
    convolution = nn.Conv2d(in_channels, out_channels, KERNEL)
    return nn.Sequential(OrderedDict(conv=convolution, activation=nn.Tanh()))
