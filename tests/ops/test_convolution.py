"""Convolution on hand-made examples: the course's figures, layouts, dtypes, error sentences."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from foveal.errors import UsageError
from foveal.ops import conv2d, conv_transpose2d, convolve2d, depthwise_conv2d, get_kernel
from foveal.ops import correlation as engine

VERTICAL_EDGE = [[-1, 0, 1]] * 3
RAMP = np.arange(12).reshape(3, 4)


def test_vertical_edge_on_a_dark_right_side() -> None:
    out = convolve2d([[10, 10, 10, 0, 0]] * 5, VERTICAL_EDGE)
    assert out.tolist() == [[0, -30, -30]] * 3


def test_vertical_edge_on_a_bright_right_side() -> None:
    image = np.array([[0, 0, 0, 255, 255, 255]] * 6, np.uint8)
    assert convolve2d(image, VERTICAL_EDGE).tolist() == [[0, 765, 765, 0]] * 4


def test_the_kernel_is_not_flipped_unless_asked() -> None:
    assert convolve2d([[1, 2, 3]], [[1, 10]]).tolist() == [[21, 32]]
    assert convolve2d([[1, 2, 3]], [[1, 10]], flip_kernel=True).tolist() == [[12, 23]]


def test_flipping_turns_by_half_a_circle_and_equals_the_convolution_of_numpy() -> None:
    signal, kernel = np.array([3, 1, 4, 1, 5]), np.array([2, 7, 1])
    ours = convolve2d(signal[None], kernel[None], padding=(0, 2), flip_kernel=True)
    assert ours[0].tolist() == np.convolve(signal, kernel).tolist()
    rows = convolve2d(RAMP, [[1, 2], [3, 4]], flip_kernel=True)
    assert rows[0, 0] == 4 * 0 + 3 * 1 + 2 * 4 + 1 * 5


def test_same_padding_with_stride_2_starts_at_the_first_row() -> None:
    out = convolve2d(np.arange(16).reshape(4, 4), get_kernel("identity").values, 2, "same")
    assert out.tolist() == [[5, 7], [13, 15]], "one row and column of padding, both at the end"


@pytest.mark.parametrize(
    ("mode", "row"),
    [
        ("zero", [0, 0, 1, 2, 3, 0, 0]),
        ("replicate", [1, 1, 1, 2, 3, 3, 3]),
        ("reflect", [3, 2, 1, 2, 3, 2, 1]),
    ],
)
def test_padding_modes_fill_the_border_their_way(mode: Any, row: list[int]) -> None:
    out = convolve2d([[1, 2, 3]], [[1]], padding=(0, 2), padding_mode=mode)
    assert out.tolist() == [row]


def test_a_pair_pads_rows_then_columns_and_sides_can_differ() -> None:
    assert convolve2d(RAMP, [[1]], padding=(1, 2)).shape == (5, 8)
    out = convolve2d(RAMP, [[1]], padding=((0, 1), (2, 0)))
    assert out.shape == (4, 6)
    assert out[0, 2:].tolist() == RAMP[0].tolist()
    assert not out[-1].any()


def test_stride_and_dilation_take_a_pair() -> None:
    assert convolve2d(RAMP, [[1]], stride=(2, 3)).tolist() == [[0, 3], [8, 11]]
    assert convolve2d(RAMP, [[1, 1], [1, 1]], dilation=(2, 3)).tolist() == [[0 + 3 + 8 + 11]]


def test_a_grey_image_counts_as_one_channel() -> None:
    assert conv2d(np.ones((5, 5)), np.ones((2, 1, 3, 3))).shape == (2, 3, 3)
    assert conv2d(np.ones((1, 5, 5)), np.ones((2, 1, 3, 3))).shape == (2, 3, 3)
    assert conv2d(np.ones((4, 1, 5, 5)), np.ones((2, 1, 3, 3))).shape == (4, 2, 3, 3)


def test_an_empty_batch_gives_an_empty_batch() -> None:
    assert conv2d(np.ones((0, 3, 5, 5)), np.ones((2, 3, 3, 3))).shape == (0, 2, 3, 3)


def test_channels_add_up_and_the_bias_comes_last() -> None:
    x = np.stack([np.full((3, 3), value) for value in (1, 10, 100)])
    out = conv2d(x, np.ones((2, 3, 3, 3), int), bias=[0, 5])
    assert out.ravel().tolist() == [999, 1004]


def test_groups_do_not_see_each_other() -> None:
    x = np.stack([np.full((1, 1), value) for value in (1, 10, 100, 1000)])
    assert conv2d(x, np.ones((2, 2, 1, 1), int), groups=2).ravel().tolist() == [11, 1100]


def test_depthwise_keeps_the_outputs_of_a_channel_together() -> None:
    x = np.array([[[1]], [[10]]])
    out = depthwise_conv2d(x, np.array([[[[1]], [[2]]], [[[3]], [[4]]]]), bias=[0, 0, 0, 7])
    assert out.ravel().tolist() == [1, 2, 30, 47]


def test_transposed_convolution_spreads_each_cell_over_a_window() -> None:
    out = conv_transpose2d([[1, 2]], np.ones((1, 1, 1, 2), int), bias=[10])
    assert out[0].tolist() == [[11, 13, 12]]


def test_transposed_with_same_padding_undoes_the_shape_of_a_strided_convolution() -> None:
    small = conv2d(np.ones((3, 8, 9)), np.ones((4, 3, 3, 3)), stride=(2, 3), padding="same")
    assert small.shape == (4, 4, 3)
    large = conv_transpose2d(small, np.ones((4, 3, 3, 3)), stride=(2, 3), padding="same")
    assert large.shape == (3, 8, 9)


@pytest.mark.parametrize(
    ("image", "kernel", "expected"),
    [
        ("float32", "float64", "float32"),
        ("float64", "float32", "float64"),
        ("float16", "float32", "float16"),
        ("uint8", "int64", "int64"),
        ("bool", "int8", "int64"),
        ("uint8", "float32", "float32"),
        ("int64", "float64", "float64"),
    ],
)
@pytest.mark.parametrize("operator", [conv2d, conv_transpose2d])
def test_the_image_decides_the_dtype(
    operator: Callable[..., Any], image: str, kernel: str, expected: str
) -> None:
    x, w = np.ones((2, 4, 4), image), np.ones((2, 2, 3, 3), kernel)
    assert operator(x, w).dtype == expected
    assert operator(x, w, bias=np.zeros(2, kernel)).dtype == expected


def test_integers_are_exact_beyond_what_float64_holds() -> None:
    large = 2**53 + 1
    assert convolve2d([[large, 1]], [[1, 1]]).tolist() == [[large + 1]]
    assert conv2d([[[large]], [[1]]], [[[[3]], [[1]]]]).tolist() == [[[3 * large + 1]]]


def test_integers_that_could_overflow_are_refused() -> None:
    with pytest.raises(UsageError, match=r"must fit in 64 bits; got values .* 1\.0e\+20; convert"):
        convolve2d([[10**10]], [[10**10]])


def test_arguments_are_left_as_they_were() -> None:
    x, w = np.ones((1, 4, 4)), np.ones((1, 1, 3, 3))
    conv2d(x, w, bias=[5.0], padding=1, flip_kernel=True)[...] = 9
    assert (x == 1).all()
    assert (w == 1).all()


@pytest.mark.parametrize("budget", [1, 200, 10**9])
def test_working_in_blocks_of_rows_changes_nothing(
    budget: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    rng = np.random.default_rng(0)
    x, w = rng.integers(-9, 9, (2, 4, 13, 7)), rng.integers(-9, 9, (6, 2, 3, 2))
    settings: dict[str, Any] = {"stride": (2, 1), "padding": 2, "dilation": (1, 2)}
    whole = conv2d(x, w, groups=2, **settings), convolve2d(x[0, 0], w[0, 0], **settings)
    monkeypatch.setattr(engine, "_BLOCK_BYTES", budget)
    monkeypatch.setattr(engine, "_COLUMN_BYTES", budget)
    np.testing.assert_array_equal(conv2d(x, w, groups=2, **settings), whole[0])
    np.testing.assert_array_equal(convolve2d(x[0, 0], w[0, 0], **settings), whole[1])


def test_not_a_number_spreads_to_every_window_that_holds_it() -> None:
    image = np.zeros((5, 5))
    image[2, 2] = np.nan
    out = convolve2d(image, [[0, 0], [0, 0]])
    assert np.isnan(out[1:3, 1:3]).all()
    assert np.isnan(out).sum() == 4


ONE = np.ones((1, 1, 3, 3))


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: convolve2d(np.ones(3), [[1]]), r"`image_HW` must be \(H, W\).*; got shape \(3,\)"),
        (lambda: convolve2d([[1]], [1]), r"`kernel` must be \(kh, kw\), .*; got shape \(1,\)"),
        (lambda: convolve2d([[1]], [[]]), r"`kernel` must be .* no side empty; got shape \(1, 0\)"),
        (lambda: convolve2d([[1], [1, 2]], [[1]]), r"`image_HW` must be .*; got ragged rows"),
        (lambda: convolve2d([["a"]], [[1]]), r"`image_HW` must hold real numbers; got dtype <U1"),
        (lambda: convolve2d([[1j]], [[1]]), r"must hold real numbers; got dtype complex128"),
        (lambda: conv2d(np.ones(3), ONE), r"`x` must be \(H, W\), \(C, H, W\) or .*shape \(3,\)"),
        (lambda: conv2d(np.ones((1, 0, 3)), ONE), r"no side empty; got shape \(1, 0, 3\)"),
        (lambda: conv2d(np.ones((3, 5, 5)), ONE), r"must have 3 input channels .*\(1, 1, 3, 3\)"),
        (lambda: conv2d(np.ones((5, 5)), np.ones((3, 3))), r"`w_OIHW` must be \(O, I, kh, kw\)"),
        (
            lambda: conv2d(np.ones((4, 5, 5)), np.ones((3, 2, 3, 3)), groups=2),
            r"`groups` must divide .*; got 2 for 4 and 3 channels",
        ),
        (lambda: conv2d(np.ones((5, 5)), ONE, groups=0), r"`groups` must be a positive int; got 0"),
        (
            lambda: conv2d(np.ones((5, 5)), ONE, [1, 2]),
            r"`bias` must be .*\(1,\); got shape \(2,\)",
        ),
        (
            lambda: conv2d(np.ones((5, 5)), ONE, stride=(2, 0)),
            r"^`stride` must be a positive int or a pair of them; got \(2, 0\)\.$",
        ),
        (lambda: conv2d(np.ones((5, 5)), ONE, dilation=0), r"`dilation` must be .*; got 0"),
        (lambda: conv2d(np.ones((5, 5)), ONE, padding="full"), r"`padding` must be .*; got 'full'"),
        (lambda: conv2d(np.ones((5, 5)), ONE, padding=-1), r"`padding` must be .*; got -1"),
        (lambda: conv2d(np.ones((5, 5)), ONE, padding=((1, 2), 3)), r"got \(\(1, 2\), 3\)"),
        (lambda: conv2d(np.ones((2, 2)), ONE), r"the window must fit .*; got 2 \+ 0 \+ 0 = 2; use"),
        (
            lambda: conv2d(np.ones((5, 5)), ONE, padding_mode="wrap"),  # type: ignore[arg-type]
            r"`padding_mode` must be one of zero, reflect, replicate; got 'wrap'",
        ),
        (
            lambda: conv2d(np.ones((5, 5)), ONE, padding=5, padding_mode="reflect"),
            r"`padding` must be below the side .*; got 5 for a side of 5",
        ),
        (
            lambda: depthwise_conv2d(np.ones((3, 5, 5)), np.ones((2, 3, 3))),
            r"`w_CMHW` must be .* with C = 3, .*; got shape \(2, 3, 3\)",
        ),
        (lambda: conv_transpose2d(np.ones((3, 5, 5)), ONE), r"`w_IOHW` must have 3 input channels"),
        (
            lambda: conv_transpose2d(np.ones((3, 3)), ONE, groups=2),
            r"`groups` must divide .*; got 2 for 1 and 2 channels",
        ),
        (
            lambda: conv_transpose2d(np.ones((3, 3)), ONE, output_padding=(0, -1)),
            r"`output_padding` must be an int of at least 0 or a pair of them; got \(0, -1\)",
        ),
    ],
)
def test_unusable_arguments_are_named_with_their_value(
    call: Callable[[], Any], message: str
) -> None:
    with pytest.raises(UsageError, match=message):
        call()
