"""The operators against PyTorch, over stride × padding × dilation × groups × dtype."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch.nn import functional

from foveal import ops

thorough = settings(max_examples=150, deadline=None, derandomize=True)
TORCH_MODES = {"zero": "constant", "reflect": "reflect", "replicate": "replicate"}


@dataclass(frozen=True)
class Case:
    """One drawn convolution: arguments of ours, and the padding as PyTorch wants it."""

    x: np.ndarray[Any, Any]
    w: np.ndarray[Any, Any]
    bias: np.ndarray[Any, Any]
    arguments: dict[str, Any]
    sides: tuple[tuple[int, int], tuple[int, int]]

    @property
    def tolerance(self) -> dict[str, float]:
        fine = self.x.dtype == np.float64
        return {"rtol": 1e-10, "atol": 1e-10} if fine else {"rtol": 1e-4, "atol": 1e-4}


def _same(size: int, kernel: int, stride: int, dilation: int) -> tuple[int, int]:
    """TensorFlow's rule, written out once more on purpose."""
    output = (size + stride - 1) // stride
    total = max(0, (output - 1) * stride + (kernel - 1) * dilation + 1 - size)
    return total // 2, total - total // 2


@st.composite
def cases(draw: st.DrawFn) -> Case:
    pairs = st.tuples(st.integers(1, 3), st.integers(1, 3))
    kernel, stride, dilation = draw(pairs), draw(pairs), draw(pairs)
    groups, depth = draw(st.integers(1, 3)), draw(st.integers(1, 3))
    filters, batch = draw(st.integers(1, 3)), draw(st.integers(1, 2))
    spans = [d * (k - 1) + 1 for k, d in zip(kernel, dilation, strict=True)]
    height, width = (span + draw(st.integers(0, 5)) for span in spans)
    mode = draw(st.sampled_from(list(TORCH_MODES)))
    most = 3 if mode != "reflect" else min(3, height - 1, width - 1)
    amount = st.integers(0, most)
    forms = [st.just("valid"), amount, st.tuples(amount, amount)]
    forms.append(st.tuples(st.tuples(amount, amount), st.tuples(amount, amount)))
    same = [
        _same(n, k, s, d)
        for n, k, s, d in zip((height, width), kernel, stride, dilation, strict=True)
    ]
    if mode != "reflect" or (max(*same[0], 0) < height and max(*same[1], 0) < width):
        forms.append(st.just("same"))
    padding = draw(st.one_of(forms))
    dtype = draw(st.sampled_from([np.float32, np.float64]))
    rng = np.random.default_rng(draw(st.integers(0, 10_000)))
    return Case(
        rng.standard_normal((batch, groups * depth, height, width)).astype(dtype),
        rng.standard_normal((groups * filters, depth, *kernel)).astype(dtype),
        rng.standard_normal(groups * filters).astype(dtype),
        {
            "stride": stride,
            "padding": padding,
            "dilation": dilation,
            "groups": groups,
            "padding_mode": mode,
        },
        _sides(padding, (same[0], same[1])),
    )


def _sides(padding: Any, same: tuple[tuple[int, int], tuple[int, int]]) -> Any:
    if padding == "same":
        return same
    if padding == "valid":
        return (0, 0), (0, 0)
    vertical, horizontal = (padding, padding) if isinstance(padding, int) else padding
    if isinstance(vertical, int):
        return (vertical, vertical), (horizontal, horizontal)
    return vertical, horizontal


def _torch(case: Case, x: torch.Tensor, w: torch.Tensor, bias: torch.Tensor) -> torch.Tensor:
    (top, bottom), (left, right) = case.sides
    settings_ = case.arguments
    padded = functional.pad(x, (left, right, top, bottom), TORCH_MODES[settings_["padding_mode"]])
    return functional.conv2d(
        padded, w, bias, settings_["stride"], 0, settings_["dilation"], settings_["groups"]
    )


@thorough
@given(cases())
def test_convolution_equals_pytorch(case: Case) -> None:
    ours = ops.conv2d(case.x, case.w, case.bias, **case.arguments)
    theirs = _torch(case, *map(torch.from_numpy, (case.x, case.w, case.bias)))
    assert ours.dtype == case.x.dtype
    np.testing.assert_allclose(ours, theirs.numpy(), **case.tolerance)


@thorough
@given(cases())
def test_integer_convolution_equals_pytorch_exactly(case: Case) -> None:
    x, w, bias = ((array * 10).astype(np.int64) for array in (case.x, case.w, case.bias))
    ours = ops.conv2d(x, w, bias, **case.arguments)
    doubles = (torch.from_numpy(array).double() for array in (x, w, bias))
    assert ours.dtype == np.int64
    np.testing.assert_array_equal(ours, _torch(case, *doubles).numpy().round())


@thorough
@given(cases())
def test_gradients_of_convolution_equal_autograd(case: Case) -> None:
    leaves = [torch.from_numpy(a).requires_grad_() for a in (case.x, case.w, case.bias)]
    out = _torch(case, leaves[0], leaves[1], leaves[2])
    gradient = np.random.default_rng(1).standard_normal(out.shape).astype(case.x.dtype)
    theirs = torch.autograd.grad(out, leaves, torch.from_numpy(gradient))
    ours = ops.conv2d_gradients(case.x, case.w, gradient, **case.arguments)
    for mine, other in zip(ours, theirs, strict=True):
        assert mine.dtype == case.x.dtype
        np.testing.assert_allclose(mine, other.numpy(), **case.tolerance)


