import numpy as np
import pytest
from sklearn import metrics as reference

from foveal.errors import UsageError
from foveal.metrics import ClassScores, confusion_matrix, macro_f1, per_class


def test_rows_are_the_truth_and_columns_the_answer():
    assert confusion_matrix([0, 0, 0, 2], [1, 1, 0, 2], k=3).tolist() == [
        [1, 2, 0],
        [0, 0, 0],
        [0, 0, 1],
    ]


def test_confusion_matrix_and_scores_agree_with_scikit_learn():
    rng = np.random.default_rng(3)
    targets = rng.integers(12, size=500)
    answers = np.where(rng.random(500) < 0.6, targets, rng.integers(12, size=500))
    confusion = confusion_matrix(targets, answers, k=12)
    assert np.array_equal(confusion, reference.confusion_matrix(targets, answers))
    precision, recall, f1, n = reference.precision_recall_fscore_support(targets, answers)
    scores = per_class(confusion)
    assert [s.precision for s in scores] == pytest.approx(precision)
    assert [s.recall for s in scores] == pytest.approx(recall)
    assert [s.f1 for s in scores] == pytest.approx(f1)
    assert [s.n for s in scores] == n.tolist()
    assert macro_f1(confusion) == pytest.approx(f1.mean())


def test_scores_of_a_hand_made_table_with_every_undefined_case():
    confusion = np.array(
        [
            [3, 1, 0, 0],  # found 3 of 4, and right 3 of 5 times
            [2, 0, 0, 0],  # never right, though named once
            [0, 0, 0, 0],  # neither present nor named
            [0, 0, 0, 0],
        ]
    )
    assert per_class(confusion) == (
        ClassScores(precision=0.6, recall=0.75, f1=6 / 9, n=4),
        ClassScores(precision=0.0, recall=0.0, f1=0.0, n=2),
        ClassScores(precision=None, recall=None, f1=None, n=0),
        ClassScores(precision=None, recall=None, f1=None, n=0),
    )
    assert macro_f1(confusion) == pytest.approx((6 / 9 + 0) / 2)


def test_a_class_never_named_has_no_precision_but_a_recall_and_f1_of_zero():
    assert per_class(np.array([[4, 0], [3, 0]]))[1] == ClassScores(None, 0.0, 0.0, 3)


def test_a_class_without_photos_has_no_recall():
    assert per_class(np.array([[4, 1], [0, 0]]))[1] == ClassScores(0.0, None, 0.0, 0)


def test_undefined_scores_agree_with_scikit_learn_told_to_leave_them_undefined():
    targets, answers = [0, 0, 1, 3], [0, 1, 1, 1]
    expected = reference.f1_score(
        targets, answers, labels=range(5), average="macro", zero_division=np.nan
    )
    assert macro_f1(confusion_matrix(targets, answers, k=5)) == pytest.approx(expected)


def test_no_photos_have_an_empty_matrix_and_no_macro_f1():
    confusion = confusion_matrix([], [], k=2)
    assert confusion.tolist() == [[0, 0], [0, 0]]
    assert macro_f1(confusion) is None


def test_confusion_matrix_refuses_what_is_no_class():
    with pytest.raises(UsageError, match="`predictions` must hold class indices from 0 to 1; got"):
        confusion_matrix([0], [2], k=2)
    with pytest.raises(UsageError, match="got 2 targets and 1 predictions"):
        confusion_matrix([0, 1], [0], k=2)
    with pytest.raises(UsageError, match="`k` must be 1 or more; got 0"):
        confusion_matrix([], [], k=0)


def test_scores_refuse_a_matrix_that_is_not_square():
    with pytest.raises(UsageError, match=r"must be square; got shape \(2, 3\)"):
        per_class(np.zeros((2, 3), dtype=np.int64))
