"""Distances to what is known, and the threshold that keeps a stated share of it."""

from __future__ import annotations

import numpy as np
import pytest

from foveal.errors import UsageError
from foveal.metrics import coverage_threshold, neighbour_distances, unit_rows


def test_the_distance_is_one_minus_the_cosine_to_the_kth_neighbour():
    known = [[1.0, 0.0], [0.0, 2.0], [3.0, 4.0]]
    # Cosines of (1, 0): 1, 0 and 0.6.
    for k, expected in ((1, 0.0), (2, 0.4), (3, 1.0)):
        assert neighbour_distances([[5.0, 0.0]], known, k) == pytest.approx([expected])


def test_many_vectors_are_compared_in_parts_and_none_is_lost():
    rows = np.random.default_rng(0).normal(size=(2500, 4))
    distances = neighbour_distances(rows, rows, 1)
    assert distances.shape == (2500,)
    assert distances == pytest.approx(0, abs=1e-6)
    assert neighbour_distances(np.zeros((0, 4)), rows, 1).shape == (0,)


def test_a_vector_of_zeros_is_at_a_right_angle_to_everything():
    assert unit_rows([[0.0, 0.0]]).tolist() == [[0.0, 0.0]]
    assert neighbour_distances([[0.0, 0.0]], [[1.0, 0.0]], 1).tolist() == [1.0]


@pytest.mark.parametrize(
    ("scores", "coverage", "threshold"),
    [
        ([3, 1, 2], 0.5, 2.0),  # ⌈4 · 0.5⌉ = 2nd
        (list(range(1, 20)), 0.95, 19.0),  # ⌈20 · 0.95⌉ = 19th
        (list(range(1, 100)), 0.9, 90.0),
        ([5], 0.5, 5.0),
    ],
)
def test_the_threshold_is_a_held_back_score(scores, coverage, threshold):
    assert coverage_threshold(scores, coverage) == threshold


def test_new_photos_of_the_same_kind_are_kept_as_promised():
    chance = np.random.default_rng(1)
    kept = [
        np.mean(chance.normal(size=200) <= coverage_threshold(chance.normal(size=50), 0.9))
        for _ in range(300)
    ]
    assert 0.89 < np.mean(kept) < 0.93


def test_what_cannot_be_measured_says_so():
    with pytest.raises(UsageError, match="must be vectors of one length; got 2 and 3"):
        neighbour_distances([[1.0, 0.0]], [[1.0, 0.0, 0.0]], 1)
    with pytest.raises(UsageError, match="`neighbours` must be 1 to 1, the known vectors; got 2"):
        neighbour_distances([[1.0, 0.0]], [[1.0, 0.0]], 2)
    with pytest.raises(UsageError, match="`scores` must be one finite number or more"):
        coverage_threshold([], 0.9)
    with pytest.raises(
        UsageError,
        match=r"0\.99 can be promised from 99 .* there are 98: at most 0\.98 can be asked",
    ):
        coverage_threshold(list(range(98)), 0.99)
    with pytest.raises(UsageError, match=r"`coverage` must lie between 0 and 1, such as 0\.95"):
        coverage_threshold([1.0], 95)
