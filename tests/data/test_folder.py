from __future__ import annotations

import os
import re
import sys
from pathlib import Path

import pytest

from foveal.data import ImageData
from foveal.errors import DataError, UsageError

posix_only = pytest.mark.skipif(os.name != "posix", reason="needs links and pipes")


def reasons(data: ImageData) -> dict[str, str]:
    return {item.path.relative_to(data.root).as_posix(): item.reason for item in data.rejected}


def sizes(data: ImageData) -> dict[str, int]:
    return {split: sum(classes.values()) for split, classes in data.counts().items()}


def test_a_folder_of_class_folders_is_listed_in_order_and_split(pets):
    data = ImageData.from_folder(pets)
    assert data.classes == ("cats", "dogs")
    assert data.split_source == "seeded"
    names = [sample.path.relative_to(pets).as_posix() for sample in data.samples]
    assert names == sorted(names)
    assert len(names) == 30
    assert data.counts() == {
        "train": {"cats": 6, "dogs": 14},
        "validation": {"cats": 2, "dogs": 3},
        "test": {"cats": 2, "dogs": 3},
    }


def test_given_splits_are_used_as_they_are_whatever_their_case(write):
    write("Train/a/1.png", "Train/b/1.png", "valid/a/2.png", "valid/b/2.png")
    data = ImageData.from_folder(write("test/a/3.png", "test/b/3.png"), val=0.4, test=0.4)
    assert data.split_source == "folders"
    assert sizes(data) == {"train": 2, "validation": 2, "test": 2}
    assert data.warnings == ()


def test_train_alone_gives_both_other_splits(write):
    root = write(*(f"train/{label}/{n}.png" for label in "ab" for n in range(10)))
    data = ImageData.from_folder(root, val=0.2, test=0.1)
    assert sizes(data) == {"train": 14, "validation": 4, "test": 2}
    assert data.split_source == "folders+seeded"


def test_validation_is_split_off_train_and_never_taken_from_test(write):
    write(*(f"train/{label}/{n}.png" for label in "ab" for n in range(10)))
    root = write("test/a/x.png", "test/b/x.png")
    data = ImageData.from_folder(root, val=0.2)
    assert sizes(data) == {"train": 16, "validation": 4, "test": 2}
    assert {s.path.parent.parent.name for s in data.subset("validation")} == {"train"}
    assert {s.path.parent.parent.name for s in data.subset("test")} == {"test"}


def test_train_and_validation_give_no_test_split_and_say_so(write):
    root = write("train/a/1.png", "train/b/1.png", "validation/a/2.png", "validation/b/2.png")
    data = ImageData.from_folder(root)
    assert sizes(data) == {"train": 2, "validation": 2}
    assert "no test split" in data.warnings[0]


def test_a_class_that_is_missing_in_test_shifts_no_other_class(write):
    write("train/a/1.png", "train/b/1.png", "train/c/1.png", "val/b/2.png")
    data = ImageData.from_folder(write("test/c/3.png"))
    assert data.targets(data.subset("test")).tolist() == [2]
    assert data.counts()["test"] == {"a": 0, "b": 0, "c": 1}


def test_a_class_that_is_not_in_train_is_an_error(write):
    root = write("train/a/1.png", "train/b/1.png", "test/a/2.png", "test/cow/2.png")
    write("val/a/3.png")
    with pytest.raises(DataError, match="test split has images of 'cow' but the train split has"):
        ImageData.from_folder(root)


def test_a_class_may_be_called_train(write):
    names = [f"{label}/{n}.png" for label in ("bus", "car", "train") for n in range(3)]
    assert ImageData.from_folder(write(*names)).classes == ("bus", "car", "train")


