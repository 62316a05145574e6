import numpy as np
import pytest
from sklearn.calibration import calibration_curve

from foveal.errors import UsageError
from foveal.metrics import expected_calibration_error, reliability_bins, softmax


def sure(*confidences: float) -> np.ndarray:
    """Rows of two classes whose first class has these probabilities."""
    return np.array([[c, 1 - c] for c in confidences])


def test_calibration_error_of_a_hand_made_table():
    # 0.95 sure four times and right three: gap 0.2. 0.65 sure twice and right twice: gap 0.35.
    rows = sure(0.95, 0.95, 0.95, 0.95, 0.65, 0.65)
    error = expected_calibration_error(rows, [0, 0, 0, 1, 0, 0], bins=10)
    assert error == pytest.approx((4 * 0.2 + 2 * 0.35) / 6)


def test_a_classifier_that_is_right_as_often_as_it_says_has_no_error():
    assert expected_calibration_error(sure(0.75, 0.75, 0.75, 0.75), [0, 0, 0, 1]) == 0


def test_calibration_of_no_photos_is_undefined():
    assert expected_calibration_error(np.zeros((0, 3)), []) is None
    empty = reliability_bins(np.zeros((0, 3)), [])
    assert [(b.n, b.accuracy, b.confidence) for b in empty] == [(0, None, None)] * 15


def test_bins_hold_their_upper_edge_and_cover_everything():
    bins = reliability_bins(sure(0.6, 0.8, 0.81, 1.0), [0, 0, 0, 0], bins=5)
    assert [b.n for b in bins] == [0, 0, 1, 1, 2]
    assert (bins[0].lower, bins[-1].upper) == (0, 1)
    assert bins[3].upper == bins[4].lower


def test_bins_agree_with_scikit_learn():
    rng = np.random.default_rng(0)
    rows = softmax(rng.normal(scale=2, size=(800, 4)))
    targets = rng.integers(4, size=800)
    filled = [b for b in reliability_bins(rows, targets) if b.n]
    right = (rows.argmax(1) == targets).astype(int)
    accuracy, confidence = calibration_curve(right, rows.max(1), n_bins=15)
    assert [b.accuracy for b in filled] == pytest.approx(accuracy)
    assert [b.confidence for b in filled] == pytest.approx(confidence)
    expected = sum(b.n * abs(a - c) for b, a, c in zip(filled, accuracy, confidence, strict=True))
    assert expected_calibration_error(rows, targets) == pytest.approx(expected / 800)


def test_bins_refuse_none():
    with pytest.raises(UsageError, match="`bins` must be 1 or more; got 0"):
        reliability_bins(sure(0.9), [0], bins=0)


def test_probabilities_before_the_temperature_can_be_had_back():
    from foveal.metrics import softmax, uncalibrated

    logits = np.random.default_rng(0).normal(0, 5, (20, 4))
    assert uncalibrated(softmax(logits, 3.0), 3.0) == pytest.approx(softmax(logits))
    assert uncalibrated([[1.0, 0.0]], 2.0).tolist() == [[1.0, 0.0]]
    with pytest.raises(UsageError, match="`temperature` must be above 0; got 0"):
        uncalibrated([[1.0, 0.0]], 0)
