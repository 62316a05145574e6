"""Order and views are functions of seed and epoch, and of nothing else."""

from __future__ import annotations

import numpy as np

from foveal.training.order import epoch_order, epoch_views


def test_the_order_is_a_permutation_that_depends_on_seed_and_epoch_alone():
    first = epoch_order(50, seed=1, epoch=3)
    np.random.default_rng().random(100)
    assert sorted(first.tolist()) == list(range(50))
    assert np.array_equal(first, epoch_order(50, seed=1, epoch=3))
    assert not np.array_equal(first, epoch_order(50, seed=1, epoch=4))
    assert not np.array_equal(first, epoch_order(50, seed=2, epoch=3))


def test_every_view_of_a_sample_is_used_once_in_as_many_epochs():
    seen = np.stack([epoch_views(20, 4, seed=7, epoch=epoch) for epoch in range(5, 9)])
    assert (np.sort(seen, axis=0) == np.arange(4)[:, None]).all()


def test_samples_take_their_views_in_orders_of_their_own():
    assert len(set(epoch_views(20, 4, seed=7, epoch=1).tolist())) > 1


def test_with_one_view_there_is_nothing_to_choose():
    assert epoch_views(5, 1, seed=0, epoch=9).tolist() == [0] * 5
