"""Planted faults that an error analysis must find, and folds that betray nothing."""

from __future__ import annotations

import csv
import io
import json

import numpy as np
import pytest
from PIL import Image

from conftest import write_photos
from foveal.errors import DataError, UsageError
from foveal.evaluation import Evaluation
from foveal.evaluation.errors_data import CurvePoint, LearningCurve
from foveal.workflow.cross_validation import cross_validated, fold_numbers
from foveal.workflow.errors import COLUMNS, _disputed, write_errors
from foveal.workflow.learning_curve import _least_gain, better_than, in_words
from foveal.workflow.run import train_run
from foveal.workflow.settings import TrainSettings


@pytest.fixture(scope="module")
def run(tmp_path_factory, converted_graphs):
    """A run on photos with a planted copy, two wrong labels and one photo of something else."""
    home = tmp_path_factory.mktemp("errors")
    photos = write_photos(home / "photos", {"stripes": 24, "spots": 24})
    (photos / "spots" / "copy.jpg").write_bytes((photos / "stripes" / "03.jpg").read_bytes())
    for number in (7, 8):
        (photos / "stripes" / f"{number:02d}.jpg").rename(photos / "spots" / f"w{number}.jpg")
    checks = np.indices((96, 96)).sum(axis=0) // 12 % 2 * 255
    Image.fromarray(checks.astype(np.uint8)).save(photos / "stripes" / "odd.png")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("FOVEAL_CACHE_DIR", str(home / "cache"))
        (home / "cache").mkdir()
        (home / "cache" / "graphs").symlink_to(converted_graphs)
        made = train_run(
            TrainSettings(
                folder=photos, backbone="efficientnet_lite0", views=1, epochs=5, out=home / "runs"
            )
        )
        written = write_errors(made.folder)
    return made.folder, written


def rows(written):
    return list(csv.DictReader(io.StringIO(written.table.read_text())))


def test_both_files_of_a_pair_with_two_labels_are_listed(run):
    found = [row for row in rows(run[1]) if "the same file as" in row["reason"]]
    assert {(row["path"], row["given"]) for row in found} == {
        ("stripes/03.jpg", "stripes"),
        ("spots/copy.jpg", "spots"),
    }
    assert {row["suggested"] for row in found} == {"stripes"}
    reasons = {row["path"]: row["reason"] for row in found}
    told = "two labels: the same file as spots/copy.jpg, which is labelled spots"
    assert reasons["stripes/03.jpg"] == told


def test_wrong_labels_are_found_and_corrected(run):
    kinds = ("label:", "two labels: looks the same as stripes/")
    found = {row["path"]: row for row in rows(run[1]) if row["reason"].startswith(kinds)}
    for path in ("spots/w7.jpg", "spots/w8.jpg"):
        assert found[path]["suggested"] == "stripes"
        assert float(found[path]["score"]) > 0.3
    assert len(found) <= 5


def test_the_photo_of_something_else_is_the_first_of_the_odd_ones(run):
    odd = [row for row in rows(run[1]) if row["reason"].startswith("unlike the rest")]
    assert odd[0]["path"] == "stripes/odd.png"
    assert odd[0]["suggested"] == ""


def test_the_page_and_the_table_are_beside_each_other(run):
    folder, written = run
    assert written.page == folder / "errors.html"
    assert written.table.read_text().startswith(",".join(COLUMNS) + "\n")
    assert "Would more photos help?" in written.page.read_text()
    curve = written.analysis.curve
    assert [point.photos for point in curve.points] == sorted(p.photos for p in curve.points)
    assert curve.held_back == 14 or curve.held_back > 10


def test_a_file_that_is_not_ours_is_left_alone(run, tmp_path):
    folder, _ = run
    (tmp_path / "errors.csv").write_text("my own table")
    with pytest.raises(UsageError, match=r"errors\.csv exists and was not made by this command"):
        write_errors(folder, tmp_path)
    assert (tmp_path / "errors.csv").read_text() == "my own table"


def test_a_folder_that_is_no_run_is_refused(tmp_path):
    with pytest.raises(DataError, match="is no run folder, so it does not say which photos"):
        write_errors(tmp_path)


def test_the_command_says_what_was_found(run, capsys, monkeypatch):
    from foveal.cli.main import main

    folder, _ = run
    monkeypatch.setenv("FOVEAL_CACHE_DIR", str(folder.parent.parent / "cache"))
    with pytest.raises(SystemExit, match=r"^0$"):
        main(["errors", str(folder), "--json"])
    found = json.loads(capsys.readouterr().out)
    assert found["photos"] == 50
    assert {doubt["kind"] for doubt in found["doubts"]} >= {"two labels", "unlike the rest"}
    assert found["learning_curve"]["sentence"]
    with pytest.raises(SystemExit, match=r"^0$"):
        main(["errors", str(folder)])
    shown = capsys.readouterr().out
    assert "files with two labels" in shown.replace("\N{NO-BREAK SPACE}", " ")
    assert "stripes/03.jpg" in shown


