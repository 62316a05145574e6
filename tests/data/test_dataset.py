from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest

from foveal.data import ImageData, Rejection, Sample
from foveal.errors import DataError, UnknownNameError, UsageError


def test_subset_refuses_an_unknown_split_and_suggests_one(pets):
    data = ImageData.from_folder(pets)
    assert len(data.subset("train")) == 20
    with pytest.raises(UnknownNameError, match="unknown split 'valid'; did you mean 'validation'"):
        data.subset("valid")


def test_targets_are_positions_in_the_sorted_classes(pets):
    data = ImageData.from_folder(pets)
    targets = data.targets(data.samples)
    assert targets.dtype == np.int64
    assert targets.tolist() == [0] * 10 + [1] * 20
    stray = Sample(pets / "cow.png", "cow", "train", None, "0" * 32)
    with pytest.raises(DataError, match=r"cow\.png is labelled 'cow'; expected one of the 2"):
        data.targets([stray])


def test_class_weights_make_every_class_count_the_same(pets):
    data = ImageData.from_folder(pets)
    weights, counts = data.class_weights(), np.array([6, 14])
    np.testing.assert_allclose(weights, [20 / 12, 20 / 28])
    np.testing.assert_allclose(weights * counts, 10)


def test_the_fingerprint_follows_contents_labels_and_splits_and_not_names(pets):
    before = ImageData.from_folder(pets)
    (pets / "cats" / "00.png").rename(pets / "cats" / "zz.png")
    renamed = ImageData.from_folder(pets)
    assert renamed.fingerprint() == before.fingerprint()
    other_split = ImageData.from_folder(pets, seed=1)
    (pets / "cats" / "zz.png").rename(pets / "dogs" / "zz.png")
    relabelled = ImageData.from_folder(pets)
    found = {data.fingerprint() for data in (before, other_split, relabelled)}
    assert len(found) == 3


def test_without_leaves_out_files_and_moves_no_other(pets):
    data = ImageData.from_folder(pets)
    bad = Rejection(data.samples[0].path, "truncated JPEG", "copy it again")
    fewer = data.without([bad, bad])
    assert fewer.samples == data.samples[1:]
    assert fewer.rejected == (bad,)
    assert fewer.fingerprint() != data.fingerprint()
    assert data.without([]) == data


def test_without_refuses_to_lose_a_class_or_a_split(pets):
    data = ImageData.from_folder(pets)
    for samples, message in (
        ([s for s in data.samples if s.label == "cats"], "class 'cats' has no readable images"),
        (data.subset("test"), "split 'test' has no readable images left"),
        ([s for s in data.subset("train") if s.label == "cats"], "images of 'cats' but the train"),
    ):
        with pytest.raises(DataError, match=message):
            data.without([Rejection(s.path, "truncated JPEG", "copy it") for s in samples])


def test_a_written_split_is_read_back(pets, tmp_path):
    data = ImageData.from_folder(pets)
    data.write_split(tmp_path / "split.csv")
    lines = (tmp_path / "split.csv").read_text().splitlines()
    assert lines[0] == "path,class,split"
    assert lines[1] == f"cats/00.png,cats,{data.samples[0].split}"
    again = ImageData.from_csv(tmp_path / "split.csv", root=pets)
    assert again.samples == data.samples
    assert again.split_source == "table"


def test_a_split_written_for_its_own_folder_needs_no_root(pets, tmp_path):
    data = ImageData.from_folder(pets)
    table = tmp_path / "tables" / "split.csv"
    data.write_split(table, relative_to=table.parent)
    assert table.read_text().splitlines()[1].startswith("../photos/cats/00.png,cats,")
    assert ImageData.from_csv(table).fingerprint() == data.fingerprint()


def test_settings_are_refused_before_any_file_is_read(tmp_path):
    with pytest.raises(UsageError, match=r"`val` must be a fraction, .* got 2"):
        ImageData.from_folder(tmp_path / "nowhere", val=2)


def test_user_files_are_never_modified(pets):
    def state():
        return [(f, f.stat().st_mtime_ns, f.read_bytes()) for f in sorted(pets.rglob("*.png"))]

    before = state()
    ImageData.from_folder(pets).check()
    assert state() == before


def test_the_package_imports_neither_torch_nor_opencv_nor_scikit_learn():
    code = "import sys, foveal.data; print({'torch', 'cv2', 'sklearn'} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"


def test_printed_data_is_one_line(pets, write):
    write("cats/notes.txt", content=b"no image")
    data = ImageData.from_folder(pets)
    assert repr(data) == (
        f"<ImageData {str(pets)!r}: 30 images of 2 classes; 20 train, 5 validation, 5 test; "
        "1 left out>"
    )
