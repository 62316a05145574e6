"""How weights begin."""

from __future__ import annotations

import math

import pytest
import torch
from torch import nn

from foveal.errors import ModelError, UnknownNameError
from foveal.models import create_model
from foveal.models.initialisation import INITIALISATIONS, build, initialise


def drawn(layer: nn.Conv2d | nn.Linear, name: str) -> torch.Tensor:
    torch.manual_seed(0)
    initialise(nn.Sequential(layer, nn.Linear(2, 2)), name)
    return layer.weight.detach()


@pytest.mark.parametrize(
    ("name", "variance"),
    [
        ("he_normal", 2 / (256 * 9)),
        ("he_uniform", 2 / (256 * 9)),
        ("glorot_normal", 2 / (64 * 9 + 256 * 9)),
        ("glorot_uniform", 2 / (64 * 9 + 256 * 9)),
    ],
)
def test_the_variance_of_a_convolution_is_the_papers(name: str, variance: float) -> None:
    weight = drawn(nn.Conv2d(64, 256, 3), name)
    assert float(weight.var()) == pytest.approx(variance, rel=0.02)
    assert abs(float(weight.mean())) < 0.01 * math.sqrt(variance)


@pytest.mark.parametrize("name", ["he_uniform", "glorot_uniform"])
def test_a_uniform_draw_has_no_tail(name: str) -> None:
    weight = drawn(nn.Linear(400, 300), name)
    assert float(weight.abs().max()) <= math.sqrt(3) * float(weight.std()) * 1.02


def test_a_depthwise_convolution_counts_only_its_own_channel() -> None:
    weight = drawn(nn.Conv2d(2048, 2048, 3, groups=2048), "he_normal")
    assert float(weight.var()) == pytest.approx(2 / 9, rel=0.05)


def test_the_last_dense_layer_begins_small_so_that_classes_begin_equal() -> None:
    torch.manual_seed(0)
    network = create_model("resnet18", num_classes=100, initialisation="he_uniform")
    assert isinstance(network.head, nn.Linear)
    assert float(network.head.weight.detach().std()) == pytest.approx(0.01, rel=0.05)
    assert not network.head.bias.any()
    with torch.inference_mode():
        loss = nn.functional.cross_entropy(network(torch.randn(2, 3, 64, 64)), torch.tensor([0, 1]))
    assert float(loss) == pytest.approx(math.log(100), rel=0.2)


def test_batch_normalisation_begins_as_the_identity() -> None:
    norm = nn.BatchNorm2d(4)
    for value in norm.state_dict().values():
        value.fill_(7)
    initialise(nn.Sequential(norm))
    x_NCHW = torch.randn(2, 4, 3, 3)
    torch.testing.assert_close(norm.eval()(x_NCHW), x_NCHW, rtol=1e-4, atol=1e-5)


def test_the_seed_decides_the_weights() -> None:
    def first_weights(seed: int) -> torch.Tensor:
        torch.manual_seed(seed)
        return next(create_model("lenet5").parameters())

    assert torch.equal(first_weights(1), first_weights(1))
    assert not torch.equal(first_weights(1), first_weights(2))


def test_building_draws_each_weight_once() -> None:
    torch.manual_seed(0)
    layer = build(lambda: nn.Sequential(nn.Linear(3, 2), nn.Linear(2, 2)))[0]
    torch.manual_seed(0)
    expected = torch.empty(2, 3).normal_(std=1.0)  # variance 2 / fan-out of 2
    torch.testing.assert_close(layer.weight.detach(), expected)


def test_an_unknown_initialisation_is_refused() -> None:
    with pytest.raises(UnknownNameError, match="initialisation 'he_norm'; did you mean 'he_normal"):
        create_model("lenet5", initialisation="he_norm")
    assert "he_normal" in INITIALISATIONS


def test_a_layer_that_no_initialisation_covers_is_named() -> None:
    with pytest.raises(ModelError, match="got PReLU, whose weights no initialisation covers"):
        initialise(nn.Sequential(nn.Linear(2, 2), nn.PReLU()))
