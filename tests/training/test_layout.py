"""Steps hold every sample once; slices and processes share a batch without a gap."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from foveal.training.processes.layout import Layout, balanced_order, epoch_steps


@given(st.integers(2, 200), st.integers(2, 64))
def test_every_sample_is_visited_once_and_no_step_has_a_single_one(count, batch):
    steps = epoch_steps(np.arange(count), batch)
    assert np.concatenate(steps).tolist() == list(range(count))
    assert min(map(len, steps)) >= 2
    assert max(map(len, steps)) <= batch + 1


@given(st.integers(1, 100), st.integers(1, 4), st.integers(1, 4))
def test_processes_share_the_slices_of_a_batch(samples, groups, per_group):
    layout = Layout(groups, per_group)
    cut = layout.cut(np.arange(samples))
    assert len(cut) == layout.slices
    assert np.concatenate(cut).tolist() == list(range(samples))
    assert all(len(part) != 1 for part in cut) or samples == 1
    shared = [index for rank in range(groups) for index in layout.share(rank, groups)]
    assert shared == list(layout.share(0, 1)) == list(range(layout.slices))


def test_half_the_slice_is_twice_the_slices():
    layout = Layout(2, 3).halved()
    assert (layout.groups, layout.per_group, layout.slices) == (2, 6, 12)


def test_balanced_sampling_shows_every_class_equally_often():
    targets = np.array([0] * 80 + [1] * 15 + [2] * 5)
    rows = balanced_order(targets, seed=0, epoch=1)
    assert sorted(np.bincount(targets[rows])) == [33, 33, 34]
    assert set(np.bincount(rows[targets[rows] == 2])[95:]) <= {6, 7}  # evenly, not by chance
    assert len(set(rows[targets[rows] == 0])) >= 33  # no photo of a large class twice


@pytest.mark.parametrize("change", [{"seed": 1}, {"epoch": 2}])
def test_balanced_sampling_depends_on_seed_and_epoch_alone(change):
    targets = np.arange(90) % 4
    place = {"seed": 0, "epoch": 1}
    first = balanced_order(targets, **place)
    assert np.array_equal(first, balanced_order(targets, **place))
    assert not np.array_equal(first, balanced_order(targets, **(place | change)))
