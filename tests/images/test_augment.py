from __future__ import annotations

import dataclasses
import json
from concurrent.futures import ThreadPoolExecutor

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from foveal.errors import UnknownNameError, UsageError
from foveal.images import (
    AffineParameters,
    Augment,
    Preprocess,
    affine_matrix,
    draw_parameters,
    render_view,
    sample_number,
)
from foveal.images.augment import FILL_MODES
from foveal.images.geometry import region_matrix, visible_region, warped_view

NUMBERS = st.integers(0, 2**64 - 1)
PRESETS = ["none", "light", "medium", "heavy"]
EVERYTHING = Augment(
    rotation_range=30,
    width_shift_range=0.2,
    height_shift_range=0.1,
    horizontal_flip=True,
    vertical_flip=True,
    zoom_range=(0.5, 1.5),
    shear_range=20,
    brightness_range=(0.5, 2.0),
)


def smooth(height: int, width: int) -> np.ndarray:
    y, x = np.mgrid[0:height, 0:width]
    waves = [np.sin(x / 17 + phase) * np.cos(y / 23 + phase) for phase in (0, 1, 2)]
    return (128 + 100 * np.stack(waves, axis=2)).astype(np.uint8)


PHOTO = smooth(120, 160)
WHOLE = Preprocess(image_size=120, crop_fraction=1.0)  # one pixel of the view is one of the photo


def warp(fill_mode: str = "nearest", photo: np.ndarray = PHOTO, **drawn: object) -> np.ndarray:
    matrix = affine_matrix(AffineParameters(**drawn), WHOLE.image_size)
    return warped_view(photo, WHOLE, matrix, fill_mode)


def plain() -> np.ndarray:
    return WHOLE.apply(PHOTO)


@settings(max_examples=40, deadline=None)
@given(seed=NUMBERS, sample=NUMBERS, name=st.sampled_from(PRESETS))
def test_view_0_is_always_the_plain_one(seed: int, sample: int, name: str) -> None:
    preprocess = Preprocess(image_size=33)
    view = render_view(PHOTO, preprocess, Augment.preset(name), seed=seed, view=0, sample=sample)
    assert np.array_equal(view, preprocess.apply(PHOTO))


@settings(max_examples=60, deadline=None)
@given(seed=NUMBERS, view=NUMBERS, sample=NUMBERS)
def test_what_is_drawn_is_a_function_of_its_numbers_and_within_the_ranges(
    seed: int, view: int, sample: int
) -> None:
    np.random.seed(0)
    state = np.random.get_state()[1].tolist()
    drawn = draw_parameters(EVERYTHING, seed, view, sample)
    assert drawn == draw_parameters(EVERYTHING, seed, view, sample)
    assert np.random.get_state()[1].tolist() == state
    assert abs(drawn.rotation) <= 30
    assert abs(drawn.shift_x) <= 0.2
    assert abs(drawn.shift_y) <= 0.1
    assert 0.5 <= min(drawn.zoom_x, drawn.zoom_y) <= max(drawn.zoom_x, drawn.zoom_y) <= 1.5
    assert abs(drawn.shear) <= 20
    assert 0.5 <= drawn.brightness <= 2.0


def test_what_is_drawn_stays_the_same_for_ever() -> None:
    """Resuming a run and reading its cache depend on it; a change needs a new VIEW_VERSION."""
    drawn = draw_parameters(EVERYTHING, seed=7, view=3, sample=2**63 + 5)
    assert dataclasses.astuple(drawn) == pytest.approx(GOLDEN_DRAW)


GOLDEN_DRAW = (
    *(9.619775738117262, -0.05361739880361421, 0.0717980728217646),
    *(1.4129171818599273, 1.2141177028559875, -1.9126447875071984),
    *(False, False, 1.5833346728970201),
)


def test_different_numbers_draw_differently() -> None:
    drawn = {
        draw_parameters(EVERYTHING, seed, view, sample)
        for seed in range(6)
        for view in range(1, 7)
        for sample in range(6)
    }
    assert len(drawn) == 6 * 6 * 6


