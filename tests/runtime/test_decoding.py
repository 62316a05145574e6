"""Decoding ahead keeps the order, is bounded, and hands errors on as values."""

from __future__ import annotations

import threading

import numpy as np
import pytest

from foveal.errors import ImageError
from foveal.runtime.decoding import decode_ahead, in_batches


@pytest.mark.parametrize("workers", [1, 2, 4])
def test_results_come_in_the_order_of_the_items(workers):
    results = list(decode_ahead(range(50), lambda item: item * item, workers))
    assert results == [(item, item * item) for item in range(50)]


def test_only_a_few_items_are_ahead_of_the_consumer():
    started = []
    lock = threading.Lock()

    def decode(item):
        with lock:
            started.append(item)
        return item

    ahead = decode_ahead(range(1000), decode, workers=2)
    next(ahead)
    ahead.close()
    assert len(started) <= 10


def test_a_bad_image_is_a_value_and_another_error_is_raised():
    def decode(item):
        if item == 1:
            raise ImageError("a.jpg", "is cut short", "copy it again")
        if item == 3:
            raise RuntimeError("a fault of ours")
        return item

    ahead = decode_ahead(range(5), decode, workers=2)
    assert next(ahead) == (0, 0)
    assert str(next(ahead)[1]) == "a.jpg: is cut short; copy it again."
    assert next(ahead) == (2, 2)
    with pytest.raises(RuntimeError, match="a fault of ours"):
        next(ahead)


def test_batches_hold_what_came_and_the_last_is_shorter():
    images = [(index, np.full((2, 2, 3), index, np.uint8)) for index in range(7)]
    batches = list(in_batches(iter(images), 3))
    assert [tags for tags, _ in batches] == [[0, 1, 2], [3, 4, 5], [6]]
    assert batches[1][1][:, 0, 0, 0].tolist() == [3, 4, 5]
    assert list(in_batches(iter([]), 3)) == []
