"""The explainer, and the pictures that are made of what it says."""

from __future__ import annotations

import io

import numpy as np
import pytest
import torch
from PIL import Image

from explain.hand_set import hand_set_network
from foveal.errors import DataError, ModelError, UnknownNameError, UsageError
from foveal.explain import (
    Explainer,
    explanation_sheet,
    filter_images,
    filters_sheet,
    first_filters,
    maps_sheet,
    strongest_photos,
    strongest_sheet,
)
from foveal.explain.colours import rising, signed
from foveal.explain.sheet import MADE_BY, png_bytes
from foveal.images import Preprocess

PREPROCESS = Preprocess(image_size=2, mean=(100.0,), std=(50.0,), channels=1)


@pytest.fixture
def explainer():
    return Explainer(hand_set_network(), PREPROCESS, ("left", "right"))


@pytest.fixture
def image():
    return np.array([[[150], [200]], [[250], [100]]], np.uint8)


def test_evidence_is_found_in_the_network_s_own_units(explainer, image):
    (found,) = explainer.explain(image, label="left")
    assert (found.label, found.index, found.block, found.method) == ("left", 0, "same", "gradcam")
    assert found.map_HW.tolist() == [[1, 2], [3, 0]]  # (pixel − 100) / 50


def test_the_most_probable_classes_come_first(explainer, image):
    first, second = explainer.explain(image)
    assert (first.label, second.label) == ("left", "right")
    # Logits 4 · 1.5 = 6 and 4 · 1.5 − 8 · 1.5 = −6.
    assert first.probability == pytest.approx(1 / (1 + np.exp(-12)))
    assert first.probability + second.probability == pytest.approx(1)


def test_occlusion_and_gradients_agree_on_the_hand_set_network(explainer, image):
    explainer.preprocess = Preprocess(image_size=2, mean=(100.0,), std=(50.0,), channels=1)
    (found,) = explainer.explain(image, "occlusion", label="left")
    order = np.argsort(found.map_HW.ravel())
    assert order.tolist() == np.argsort([1, 2, 3, 0]).tolist()
    assert found.map_HW[1, 1] == pytest.approx(0, abs=1e-6)  # it has the mean colour already


def test_feature_maps_are_the_block_s_output(explainer, image):
    maps = explainer.feature_maps(image, "spread")
    assert maps.tolist() == [[[1, 2], [3, 0]], [[-1, -2], [-3, 0]]]


def test_first_filters_are_the_first_convolution_s_weights():
    assert first_filters(hand_set_network()).tolist() == [[[[1.0]]], [[[-1.0]]]]
    without = hand_set_network()
    without.blocks.spread = torch.nn.Identity()
    with pytest.raises(ModelError, match="has no convolution, so it has no filters"):
        first_filters(without)


def test_filters_are_grey_at_zero_and_bright_where_they_count_for():
    w = np.zeros((3, 3, 1, 2), np.float32)
    w[0, :, 0] = [[1, -1], [0.5, 0], [0, 0]]
    w[1] = 1e-4  # dead beside the first
    shown = filter_images(w)
    assert shown[0, 0].tolist() == [[255, 191, 128], [0, 128, 128]]
    assert (shown[1] == 128).all()


def test_photos_that_a_channel_answers_to_are_found(tmp_path):
    network, paths = hand_set_network(), []
    for number, grey in enumerate((120, 250, 30, 180)):
        path = tmp_path / f"{number}.png"
        Image.new("L", (8, 8), grey).save(path)
        paths.append(path)
    (tmp_path / "bad.png").write_bytes(b"no image")
    paths.append(tmp_path / "bad.png")
    seen, told = [], []
    best = strongest_photos(
        network,
        PREPROCESS,
        paths,
        "spread",
        0,
        2,
        lambda done, total: seen.append((done, total)),
        told.append,
    )
    assert [item.path.name for item in best] == ["1.png", "3.png"]
    assert best[0].value == pytest.approx(3.0, rel=1e-2)  # (250 − 100) / 50
    darkest = strongest_photos(network, PREPROCESS, paths, "spread", 1, 1)
    assert darkest[0].path.name == "2.png"
    assert seen[-1] == (4, 5)
    assert len(told) == 1
    assert "bad.png" in told[0]
    with pytest.raises(UsageError, match="`channel` must be 0 to 1 in block 'spread'; got 2"):
        strongest_photos(network, PREPROCESS, paths, "spread", 2)
    with pytest.raises(DataError, match="none of the 1 photos could be read"):
        strongest_photos(network, PREPROCESS, paths[-1:], "spread", 0)