def test_of_many_that_look_alike_only_the_minority_is_disputed():
    assert _disputed([3, 5], np.array([0, 1])) == [3, 5]
    assert _disputed([3, 5, 9], np.array([0, 1, 0])) == [5]
    assert _disputed([3, 5, 9], np.array([0, 0, 0])) == []


def test_copies_are_never_parted_and_the_order_of_photos_decides_nothing():
    labels = np.array([0] * 20 + [1] * 20)
    groups = [f"{number // 2:02d}-{label}" for number, label in enumerate(labels)]
    folds = fold_numbers(labels, groups)
    assert (folds[::2] == folds[1::2]).all()
    shuffled = np.random.default_rng(0).permutation(40)
    again = fold_numbers(labels[shuffled], [groups[at] for at in shuffled])
    assert (again == folds[shuffled]).all()
    for label in (0, 1):
        assert np.bincount(folds[labels == label]).tolist() == [4] * 5


def test_a_photo_is_named_by_a_head_that_has_not_seen_it():
    chance = np.random.default_rng(0)
    x = chance.normal(size=(60, 200)).astype(np.float32)  # noise can only be remembered
    labels = chance.integers(0, 2, 60)
    shares = cross_validated(x, labels, [str(at) for at in range(60)], 2)
    assert shares.sum(axis=1) == pytest.approx(1)
    assert 0.25 < (shares.argmax(axis=1) == labels).mean() < 0.75


def test_labels_of_one_class_alone_cannot_be_checked():
    with pytest.raises(DataError, match="only where two classes have at least two"):
        cross_validated(np.zeros((4, 2), np.float32), np.zeros(4, np.int64), list("abcd"), 2)


@pytest.mark.parametrize(
    ("accuracy", "doubled", "words"),
    [
        (
            0.80,
            0.83,
            "would help: a simple head on the features of lite names 80.0 % with 400 photos, "
            "about 83.0 %",
        ),
        (0.80, 0.806, "More photos would help a little"),
        (0.80, 0.801, "More photos of the same kind would hardly help"),
        (0.80, None, "too few photos to tell"),
        (1.0, None, "a simple head on the features of lite makes no mistake on those held back"),
    ],
)
def test_the_words_of_a_learning_curve_follow_its_numbers(accuracy, doubled, words):
    points = (CurvePoint(100, 0.7, 0.7, 0.7), CurvePoint(400, accuracy, accuracy, accuracy))
    assert words in in_words(points, doubled, "lite", 300, sure=True)


def test_a_gain_that_few_photos_were_measured_on_is_told_with_care():
    points = (CurvePoint(100, 0.7, 0.7, 0.7), CurvePoint(400, 0.9, 0.9, 0.9))
    assert in_words(points, 0.92, "lite", 44, sure=False) == (
        "More photos may help: a simple head on the features of lite names 90.0 % with 400 photos, "
        "about 92.0 % with twice as many if it goes on like that, but 44 photos held back are too "
        "few to be sure."
    )


def test_the_same_curve_is_surer_the_more_photos_it_was_measured_on():
    photos, right_of_ten = [100, 200, 400], (6, 7, 8)

    def least(held_back):
        rights = [[i % 10 < right for i in range(held_back)] for right in right_of_ten]
        return _least_gain(photos, np.array(rights, float))

    assert least(10) < 0.004
    assert least(2000) == pytest.approx(0.2 * (1 - 2**-0.5), abs=0.02)


def test_a_network_from_scratch_that_a_head_beats_is_told_so():
    curve = LearningCurve((CurvePoint(28, 1.0, 1.0, 1.0),), 12, None, "")
    few, many = (answers(right, 6) for right in (2, 5))
    assert better_than(curve, few, "lite") == (
        "That is clearly better than this network from scratch, which named 33.3 % of 6 test "
        "photos rightly: train on the features of lite, with foveal train PHOTOS --backbone lite "
        "and without --from-scratch."
    )
    assert better_than(curve, many, "lite") is None


def answers(right, n):
    """An evaluation with so many right of `n`."""
    shares = np.array([[1, 0]] * right + [[0, 1]] * (n - right), np.float32)
    return Evaluation("test", ("a", "b"), ("x",) * n, np.zeros(n, np.int64), shares)
