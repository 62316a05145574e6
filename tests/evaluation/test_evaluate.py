import json
from dataclasses import FrozenInstanceError

import numpy as np
import pytest

from foveal.errors import UsageError
from foveal.evaluation import ConfusedPair, Evaluation, Mistake


def evaluation(targets: list[int], rows: list[list[float]], split: str = "test") -> Evaluation:
    return Evaluation(
        split=split,
        classes=("ant", "bee", "fly"),
        paths=tuple(f"{i}.jpg" for i in range(len(targets))),
        targets_N=np.array(targets, dtype=np.int64),
        probabilities_NK=np.array(rows, dtype=np.float32).reshape(-1, 3),
    )


FOUR = evaluation(
    [0, 0, 1, 1], [[0.8, 0.1, 0.1], [0.25, 0.5, 0.25], [0.1, 0.8, 0.1], [0.7, 0.2, 0.1]]
)


def test_the_entry_of_metrics_json_has_exactly_the_agreed_keys_and_values():
    entry = FOUR.as_dict()
    assert entry == {
        "n": 4,
        "accuracy": 0.5,
        "accuracy_ci95": pytest.approx([0.150039, 0.849961], abs=1e-6),
        "loss": pytest.approx(-(np.log(0.8) * 2 + np.log(0.25) + np.log(0.2)) / 4, rel=1e-6),
        "macro_f1": 0.5,
        "top5_accuracy": None,
        "ece": pytest.approx((2 * 0.2 + 0.5 + 0.7) / 4, rel=1e-6),
        "per_class": {
            "ant": {"precision": 0.5, "recall": 0.5, "f1": 0.5, "n": 2},
            "bee": {"precision": 0.5, "recall": 0.5, "f1": 0.5, "n": 2},
            "fly": {"precision": None, "recall": None, "f1": None, "n": 0},
        },
        "confusion": [[1, 1, 0], [1, 1, 0], [0, 0, 0]],
    }
    assert list(entry) == [
        *("n", "accuracy", "accuracy_ci95", "loss", "macro_f1", "top5_accuracy"),
        *("ece", "per_class", "confusion"),
    ]


def test_the_entry_is_plain_json_without_nan():
    assert json.loads(json.dumps(FOUR.as_dict(), allow_nan=False)) == FOUR.as_dict()


def test_figures_of_no_photos_are_undefined_not_zero():
    entry = evaluation([], []).as_dict()
    assert entry["n"] == 0
    for key in ("accuracy", "accuracy_ci95", "loss", "macro_f1", "top5_accuracy", "ece"):
        assert entry[key] is None
    assert entry["confusion"] == [[0, 0, 0]] * 3


@pytest.mark.parametrize(("k", "expected"), [(2, None), (5, None), (6, 1.0)])
def test_top5_accuracy_is_defined_from_six_classes_on(k: int, expected: float | None):
    rows = np.full((1, k), 1 / k, dtype=np.float32)
    names = tuple(f"class {i}" for i in range(k))
    assert Evaluation("test", names, ("a",), np.array([0]), rows).top5_accuracy == expected


def test_mistakes_come_most_confident_first_with_what_was_said():
    assert FOUR.mistakes() == [
        Mistake("3.jpg", "bee", "ant", pytest.approx(0.7), pytest.approx(0.2)),
        Mistake("1.jpg", "ant", "bee", pytest.approx(0.5), pytest.approx(0.25)),
    ]
    assert [m.path for m in FOUR.mistakes(1)] == ["3.jpg"]


def test_equally_confident_mistakes_come_in_the_order_of_their_paths():
    same = evaluation([1, 1, 1], [[0.8, 0.1, 0.1]] * 3)
    assert [m.path for m in same.mistakes()] == ["0.jpg", "1.jpg", "2.jpg"]


def test_confused_pairs_come_most_frequent_first_and_leave_out_the_diagonal():
    result = evaluation([0, 1, 1, 2], [[0.8, 0.1, 0.1]] * 3 + [[0.1, 0.8, 0.1]])
    assert result.confused_pairs() == [
        ConfusedPair("bee", "ant", 2),
        ConfusedPair("fly", "bee", 1),
    ]
    assert len(result.confused_pairs(1)) == 1


def test_an_evaluation_cannot_be_changed():
    with pytest.raises(FrozenInstanceError, match="cannot assign to field 'split'"):
        FOUR.split = "train"  # type: ignore[misc]


def test_fields_that_do_not_fit_together_are_refused():
    rows = np.full((1, 3), 1 / 3, dtype=np.float32)
    with pytest.raises(UsageError, match=r"2 paths and one column .* got shape \(1, 3\)"):
        Evaluation("test", ("a", "b", "c"), ("1", "2"), np.array([0, 1]), rows)
    with pytest.raises(UsageError, match=r"class index for each of 1 paths; got shape \(2,\)"):
        Evaluation("test", ("a", "b", "c"), ("1",), np.array([0, 1]), rows)
    with pytest.raises(UsageError, match="indices from 0 to 2; got 3 at position 0"):
        Evaluation("test", ("a", "b", "c"), ("1",), np.array([3]), rows)
    with pytest.raises(UsageError, match="must sum to 1 in every row; got 3 in row 0"):
        Evaluation("test", ("a", "b", "c"), ("1",), np.array([0]), np.ones((1, 3), np.float32))
