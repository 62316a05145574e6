from __future__ import annotations

import gzip
import hashlib
import os
import struct

import numpy as np
import pytest

from foveal.data import ImageData, write_digits, write_photos, write_sample
from foveal.data.fashion_mnist import CLASSES, INSTALLED, read_fashion_mnist
from foveal.data.stored_png import grey_png
from foveal.errors import DataError, UnknownNameError, UsageError
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


@pytest.fixture
def clothes(tmp_path):
    """A folder like that of the package, with 30 + 20 pictures."""
    folder = tmp_path / "package"
    folder.mkdir()
    write_idx_files(folder)
    return folder


def write_idx_files(folder, labels=None, size=28):
    chance = np.random.default_rng(0)
    for name, count in (("train", 30), ("t10k", 20)):
        images = chance.integers(0, 256, (count, size, size), dtype=np.uint8)
        head = struct.pack(">I3I", 0x803, count, size, size)
        packed = gzip.compress(head + images.tobytes())
        (folder / f"{name}-images-idx3-ubyte.gz").write_bytes(packed)
        names = np.arange(count, dtype=np.uint8) % 10 if labels is None else labels
        head = struct.pack(">II", 0x801, len(names))
        (folder / f"{name}-labels-idx1-ubyte").write_bytes(head + names.tobytes())


def test_fashion_mnist_becomes_folders_of_png_files(clothes, tmp_path):
    told = []
    write_sample(
        "fashion-mnist", tmp_path / "f", source=clothes, progress=lambda *done: told.append(done)
    )
    parts = read_fashion_mnist(clothes)
    for split, (images, labels) in parts.items():
        for index, (image, label) in enumerate(zip(images, labels, strict=True)):
            file = tmp_path / "f" / split / CLASSES[label] / f"{index:05d}.png"
            np.testing.assert_array_equal(load_image(file)[:, :, 1], image)
    assert sum(1 for _ in (tmp_path / "f").rglob("*.png")) == 50
    assert told[-1] == (50, 50)
    data = ImageData.from_folder(tmp_path / "f", val=0.2)
    assert data.classes == tuple(sorted(CLASSES))
    assert {split: sum(c.values()) for split, c in data.counts().items()}["test"] == 20


def test_without_the_package_the_hint_says_what_to_install(tmp_path):
    (tmp_path / "empty").mkdir()
    expected = r"not on this computer: .*sudo apt-get install dataset-fashion-mnist .*--source"
    with pytest.raises(DataError, match=expected):
        write_sample("fashion-mnist", tmp_path / "f", source=tmp_path / "empty")
    assert not (tmp_path / "f").exists()


def test_files_that_do_not_belong_together_are_refused(clothes, tmp_path):
    write_idx_files(clothes, labels=np.zeros(29, np.uint8))
    with pytest.raises(DataError, match=r"a byte for each of the 30 pictures .*shape \(29,\)"):
        write_sample("fashion-mnist", tmp_path / "f", source=clothes)
    write_idx_files(clothes, labels=np.full(30, 10, np.uint8))
    with pytest.raises(DataError, match="must hold labels 0 to 9; it has 10: copy it again"):
        write_sample("fashion-mnist", tmp_path / "f", source=clothes)
    write_idx_files(clothes, size=27)
    with pytest.raises(DataError, match=r"pictures of 28 × 28 bytes; .*shape \(30, 27, 27\)"):
        write_sample("fashion-mnist", tmp_path / "f", source=clothes)
    assert not (tmp_path / "f").exists()


def test_a_source_is_refused_where_none_is_needed(tmp_path):
    with pytest.raises(UsageError, match="`source` is for fashion-mnist only; got 'x' for digits"):
        write_sample("digits", tmp_path / "d", source="x")


def test_the_package_holds_70000_pictures_in_ten_classes_of_7000():
    if not INSTALLED.is_dir():
        pytest.skip("the package dataset-fashion-mnist is not installed")
    parts = read_fashion_mnist()
    assert {split: images.shape for split, (images, _) in parts.items()} == {
        "train": (60_000, 28, 28),
        "test": (10_000, 28, 28),
    }
    assert np.bincount(parts["train"][1]).tolist() == [6000] * 10
    assert np.bincount(parts["test"][1]).tolist() == [1000] * 10
    means = {split: round(float(images.mean()), 2) for split, (images, _) in parts.items()}
    assert means == {"train": 72.94, "test": 73.15}


def test_an_unknown_sample_is_refused_with_a_hint(tmp_path):
    with pytest.raises(UnknownNameError, match="unknown sample 'digit'; did you mean 'digits'"):
        write_sample("digit", tmp_path / "x")


def test_a_stored_png_is_read_back_exactly():
    image = np.random.default_rng(0).integers(0, 256, (7, 13), dtype=np.uint8)
    np.testing.assert_array_equal(load_image(grey_png(image))[:, :, 1], image)
    with pytest.raises(UsageError, match="must be small, such as 32 × 32; got 300 × 300"):
        grey_png(np.zeros((300, 300), np.uint8))
