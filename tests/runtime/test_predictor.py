"""Paths, arrays and Pillow images are named alike; anything else gets one sentence."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image

from foveal import load
from foveal.errors import ImageError, UsageError
from small_model import write_colour_model


@pytest.fixture
def predictor(tmp_path):
    return load(write_colour_model(tmp_path / "model"))


@pytest.fixture
def red(tmp_path):
    file = tmp_path / "red.png"
    Image.new("RGB", (60, 40), (200, 20, 40)).save(file)
    return file


def test_a_path_an_array_and_an_image_get_the_same_answer(predictor, red):
    with Image.open(red) as opened:
        sources = [red, str(red), np.array(opened), opened, opened.convert("RGB")]
        answers = predictor.predict(sources)
    assert {answer.label for answer in answers} == {"red"}
    assert len({answer.probabilities for answer in answers}) == 1
    assert [answer.path for answer in answers] == [
        *(str(red), str(red), "<array>", str(red), "<image>")
    ]


def test_one_image_gets_one_answer(predictor):
    assert predictor.predict(Image.new("RGB", (40, 40), "blue")).label == "blue"
    assert predictor.predict(np.full((40, 40, 3), (0, 0, 255), np.uint8)).label == "blue"


@pytest.mark.parametrize(
    ("mode", "colour"),
    [("P", 0), ("RGBA", (250, 0, 0, 255)), ("CMYK", (0, 255, 255, 0))],
)
def test_images_of_any_mode_are_seen_as_files_are(predictor, tmp_path, mode, colour):
    image = Image.new(mode, (40, 40), colour)
    if mode == "P":
        image.putpalette([250, 0, 0])
    file = tmp_path / ("x.jpg" if mode == "CMYK" else "x.png")
    image.save(file)
    from_file, in_memory = predictor.predict([file, image])
    assert from_file.label == in_memory.label == "red"
    assert in_memory.probability == pytest.approx(from_file.probability, abs=1e-3)


def test_several_threads_may_share_one_opened_image(predictor, tmp_path):
    file = tmp_path / "big.jpg"
    Image.new("RGB", (2000, 1500), "red").save(file)
    for _ in range(5):
        with Image.open(file) as opened:
            assert {answer.label for answer in predictor.predict([opened] * 8)} == {"red"}


def test_an_opened_image_that_is_cut_is_refused_like_a_file(predictor, tmp_path, red):
    cut = tmp_path / "cut.png"
    noise = np.random.default_rng(0).integers(0, 256, (80, 80, 3), dtype=np.uint8)
    Image.fromarray(noise).save(cut)
    cut.write_bytes(cut.read_bytes()[:9000])
    with Image.open(cut) as opened, pytest.raises(ImageError, match=r"cut\.png: cannot be decoded"):
        predictor.predict(opened)
    with Image.open(cut) as opened:
        good, bad = predictor.predict([red, opened])
    assert good.label == "red"
    assert bad.label == ""
    assert "cannot be decoded" in bad.reason
    assert "give the path of its file, or another image" in bad.reason


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (None, "None"),
        (3, "3"),
        ([None], "None"),
        (["x.jpg", 2.5], r"2\.5"),
        (b"\x89PNG", r"b'\\x89"),
    ],
)
def test_anything_else_gets_one_sentence(predictor, value, shown):
    with pytest.raises(
        UsageError,
        match=r"an image must be a path, an array uint8 \(H, W, 3\) in RGB, or a Pillow image; got "
        rf"{shown}.*: give one of these, or a list of them\.$",
    ):
        predictor.predict(value)


def test_an_array_of_another_kind_is_refused_with_its_shape(predictor):
    with pytest.raises(UsageError, match=r"must be uint8 of shape \(H, W, 3\).*got float64 of"):
        predictor.predict(np.zeros((40, 40, 3)))
    with pytest.raises(UsageError, match=r"got uint8 of shape \(2, 40, 40, 3\)"):
        predictor.predict(np.zeros((2, 40, 40, 3), np.uint8))


def test_no_images_give_no_answers(predictor):
    assert predictor.predict([]) == []
