from __future__ import annotations

import dataclasses
import io
import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from foveal.errors import UnknownNameError, UsageError
from foveal.images import Preprocess
from foveal.images.preprocess import INTERPOLATIONS, RESIZES


def numbered(height: int, width: int) -> np.ndarray:
    """A photo whose pixels carry their own row and column (up to 250)."""
    y, x = np.mgrid[0:height, 0:width]
    return np.stack([y, x, np.full_like(x, 77)], axis=2).astype(np.uint8)


def smooth(height: int, width: int) -> np.ndarray:
    y, x = np.mgrid[0:height, 0:width]
    waves = [np.sin(x / 17 + phase) * np.cos(y / 23 + phase) for phase in (0, 1, 2)]
    return (128 + 100 * np.stack(waves, axis=2)).astype(np.uint8)


def test_crop_without_resizing_is_the_centre_square() -> None:
    photo = numbered(100, 140)
    view = Preprocess(image_size=50, crop_fraction=0.5).apply(photo)
    assert np.array_equal(view, photo[25:75, 45:95])
    assert view.flags.c_contiguous
    assert not np.shares_memory(view, photo)


def test_crop_with_an_odd_rest_starts_one_pixel_later() -> None:
    view = Preprocess(image_size=100, crop_fraction=1.0).apply(numbered(100, 103))
    assert view[0, 0].tolist() == [0, 2, 77]


