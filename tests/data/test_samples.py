from __future__ import annotations

import hashlib
import os

import numpy as np
import pytest

from foveal.data import ImageData, write_digits, write_photos, write_sample
from foveal.data.stored_png import grey_png
from foveal.errors import UnknownNameError, UsageError
from foveal.images import load_image

DIGITS_SHA256 = "41381bb1eaec17ab04f309f4d04245ded2a0148e9ef754af1245a51e60561f9e"


@pytest.fixture(scope="module")
def digits(tmp_path_factory):
    folder = tmp_path_factory.mktemp("built-in") / "digits"
    write_digits(folder)
    return folder


def test_digits_are_1797_images_in_ten_folders_with_the_same_bytes_everywhere(digits):
    files = sorted(digits.rglob("*.png"))
    assert len(files) == 1797
    assert {file.parent.name for file in files} == set("0123456789")
    everything = hashlib.sha256()
    for file in files:
        everything.update(file.relative_to(digits).as_posix().encode() + file.read_bytes())
    assert everything.hexdigest() == DIGITS_SHA256


def test_digits_are_the_originals_as_ink_on_paper(digits):
    from sklearn.datasets import load_digits

    bunch = load_digits()
    image = load_image(digits / str(bunch.target[42]) / "digit_0042.png")
    assert image.shape == (64, 64, 3)
    margin = np.ones((64, 64), bool)
    margin[8:56, 8:56] = False
    assert (image[margin] == 255).all()
    ink = 255.0 - image[8:56, 8:56, 0].reshape(8, 6, 8, 6).mean(axis=(1, 3))
    assert np.corrcoef(ink.ravel(), bunch.images[42].ravel())[0, 1] > 0.97


def test_digits_are_ready_to_train_on(digits):
    data = ImageData.from_folder(digits)
    assert data.classes == tuple("0123456789")
    assert {split: sum(c.values()) for split, c in data.counts().items()} == {
        "train": 1259,
        "validation": 269,
        "test": 269,
    }
    assert not data.check().is_bad


def test_photos_are_two_ordinary_jpegs_with_their_authors_named(tmp_path):
    write_photos(tmp_path / "photos")
    assert {file.name for file in (tmp_path / "photos").iterdir()} == {
        "china.jpg",
        "flower.jpg",
        "README.txt",
    }
    assert load_image(tmp_path / "photos" / "china.jpg").shape == (427, 640, 3)
    assert "Attribution" in (tmp_path / "photos" / "README.txt").read_text()


def test_an_empty_folder_is_filled(tmp_path):
    (tmp_path / "new").mkdir()
    write_sample("photos", tmp_path / "new")
    assert (tmp_path / "new" / "flower.jpg").is_file()


def test_nothing_of_the_users_is_replaced(tmp_path, monkeypatch):
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "a.txt").write_text("mine")
    with pytest.raises(UsageError, match=r"`folder` must be new or empty, .*mine is not empty"):
        write_sample("photos", tmp_path / "mine")
    with pytest.raises(UsageError, match=r"`folder` must be new or empty, .*a\.txt is a file"):
        write_sample("digits", tmp_path / "mine" / "a.txt")
    assert os.listdir(tmp_path / "mine") == ["a.txt"]
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    with pytest.raises(UsageError, match=r"must not be the folder you are in; got '\.': name"):
        write_sample("photos", ".")


def test_an_unknown_sample_is_refused_with_a_hint(tmp_path):
    with pytest.raises(UnknownNameError, match="unknown sample 'digit'; did you mean 'digits'"):
        write_sample("digit", tmp_path / "x")


def test_a_stored_png_is_read_back_exactly():
    image = np.random.default_rng(0).integers(0, 256, (7, 13), dtype=np.uint8)
    np.testing.assert_array_equal(load_image(grey_png(image))[:, :, 1], image)
    with pytest.raises(UsageError, match="must be small, such as 32 × 32; got 300 × 300"):
        grey_png(np.zeros((300, 300), np.uint8))
