"""Shape arithmetic: the course's figures, PyTorch's answers, and formulas that say the truth."""

from __future__ import annotations

import copy
import json
import math
import pickle

import pytest
import torch
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from torch.nn import functional

from foveal.errors import UsageError
from foveal.ops import shapes
from foveal.ops.shapes import (
    Explained,
    Window,
    conv_macs,
    conv_output_size,
    conv_parameters,
    conv_transpose_output_size,
    dense_parameters,
    output_stride,
    padding_amounts,
    pool_output_size,
    receptive_field,
)

quick = settings(max_examples=60, deadline=None, derandomize=True)
small = st.integers(1, 4)
paddings = st.one_of(
    st.sampled_from(["valid", "same"]), st.integers(0, 4), st.tuples(st.integers(0, 4), small)
)


@pytest.mark.parametrize(
    ("size", "kernel", "stride", "padding", "expected"),
    [
        (224, 3, 1, "valid", 222),
        (28, 5, 1, "valid", 24),
        (32, 3, 1, "valid", 30),
        (32, 3, 2, "same", 16),
        (32, 5, 2, "valid", 14),
        (32, 3, 1, 0, 30),
        (32, 3, 1, "same", 32),
        (224, 7, 2, 3, 112),
    ],
)
def test_output_sizes_of_the_course(
    size: int, kernel: int, stride: int, padding: str | int, expected: int
) -> None:
    assert conv_output_size(size, kernel, stride, padding) == expected


@quick
@given(st.integers(1, 40), small, small, paddings, small)
def test_output_size_equals_the_size_that_pytorch_makes(
    size: int, kernel: int, stride: int, padding: str | int | tuple[int, int], dilation: int
) -> None:
    before, after = padding_amounts(size, kernel, stride, padding, dilation)
    assume(size + before + after >= dilation * (kernel - 1) + 1)
    padded = functional.pad(torch.zeros(1, 1, size), (before, after))
    made = functional.conv1d(padded, torch.zeros(1, 1, kernel), stride=stride, dilation=dilation)
    assert conv_output_size(size, kernel, stride, padding, dilation) == made.shape[2]


@quick
@given(st.integers(1, 20), small, small, st.integers(0, 3), small, st.integers(0, 3))
def test_transposed_output_size_equals_the_size_that_pytorch_makes(
    size: int, kernel: int, stride: int, padding: int, dilation: int, extra: int
) -> None:
    assume(extra < stride)
    assume((size - 1) * stride - 2 * padding + dilation * (kernel - 1) + 1 + extra >= 1)
    made = functional.conv_transpose1d(
        torch.zeros(1, 1, size),
        torch.zeros(1, 1, kernel),
        None,
        stride,
        padding,
        extra,
        1,
        dilation,
    )
    found = conv_transpose_output_size(size, kernel, stride, padding, dilation, extra)
    assert found == made.shape[2]


def test_a_transposed_convolution_with_same_padding_multiplies_the_size_by_the_stride() -> None:
    assert conv_transpose_output_size(7, 3, 2, "same").explain() == "7·2 = 14"


def test_same_padding_with_stride_2_pads_more_at_the_end() -> None:
    assert padding_amounts(32, 3, stride=2, padding="same") == (0, 1)
    assert padding_amounts(7, 4, padding="same") == (1, 2)


def test_same_padding_with_an_even_total_pads_both_ends_alike() -> None:
    assert padding_amounts(32, 3, padding="same") == (1, 1)


def test_same_padding_is_nothing_where_the_stride_exceeds_the_kernel() -> None:
    assert padding_amounts(9, 1, stride=4, padding="same") == (0, 0)


def test_pooling_halves_by_default() -> None:
    assert pool_output_size(28) == 14
    assert pool_output_size(112, 3, 2, 1) == 56


def test_three_3x3_layers_see_as_much_as_one_7x7_with_fewer_weights() -> None:
    assert receptive_field([Window(3)] * 3) == receptive_field([Window(7)]) == 7
    assert 3 * conv_parameters(1, 1, 3, bias=False) == 27
    assert conv_parameters(1, 1, 7, bias=False) == 49


chains = st.lists(st.builds(Window, small, st.integers(1, 3), small), min_size=1, max_size=4)


@quick
@given(chains)
def test_receptive_field_is_how_far_a_gradient_reaches(layers: list[Window]) -> None:
    field = receptive_field(layers)
    x = torch.zeros(1, 1, field, dtype=torch.float64, requires_grad=True)
    out = x
    for layer in layers:
        ones = torch.ones(1, 1, layer.kernel, dtype=torch.float64)
        out = functional.conv1d(out, ones, stride=layer.stride, dilation=layer.dilation)
    assert out.shape[2] == 1, "one cell less or more and the chain would not fit exactly"
    out.sum().backward()
    assert x.grad is not None
    assert x.grad[0, 0, 0] > 0
    assert x.grad[0, 0, -1] > 0


def test_output_stride_is_the_product_of_the_strides() -> None:
    assert output_stride([Window(7, 2), Window(3, 2), Window(3)]) == 4
    assert output_stride([]).explain() == "1"