def test_crop_follows_the_fraction_of_the_lite_networks_exactly() -> None:
    photo = numbered(292 // 2, 200)
    fraction = 260 / 292
    assert np.array_equal(
        Preprocess(image_size=130, crop_fraction=fraction).apply(photo), photo[8:138, 35:165]
    )


def test_squash_shows_the_whole_photo() -> None:
    view = Preprocess(image_size=50, resize="squash", interpolation="bilinear").apply(
        numbered(100, 200)
    )
    rows, columns = np.mgrid[0:50, 0:50]
    assert np.abs(view[:, :, 0] - (2 * rows + 0.5)).max() <= 1
    assert np.abs(view[:, :, 1] - (4 * columns + 1.5)).max() <= 1


@pytest.mark.parametrize(("height", "width"), [(60, 120), (120, 60)])
def test_pad_puts_bars_of_its_value_beside_the_whole_photo(height: int, width: int) -> None:
    view = Preprocess(image_size=60, resize="pad", pad_value=9).apply(
        np.full((height, width, 3), 200, np.uint8)
    )
    if height > width:
        view = view.swapaxes(0, 1)
    assert (view[:15] == 9).all()
    assert (view[15:45] == 200).all()
    assert (view[45:] == 9).all()


@pytest.mark.parametrize("interpolation", ["bilinear", "bicubic", "area"])
def test_stripes_finer_than_the_view_average_to_grey(interpolation: str) -> None:
    photo = np.zeros((800, 800, 3), np.uint8)
    photo[:, ::2] = 255
    view = Preprocess(image_size=100, crop_fraction=1.0, interpolation=interpolation).apply(photo)
    assert abs(view.astype(int) - 128).max() <= 1


def test_nearest_keeps_only_values_that_were_there() -> None:
    photo = np.random.default_rng(0).choice(np.array([3, 200], np.uint8), (333, 500, 3))
    view = Preprocess(image_size=40, interpolation="nearest").apply(photo)
    assert set(np.unique(view)) == {3, 200}


@pytest.mark.parametrize("size", [224, 64, 500])
@pytest.mark.parametrize("interpolation", ["bilinear", "bicubic", "area"])
def test_a_smooth_photo_resizes_as_pillow_does(size: int, interpolation: str) -> None:
    photo = smooth(300, 420)
    view = Preprocess(image_size=size, crop_fraction=1.0, interpolation=interpolation).apply(photo)
    reference = Image.fromarray(photo[:, 60:360]).resize((size, size), Image.Resampling.BICUBIC)
    assert np.abs(view.astype(int) - np.asarray(reference)).mean() < 1


def test_one_channel_is_the_luma_of_three() -> None:
    photo = smooth(90, 80)
    colour = Preprocess(image_size=32).apply(photo)
    grey = Preprocess(image_size=32, channels=1).apply(photo)
    assert grey.shape == (32, 32, 1)
    assert np.abs(grey[:, :, 0] - colour @ np.array([0.299, 0.587, 0.114])).max() <= 1


@settings(max_examples=60, deadline=None)
@given(
    height=st.integers(1, 90),
    width=st.integers(1, 90),
    size=st.integers(1, 40),
    resize=st.sampled_from(RESIZES),
    interpolation=st.sampled_from(INTERPOLATIONS),
    fraction=st.floats(0.01, 1),
    channels=st.sampled_from([1, 3]),
)
def test_every_photo_and_geometry_give_the_right_shape(
    height, width, size, resize, interpolation, fraction, channels
) -> None:
    preprocess = Preprocess(size, resize, interpolation, fraction, channels=channels)
    photo = numbered(height, width)
    before = photo.copy()
    view = preprocess.apply(photo)
    assert (view.shape, view.dtype) == ((size, size, channels), np.uint8)
    assert view.flags.c_contiguous
    assert np.array_equal(photo, before)
    assert not np.shares_memory(view, photo)


def encoded(photo: np.ndarray, kind: str) -> bytes:
    file = io.BytesIO()
    Image.fromarray(photo).save(file, kind, quality=95)
    return file.getvalue()


def test_load_decodes_and_applies(tmp_path) -> None:
    photo = smooth(120, 90)
    path = tmp_path / "photo.png"
    path.write_bytes(encoded(photo, "PNG"))
    preprocess = Preprocess(image_size=48)
    assert np.array_equal(preprocess.load(path), preprocess.apply(photo))
    assert np.array_equal(preprocess.load(path.read_bytes()), preprocess.apply(photo))


def test_a_large_jpeg_loads_smaller_and_looks_the_same() -> None:
    photo = smooth(1200, 1600)
    data = encoded(photo, "JPEG")
    preprocess = Preprocess(image_size=140)  # the crop of 0.875 needs 160 pixels
    assert preprocess.min_side == 160
    assert preprocess.decode(data).shape == (300, 400, 3)
    assert np.abs(preprocess.load(data).astype(int) - preprocess.apply(photo)).mean() < 2


def test_presets_map_black_and_white_to_their_ends() -> None:
    ends = np.array([[[[0, 0, 0], [255, 255, 255]]]], np.uint8)
    for name, low, high in (("unit", 0, 1), ("symmetric", -1, 1)):
        values = Preprocess.preset(name).normalize(ends)
        assert values.dtype == np.float32
        assert values[0, 0, 0].tolist() == [low] * 3
        assert values[0, 0, 1].tolist() == [high] * 3


def test_the_imagenet_preset_is_the_usual_one() -> None:
    pixel = np.array([[[10, 120, 250]]], np.uint8)
    usual = (pixel / 255 - [0.485, 0.456, 0.406]) / [0.229, 0.224, 0.225]
    assert Preprocess.preset("imagenet").normalize(pixel) == pytest.approx(usual, abs=1e-5)


def test_one_value_serves_every_channel() -> None:
    lite = Preprocess(image_size=260, crop_fraction=260 / 292, mean=(127.0,), std=(128.0,))
    assert lite.mean == (127.0, 127.0, 127.0)
    assert Preprocess(channels=1).mean == (0.0,)
    assert Preprocess.preset("symmetric", channels=1).std == (127.5,)


def test_settings_survive_json() -> None:
    for preprocess in (
        Preprocess(),
        Preprocess.preset("imagenet", image_size=300, resize="pad", pad_value=5),
        Preprocess(channels=1, crop_fraction=260 / 292),
    ):
        again = Preprocess.from_dict(json.loads(json.dumps(preprocess.as_dict())))
        assert again == preprocess
        assert again.fingerprint() == preprocess.fingerprint()
        assert hash(again) == hash(preprocess)


CHANGES = {
    "image_size": 225,
    "resize": "pad",
    "interpolation": "area",
    "crop_fraction": 0.9,
    "mean": (1.0,),
    "std": (2.0,),
    "pad_value": 3,
    "channels": 1,
}


def test_every_setting_changes_the_fingerprint_and_only_geometry_the_other() -> None:
    base = Preprocess()
    assert set(CHANGES) == {field.name for field in dataclasses.fields(Preprocess)}
    for name, value in CHANGES.items():
        changed = dataclasses.replace(Preprocess(mean=(0.0,)), **one_channel(name, value))
        assert changed.fingerprint() != base.fingerprint()
        same_geometry = changed.geometry_fingerprint() == base.geometry_fingerprint()
        assert same_geometry == (name in ("mean", "std"))


def one_channel(name: str, value: object) -> dict[str, object]:
    return {name: value} | ({"mean": (0.0,), "std": (255.0,)} if name == "channels" else {})


def test_fingerprints_stay_what_they_were() -> None:
    """A change here orphans every cache and must come with a new GEOMETRY_VERSION."""
    assert Preprocess().geometry_fingerprint() == GOLDEN_FINGERPRINT


GOLDEN_FINGERPRINT = "ac9b690257b73e62"


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"image_size": 0}, r"`image_size` must be a whole number from 1 to 8192 pixels; got 0\."),
        ({"image_size": 22.5}, r"`image_size` must be a whole number .*; got 22\.5\."),
        ({"image_size": True}, r"`image_size` must be a whole number .*; got True\."),
        ({"resize": "stretch"}, r"`resize` must be one of crop, squash, pad; got 'stretch'\."),
        ({"interpolation": "cubic"}, r"`interpolation` must be one of nearest, .*; got 'cubic'\."),
        ({"crop_fraction": 0}, r"`crop_fraction` must be a number from 0\.01 to 1; got 0\."),
        ({"crop_fraction": float("nan")}, r"`crop_fraction` must be a number .*; got nan\."),
        ({"pad_value": 256}, r"`pad_value` must be a whole number from 0 to 255; got 256\."),
        ({"channels": 4}, r"`channels` must be one of 1, 3; got 4\."),
        ({"mean": (1.0, 2.0)}, r"`mean` must be a tuple of 1 or 3 numbers; got \(1\.0, 2\.0\)\."),
        ({"mean": 127.0}, r"`mean` must be a tuple of 1 or 3 numbers; got 127\.0\."),
        ({"std": (0.0,)}, r"`std` must be a number from 1e-06 to 1e\+06; got 0\.0\."),
        ({"mean": ("a",)}, r"`mean` must be a number from .*; got 'a'\."),
    ],
)
def test_unusable_settings_say_what_was_expected(changes: dict, message: str) -> None:
    with pytest.raises(UsageError, match=message):
        Preprocess(**changes)