def test_of_photos_with_equal_largest_values_the_one_that_answers_more_comes_first(tmp_path):
    """Behind ReLU6 many photos reach the highest value that there is."""
    for name, pixels in (("corner", [[250, 0], [0, 0]]), ("all", [[250, 250], [250, 250]])):
        Image.fromarray(np.array(pixels, np.uint8)).save(tmp_path / f"{name}.png")
    paths = [tmp_path / "corner.png", tmp_path / "all.png"]
    exact = Preprocess(image_size=2, mean=(100.0,), std=(50.0,), channels=1, crop_fraction=1.0)
    best = strongest_photos(hand_set_network(), exact, paths, "spread", 0)
    assert [(item.path.name, item.value) for item in best] == [("all.png", 3), ("corner.png", 3)]


def test_what_cannot_be_asked_says_so(explainer, image):
    with pytest.raises(UnknownNameError, match="unknown class 'lefft'; did you mean 'left'"):
        explainer.explain(image, label="lefft")
    with pytest.raises(UsageError, match="`method` must be one of gradcam"):
        explainer.explain(image, "lime")
    with pytest.raises(UsageError, match="`block` has no effect on occlusion"):
        explainer.explain(image, "occlusion", block="same")
    with pytest.raises(UsageError, match=r"must be uint8 \(2, 2, 1\)"):
        explainer.explain(image[:1])
    with pytest.raises(UsageError, match="`classes` must be 2 names, one a logit; got 1"):
        Explainer(hand_set_network(), PREPROCESS, ("one",))


@pytest.mark.parametrize("method", ["gradcam", "gradcam++", "occlusion"])
def test_a_sheet_shows_the_photo_every_class_and_a_legend(explainer, image, method):
    sheet = explanation_sheet("photo.jpg", image, explainer.explain(image, method))
    assert sheet.width >= 3 * 320
    assert sheet.height > 320 + 60
    colours = {tuple(pixel) for pixel in np.asarray(sheet).reshape(-1, 3)[::7]}
    assert any(max(colour) - min(colour) > 100 for colour in colours)


def test_a_picture_names_its_maker_and_nothing_else(explainer, image):
    data = png_bytes(explanation_sheet("x", image, explainer.explain(image)))
    with Image.open(io.BytesIO(data)) as opened:
        assert opened.text == {"Software": MADE_BY}
        assert not opened.getexif()


def test_grids_of_maps_filters_and_photos_can_be_drawn(explainer, image):
    maps = explainer.feature_maps(image, "spread")
    assert maps_sheet("maps", image, maps).width > 200
    assert filters_sheet("filters", first_filters(explainer.network)).width > 100
    assert strongest_sheet("channel", [("a.png", image, maps[0])]).width > 320


def test_colours_keep_the_order_of_the_numbers():
    steps = np.linspace(0, 1, 21)
    brightness = rising(steps) @ [0.299, 0.587, 0.114]
    assert (np.diff(brightness) > 0).all()
    assert signed(np.array([0.0])).tolist() == [[255, 255, 255]]
    blue, orange = signed(np.array([-1.0, 1.0]))
    assert blue[2] > blue[0]
    assert orange[0] > orange[2]
    assert (rising(np.array([-5.0, 9.0])) == rising(np.array([0.0, 1.0]))).all()
