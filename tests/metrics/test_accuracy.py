import numpy as np
import pytest
from sklearn.metrics import top_k_accuracy_score

from foveal.errors import UsageError
from foveal.metrics import softmax, top_k_accuracy, wilson_interval


@pytest.mark.parametrize(
    ("correct", "n", "low", "high"),
    [  # roots of (p - x)^2 = z^2 x (1 - x) / n with z = 1.959964
        (0, 10, 0.0, 0.277533),
        (10, 10, 0.722467, 1.0),
        (5, 10, 0.236593, 0.763407),
        (1, 1, 0.206549, 1.0),
        (144, 153, 0.891994, 0.968747),
    ],
)
def test_wilson_interval_matches_a_table(correct: int, n: int, low: float, high: float):
    assert wilson_interval(correct, n) == pytest.approx((low, high), abs=1e-6)


def test_wilson_interval_ends_solve_the_equation_it_is_defined_by():
    for end in wilson_interval(37, 50, confidence=0.99) or ():
        distance = abs(37 / 50 - end) / np.sqrt(end * (1 - end) / 50)
        assert distance == pytest.approx(2.575829, abs=1e-5)


def test_wilson_interval_of_no_photos_is_undefined():
    assert wilson_interval(0, 0) is None


def test_wilson_interval_never_leaves_zero_to_one():
    for n in (1, 2, 7, 153, 100_000):
        for correct in {0, 1, n // 2, n}:
            low, high = wilson_interval(correct, n) or (None, None)
            assert low is not None
            assert high is not None
            assert 0 <= low <= correct / n <= high <= 1


@pytest.mark.parametrize(("correct", "n"), [(-1, 3), (4, 3)])
def test_wilson_interval_refuses_impossible_counts(correct: int, n: int):
    with pytest.raises(UsageError, match=f"between 0 and `n`; got {correct} of {n}"):
        wilson_interval(correct, n)


def test_wilson_interval_refuses_a_confidence_of_95():
    with pytest.raises(UsageError, match="`confidence` must lie between 0 and 1; got 95"):
        wilson_interval(1, 2, confidence=95)


@pytest.mark.parametrize("k", [1, 2, 5, 9])
def test_top_k_accuracy_agrees_with_scikit_learn(k: int):
    rng = np.random.default_rng(k)
    rows = softmax(rng.normal(size=(300, 10)))
    targets = rng.integers(10, size=300)
    expected = top_k_accuracy_score(targets, rows, k=k, labels=range(10))
    assert top_k_accuracy(rows, targets, k) == pytest.approx(expected)


def test_top_k_accuracy_is_undefined_when_every_class_may_be_named():
    assert top_k_accuracy([[0.5, 0.5]], [0], k=2) is None
    assert top_k_accuracy([[0.5, 0.5]], [0], k=5) is None


def test_top_k_accuracy_of_no_photos_is_undefined():
    assert top_k_accuracy(np.zeros((0, 10)), [], k=5) is None


def test_equal_probabilities_count_in_the_order_of_the_classes():
    even = [[0.25] * 4]
    assert [top_k_accuracy(even, [true], k=1) for true in range(4)] == [1, 0, 0, 0]
    assert [top_k_accuracy(even, [true], k=3) for true in range(4)] == [1, 1, 1, 0]


def test_top_k_accuracy_refuses_no_guess():
    with pytest.raises(UsageError, match="`k` must be 1 or more; got 0"):
        top_k_accuracy([[1.0]], [0], k=0)


def test_bad_probabilities_are_named_by_row_and_column():
    with pytest.raises(UsageError, match="finite; got nan in row 1, column 0"):
        top_k_accuracy([[0.5, 0.5], [np.nan, 1]], [0, 0], k=1)
    with pytest.raises(UsageError, match="between 0 and 1; got 3 in row 0, column 0; pass logits"):
        top_k_accuracy([[3.0, -2.0]], [0], k=1)
    with pytest.raises(UsageError, match=r"sum to 1 in every row; got 0\.7 in row 0"):
        top_k_accuracy([[0.5, 0.2]], [0], k=1)
    with pytest.raises(UsageError, match=r"one column per class; got shape \(2,\)"):
        top_k_accuracy([0.5, 0.5], [0], k=1)


def test_bad_targets_are_named_by_position():
    with pytest.raises(UsageError, match="indices from 0 to 1; got 2 at position 1"):
        top_k_accuracy([[0.5, 0.5]] * 2, [0, 2], k=1)
    with pytest.raises(UsageError, match="whole class indices; got float64"):
        top_k_accuracy([[0.5, 0.5]] * 2, [0.0, 1.0], k=1)
    with pytest.raises(UsageError, match="got 1 targets and 2 probabilities"):
        top_k_accuracy([[0.5, 0.5]] * 2, [0], k=1)