@pytest.mark.parametrize(
    ("names", "message"),
    [
        (["test/a/1.png", "cats/1.png"], "has 'test' beside 'cats' but no folder 'train'"),
        (["val/a/1.png", "test/a/1.png"], "has 'test' and 'val' but no folder 'train'"),
        (["train/a/1.png", "val/a/1.png", "valid/a/2.png"], "two folders for validation, 'val'"),
        (["train/1.png", "test/a/1.png"], "train has no class folders; expected one sub-folder"),
        (["a/1.png", "a/2.png"], "has one class, 'a'; a classifier needs at least two"),
        (["1.png", "2.png"], r"has 2 images directly in it \(1.png, 2.png\) but no class folders"),
        (["a.txt", "b.txt"], r"no images, only 2 other files \(a.txt, b.txt\)"),
        ([], "photos is empty; expected one sub-folder of images for each class"),
        (["a/1.png", "a/2.png", "b/1.png"], "class 'b' has 1 image; at least 2 are needed"),
        (["a/1.png", "a/2.png", "b/x.txt"], r"'b' has no usable images \(x.txt: not an image"),
        (["Cats/1.png", "cats/2.png"], "'Cats' and 'cats' differ only in case"),
        (["train/Ants/1.png", "train/b/1.png", "val/ants/2.png"], "'Ants' and 'ants' differ only"),
        (["caf\u00e9/1.png", "cafe\u0301/1.png"], "differ only in case or in the encoding"),
    ],
)
def test_a_folder_that_cannot_be_used_is_refused_with_a_reason(write, names, message):
    root = write(*names)
    with pytest.raises(DataError, match=message):
        ImageData.from_folder(root)


def test_a_missing_folder_and_a_file_are_refused(pets):
    with pytest.raises(DataError, match="nowhere does not exist; expected one sub-folder"):
        ImageData.from_folder(pets / "nowhere")
    with pytest.raises(DataError, match=r"00\.png is a file, not a folder; expected"):
        ImageData.from_folder(pets / "cats" / "00.png")


def test_a_split_folder_without_images_is_refused(write):
    root = write("train/a/1.png", "train/b/1.png")
    (root / "val" / "a").mkdir(parents=True)
    with pytest.raises(DataError, match="the validation folder has no usable images"):
        ImageData.from_folder(root)


def test_an_empty_class_folder_is_refused(pets):
    (pets / "cows").mkdir()
    with pytest.raises(DataError, match=r"class 'cows' has no usable images \(its folder is empty"):
        ImageData.from_folder(pets)


def test_hidden_folders_and_files_are_no_class_and_no_image(pets, write):
    write(".ipynb_checkpoints/1.png", "__MACOSX/cats/1.png", "cats/.hidden/1.png")
    write("cats/._00.png", "cats/Thumbs.db", "desktop.ini")
    data = ImageData.from_folder(pets)
    assert data.classes == ("cats", "dogs")
    assert len(data.samples) == 30
    assert data.rejected == ()
    assert {path.name for path in data.hidden} == {".ipynb_checkpoints", "__MACOSX", ".hidden"}


def test_other_folders_beside_splits_are_not_used_and_named(write):
    write("train/a/1.png", "train/b/1.png", "val/a/1.png", "test/a/1.png", "extra/1.png")
    data = ImageData.from_folder(write("val/b/1.png"))
    assert "not used: 'extra'" in data.warnings[0]


def test_folders_below_a_class_belong_to_it(pets, write):
    write("cats/2024/may/a.png", "cats/2024/b.JPG")
    data = ImageData.from_folder(pets)
    assert sum(sample.label == "cats" for sample in data.samples) == 12


def test_what_is_no_image_is_listed_and_mentioned_once(pets, write):
    write("cats/notes.txt", "cats/list.csv", "dogs/film.mp4", content=b"x")
    data = ImageData.from_folder(write("readme.txt", content=b"beside the classes nobody minds"))
    assert set(reasons(data).values()) == {"not an image file"}
    assert len(data.rejected) == 3
    assert [w for w in data.warnings if "3 files are no images" in w]


def test_an_image_outside_the_class_folders_is_listed(pets, write):
    data = ImageData.from_folder(write("lost.png"))
    assert reasons(data) == {"lost.png": "lies outside the class folders"}
    assert "1 image lies outside" in data.warnings[0]


def test_an_empty_file_is_listed(pets, write):
    data = ImageData.from_folder(write("cats/none.jpg", content=b""))
    assert reasons(data) == {"cats/none.jpg": "the file is empty"}
    assert data.rejected[0].remedy == "copy it again from where it came"


@posix_only
def test_linked_files_and_folders_are_followed(pets, write, tmp_path):
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    for number in range(3):
        (pets / "dogs" / f"{number:02d}.png").rename(elsewhere / f"{number}.png")
    (pets / "dogs" / "link.png").symlink_to(elsewhere / "0.png")
    (pets / "cows").symlink_to(elsewhere, target_is_directory=True)
    data = ImageData.from_folder(pets)
    assert data.counts()["train"].keys() == {"cats", "cows", "dogs"}
    assert len(data.samples) == 10 + 17 + 1 + 3


