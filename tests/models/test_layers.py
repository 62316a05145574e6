"""The shared layers, against arithmetic done by hand or by NumPy."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import nn

from foveal.models.layers import ConvBN, SameConv2d
from foveal.models.mbconv import MBConv, SqueezeExcitation, round_channels
from foveal.models.resnet import basic, bottleneck
from foveal.ops import conv2d


@pytest.mark.parametrize("size", [7, 8])
@pytest.mark.parametrize("stride", [1, 2, 3])
@pytest.mark.parametrize("kernel", [1, 3, 4, 5])
def test_same_convolution_is_the_reference_operator(kernel: int, stride: int, size: int) -> None:
    torch.manual_seed(0)
    layer = SameConv2d(2, 3, kernel, stride)
    x_NCHW = torch.randn(2, 2, size, size)
    assert layer.bias is not None
    expected = conv2d(
        x_NCHW.numpy(), layer.weight.detach().numpy(), layer.bias.detach().numpy(), stride, "same"
    )
    np.testing.assert_allclose(layer(x_NCHW).detach().numpy(), expected, atol=1e-5)


@pytest.mark.parametrize(
    ("kernel", "padding", "shape"),
    [(3, None, (8, 8)), ((1, 7), None, (8, 8)), ((7, 1), None, (8, 8)), (3, 0, (6, 6))],
)
def test_conv_bn_keeps_the_size_unless_told(
    kernel: int | tuple[int, int], padding: int | None, shape: tuple[int, int]
) -> None:
    assert ConvBN(1, 2, kernel, padding=padding)(torch.zeros(1, 1, 8, 8)).shape[2:] == shape


def test_squeeze_and_excitation_weighs_channels_by_the_sigmoid_of_their_score() -> None:
    layer = SqueezeExcitation(2, 1)
    with torch.no_grad():
        layer.reduce.weight.copy_(torch.tensor([1.0, 1.0]).view(1, 2, 1, 1))
        layer.reduce.bias.zero_()  # type: ignore[union-attr]
        layer.expand.weight.copy_(torch.tensor([0.0, 1.0]).view(2, 1, 1, 1))
        layer.expand.bias.zero_()  # type: ignore[union-attr]
    x_NCHW = torch.tensor([1.0, 2.0]).view(1, 2, 1, 1).expand(1, 2, 3, 3)
    silu_of_3 = 3 / (1 + np.exp(-3))
    expected = [1 / 2, 2 / (1 + np.exp(-silu_of_3))]
    got = layer(x_NCHW).detach()[0, :, 1, 1].tolist()
    assert got == pytest.approx(expected, rel=1e-6)


@pytest.mark.parametrize(("stride", "out", "skips"), [(1, 8, True), (2, 8, False), (1, 4, False)])
def test_mbconv_skips_only_where_shapes_allow(stride: int, out: int, skips: bool) -> None:
    block = MBConv(8, out, 3, stride, 6, brick=ConvBN).eval()
    nn.init.zeros_(block.layers.project.bn.weight)  # type: ignore[union-attr, arg-type]
    x_NCHW = torch.randn(1, 8, 6, 6)
    y_NCHW = block(x_NCHW)
    assert torch.equal(y_NCHW, x_NCHW) if skips else not y_NCHW.any()


@pytest.mark.parametrize("make", [basic, bottleneck])
def test_a_residual_block_without_weight_passes_its_input_on(make: object) -> None:
    block = basic(8, 8, 1) if make is basic else bottleneck(8, 2, 1)
    last = list(block.layers)[-1]
    nn.init.zeros_(last.bn.weight)  # type: ignore[union-attr, arg-type]
    x_NCHW = torch.randn(1, 8, 5, 5)
    assert torch.equal(block.eval()(x_NCHW), x_NCHW.relu())
    assert isinstance(block.shortcut, nn.Identity)


def test_the_stride_of_a_bottleneck_is_in_its_middle() -> None:
    strides = [layer.conv.stride for layer in bottleneck(8, 4, 2).layers]  # type: ignore[union-attr]
    assert strides == [(1, 1), (2, 2), (1, 1)]


@pytest.mark.parametrize(("channels", "rounded"), [(16, 16), (17.6, 16), (35.2, 32), (123.2, 120),
                                                   (11.9, 16), (1, 8), (352, 352)])  # fmt: skip
def test_channels_are_rounded_to_eights_that_lose_less_than_a_tenth(
    channels: float, rounded: int
) -> None:
    assert round_channels(channels) == rounded
    assert rounded >= 0.9 * channels