def test_the_draws_fill_their_ranges_evenly() -> None:
    drawn = [draw_parameters(EVERYTHING, 0, 1, sample) for sample in range(2000)]
    flips = np.mean([p.flip_horizontal for p in drawn])
    assert 0.46 < flips < 0.54
    rotations = np.array([p.rotation for p in drawn])
    counts, _ = np.histogram(rotations, bins=10, range=(-30, 30))
    assert counts.min() > 140
    zooms = np.array([(p.zoom_x, p.zoom_y) for p in drawn])
    assert abs(np.corrcoef(zooms.T)[0, 1]) < 0.08  # width and height are drawn each by itself


def test_switching_one_setting_off_leaves_the_other_draws() -> None:
    full = draw_parameters(EVERYTHING, 1, 2, 3)
    less = draw_parameters(dataclasses.replace(EVERYTHING, rotation_range=0), 1, 2, 3)
    assert less == dataclasses.replace(full, rotation=0.0)


def test_views_do_not_depend_on_order_or_threads() -> None:
    preprocess = Preprocess(image_size=64)
    jobs = [(view, sample) for sample in range(12) for view in range(4)]

    def render(job: tuple[int, int]) -> bytes:
        view, sample = job
        return render_view(
            PHOTO, preprocess, EVERYTHING, seed=5, view=view, sample=sample
        ).tobytes()

    one_by_one = {job: render(job) for job in jobs}
    with ThreadPoolExecutor(8) as pool:
        backwards = dict(zip(jobs[::-1], pool.map(render, jobs[::-1]), strict=True))
    assert backwards == one_by_one
    assert len(set(one_by_one.values())) == 12 * 3 + 1  # the plain views are equal


def test_the_photo_is_left_as_it_was() -> None:
    before = PHOTO.copy()
    render_view(PHOTO, WHOLE, EVERYTHING, seed=0, view=1, sample=1)
    assert np.array_equal(before, PHOTO)


# Each movement against the same thing done with plain array operations.


def test_no_augmentation_gives_the_plain_view_for_every_number() -> None:
    for view in (1, 2, 9):
        image = render_view(PHOTO, WHOLE, Augment(), seed=0, view=view, sample=4)
        assert np.array_equal(image, plain())


def test_flips_mirror_the_view() -> None:
    assert np.array_equal(warp(flip_horizontal=True), plain()[:, ::-1])
    assert np.array_equal(warp(flip_vertical=True), plain()[::-1])


def test_rotation_turns_anticlockwise() -> None:
    assert np.array_equal(warp(rotation=90.0), np.rot90(plain()))
    assert np.array_equal(warp(rotation=180.0), plain()[::-1, ::-1])


def test_a_shift_moves_the_picture_right_and_down_and_shows_what_lies_beside() -> None:
    shifted = warp(shift_x=0.1, shift_y=0.25)
    assert np.array_equal(shifted[30:, 12:], plain()[:-30, :-12])
    assert np.array_equal(shifted[30:, :12], PHOTO[:-30, 8:20])  # real photo, not a fill


def test_zoom_below_one_is_closer() -> None:
    closer = warp(zoom_x=0.5, zoom_y=0.5)
    middle = Preprocess(image_size=120, crop_fraction=0.5).apply(PHOTO)
    assert np.abs(closer.astype(int) - middle).mean() < 1
    farther = warp(zoom_x=2.0, zoom_y=2.0, fill_mode="constant")
    assert (farther[:29] == 0).all()
    assert (farther[31:89, 31:89] > 0).all()


def test_shear_leans_upright_lines() -> None:
    photo = np.zeros((120, 160, 3), np.uint8)
    photo[:, 80:84] = 255
    leaning = warp(photo=photo, shear=45.0)
    centres = [np.flatnonzero(row[:, 0] > 128).mean() for row in leaning[30:90]]
    assert np.diff(centres) == pytest.approx(-1, abs=0.01)


def test_shift_is_applied_to_what_was_turned() -> None:
    both = warp(rotation=90.0, shift_x=0.1)
    assert np.array_equal(both[:, 12:], np.rot90(plain())[:, :-12])


def test_brightness_multiplies_and_stops_at_white() -> None:
    augment = Augment(brightness_range=(1.5, 1.5))
    image = render_view(PHOTO, WHOLE, augment, seed=0, view=1, sample=0)
    assert np.array_equal(image, np.rint(np.minimum(plain() * 1.5, 255)))


