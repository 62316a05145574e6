from __future__ import annotations

import io
import json

import numpy as np
import pytest
from PIL import Image

from foveal.data import KINDS, ImageData, check_data
from foveal.errors import DataError


def saved(image: Image.Image, kind: str = "PNG", **settings) -> bytes:
    file = io.BytesIO()
    image.save(file, kind, **settings)
    return file.getvalue()


def drawn(number: int, mode: str = "RGB", side: int = 60) -> Image.Image:
    coarse = np.random.default_rng(1000 + number).integers(0, 256, (6, 6, 3), dtype=np.uint8)
    return Image.fromarray(coarse).resize((side, side), Image.Resampling.BICUBIC).convert(mode)


def kinds(report) -> dict[str, int]:
    return {kind: len(report.of_kind(kind)) for kind in KINDS if report.of_kind(kind)}


def only(report, kind):
    (finding,) = report.of_kind(kind)
    return finding


def names(finding) -> set[str]:
    return {path.name for path in finding.paths}


def test_good_data_has_no_findings(pets):
    report = check_data(pets)
    assert report.findings == ()
    assert (report.images, report.classes, report.is_bad) == (30, ("cats", "dogs"), False)
    report.raise_if_bad()


def test_unreadable_and_truncated_images_are_named_with_a_remedy(pets, write):
    whole = saved(drawn(1, side=200), "JPEG")
    write("cats/cut.jpg", content=whole[: len(whole) * 2 // 5])
    write("dogs/text.png", content=b"this is no image")
    write("dogs/empty.png", content=b"")
    data = ImageData.from_folder(pets)
    report = data.check()
    assert kinds(report) == {"unreadable": 3}
    messages = [finding.message for finding in report.findings]
    assert messages[0] == "cats/cut.jpg: truncated JPEG."
    assert messages[1] == "dogs/empty.png: the file is empty."
    assert messages[2].startswith("dogs/text.png: not a JPEG, PNG")
    assert all(finding.remedy for finding in report.findings)
    assert {item.path.name for item in report.unreadable} == {"cut.jpg", "text.png"}
    assert len(data.without(report.unreadable).samples) == 30
    assert kinds(data.without(report.unreadable).check()) == {"unreadable": 3}


def test_bad_data_raises_with_counts_and_the_first_fault(pets, write):
    write("cats/text.png", content=b"this is no image")
    with pytest.raises(
        DataError, match=r"photos has 1 fault \(1 × unreadable\); the first: cats/text.png: not a"
    ):
        check_data(pets).raise_if_bad()


def test_the_same_image_twice_is_found_and_is_no_leak_in_a_seeded_split(pets, write):
    content = (pets / "cats" / "00.png").read_bytes()
    write("cats/copy.png", content=content)
    report = check_data(pets)
    assert kinds(report) == {"byte-identical": 1}
    assert only(report, "byte-identical").message == (
        "2 files are the same image: cats/00.png, cats/copy.png."
    )
    assert not report.is_bad


def test_the_same_image_under_two_labels_is_a_conflict(pets, write):
    write("dogs/cat.png", content=(pets / "cats" / "00.png").read_bytes())
    report = check_data(pets)
    assert kinds(report) == {"conflict": 1}  # one pair, one finding
    conflict = report.findings[0]
    assert conflict.severity == "error"
    assert conflict.message == (
        "the same image is labelled cats and dogs: cats/00.png, dogs/cat.png."
    )
    assert report.is_bad
    with pytest.raises(DataError, match=r"1 × conflict\); the first: the same image is labelled"):
        report.raise_if_bad()


def test_one_image_in_two_splits_and_under_two_labels_is_one_finding(write):
    write("train/a/1.png", "train/b/1.png", "val/b/1.png")
    root = write("val/b/2.png", content=(write() / "train" / "a" / "1.png").read_bytes())
    report = check_data(root)
    assert kinds(report) == {"leak": 1, "few": 1}
    assert report.findings[0].message == (
        "the same image is labelled a and b and is in train and validation: "
        "train/a/1.png, val/b/2.png."
    )


def test_the_same_image_in_two_given_splits_is_a_leak(write):
    write("train/a/1.png", "train/b/1.png", "val/b/1.png")
    root = write("val/a/2.png", content=(write() / "train" / "a" / "1.png").read_bytes())
    report = check_data(root)
    assert kinds(report) == {"leak": 1, "few": 1}
    leak = report.findings[0]
    assert leak.severity == "error"
    assert leak.message == (
        "the same image is in train and validation: train/a/1.png, val/a/2.png."
    )
    with pytest.raises(DataError, match=r"1 × leak\); the first: the same image is in train and"):
        report.raise_if_bad()


def test_a_group_in_two_given_splits_is_a_leak(write):
    root = write("train/a/p1.png", "train/b/p2.png", "val/a/p1_again.png", "val/b/p3.png")
    report = ImageData.from_folder(root, group_by=r"/(p\d)").check()
    assert only(report, "leak").message.startswith("group 'p1' is in train and validation: ")


def test_copies_that_were_compressed_scaled_or_brightened_are_near_identical(pets, write):
    photo = drawn(7, side=300)
    write("cats/original.png", content=saved(photo))
    write("cats/compressed.jpg", content=saved(photo, "JPEG", quality=40))
    write("cats/smaller.png", content=saved(photo.resize((90, 90), Image.Resampling.BICUBIC)))
    write("dogs/brighter.png", content=saved(photo.point(lambda value: min(255, value * 1.1))))
    finding = only(check_data(pets), "near-identical")
    assert names(finding) == {"original.png", "compressed.jpg", "smaller.png", "brighter.png"}
    assert finding.severity == "warning"
    assert "labelled cats and dogs" in finding.message


def test_near_identical_images_of_one_class_and_split_are_only_mentioned(pets, write):
    write("cats/a.png", content=saved(drawn(7)))
    write("cats/a.jpg", content=saved(drawn(7), "JPEG"))
    report = ImageData.from_folder(pets, val=0, test=0).check()
    assert only(report, "near-identical").severity == "info"


def test_images_of_one_even_colour_are_not_taken_for_one_another(pets, write):
    for level in (0, 1, 128, 255):
        write(f"cats/even{level}.png", content=saved(Image.new("RGB", (40, 40), (level, 9, 9))))
    assert check_data(pets).findings == ()


def test_tiny_grey_and_transparent_images_are_mentioned(pets, write):
    write("cats/tiny.png", content=saved(drawn(1, side=31)))
    write("cats/grey.png", content=saved(drawn(2, "L")))
    clear = drawn(3, "RGBA")
    clear.putalpha(100)
    write("dogs/clear.png", content=saved(clear))
    report = check_data(pets)
    assert kinds(report) == {"tiny": 1, "greyscale": 1, "transparency": 1}
    assert names(only(report, "tiny")) == {"tiny.png"}
    assert only(report, "tiny").message.startswith("1 image has a side below 32 pixels")
    assert names(only(report, "greyscale")) == {"grey.png"}
    assert names(only(report, "transparency")) == {"clear.png"}
    assert [finding.severity for finding in report.findings] == ["warning", "info", "info"]


def test_data_without_any_colour_is_nothing_odd(write):
    for number in range(8):
        write(f"{'ab'[number % 2]}/{number}.png", content=saved(drawn(number, "L")))
    assert kinds(check_data(write())) == {"few": 1}


def test_classes_of_fewer_than_ten_photos_are_named(pets, write):
    write(*(f"owls/{number}.png" for number in range(9)), *(f"a/{number}.png" for number in (1, 2)))
    finding = only(check_data(pets), "few")
    assert finding.severity == "warning"
    assert finding.message == (
        "2 classes have fewer than 10 photos, which teach little and test less: a (2), owls (9)."
    )
    assert finding.remedy == "add photos; about 50 of each class are a good start"
    write("owls/10.png", *(f"a/{number}.png" for number in range(10, 18)))
    assert not check_data(pets).of_kind("few")


def test_a_class_with_ten_times_fewer_images_is_an_imbalance(write):
    write(*(f"rare/{number}.png" for number in range(2)))
    data = ImageData.from_folder(
        write(*(f"common/{number}.png" for number in range(20))), val=0, test=0
    )
    assert not data.check().of_kind("imbalance")
    data = ImageData.from_folder(write("common/20.png"), val=0, test=0)
    assert only(data.check(), "imbalance").message == (
        "class 'common' has 21 images to train on, 'rare' has 2: 10 times fewer."
    )


def test_hidden_folders_misplaced_images_and_other_files_are_mentioned(pets, write):
    write(".ipynb_checkpoints/1.png", "lost.png")
    write("cats/notes.txt", content=b"x")
    report = check_data(pets)
    assert kinds(report) == {"misplaced": 1, "not-an-image": 1, "hidden": 1}
    assert not report.is_bad


@pytest.mark.parametrize(
    ("names", "kind", "sentence"),
    [
        (
            ["a/1.png", "a/2.png", "b/.keep"],
            "empty-class",
            "'b' has no usable images (its folder",
        ),
        (
            ["a/1.png", "a/2.png", "b/x.txt"],
            "empty-class",
            "'b' has no usable images (x.txt: not",
        ),
        (["a/1.png", "a/2.png", "b/1.png"], "small-class", "'b' has 1 image; at least 2 are"),
        (["a/1.png", "a/2.png"], "one-class", "has one class, 'a'; a classifier needs at least"),
        (
            ["train/a/1.png", "train/b/1.png", "test/c/1.png"],
            "untrained-class",
            "the test split has images of 'c' but the train split has none",
        ),
        (
            ["train/a/1.png", "train/b/1.png", "val/a/x.txt"],
            "empty-split",
            "the validation folder has no usable images",
        ),
        (
            ["Cats/1.png", "Cats/2.png", "cats/3.png", "cats/4.png"],
            "class-names",
            "'Cats' and 'cats' differ only in case",
        ),
    ],
)
def test_what_training_refuses_is_a_finding_among_the_others(write, names, kind, sentence):
    for name in names:
        write(name, content=None if name.endswith(".png") else b"")
    root = write(f"{names[0].rpartition('/')[0]}/cut.png", content=b"no image")
    report = check_data(root)
    assert report.is_bad
    finding = report.of_kind(kind)[0]
    assert sentence in finding.message
    assert (finding.severity, finding.message[-1]) == ("error", ".")
    assert finding.remedy
    assert names_of_damage(report) == {"cut.png"}  # the check went on


def names_of_damage(report) -> set[str]:
    return {path.name for finding in report.of_kind("unreadable") for path in finding.paths}


def test_every_fault_is_listed_at_once(pets, write):
    (pets / "owls").mkdir()
    write("yaks/1.png")
    write("cats/cut.png", content=b"no image")
    assert kinds(check_data(pets)) == {
        "empty-class": 1,
        "small-class": 1,
        "unreadable": 1,
        "imbalance": 1,
    }
    with pytest.raises(DataError, match=r"class 'owls' has no usable images .*: add images, or"):
        ImageData.from_folder(pets)


def test_groups_that_cannot_be_separated_are_a_finding(pets):
    rows = "".join(f"{p.relative_to(pets)},{p.parent.name},one\n" for p in pets.rglob("*.png"))
    (pets / "table.csv").write_text(f"path,label,group\n{rows}")
    report = check_data(pets / "table.csv")
    assert "has 1 separable group, too few" in only(report, "empty-split").message


def test_a_table_is_checked_like_a_folder(pets, write):
    write("cats/cut.png", content=b"no image")
    rows = "".join(f"{p.relative_to(pets)},{p.parent.name}\n" for p in pets.rglob("*.png"))
    (pets / "table.csv").write_text(f"path,label\n{rows}gone.png,cats\n")
    report = check_data(pets / "table.csv")
    assert kinds(report) == {"unreadable": 2}
    assert report.findings[1].message == "gone.png: does not exist (table.csv, line 33)."


def test_findings_are_sorted_by_severity(pets, write):
    write(".hidden/1.png", "cats/notes.txt")
    write("dogs/cat.png", content=(pets / "cats" / "00.png").read_bytes())
    write("dogs/bad.png", content=b"x")
    order = [finding.severity for finding in check_data(pets).findings]
    assert order == sorted(order, key=["error", "warning", "info"].index)
    assert order[0] == "error"


def test_the_report_is_json_and_names_every_path(pets, write):
    write("cats/bad.png", content=b"x")
    value = json.loads(json.dumps(check_data(pets).as_dict()))
    assert value["is_bad"] is True
    assert value["counts"]["unreadable"] == 1
    assert value["findings"][0]["paths"] == [str(pets / "cats" / "bad.png")]
    assert value["findings"][0].keys() == {"kind", "severity", "message", "remedy", "paths"}


def test_progress_counts_up_to_every_different_image(pets):
    heard: list[tuple[int, int]] = []
    check_data(pets, progress=lambda done, total: heard.append((done, total)))
    assert heard[-1] == (30, 30)
    assert [done for done, _ in heard] == sorted({done for done, _ in heard})


@pytest.mark.timeout(20)
def test_an_interrupted_check_stops_at_once(pets):
    def interrupt(done: int, total: int) -> None:
        raise KeyboardInterrupt

    data = ImageData.from_folder(pets)
    with pytest.raises(KeyboardInterrupt, match=r"^$"):
        data.check(progress=interrupt)


def test_the_faults_of_real_photos_are_found_without_false_alarms(shared_data):
    report = check_data(shared_data / "flowers128")
    found = kinds(report)
    assert found == {"conflict": 4, "byte-identical": 2, "near-identical": 11, "greyscale": 1}
    assert all("rose and tulip" in finding.message for finding in report.of_kind("conflict"))
    for finding in report.of_kind("near-identical"):  # pairs of one class, looked at by eye
        assert len(finding.paths) == 2
        assert len({path.parent for path in finding.paths}) == 1
