"""The range test finds a rate that trains, and leaves the network as it was."""

from __future__ import annotations

import pytest
import torch

from foveal.errors import TrainingError, UsageError
from foveal.training import ParameterGroup, find_learning_rate
from tiny_training import Pictures, digest, settings, small_network, trainer


@pytest.fixture(autouse=True)
def one_thread():
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture(scope="module")
def curve():
    torch.set_num_threads(1)
    return find_learning_rate(
        small_network(), Pictures(72), settings(optimizer="sgd"), highest=100.0, steps=80
    )


def test_rates_rise_by_the_same_factor_from_the_lowest(curve):
    ratios = [later / earlier for earlier, later in zip(curve.rates, curve.rates[1:], strict=False)]
    assert curve.rates[0] == pytest.approx(1e-6)
    assert ratios == pytest.approx([ratios[0]] * len(ratios))


def test_the_loss_stands_falls_and_grows(curve):
    lowest = min(curve.smoothed)
    place = curve.smoothed.index(lowest)
    assert lowest < 0.8 * curve.smoothed[0]
    assert curve.smoothed[-1] > 1.5 * lowest
    assert curve.rates[0] < curve.suggestion < curve.rates[place]


def test_the_smoothed_loss_starts_at_the_loss_itself(curve):
    assert curve.smoothed[0] == pytest.approx(curve.losses[0])


def test_a_network_learns_at_the_rate_that_was_suggested(curve):
    config = settings(optimizer="sgd", lr=curve.suggestion, epochs=10)
    assert trainer(config).fit().history[-1].validation_accuracy > 0.9


def test_the_network_stays_as_it_was():
    network = small_network()
    network.eval()
    before = digest(network.state_dict())
    groups = [ParameterGroup("all", tuple(network.parameters()))]
    told = []
    find_learning_rate(
        network,
        Pictures(72),
        settings(),
        groups=groups,
        steps=12,
        on_step=lambda *step: told.append(step[:2]),
    )
    assert digest(network.state_dict()) == before
    assert not network.training
    assert all(parameter.grad is None for parameter in network.parameters())
    assert told == [(step, 12) for step in range(1, 13)]


def test_a_range_that_cannot_be_tested_is_refused():
    given = (small_network(), Pictures(72), settings())
    with pytest.raises(UsageError, match=r"must be positive and in this order; got 1\.0, 0\.1"):
        find_learning_rate(*given, lowest=1.0, highest=0.1)
    with pytest.raises(UsageError, match="`steps` must be at least 10; got 3"):
        find_learning_rate(*given, steps=3)


def test_a_loss_that_is_no_number_from_the_start_is_said():
    network = small_network()
    torch.nn.init.constant_(network.body[9].bias, float("nan"))
    with pytest.raises(TrainingError, match="finite number for more than 7 steps; it was for 0"):
        find_learning_rate(network, Pictures(72), settings(), steps=20)