@pytest.mark.parametrize(
    ("fill_mode", "expected"),
    [
        ("constant", [0, 0, 0, 0]),
        ("nearest", [10, 10, 10, 10]),
        ("reflect", [40, 30, 20, 10]),
        ("wrap", [130, 140, 150, 160]),
    ],
)
def test_fill_modes_continue_the_photo_beyond_its_edge(fill_mode: str, expected: list[int]) -> None:
    row = (np.arange(1, 17) * 10).astype(np.uint8)
    photo = np.broadcast_to(row[None, :, None], (16, 16, 3)).copy()
    matrix = affine_matrix(AffineParameters(shift_x=0.25), 16)
    view = warped_view(photo, Preprocess(image_size=16, crop_fraction=1.0), matrix, fill_mode)
    assert view[8, :4, 0].tolist() == expected
    assert np.array_equal(view[8, 4:, 0], row[:12])


def test_padded_photos_keep_their_bars_whatever_the_fill_mode() -> None:
    preprocess = Preprocess(image_size=60, resize="pad", pad_value=9)
    photo = np.full((60, 120, 3), 200, np.uint8)
    for fill_mode in FILL_MODES:
        augment = Augment(width_shift_range=0.01, fill_mode=fill_mode)
        view = render_view(photo, preprocess, augment, seed=0, view=1, sample=0)
        assert (view[:14] == 9).all()
        assert (view[16:44, 2:-2] == 200).all()


@pytest.mark.parametrize("resize", ["crop", "squash", "pad"])
@pytest.mark.parametrize("shape", [(120, 160), (700, 333), (150, 700), (20, 30)])
@pytest.mark.parametrize("interpolation", ["nearest", "bilinear", "bicubic", "area"])
def test_a_warp_that_hardly_moves_hardly_differs_from_the_plain_view(
    resize: str, shape: tuple[int, int], interpolation: str
) -> None:
    """Crop, resizing and averaging agree on where each pixel lies, at every scale."""
    photo = smooth(*shape)
    preprocess = Preprocess(image_size=50, resize=resize, interpolation=interpolation)
    matrix = affine_matrix(AffineParameters(rotation=1e-6), 50)
    difference = np.abs(
        warped_view(photo, preprocess, matrix, "nearest") - preprocess.apply(photo).astype(float)
    )
    covered = preprocess.apply(np.full_like(photo, 255))[:, :, 0]
    inside = (
        cv2.erode(covered, np.ones((5, 5))) == 255
    )  # a warp blends the edge of a bar, apply does not
    assert difference[inside].mean() < 2.5


def test_stripes_finer_than_the_view_average_to_grey_in_a_warp_too() -> None:
    photo = np.zeros((800, 800, 3), np.uint8)
    photo[:, ::2] = 255
    preprocess = Preprocess(image_size=100, crop_fraction=1.0)
    view = render_view(photo, preprocess, Augment(rotation_range=5), seed=0, view=1, sample=0)
    assert abs(view[10:-10, 10:-10].astype(int) - 128).max() <= 2


def test_the_matrices_say_where_each_pixel_comes_from() -> None:
    """The pixel that the matrices name is the pixel that the warp shows."""
    y, x = np.mgrid[0:200, 0:240]
    photo = np.stack([y, x, np.zeros_like(x)], axis=2).astype(np.uint8)
    preprocess = Preprocess(image_size=80, crop_fraction=0.6)
    drawn = AffineParameters(rotation=20, shift_x=0.05, zoom_x=0.9, zoom_y=1.1, shear=5)
    view = warped_view(photo, preprocess, affine_matrix(drawn, 80), "nearest")
    matrix = region_matrix(visible_region(200, 240, preprocess), 80) @ affine_matrix(drawn, 80)
    for column, row in [(0, 0), (40, 40), (79, 10), (13, 66)]:
        from_x, from_y, _ = matrix @ [column, row, 1]
        assert view[row, column, 0] == pytest.approx(from_y, abs=0.6)
        assert view[row, column, 1] == pytest.approx(from_x, abs=0.6)


@settings(max_examples=60, deadline=None)
@given(
    height=st.integers(1, 200),
    width=st.integers(1, 200),
    size=st.integers(1, 40),
    resize=st.sampled_from(["crop", "squash", "pad"]),
    fill_mode=st.sampled_from(FILL_MODES),
    channels=st.sampled_from([1, 3]),
    view=st.integers(0, 5),
)
def test_every_photo_gives_a_view_of_the_right_shape(
    height, width, size, resize, fill_mode, channels, view
) -> None:
    augment = dataclasses.replace(EVERYTHING, fill_mode=fill_mode)
    preprocess = Preprocess(image_size=size, resize=resize, channels=channels)
    image = render_view(smooth(height, width), preprocess, augment, seed=1, view=view, sample=2)
    assert (image.shape, image.dtype) == ((size, size, channels), np.uint8)
    assert image.flags.c_contiguous


