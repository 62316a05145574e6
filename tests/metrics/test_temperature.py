import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from foveal.errors import UsageError
from foveal.metrics import (
    HIGHEST_TEMPERATURE,
    LOWEST_TEMPERATURE,
    fit_temperature,
    softmax,
)


def loss(logits: np.ndarray, targets: np.ndarray, temperature: float) -> float:
    scaled = logits / temperature
    top = scaled.max(1)
    logs = top + np.log(np.exp(scaled - top[:, None]).sum(1))
    return float((logs - scaled[np.arange(len(targets)), targets]).mean())


@pytest.mark.parametrize("true_temperature", [0.3, 0.9, 1.0, 2.5, 8.0])
def test_the_temperature_that_made_the_labels_is_found(true_temperature: float):
    rng = np.random.default_rng(0)
    logits = rng.normal(scale=2 * true_temperature, size=(20_000, 5))
    shares = softmax(logits, true_temperature).cumsum(1)
    targets = (rng.random((20_000, 1)) > shares[:, :-1]).sum(1)
    assert fit_temperature(logits, targets) == pytest.approx(true_temperature, rel=0.05)


def test_two_classes_by_hand():
    # 3 of 4 right with a margin of 2: the best sigmoid(2 / T) is 3 / 4, so T = 2 / log 3.
    assert fit_temperature([[2.0, 0.0]] * 4, [0, 0, 0, 1]) == pytest.approx(2 / np.log(3))


@settings(max_examples=150, deadline=None, derandomize=True)
@given(st.integers(0, 10_000), st.integers(1, 30), st.integers(2, 6), st.floats(-3, 3))
def test_no_temperature_in_range_is_better_and_one_is_never_better(seed, n, k, magnitude):
    rng = np.random.default_rng(seed)
    logits = rng.normal(scale=10**magnitude, size=(n, k))
    targets = rng.integers(k, size=n)
    found = fit_temperature(logits, targets)
    best = loss(logits, targets, found)
    assert LOWEST_TEMPERATURE <= found <= HIGHEST_TEMPERATURE
    assert best <= loss(logits, targets, 1.0)
    tried = np.geomspace(LOWEST_TEMPERATURE, HIGHEST_TEMPERATURE, 60)
    lowest = min(loss(logits, targets, t) for t in tried)
    assert best <= lowest + 1e-6 * max(1, abs(lowest))


@pytest.mark.parametrize("margin", [0.5, 5.0, 50.0, 5000.0])
def test_perfectly_separated_photos_stop_at_the_lowest_temperature(margin: float):
    logits = np.eye(3) * margin
    found = fit_temperature(logits, [0, 1, 2])
    assert LOWEST_TEMPERATURE <= found <= 1
    assert loss(logits, np.arange(3), found) <= loss(logits, np.arange(3), 1.0)


def test_a_margin_that_can_still_gain_gives_exactly_the_lowest_temperature():
    assert fit_temperature(np.eye(3) * 5, [0, 1, 2]) == pytest.approx(LOWEST_TEMPERATURE)


def test_logits_that_point_the_wrong_way_stop_at_the_highest_temperature():
    assert fit_temperature(np.eye(2) * 5, [1, 0]) == pytest.approx(HIGHEST_TEMPERATURE)


def test_where_nothing_is_known_the_temperature_is_one():
    assert fit_temperature(np.zeros((0, 3)), []) == 1.0
    assert fit_temperature(np.full((4, 3), 7.0), [0, 1, 2, 0]) == 1.0


def test_a_shift_of_all_logits_changes_nothing():
    rng = np.random.default_rng(5)
    logits, targets = rng.normal(size=(50, 4)) * 3, rng.integers(4, size=50)
    shifted = logits + rng.normal(size=(50, 1)) * 100
    assert fit_temperature(shifted, targets) == pytest.approx(fit_temperature(logits, targets))


def test_float32_logits_are_as_good_as_float64():
    rng = np.random.default_rng(6)
    logits, targets = rng.normal(size=(50, 4)).astype(np.float32), rng.integers(4, size=50)
    again = fit_temperature(logits.astype(np.float64), targets)
    assert fit_temperature(logits, targets) == again


def test_infinite_logits_are_refused_by_row_and_column():
    with pytest.raises(UsageError, match="`logits` must be finite; got inf in row 0, column 1"):
        fit_temperature([[0.0, np.inf]], [0])


def test_a_missing_target_is_refused():
    with pytest.raises(UsageError, match="got 1 targets and 2 logits"):
        fit_temperature([[0.0, 1.0]] * 2, [0])
