from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from foveal.data import similarity
from foveal.data.similarity import MAX_DISTANCE, Look, look_of, near_identical


def noise(seed: int) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 256, 768, dtype=np.uint8)


def test_the_hash_says_where_brightness_grows_from_left_to_right():
    image = np.zeros((80, 90, 3), np.uint8)
    assert look_of(image).hash == 0
    image[:10, 10:] = 200  # the first of eight rows grows once, between columns 1 and 2
    assert look_of(image).hash == 1 << 63


def test_images_are_near_up_to_the_greatest_distance_and_not_beyond():
    picture = noise(0)
    near, far = (1 << MAX_DISTANCE) - 1, (1 << MAX_DISTANCE + 1) - 1
    assert near_identical([Look(0, picture), Look(near, picture)]) == [[0, 1]]
    assert near_identical([Look(0, picture), Look(far, picture)]) == []


def test_a_hash_alone_makes_no_pair():
    assert near_identical([Look(5, noise(1)), Look(5, noise(2))]) == []


def test_a_common_tint_is_no_likeness():
    dark, bright = noise(3) // 16, noise(4) // 16
    tint = np.tile(np.array([200, 100, 0], np.uint8), 256)
    assert near_identical([Look(0, dark + tint), Look(0, bright + tint)]) == []


def test_pictures_of_almost_one_colour_are_not_taken_for_one_another():
    faint = np.full(768, 250, np.uint8) + noise(5) // 128  # the same grain of one level in both
    assert near_identical([Look(0, faint), Look(0, faint - 100)]) == []


def test_no_image_and_one_image_give_no_groups():
    assert near_identical([]) == []
    assert near_identical([Look(0, noise(0))]) == []


@given(st.lists(st.integers(0, 2), min_size=2, max_size=40), st.integers(1, 200))
def test_blocks_of_any_size_give_the_groups_of_a_comparison_of_all(pictures, block):
    looks = [Look(number, noise(number)) for number in pictures]
    expected = [
        [place for place, number in enumerate(pictures) if number == which]
        for which in dict.fromkeys(pictures)
    ]
    whole = similarity._BLOCK
    try:
        similarity._BLOCK = block
        found = near_identical(looks)
    finally:
        similarity._BLOCK = whole
    assert sorted(found) == sorted(group for group in expected if len(group) > 1)