# Settings


@pytest.mark.parametrize("name", PRESETS)
def test_presets_survive_json(name: str) -> None:
    augment = Augment.preset(name)
    again = Augment.from_dict(json.loads(json.dumps(augment.as_dict())))
    assert again == augment
    assert again.fingerprint() == augment.fingerprint()


RANGES = st.tuples(st.floats(0.1, 1), st.floats(1, 10))


@given(
    augment=st.builds(
        Augment,
        rotation_range=st.floats(0, 180),
        width_shift_range=st.floats(0, 0.99),
        horizontal_flip=st.booleans(),
        zoom_range=st.floats(0, 0.9) | RANGES,
        brightness_range=st.none() | RANGES,
        fill_mode=st.sampled_from(FILL_MODES),
    )
)
def test_all_settings_survive_json(augment: Augment) -> None:
    assert Augment.from_dict(json.loads(json.dumps(augment.as_dict()))) == augment


def test_presets_grow_from_none_to_heavy() -> None:
    assert Augment.preset("none") == Augment()
    presets = [Augment.preset(name) for name in PRESETS]
    for field in ("rotation_range", "width_shift_range", "zoom_range", "shear_range"):
        strengths = [getattr(preset, field) for preset in presets]
        assert strengths == sorted(strengths)
    assert len({preset.fingerprint() for preset in presets}) == 4


def test_an_unknown_preset_is_named_with_what_is_near() -> None:
    with pytest.raises(
        UnknownNameError, match="augmentation preset 'medum'; did you mean 'medium'"
    ):
        Augment.preset("medum")


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        (
            {"rotation_range": 181},
            r"`rotation_range` must be a number from 0 to 180 degrees; got 181",
        ),
        ({"rotation_range": -1}, r"`rotation_range` must be .*; got -1\."),
        (
            {"width_shift_range": 20},
            r"`width_shift_range` must be a number from 0 to 0\.99; got 20\.",
        ),
        ({"height_shift_range": "a"}, r"`height_shift_range` must be a number .*; got 'a'\."),
        ({"horizontal_flip": 3}, r"`horizontal_flip` must be one of True, False; got 3\."),
        ({"zoom_range": 1.0}, r"`zoom_range` must be a number from 0 to 0\.9; got 1\.0\."),
        (
            {"zoom_range": (1.2, 0.8)},
            r"`zoom_range` must be a pair \(lower, upper\) between 0\.1 and 10; got \(1\.2, 0\.8\)",
        ),
        ({"brightness_range": (1,)}, r"`brightness_range` must be a pair .*; got \(1,\)\."),
        ({"brightness_range": 0.2}, r"`brightness_range` must be a pair .*; got 0\.2\."),
        ({"shear_range": 90}, r"`shear_range` must be a number from 0 to 60 degrees; got 90\."),
        ({"fill_mode": "mirror"}, r"`fill_mode` must be one of constant, .*; got 'mirror'\."),
    ],
)
def test_unusable_settings_say_what_was_expected(changes: dict, message: str) -> None:
    with pytest.raises(UsageError, match=message):
        Augment(**changes)


@pytest.mark.parametrize(
    ("numbers", "message"),
    [
        ({"seed": -1}, r"`seed` must be a whole number from 0 to 18446744073709551615; got -1\."),
        ({"view": 2**64}, r"`view` must be a whole number .*; got 18446744073709551616\."),
        ({"sample": 1.5}, r"`sample` must be a whole number .*; got 1\.5\."),
    ],
)
def test_numbers_out_of_range_are_refused(numbers: dict, message: str) -> None:
    with pytest.raises(UsageError, match=message):
        draw_parameters(Augment(), **({"seed": 0, "view": 0, "sample": 0} | numbers))


@pytest.mark.parametrize("content", ["", "abc", "g" * 32])
def test_a_sample_number_needs_a_content_hash(content: str) -> None:
    with pytest.raises(UsageError, match=r"`content` must be a content hash of at least 16"):
        sample_number(content)
