import numpy as np
import pytest
from sklearn.metrics import log_loss as reference_log_loss

from foveal.errors import UsageError
from foveal.metrics import log_loss, softmax


def test_softmax_sums_to_one_and_keeps_the_precision_that_came():
    rows = softmax(np.random.default_rng(0).normal(size=(5, 7)).astype(np.float32))
    assert rows.dtype == np.float32
    assert rows.sum(1) == pytest.approx(np.ones(5))


def test_softmax_of_huge_logits_does_not_overflow():
    assert softmax([1e4, 0.0, -1e4]).tolist() == [1.0, 0.0, 0.0]


def test_softmax_divides_by_the_temperature_first():
    assert softmax([3.0, 1.0], temperature=2.0) == pytest.approx(softmax([1.5, 0.5]))


@pytest.mark.parametrize("temperature", [0.0, -1.0, float("nan")])
def test_softmax_refuses_a_temperature_that_is_not_positive(temperature: float):
    with pytest.raises(UsageError, match=f"`temperature` must be above 0; got {temperature}"):
        softmax([0.0, 1.0], temperature)


def test_log_loss_agrees_with_scikit_learn():
    rng = np.random.default_rng(1)
    rows = softmax(rng.normal(scale=3, size=(200, 6)))
    targets = rng.integers(6, size=200)
    expected = reference_log_loss(targets, rows, labels=range(6))
    assert log_loss(rows, targets) == pytest.approx(expected)


def test_a_certain_mistake_costs_a_finite_loss():
    rows = np.array([[1.0, 0.0], [1.0, 0.0]], dtype=np.float32)
    assert log_loss(rows, [1, 1]) == pytest.approx(reference_log_loss([1, 1], rows, labels=[0, 1]))
    assert log_loss(rows, [1, 1]) == pytest.approx(15.942, abs=1e-3)


def test_certain_and_right_costs_nothing():
    assert log_loss([[1.0, 0.0]], [0]) == 0


def test_log_loss_of_no_photos_is_undefined():
    assert log_loss(np.zeros((0, 2)), []) is None