def test_unknown_and_missing_settings_are_refused() -> None:
    values = Preprocess().as_dict()
    with pytest.raises(
        UsageError, match="Preprocess has no setting 'size'; it has image_size, resize"
    ):
        Preprocess.from_dict(values | {"size": 3})
    del values["mean"]
    with pytest.raises(UsageError, match="Preprocess needs the setting 'mean'; it is missing"):
        Preprocess.from_dict(values)


def test_an_unknown_preset_is_named_with_what_is_near() -> None:
    with pytest.raises(
        UnknownNameError, match="preprocessing preset 'imagnet'; did you mean 'image"
    ):
        Preprocess.preset("imagnet")


@pytest.mark.parametrize(
    ("image", "got"),
    [
        (np.zeros((5, 5), np.uint8), r"uint8 of shape \(5, 5\)"),
        (np.zeros((5, 5, 4), np.uint8), r"uint8 of shape \(5, 5, 4\)"),
        (np.zeros((5, 5, 3), np.float32), r"float32 of shape \(5, 5, 3\)"),
        (np.zeros((0, 5, 3), np.uint8), r"uint8 of shape \(0, 5, 3\)"),
        ("photo.jpg", r"<class 'str'> of shape \(\)"),
    ],
)
def test_anything_but_a_decoded_photo_is_refused(image: object, got: str) -> None:
    with pytest.raises(
        UsageError, match=r"`image_HWC` must be uint8 of shape \(H, W, 3\), .*" + got
    ):
        Preprocess().apply(image)