@posix_only
@pytest.mark.timeout(20)
def test_links_that_form_a_loop_end(pets):
    (pets / "cats" / "up").symlink_to(pets, target_is_directory=True)
    (pets / "cats" / "self").symlink_to(pets / "cats", target_is_directory=True)
    (pets / "dogs" / "self.png").symlink_to(pets / "dogs" / "self.png")
    data = ImageData.from_folder(pets)
    assert len(data.samples) == 30
    assert reasons(data) == {
        "cats/self": "links to a folder above or beside it",
        "cats/up": "links to a folder above or beside it",
        "dogs/self.png": "cannot be read (Too many levels of symbolic links)",
    }


@posix_only
def test_a_link_that_leads_nowhere_is_listed(pets):
    (pets / "cats" / "gone.jpg").symlink_to(pets / "nowhere.jpg")
    data = ImageData.from_folder(pets)
    assert reasons(data) == {"cats/gone.jpg": "cannot be read (No such file or directory)"}


@posix_only
@pytest.mark.timeout(20)
def test_a_pipe_is_listed_and_not_waited_for(pets):
    os.mkfifo(pets / "cats" / "pipe.png")
    (pets / "cats" / "link.png").symlink_to(pets / "cats" / "pipe.png")
    data = ImageData.from_folder(pets)
    assert reasons(data) == dict.fromkeys(("cats/link.png", "cats/pipe.png"), "not a regular file")


@posix_only
def test_files_and_folders_without_permission_are_listed(pets, write):
    write("cats/locked/1.png")
    (pets / "cats" / "00.png").chmod(0)
    if os.access(pets / "cats" / "00.png", os.R_OK):
        pytest.skip("this user may read everything")
    (pets / "cats" / "locked").chmod(0)
    try:
        data = ImageData.from_folder(pets)
    finally:
        (pets / "cats" / "locked").chmod(0o700)
    assert reasons(data) == dict.fromkeys(
        ("cats/00.png", "cats/locked"), "cannot be read (Permission denied)"
    )


@pytest.mark.skipif(sys.platform != "linux", reason="needs names that are bytes")
def test_a_name_that_is_no_text_is_listed_in_a_way_that_can_be_written(pets):
    (pets / "cats" / os.fsdecode(b"\xff.png")).write_bytes(b"x")
    (rejection,) = ImageData.from_folder(pets).rejected
    assert rejection.reason == "its name is not valid UTF-8"
    assert str(rejection.path).encode()


def test_groups_are_kept_together(write):
    names = [f"{label}/p{n % 12:02d}_{n}.png" for label in ("ill", "well") for n in range(60)]
    data = ImageData.from_folder(write(*names), group_by=r"/(p\d+)_")
    splits: dict[str | None, set[str]] = {}
    for sample in data.samples:
        splits.setdefault(sample.group, set()).add(sample.split)
    assert len(splits) == 12
    assert all(len(found) == 1 for found in splits.values())
    assert len(data.subset("test")) == 20


@pytest.mark.parametrize(
    ("pattern", "message"),
    [
        ("(", r"`group_by` must be a regular expression; got '\('"),
        ("cats", "exactly one capture group, .* got 'cats' with 0"),
        ("(a)(b)", "exactly one capture group, .* got .* with 2"),
        (r"(cats)/", "captures nothing in 20 files: dogs/00.png, .* and 15 more"),
        (r"/0*(x?)", "captures nothing in 30 files"),
    ],
)
def test_a_pattern_that_gives_no_groups_is_refused(pets, pattern, message):
    with pytest.raises(UsageError, match=message):
        ImageData.from_folder(pets, group_by=pattern)


def test_one_group_for_everything_cannot_be_split(pets):
    with pytest.raises(DataError, match=r"no images are left .* has 1 separable group"):
        ImageData.from_folder(pets, group_by="(s)/")


def test_names_are_relative_to_the_root_as_it_was_given(pets, monkeypatch):
    monkeypatch.chdir(pets.parent)
    data = ImageData.from_folder("photos")
    assert data.samples[0].path == Path("photos/cats/00.png")
    monkeypatch.chdir(pets)
    assert ImageData.from_folder(".").fingerprint() == data.fingerprint()


def test_ten_images_of_each_shared_class_are_in_the_right_place(shared_data):
    data = ImageData.from_folder(shared_data / "hymenoptera")
    assert data.split_source == "folders"
    assert data.classes == ("ants", "bees")
    for sample in data.samples:
        assert re.search(rf"/(train|val)/{sample.label}/", sample.path.as_posix())
