"""How the photos of a set are divided, what the page says of it, and words without flags."""

from __future__ import annotations

from pathlib import Path

import pytest

from foveal.data import ImageData
from foveal.data.grouping import find_groups
from foveal.web.workbench.division import ONE_GO, division_of
from foveal.web.workbench.page_words import event_for_page, for_page
from foveal.web.workbench.photo_sets import PhotoSet
from web.workbench.conftest import photo


def a_set(folder: Path, names: list[str]) -> PhotoSet:
    for number, name in enumerate(names):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(photo((number % 250, number // 250, 9)))
    return PhotoSet("id", folder.name, folder, folder.name)


def recordings(label: str, count: int, frames: int = 6) -> list[str]:
    return [
        f"{label}/webcam-20260301-1000{go:02d}-{frame:03d}.jpg"
        for go in range(count)
        for frame in range(frames)
    ]


def test_every_other_photo_is_a_group_of_its_own():
    names = [
        *("cats/webcam-20260301-100000-001.jpg", "cats/webcam-20260301-100000-002-2.jpg"),
        *(
            "cats/1.jpg",
            "dogs/1.jpg",
            "dogs/webcam-20260301-100000.jpg",
            "a/b\nc.jpg",
            "a/b\nd.jpg",
        ),
        *("webcam-20260301-100000-001/1.jpg", "webcam-20260301-100000-001/2.jpg"),
    ]
    groups = find_groups(names, ONE_GO)
    assert groups[:2] == ["webcam-20260301-100000"] * 2
    assert groups[2:] == names[2:]


def test_frames_of_one_recording_never_fall_into_two_splits(tmp_path: Path):
    names = [*recordings("cats", 4), *recordings("dogs", 3), "dogs/mine.jpg", "cats/mine.jpg"]
    found = division_of(a_set(tmp_path, names))
    assert found.sentence.endswith("Photos of one recording stay together.")
    data = ImageData.from_folder(tmp_path, group_by=found.group_by)
    where = {}
    for sample in data.samples:
        if "webcam" in sample.path.name:
            where.setdefault(sample.path.name[:22], set()).add((sample.label, sample.split))
    assert all(
        len({split for label, split in found if label == "cats"}) <= 1 for found in where.values()
    )
    assert {sample.split for sample in data.samples} == {"train", "validation", "test"}


def test_a_class_of_one_recording_is_told_that_its_figure_will_be_too_good(tmp_path: Path):
    found = division_of(a_set(tmp_path, [*recordings("cats", 4), *recordings("dogs", 1)]))
    assert found.group_by is None
    assert "“dogs” has fewer than 3 recordings" in found.sentence
    assert "too good" in found.sentence


@pytest.mark.parametrize(
    ("splits", "said"),
    [
        ([""], "It is given 8 photos in 2 classes: 70 % to learn from, 15 % to choose"),
        (["train/", "val/"], "from 8 photos in 2 classes; 8 photos of your validation folder"),
        (["train/", "val/", "test/"], "it is tested on the 8 of your test folder."),
        (["train/", "test/"], "15 % of them are put aside to choose the best state by, and it is"),
    ],
)
def test_what_is_learned_from_and_tested_on_is_said(tmp_path: Path, splits, said: str):
    names = [f"{split}{label}/{i}.jpg" for split in splits for label in "ab" for i in range(4)]
    found = division_of(a_set(tmp_path, names))
    assert said in found.sentence
    assert ("There is no test folder" in found.sentence) == (splits == ["train/", "val/"])
    assert found.group_by is None


@pytest.mark.parametrize(
    ("said", "shown"),
    [
        ("Keep one (--group-by, or a column group in a table).", "Keep one."),
        (
            "Backbone b, 77 %. --backbone efficientnet_lite0 encodes faster.",
            "Backbone b, 77 %. The network efficientnet_lite0 (under Details) encodes faster.",
        ),
        (
            "stopped; what was computed is kept.\ngo on with: foveal train --resume /a/b",
            "stopped; what was computed is kept.\nPress Resume to go on.",
        ),
        ("a - b (well-known) -- c", "a - b (well-known) -- c"),
    ],
)
def test_flags_become_words_of_the_page(said: str, shown: str):
    assert for_page(said) == shown
    assert event_for_page({"event": "note", "text": said})["text"] == shown
    assert event_for_page({"event": "step"}) == {"event": "step"}


def test_the_photos_of_a_sentence_are_called_by_the_name_of_their_folder():
    said = "/home/me/pets/a/1.jpg is damaged; look into /home/me/pets."
    shown = "a/1.jpg is damaged; look into pets."
    assert for_page(said, "/home/me/pets") == shown
    assert event_for_page({"event": "note", "text": said}, "/home/me/pets")["text"] == shown