@pytest.mark.parametrize(
    ("number", "text"),
    [
        (conv_output_size(32, 3), "⌊(32 + 2·0 − 3) / 1⌋ + 1 = 30"),
        (conv_output_size(32, 3, 2, (0, 1)), "⌊(32 + 0 + 1 − 3) / 2⌋ + 1 = 16"),
        (conv_output_size(9, 3, 1, 0, 2), "⌊(9 + 2·0 − 2·(3 − 1) − 1) / 1⌋ + 1 = 5"),
        (conv_output_size(33, 3, 2, "same"), "⌈33 / 2⌉ = 17"),
        (padding_amounts(5, 3, padding=1)[0], "1"),
        (conv_parameters(64, 64, 3, groups=64), "(3·3·(64 / 64) + 1)·64 = 640"),
        (receptive_field([]), "1"),
        (receptive_field([Window(3, 2), Window(3, 1, 2)]), "1 + (3 − 1)·1 + 2·(3 − 1)·2 = 11"),
    ],
)
def test_explain_puts_the_numbers_in(number: Explained, text: str) -> None:
    assert number.explain() == text


def _work_out(formula: str) -> float:
    """Evaluate a formula as a reader would."""
    python = formula
    for sign, text in {
        "⌊": "math.floor(",
        "⌋": ")",
        "⌈": "math.ceil(",
        "⌉": ")",
        "·": "*",
        "−": "-",
    }.items():
        python = python.replace(sign, text)
    return eval(python, {"math": math, "max": max})  # our own formulas only


@quick
@given(st.integers(1, 40), small, small, paddings, small, st.integers(0, 3))
def test_every_formula_works_out_to_its_number(
    size: int, kernel: int, stride: int, padding: str | int | tuple[int, int], d: int, extra: int
) -> None:
    numbers = list(padding_amounts(size, kernel, stride, padding, d))
    for build in (
        lambda: conv_output_size(size, kernel, stride, padding, d),
        lambda: conv_transpose_output_size(size, kernel, stride, padding, d, extra),
        lambda: pool_output_size(size, kernel, stride, padding),
        lambda: receptive_field([Window(kernel, stride, d), Window(3, 2)]),
        lambda: output_stride([Window(kernel, stride, d), Window(3, 2)]),
        lambda: conv_parameters(size * d, 2 * d, kernel, groups=d),
        lambda: conv_macs(size, size * d, 2 * d, (kernel, stride), groups=d),
        lambda: dense_parameters(size, kernel),
    ):
        try:
            numbers.append(build())
        except UsageError:
            continue  # does not fit, which other tests look at
    for number in numbers:
        formula, _, result = number.explain().partition(" = ")
        assert _work_out(formula) == number
        assert not result or int(result.replace(",", "")) == number


def test_an_explained_number_is_an_int_in_every_respect() -> None:
    number = conv_parameters(32, 64, 3)
    assert type(number + 1) is int
    assert json.dumps(number) == "18496"
    for twin in (pickle.loads(pickle.dumps(number)), copy.deepcopy(number)):
        assert twin == number
        assert twin.explain() == number.explain()


@pytest.mark.parametrize(
    ("name", "arguments"),
    [
        ("size", (0, 3)),
        ("kernel", (8, 0)),
        ("stride", (8, 3, 0)),
        ("stride", (8, 3, True)),
        ("stride", (8, 3, 1.5)),
        ("dilation", (8, 3, 1, "valid", -1)),
    ],
)
def test_arguments_out_of_range_are_named(name: str, arguments: tuple[object, ...]) -> None:
    with pytest.raises(UsageError, match=f"^`{name}` must be a positive int; got "):
        conv_output_size(*arguments)  # type: ignore[arg-type]


@pytest.mark.parametrize("padding", ["full", -1, (1, -1), (1, 2, 3), 0.5, None])
def test_unusable_padding_is_told_what_it_could_be(padding: object) -> None:
    with pytest.raises(UsageError, match=r"`padding` along one axis must be .*; got .+\.$"):
        conv_output_size(8, 3, padding=padding)  # type: ignore[arg-type]


def test_a_kernel_that_does_not_fit_is_told_by_how_much() -> None:
    with pytest.raises(UsageError, match=r"dilation 2 span 9; got 5 \+ 1 \+ 1 = 7; use"):
        conv_output_size(5, 5, padding=1, dilation=2)


def test_transposed_errors_carry_the_value() -> None:
    with pytest.raises(UsageError, match=r"below the stride 2, .*; got 2 with padding 'valid'"):
        conv_transpose_output_size(4, 3, 2, output_padding=2)
    with pytest.raises(UsageError, match=r"0 with padding 'same'; got 1"):
        conv_transpose_output_size(4, 3, 2, "same", output_padding=1)
    with pytest.raises(
        UsageError, match=r"must leave at least one output cell; got 3, which leaves -5"
    ):
        conv_transpose_output_size(1, 1, padding=3)


def test_every_public_name_of_the_module_exists() -> None:
    assert all(hasattr(shapes, name) for name in shapes.__all__)
