from __future__ import annotations

from collections import Counter

import numpy as np
import pytest
from PIL import Image, ImageEnhance, ImageFilter, ImageOps

from foveal.errors import UnknownNameError, UsageError
from foveal.images import operations as ops
from foveal.images import policies
from foveal.images.policies import OPERATIONS, RandAugment, TrivialAugment, policy_named


def noise(size: int = 33, channels: int = 3, seed: int = 0) -> np.ndarray:
    low, high = 20, 230
    return np.random.default_rng(seed).integers(low, high, (size, size, channels), dtype=np.uint8)


VIEW = noise()
PICTURE = Image.fromarray(VIEW)
FACTORS = [0.1, 0.5, 1.0, 1.5, 1.9]


def near(view: np.ndarray, picture: Image.Image) -> None:
    """Equal up to one level: Pillow cuts fractions off where others round."""
    difference = np.abs(view.astype(int) - np.asarray(picture).astype(int))
    assert difference.max() <= 1


# Movements against plain array operations.


def test_translating_moves_the_picture_and_fills_what_comes_in():
    moved = ops.translate_x(VIEW, 5, 77)
    np.testing.assert_array_equal(moved[:, :-5], VIEW[:, 5:])
    assert (moved[:, -5:] == 77).all()
    moved = ops.translate_y(VIEW, -4, 9)
    np.testing.assert_array_equal(moved[4:], VIEW[:-4])
    assert (moved[:4] == 9).all()


def test_rotating_by_90_degrees_is_anticlockwise():
    np.testing.assert_array_equal(ops.rotate(VIEW, 90, 0), np.rot90(VIEW))


def test_rotating_by_45_degrees_fills_the_corners():
    turned = ops.rotate(VIEW, 45, 200)
    corners = turned[[0, 0, -1, -1], [0, -1, 0, -1]]
    assert (corners == 200).all()
    np.testing.assert_array_equal(turned[16, 16], VIEW[16, 16])


def test_shearing_by_1_moves_each_row_one_pixel_further_about_the_centre():
    sheared = ops.shear_x(VIEW, 1, 0)
    for row in range(33):
        shift = row - 16
        expected = np.zeros_like(VIEW[row])
        if shift >= 0:
            expected[: 33 - shift] = VIEW[row, shift:]
        else:
            expected[-shift:] = VIEW[row, :shift]
        np.testing.assert_array_equal(sheared[row], expected)


def test_shearing_columns_is_shearing_rows_of_the_transposed_picture():
    across = ops.shear_x(np.ascontiguousarray(VIEW.swapaxes(0, 1)), -1, 5)
    np.testing.assert_array_equal(ops.shear_y(VIEW, -1, 5), across.swapaxes(0, 1))


# Colours against Pillow, on whose operations the papers build.


@pytest.mark.parametrize("factor", FACTORS)
def test_brightness_contrast_and_colour_are_those_of_pillow(factor):
    near(ops.brightness(VIEW, factor, 0), ImageEnhance.Brightness(PICTURE).enhance(factor))
    near(ops.contrast(VIEW, factor, 0), ImageEnhance.Contrast(PICTURE).enhance(factor))
    # its grey and ours may differ by one level, which a factor of 0.1 or 1.9 passes on
    near(ops.color(VIEW, factor, 0), ImageEnhance.Color(PICTURE).enhance(factor))


@pytest.mark.parametrize("factor", FACTORS)
def test_sharpness_is_that_of_pillow(factor):
    near(ops.sharpness(VIEW, factor, 0), ImageEnhance.Sharpness(PICTURE).enhance(factor))


def test_the_softest_picture_is_smoothed_but_for_its_edge():
    soft = ops.sharpness(VIEW, 0, 0)
    near(soft, PICTURE.filter(ImageFilter.SMOOTH))
    np.testing.assert_array_equal(soft[0], VIEW[0])
    assert (soft[1:-1, 1:-1] != VIEW[1:-1, 1:-1]).mean() > 0.9


@pytest.mark.parametrize("bits", [1, 2, 4, 7, 8])
def test_posterizing_keeps_the_highest_bits(bits):
    expected = np.asarray(ImageOps.posterize(PICTURE, bits))
    np.testing.assert_array_equal(ops.posterize(VIEW, bits, 0), expected)


@pytest.mark.parametrize("threshold", [0, 25.6, 128, 256])
def test_solarizing_inverts_from_the_threshold_on(threshold):
    expected = np.where(threshold <= VIEW, 255 - VIEW, VIEW)
    np.testing.assert_array_equal(ops.solarize(VIEW, threshold, 0), expected)


def test_autocontrast_reaches_black_and_white_in_each_channel():
    view = VIEW // [2, 3, 4]
    stretched = ops.autocontrast(view.astype(np.uint8), 0, 0)
    assert (stretched.min(axis=(0, 1)) == 0).all()
    assert (stretched.max(axis=(0, 1)) == 255).all()
    near(stretched, ImageOps.autocontrast(Image.fromarray(view.astype(np.uint8))))
    even = np.full((9, 9, 3), 40, np.uint8)
    np.testing.assert_array_equal(ops.autocontrast(even, 0, 0), even)


def test_equalizing_gives_each_value_the_share_of_darker_pixels():
    view = noise(12, seed=3) // 8 * 8
    equal = ops.equalize(view, 0, 0)
    for channel in range(3):
        values = view[:, :, channel]
        highest = (values < values.max()).sum()
        expected = [[round(255 * (values < value).sum() / highest) for value in r] for r in values]
        np.testing.assert_array_equal(equal[:, :, channel], expected)
    even = np.full((9, 9, 3), 40, np.uint8)
    np.testing.assert_array_equal(ops.equalize(even, 0, 0), even)


