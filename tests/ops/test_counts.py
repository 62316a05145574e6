"""Parameters, multiplications and values: the course's figures and PyTorch's modules."""

from __future__ import annotations

import pytest
import torch

from foveal.errors import UsageError
from foveal.ops.shapes import (
    Explained,
    Window,
    batch_norm_parameters,
    conv_macs,
    conv_parameters,
    conv_transpose_output_size,
    dense_macs,
    dense_parameters,
    element_count,
    pool_output_size,
)


@pytest.mark.parametrize(
    ("found", "expected"),
    [
        (conv_parameters(32, 64, 3), 18_496),
        (conv_parameters(1, 1, 3, bias=False), 9),
        (conv_parameters(1, 1, 3), 10),
        (conv_parameters(3, 32, 3), 896),
        (conv_parameters(64, 64, 3, bias=False, groups=64), 576),
        (conv_parameters(8, 16, (1, 7), bias=False), 896),
        (dense_parameters(224 * 224 * 3, 1000, bias=False), 150_528_000),
        (dense_parameters(256, 10), 2_570),
        (batch_norm_parameters(64), 128),
        (batch_norm_parameters(64, statistics=True), 256),
        (conv_macs((112, 112), 3, 64, 7), 118_013_952),
        (dense_macs(1280, 1000), 1_280_000),
        (element_count(480, 640, 3), 921_600),
        (element_count(), 1),
    ],
)
def test_counts_of_the_course(found: Explained, expected: int) -> None:
    assert found == expected


@pytest.mark.parametrize("groups", [1, 2, 4])
@pytest.mark.parametrize("bias", [False, True])
def test_convolution_parameters_equal_those_of_a_pytorch_module(groups: int, bias: bool) -> None:
    module = torch.nn.Conv2d(8, 12, (3, 5), groups=groups, bias=bias)
    held = sum(parameter.numel() for parameter in module.parameters())
    assert conv_parameters(8, 12, (3, 5), bias, groups) == held


def test_groups_that_do_not_divide_are_named() -> None:
    with pytest.raises(UsageError, match=r"`groups` must divide .*; got 3 for 4 and 6 channels"):
        conv_parameters(4, 6, 3, groups=3)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: conv_parameters(0, 6, 3), r"`in_channels` must be a positive int; got 0"),
        (lambda: conv_parameters(4, 0, 3), r"`out_channels` must be a positive int; got 0"),
        (lambda: conv_parameters(4, 6, (3, 0)), r"`kernel` must be .* pair of them; got \(3, 0\)"),
        (lambda: conv_macs(0, 4, 6, 3), r"`output` must be a positive int or a pair"),
        (lambda: dense_parameters(0, 1), r"`inputs` must be a positive int; got 0"),
        (lambda: dense_parameters(1, 0), r"`outputs` must be a positive int; got 0"),
        (lambda: batch_norm_parameters(0), r"`channels` must be a positive int; got 0"),
        (lambda: element_count(2, 0), r"`sides` must be a positive int; got 0"),
        (lambda: pool_output_size(4, 0), r"`pool_size` must be a positive int; got 0"),
        (lambda: Window(3, stride=0), r"`stride` must be a positive int; got 0"),
        (lambda: conv_transpose_output_size(4, 3, output_padding=-1), r"`output_padding` must be"),
    ],
)
def test_count_arguments_out_of_range_are_named(call: object, message: str) -> None:
    with pytest.raises(UsageError, match=message):
        call()  # type: ignore[operator]
