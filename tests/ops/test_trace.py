"""The trace of a convolution: the same numbers as the operator, and sums that add up."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from fractions import Fraction
from typing import Any

import numpy as np
import pytest

from foveal.errors import UsageError
from foveal.ops import KERNELS, conv2d, convolve2d, get_kernel, relu, trace_convolution

PATTERNS = {
    "edge": np.repeat([[0, 0, 0, 0, 9, 9, 9, 9]], 8, axis=0),
    "checkerboard": np.indices((8, 8)).sum(axis=0) % 2 * 255,
    "noise": np.random.default_rng(0).integers(0, 256, (8, 8), dtype=np.uint8),
}
GEOMETRIES: list[dict[str, Any]] = [
    {},
    {"padding": "same", "stride": 2},
    {"padding": (1, 2), "padding_mode": "reflect", "dilation": (1, 2)},
    {"padding": ((0, 2), (1, 0)), "padding_mode": "replicate", "stride": (3, 1)},
    {"padding": 1, "flip_kernel": True},
]


@pytest.mark.parametrize("geometry", GEOMETRIES)
@pytest.mark.parametrize("dtype", ["int64", "float64"])
def test_a_trace_ends_in_the_very_numbers_of_the_operator(
    geometry: dict[str, Any], dtype: str
) -> None:
    rng = np.random.default_rng(1)
    image, kernel = rng.normal(0, 9, (7, 9)).astype(dtype), rng.normal(0, 9, (3, 2)).astype(dtype)
    trace = trace_convolution(image, kernel, **geometry)
    expected = convolve2d(image, kernel, **geometry)
    assert trace.output.dtype == expected.dtype
    np.testing.assert_array_equal(trace.output, expected)


def test_bias_divisor_and_relu_come_in_that_order() -> None:
    image = PATTERNS["noise"]
    trace = trace_convolution(image, get_kernel("emboss"), -40, divisor=4, relu=True)
    expected = relu(convolve2d(image, get_kernel("emboss").weights) / 4 - 40)
    np.testing.assert_array_equal(trace.output, expected)
    step = next(step for step in trace if step.value == 0)
    assert (step.scaled, step.biased) == (step.total / 4, step.total / 4 - 40)


def test_channels_are_summed_one_by_one_and_together() -> None:
    rng = np.random.default_rng(2)
    image, kernel = rng.integers(-9, 9, (3, 5, 6)), rng.integers(-9, 9, (3, 3, 3))
    trace = trace_convolution(image, kernel, bias=7)
    np.testing.assert_array_equal(trace.output, conv2d(image, kernel[None], [7])[0])
    for channel in range(3):
        alone = convolve2d(image[channel], kernel[channel])
        assert [step.channel_sums[channel] for step in trace] == alone.ravel().tolist()
    assert np.shape(trace[0].window) == (3, 3, 3)


def _number(text: str) -> Fraction:
    return Fraction(text.strip("() ").replace("−", "-"))


@pytest.mark.parametrize("pattern", PATTERNS.values(), ids=list(PATTERNS))
@pytest.mark.parametrize("name", KERNELS)
def test_the_written_sums_add_up_for_every_kernel_pattern_and_cell(
    name: str, pattern: np.ndarray[Any, Any]
) -> None:
    for step in trace_convolution(pattern, get_kernel(name), padding=1):
        products, total = step.explain().split(";")[0].split(" = ")
        factors = [term.split("·") for term in products.split(" + ")]
        assert len(factors) == 9
        assert sum(_number(x) * _number(weight) for x, weight in factors) == _number(total)
        assert np.sum(step.products) == step.running[-1] == step.total == _number(total)


def test_the_stages_are_written_out_where_they_change_something() -> None:
    image = [[10, 10, 0]] * 3
    plain = trace_convolution(image, [[-1, 0, 1]])[0]
    assert plain.explain() == "10·(−1) + 10·0 + 0·1 = −10"
    full = trace_convolution(image, [[-1, 0, 1]], 1, divisor=2, relu=True)[0]
    assert full.explain().endswith(" = −10; −10 / 2 = −5; −5 + 1 = −4; max(0, −4) = 0")
    assert trace_convolution([[0.1]], [[3]], -0.5)[0].explain() == (
        "0.1·3 = 0.30000000000000004; 0.30000000000000004 + (−0.5) = −0.19999999999999996"
    )


def test_a_trace_can_be_counted_indexed_sliced_and_iterated() -> None:
    trace = trace_convolution(PATTERNS["edge"], get_kernel("sobel_x"))
    steps = list(trace)
    assert len(trace) == len(steps) == 36
    assert [step.index for step in steps] == list(range(36))
    assert trace[-1] == steps[35] == trace.at(5, 5)
    assert trace[34:] == (steps[34], steps[35])
    assert trace.at(1, 2).output == (1, 2)
    assert steps[7] in trace
    with pytest.raises(IndexError, match="step must be below 36; got 36"):
        trace[36]


def test_a_step_knows_its_input_cells_and_its_padding() -> None:
    step = trace_convolution([[1, 2], [3, 4]], np.ones((3, 3)), padding=1)[0]
    assert step.cells == ((None, None, None), (None, (0, 0), (0, 1)), (None, (1, 0), (1, 1)))
    assert step.window == ((0, 0, 0), (0, 1, 2), (0, 3, 4))
    assert step.running == (0, 0, 0, 0, 1, 3, 3, 6, 10)


def test_a_whole_trace_is_plain_json_with_everything_a_page_needs() -> None:
    trace = trace_convolution(PATTERNS["noise"], get_kernel("box_blur"), padding="same", stride=3)
    told = json.loads(json.dumps(trace.as_dict(), allow_nan=False))
    assert told["output"] == trace.output.tolist()
    assert told["divisor"] == 9
    assert told["geometry"]["output"] == [3, 3]
    assert told["geometry"]["unused"] == [0, 0]
    assert told["geometry"]["formula"] == "height: ⌈8 / 3⌉ = 3; width: ⌈8 / 3⌉ = 3"
    assert told["feeds"][7][7] == [[2, 2]]
    assert told["touches"][1][1] == [[r, c] for r in (1, 4, 7) for c in (1, 4, 7)]
    step = told["steps"][4]
    assert step["output"] == [1, 1]
    assert step["value"] == pytest.approx(step["total"] / 9)
    assert re.fullmatch(r"[^;]+ = \d+; \d+ / 9 = [\d.]+", trace[4].explain())


def test_integers_stay_integers_and_small_floats_become_plain_ones() -> None:
    assert type(trace_convolution(PATTERNS["noise"], [[1]])[0].value) is int
    assert type(trace_convolution(np.ones((2, 2), np.float32), [[1]])[0].value) is float


def test_the_trace_of_a_photo_costs_nothing_until_a_step_is_asked_for() -> None:
    trace = trace_convolution(np.ones((2000, 3000), np.uint8), get_kernel("box_blur"))
    assert len(trace) == 1998 * 2998
    assert trace.at(1000, 1000).value == 1


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: trace_convolution([1], [[1]]), r"must be .*; got shapes \(1,\) and \(1, 1\)"),
        (lambda: trace_convolution([[[1]]], [[1]]), r"got shapes \(1, 1, 1\) and \(1, 1\)"),
        (lambda: trace_convolution([[[1]], [[1]]], [[[1]]]), r"\(2, 1, 1\) and \(1, 1, 1\)"),
        (lambda: trace_convolution([[]], [[1]]), r"got shapes \(1, 0\) and \(1, 1\)"),
        (lambda: trace_convolution([[1]], [["a"]]), r"`kernel` must hold real numbers; got dtype"),
        (lambda: trace_convolution([[1]], [[1]], [1]), r"`bias` must be one number; got shape \(1"),
        (lambda: trace_convolution([[1]], [[1]], divisor=0), r"`divisor` must be .*; got 0"),
        (lambda: trace_convolution([[1]], [[1, 2]]), r"the window must fit .*; got 1 \+ 0 \+ 0"),
        (lambda: trace_convolution([[1]], [[1]]).at(0, 1), r"output cell must be .*; got \(0, 1\)"),
    ],
)
def test_unusable_arguments_are_named_with_their_value(
    call: Callable[[], Any], message: str
) -> None:
    with pytest.raises(UsageError, match=message):
        call()
