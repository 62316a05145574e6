"""Which cells belong together: found by formula, and by changing one cell and looking."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from foveal.errors import UsageError
from foveal.ops import WindowGrid, convolve2d, window_grid

quick = settings(max_examples=40, deadline=None, derandomize=True)


@st.composite
def geometries(draw: st.DrawFn) -> dict[str, Any]:
    pairs = st.tuples(st.integers(1, 3), st.integers(1, 3))
    kernel, dilation = draw(pairs), draw(pairs)
    spans = [d * (k - 1) + 1 for k, d in zip(kernel, dilation, strict=True)]
    size = tuple(max(3, span) + draw(st.integers(0, 3)) for span in spans)
    sides = st.tuples(st.integers(0, 2), st.integers(0, 2))
    return {
        "size": size,
        "kernel": kernel,
        "stride": draw(pairs),
        "padding": draw(st.tuples(sides, sides)),
        "dilation": dilation,
        "padding_mode": draw(st.sampled_from(["zero", "reflect", "replicate"])),
    }


def _convolve(image: Any, kernel: Any, geometry: dict[str, Any]) -> Any:
    arguments = {k: v for k, v in geometry.items() if k not in ("size", "kernel")}
    return convolve2d(image, kernel, **arguments)


@quick
@given(geometries())
def test_an_input_cell_feeds_exactly_the_outputs_that_change_with_it(
    geometry: dict[str, Any],
) -> None:
    grid = window_grid(**geometry)
    kernel = np.ones(grid.kernel, int)
    for cell in np.ndindex(*grid.size):
        image = np.zeros(grid.size, int)
        image[cell] = 1
        changed = np.argwhere(_convolve(image, kernel, geometry)).tolist()
        assert [list(output) for output in grid.outputs_of(*cell)] == changed


@quick
@given(geometries())
def test_the_window_of_an_output_holds_the_cells_it_is_summed_from(
    geometry: dict[str, Any],
) -> None:
    grid = window_grid(**geometry)
    rng = np.random.default_rng(0)
    image, kernel = rng.integers(-9, 9, grid.size), rng.integers(-9, 9, grid.kernel)
    out = _convolve(image, kernel, geometry)
    for output in np.ndindex(*grid.output):
        cells = grid.window_cells(*output)
        window = [[0 if cell is None else image[cell] for cell in row] for row in cells]
        assert (np.array(window) * kernel).sum() == out[output]


@quick
@given(geometries())
def test_a_weight_touches_the_inputs_that_all_windows_show_it(geometry: dict[str, Any]) -> None:
    grid = window_grid(**geometry)
    for row, column in np.ndindex(*grid.kernel):
        seen = {grid.window_cells(*output)[row][column] for output in np.ndindex(*grid.output)}
        assert list(grid.inputs_of_weight(row, column)) == sorted(seen - {None})


def test_rows_and_columns_that_no_window_reaches_are_counted() -> None:
    assert window_grid((6, 7), 3, stride=2).unused == (1, 0)
    assert window_grid((6, 7), 3, stride=(1, 3), padding=1).unused == (0, 0)


def test_geometry_explains_both_axes() -> None:
    grid = window_grid((8, 9), 3, stride=2, padding="same")
    assert grid.explain() == "height: ⌈8 / 2⌉ = 4; width: ⌈9 / 2⌉ = 5"
    assert grid.padding == ((0, 1), (1, 1))


@pytest.mark.parametrize("size", [(0, 5), (5,), "55", 2.5])
def test_a_size_must_be_a_pair_of_positive_ints(size: Any) -> None:
    with pytest.raises(UsageError, match=r"`size` must be a positive int or a pair of them; got "):
        window_grid(size, 3)


@pytest.mark.parametrize(
    ("method", "kind", "bounds"),
    [
        ("window_cells", "output cell", "3 rows and 4"),
        ("outputs_of", "input cell", "5 rows and 6"),
        ("inputs_of_weight", "weight", "3 rows and 3"),
    ],
)
@pytest.mark.parametrize("cell", [(-1, 0), (9, 0), (0, 9), (0, 0.5)])
def test_a_cell_that_is_not_there_is_named(
    method: str, kind: str, bounds: str, cell: tuple[Any, Any]
) -> None:
    grid: WindowGrid = window_grid((5, 6), 3)
    with pytest.raises(UsageError, match=rf"^{kind} must be within {bounds} columns.*; got \("):
        getattr(grid, method)(*cell)