@thorough
@given(cases(), st.integers(0, 2))
def test_transposed_convolution_equals_pytorch(case: Case, extra: int) -> None:
    arguments = {name: case.arguments[name] for name in ("stride", "dilation", "groups")}
    spare = tuple(min(extra, step - 1) for step in arguments["stride"])
    turned = case.w.reshape(case.arguments["groups"], -1, *case.w.shape[1:]).swapaxes(1, 2)
    w = np.ascontiguousarray(turned).reshape(case.x.shape[1], -1, *case.w.shape[2:])
    ours = ops.conv_transpose2d(
        case.x,
        w,
        case.bias,
        padding=(1, 0) if w.shape[2] > 1 else 0,
        output_padding=spare,
        **arguments,
    )
    theirs = functional.conv_transpose2d(
        *map(torch.from_numpy, (case.x, w, case.bias)),
        padding=(1, 0) if w.shape[2] > 1 else 0,
        output_padding=spare,
        **arguments,
    )
    np.testing.assert_allclose(ours, theirs.numpy(), **case.tolerance)


@thorough
@given(cases())
def test_depthwise_convolution_equals_pytorch(case: Case) -> None:
    channels = case.x.shape[1]
    w = np.random.default_rng(2).standard_normal((channels, 2, *case.w.shape[2:]))
    w = w.astype(case.x.dtype)
    arguments = {k: v for k, v in case.arguments.items() if k in ("stride", "dilation")}
    ours = ops.depthwise_conv2d(case.x, w, **arguments)
    flat = torch.from_numpy(w.reshape(2 * channels, 1, *w.shape[2:]))
    theirs = functional.conv2d(torch.from_numpy(case.x), flat, groups=channels, **arguments)
    np.testing.assert_allclose(ours, theirs.numpy(), **case.tolerance)


@st.composite
def pools(draw: st.DrawFn) -> tuple[np.ndarray[Any, Any], dict[str, Any]]:
    window = draw(st.tuples(st.integers(1, 4), st.integers(1, 4)))
    stride = draw(st.one_of(st.none(), st.tuples(st.integers(1, 3), st.integers(1, 3))))
    height, width = (side + draw(st.integers(0, 6)) for side in window)
    dtype = draw(st.sampled_from([np.float32, np.float64]))
    rng = np.random.default_rng(draw(st.integers(0, 10_000)))
    x = rng.permutation(2 * 3 * height * width).reshape(2, 3, height, width).astype(dtype)
    padding = tuple(draw(st.integers(0, side // 2)) for side in window)  # PyTorch's own bound
    return x - x.mean(), {"window": window, "stride": stride, "padding": padding}


@thorough
@given(pools())
def test_max_pooling_its_indices_and_gradient_equal_pytorch(
    pool: tuple[np.ndarray[Any, Any], dict[str, Any]],
) -> None:
    x, shape = pool
    settings_ = shape["window"], shape["stride"], shape["padding"]
    leaf = torch.from_numpy(x).requires_grad_()
    values, indices = functional.max_pool2d(leaf, *settings_, return_indices=True)
    gradient = np.random.default_rng(1).standard_normal(values.shape).astype(x.dtype)
    (theirs,) = torch.autograd.grad(values, leaf, torch.from_numpy(gradient))
    np.testing.assert_array_equal(ops.max_pool2d(x, *settings_), values.detach())
    ours = ops.max_pool2d_with_indices(x, *settings_)
    np.testing.assert_array_equal(ours.values, values.detach())
    np.testing.assert_array_equal(ours.indices, indices)
    np.testing.assert_allclose(
        ops.max_pool2d_gradient(x, gradient, *settings_), theirs, rtol=1e-5, atol=1e-5
    )


@thorough
@given(pools(), st.booleans())
def test_average_pooling_and_its_gradient_equal_pytorch(
    pool: tuple[np.ndarray[Any, Any], dict[str, Any]], count_padding: bool
) -> None:
    x, shape = pool
    settings_ = shape["window"], shape["stride"], shape["padding"]
    leaf = torch.from_numpy(x).requires_grad_()
    values = functional.avg_pool2d(leaf, *settings_, count_include_pad=count_padding)
    gradient = np.random.default_rng(1).standard_normal(values.shape).astype(x.dtype)
    (theirs,) = torch.autograd.grad(values, leaf, torch.from_numpy(gradient))
    ours = ops.average_pool2d(x, *settings_, count_padding=count_padding)
    assert ours.dtype == x.dtype
    np.testing.assert_allclose(ours, values.detach(), rtol=1e-5, atol=1e-4)
    mine = ops.average_pool2d_gradient(x, gradient, *settings_, count_padding=count_padding)
    np.testing.assert_allclose(mine, theirs, rtol=1e-5, atol=1e-5)


def test_layers_equal_pytorch() -> None:
    rng = np.random.default_rng(3)
    x = rng.standard_normal((2, 5, 4, 3), dtype=np.float32)
    mean, shift, scale = rng.standard_normal((3, 5), dtype=np.float32)
    variance = rng.random(5, dtype=np.float32)
    theirs = functional.batch_norm(
        *map(torch.from_numpy, (x, mean, variance, scale, shift)), eps=1e-3
    )
    ours = ops.batch_norm(x, mean, variance, scale, shift, epsilon=1e-3)
    assert ours.dtype == np.float32
    np.testing.assert_allclose(ours, theirs, rtol=1e-4, atol=1e-5)
    rows, weights = x.reshape(2, -1), rng.standard_normal((7, 60), dtype=np.float32)
    bias = rng.standard_normal(7, dtype=np.float32)
    linear = functional.linear(*map(torch.from_numpy, (rows, weights, bias)))
    np.testing.assert_allclose(ops.dense(rows, weights, bias), linear, rtol=1e-4, atol=1e-4)
    for axis in (0, 1, -1):
        other = torch.softmax(torch.from_numpy(x), axis)
        np.testing.assert_allclose(ops.softmax(x, axis), other, rtol=1e-5, atol=1e-6)
