"""Two runs on the same photos, and what is said of their difference."""

from __future__ import annotations

import csv

import numpy as np
import pytest

from foveal.errors import DataError, UsageError
from foveal.metrics import compare_pairs
from foveal.workflow.compare_runs import compare_runs, in_words
from small_run import write_colour_run, write_table


class Heard:
    """A listener that keeps warnings."""

    def __init__(self):
        self.warnings = []

    def warn(self, sentence):
        self.warnings.append(sentence)

    def progress(self, stage, done, total):
        pass


@pytest.fixture
def runs(tmp_path):
    photos = tmp_path / "photos"
    return [write_colour_run(tmp_path / name, photos) for name in ("one", "two")]


def swap_channels(run):
    """Make a run's model wrong about everything, by giving its classes the other way round."""
    config = run / "model" / "config.json"
    config.write_text(config.read_text().replace('"blue",\n      "red"', '"red",\n      "blue"'))


def test_the_same_classifier_twice_does_not_differ(runs):
    found = compare_runs(*runs)
    assert (found.paired.n, found.paired.both, found.left_out) == (20, 20, 0)
    assert found.accuracies == (1.0, 1.0)
    assert "they were right and wrong alike" in found.sentence


def test_a_classifier_that_is_always_wrong_is_hardly_worse_by_chance(runs):
    swap_channels(runs[0])
    found = compare_runs(*runs)
    assert found.accuracies == (0.0, 1.0)
    assert found.paired.only_second == 20
    assert found.sentence.startswith(f"{runs[1]} is better by ")
    assert "that is hardly chance" in found.sentence
    assert found.as_dict()["mcnemar_p"] == pytest.approx(2 / 2**20)


def rows_of(run):
    with open(run / "split.csv", newline="") as file:
        return [tuple(row.values()) for row in csv.DictReader(file)]


def test_only_photos_that_neither_learned_from_count(runs, tmp_path):
    rows = [
        (name, label, "train" if name.endswith("test-00.png") else split)
        for name, label, split in rows_of(runs[1])
    ]
    write_table(runs[1], tmp_path / "photos", rows)
    found = compare_runs(*runs)
    assert (found.paired.n, found.left_out) == (18, 2)


def test_without_test_photos_the_validation_photos_are_compared_and_that_is_said(runs, tmp_path):
    for run in runs:
        rows = [
            (name, label, "validation" if split == "test" else "train")
            for name, label, split in rows_of(run)
        ]
        write_table(run, tmp_path / "photos", rows)
    found = compare_runs(*runs)
    assert (found.paired.n, found.split) == (20, "validation")
    assert found.sentence.endswith("which also chose when each of them stopped learning.")
    assert found.as_dict()["split"] == "validation"


def test_photos_can_be_given_and_those_learned_from_are_told(runs, tmp_path):
    heard = Heard()
    found = compare_runs(runs[0], runs[1] / "model", tmp_path / "photos", heard)
    assert found.paired.n == 92
    assert heard.warnings == [
        f"{runs[0]} has learned from 24 of these 92 photos, which flatters it; compare on photos "
        "that neither has learned from."
    ]


def test_what_cannot_be_compared_says_so(runs, tmp_path):
    with pytest.raises(DataError, match="model is no run folder"):
        compare_runs(runs[0], runs[1] / "model")
    rows = [(name, label, "train") for name, label, _ in rows_of(runs[1])]
    write_table(runs[1], tmp_path / "photos", rows)
    with pytest.raises(DataError, match="have no test photo in common; give photos that neither"):
        compare_runs(*runs)
    rows = [(name, "blue" if "red" in name else "red", "test") for name, *_ in rows_of(runs[0])]
    write_table(runs[1], tmp_path / "photos", rows)
    with pytest.raises(DataError, match=r"is 'red' in .*one and 'blue' in .*two"):
        compare_runs(*runs)


def test_a_run_is_not_compared_with_itself(runs):
    run = runs[0]
    with pytest.raises(UsageError, match=r"two different runs are compared; got .+one twice"):
        compare_runs(run, run.parent / "two" / ".." / "one")


def pairs(only_first, only_second, both):
    first = [True] * only_first + [False] * only_second + [True] * both
    second = [False] * only_first + [True] * only_second + [True] * both
    return compare_pairs(np.array(first), np.array(second))


def test_the_words_follow_the_numbers():
    assert in_words(("a", "b"), pairs(4, 7, 89)) == (
        "The difference could be chance: of 11 photos that only one of them named correctly, 7 "
        "speak for b and 4 against it (McNemar's exact test: p = 0.55). More test photos would "
        "tell."
    )
    assert in_words(("a", "b"), pairs(30, 5, 165)) == (
        "a is better by 6.7 to 18.0 points, and that is hardly chance: of 35 photos that only one "
        "of them named correctly, 30 speak for it and 5 against it (McNemar's exact test: "
        "p below 0.0001)."
    )
    assert "of 1 photo that only one of them named correctly, 1 speaks for a and 0" in in_words(
        ("a", "b"), pairs(1, 0, 9)
    )
    assert in_words(("a", "b"), pairs(0, 0, 0)) == "There were no photos to compare them on."