# The table and the policies.


@pytest.mark.parametrize("name", OPERATIONS)
def test_magnitude_0_changes_nothing_where_there_is_a_magnitude(name):
    row = OPERATIONS[name]
    changed = row.change(VIEW, row.start, 128)
    if name in ("autocontrast", "equalize"):  # they have none
        assert (changed != VIEW).any()
    else:
        np.testing.assert_array_equal(changed, VIEW)


@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize("name", OPERATIONS)
def test_an_operation_keeps_shape_and_type_and_leaves_its_input(name, channels):
    row, view = OPERATIONS[name], noise(32, channels)
    before = view.copy()
    for amount in (row.narrow, row.wide):
        changed = row.change(view, amount, 128)
        assert changed.shape == view.shape
        assert changed.dtype == np.uint8
    np.testing.assert_array_equal(view, before)


def test_a_grey_view_is_changed_as_the_same_view_in_colour():
    grey = noise(32, 1)
    colour = np.repeat(grey, 3, axis=2)
    for row in OPERATIONS.values():
        for amount in (row.narrow, row.wide):
            three = row.change(colour, amount, 100)
            one = row.change(grey, amount, 100)
            assert np.abs(three.astype(int) - one).max() <= 1


def test_the_ends_are_those_of_the_papers():
    ends = {name: (row.narrow, row.wide) for name, row in OPERATIONS.items()}
    assert len(ends) == 14
    assert ends["rotate"] == (30, 135)
    assert ends["shear_x"] == ends["shear_y"] == (0.3, 0.99)
    assert ends["translate_x"] == ends["translate_y"] == (150 / 331, 32)
    assert ends["posterize"] == (4, 2)
    assert ends["solarize"] == (0, 0)
    for name in ("brightness", "contrast", "color", "sharpness"):
        assert ends[name] == (1.9, 1.99)


def index_of(name: str) -> float:
    return (list(OPERATIONS).index(name) + 0.5) / len(OPERATIONS)


def test_randaugment_applies_its_operations_in_turn_at_nine_tenths():
    u = [index_of("rotate"), 0.9, index_of("solarize"), 0.1]
    expected = ops.solarize(ops.rotate(VIEW, 27, 60), 25.6, 60)
    np.testing.assert_array_equal(RandAugment().apply(VIEW, u, 60), expected)


def test_a_sign_below_a_half_turns_the_direction():
    u = [index_of("identity"), 0.0, index_of("brightness"), 0.49]
    darker = RandAugment().apply(VIEW, u, 0)
    np.testing.assert_allclose(darker, VIEW * (1 - 0.81), atol=0.51)


def test_shifts_of_randaugment_follow_the_size_of_the_view():
    u = [index_of("translate_x"), 0.9, index_of("identity"), 0.9]
    expected = ops.translate_x(VIEW, 0.9 * 150 / 331 * 33, 7)
    np.testing.assert_array_equal(RandAugment().apply(VIEW, u, 7), expected)


def test_trivialaugment_has_31_magnitudes_up_to_the_wide_end():
    policy = TrivialAugment()
    last = policy.apply(VIEW, [index_of("translate_y"), 0.9999, 0.9], 7)
    np.testing.assert_array_equal(last, ops.translate_y(VIEW, 32, 7))
    none = policy.apply(VIEW, [index_of("rotate"), 0.03, 0.9], 7)
    np.testing.assert_array_equal(none, VIEW)
    first = policy.apply(VIEW, [index_of("rotate"), 1.5 / 31, 0.9], 7)
    np.testing.assert_array_equal(first, ops.rotate(VIEW, 135 / 30, 7))


def test_every_operation_is_chosen_equally_often(monkeypatch):
    told: Counter[str] = Counter()

    def telling(name):
        return lambda view, amount, fill: told.update([name]) or view

    rows = tuple(row._replace(change=telling(name)) for name, row in OPERATIONS.items())
    monkeypatch.setattr(policies, "_ROWS", rows)
    for u in np.random.default_rng(0).random((7_000, 4)).tolist():
        RandAugment().apply(VIEW, u, 0)
    assert len(told) == 14
    assert min(told.values()) > 880
    assert max(told.values()) < 1120


@pytest.mark.parametrize("name", ["randaugment", "trivialaugment"])
def test_the_same_numbers_give_the_same_view_and_others_another(name):
    policy = policy_named(name)
    draws = np.random.default_rng(1).random((60, policy.draws)).tolist()
    once = [policy.apply(VIEW, u, 0).tobytes() for u in draws]
    assert once == [policy.apply(VIEW, u, 0).tobytes() for u in draws]
    assert len(set(once)) > 20


def test_none_is_no_policy_and_an_unknown_name_is_refused():
    assert policy_named("none") is None
    with pytest.raises(UnknownNameError, match="policy 'randaug'; did you mean 'randaugment'"):
        policy_named("randaug")


def test_settings_out_of_range_are_refused():
    with pytest.raises(UsageError, match="`magnitude` must be a whole number from 0 to 10; got 11"):
        RandAugment(magnitude=11)
    with pytest.raises(UsageError, match="`count` must be a whole number from 1 to 10; got 0"):
        RandAugment(count=0)
