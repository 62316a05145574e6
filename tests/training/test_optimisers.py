"""Optimisers are PyTorch's, step by step; biases and normalisation do not decay."""

from __future__ import annotations

import copy

import pytest
import torch
from torch import nn

from foveal.errors import TrainingError, UsageError
from foveal.training import NetworkConfig, ParameterGroup
from foveal.training.optimisation.optimisers import Optimiser, clip_gradients, gradient_norm


def network(channels_last=False):
    torch.manual_seed(0)
    made = nn.Sequential(nn.BatchNorm2d(3), nn.Conv2d(3, 4, 3), nn.Flatten(), nn.Linear(144, 2))
    return made.to(memory_format=torch.channels_last) if channels_last else made


def reference(made, config):
    decaying = [p for p in made.parameters() if p.ndim > 1]
    others = [p for p in made.parameters() if p.ndim == 1]
    groups = [
        {"params": decaying, "weight_decay": config.base_weight_decay},
        {"params": others, "weight_decay": 0.0},
    ]
    if config.optimizer == "sgd":
        nesterov = config.momentum > 0
        return torch.optim.SGD(groups, config.base_lr, config.momentum, nesterov=nesterov)
    kind = torch.optim.Adam if config.optimizer == "adam" else torch.optim.AdamW
    return kind(groups, config.base_lr)


def backward(made, step):
    chance = torch.Generator().manual_seed(step)
    for parameter in made.parameters():
        parameter.grad = None
    made(torch.randn(8, 3, 8, 8, generator=chance)).square().mean().backward()


@pytest.mark.parametrize("channels_last", [False, True])
@pytest.mark.parametrize(
    "settings",
    [
        {"optimizer": "sgd", "lr": 0.1},
        {"optimizer": "sgd", "lr": 0.1, "momentum": 0.0, "weight_decay": 0.1},
        {"optimizer": "adam", "weight_decay": 0.1},
        {"optimizer": "adamw", "weight_decay": 1.0},
    ],
)
def test_ten_steps_are_those_of_pytorch(settings, channels_last):
    config = NetworkConfig(**settings)
    ours = network(channels_last)
    theirs = copy.deepcopy(ours)
    optimiser, pytorchs = Optimiser(ours, None, config), reference(theirs, config)
    for step in range(10):
        backward(ours, step)
        backward(theirs, step)
        optimiser.step(config.base_lr)
        pytorchs.step()
    for own, other in zip(ours.parameters(), theirs.parameters(), strict=True):
        torch.testing.assert_close(own, other, rtol=1e-5, atol=1e-6)


def test_decoupled_decay_of_sgd_takes_a_share_of_the_weight():
    config = NetworkConfig(optimizer="sgd", decay="decoupled", weight_decay=0.5, lr=0.1)
    made = network()
    before = copy.deepcopy(made)
    for parameter in made.parameters():
        parameter.grad = torch.zeros_like(parameter)
    Optimiser(made, None, config).step(0.1)
    torch.testing.assert_close(made[1].weight, before[1].weight * 0.95)
    assert torch.equal(made[1].bias, before[1].bias)
    assert torch.equal(made[0].weight, before[0].weight)


def test_a_group_moves_at_its_own_rate():
    config = NetworkConfig(optimizer="sgd", momentum=0.0, weight_decay=0.0)
    made = network()
    before = copy.deepcopy(made)
    groups = [
        ParameterGroup("blocks", (*made[0].parameters(), *made[1].parameters()), lr_mult=0.1),
        ParameterGroup("head", tuple(made[3].parameters())),
    ]
    backward(made, 0)
    Optimiser(made, groups, config).step(1.0)
    for layer, mult in ((1, 0.1), (3, 1.0)):
        torch.testing.assert_close(
            made[layer].weight, before[layer].weight - mult * made[layer].weight.grad
        )


def test_groups_must_hold_every_trainable_parameter_once():
    made = network()
    part = ParameterGroup("conv", tuple(made[1].parameters()))
    with pytest.raises(TrainingError, match=r"every trainable .* once; 0.weight, 0.bias, 3.weight"):
        Optimiser(made, [part], NetworkConfig())
    everything = ParameterGroup("all", tuple(made.parameters()))
    with pytest.raises(TrainingError, match="some appear twice"):
        Optimiser(made, [everything, part], NetworkConfig())
    with pytest.raises(UsageError, match=r"`lr_mult` of 'conv' must be positive; got 0"):
        ParameterGroup("conv", (), lr_mult=0)


def test_a_network_that_is_frozen_altogether_is_refused():
    with pytest.raises(TrainingError, match="every parameter is frozen; unfreeze some"):
        Optimiser(network().requires_grad_(False), None, NetworkConfig())


def test_clipping_is_that_of_pytorch():
    ours, theirs = network(), network()
    for made in (ours, theirs):
        backward(made, 0)
    norm = gradient_norm(list(ours.parameters()))
    clip_gradients(list(ours.parameters()), float(norm), 0.01)
    assert nn.utils.clip_grad_norm_(theirs.parameters(), 0.01) == pytest.approx(float(norm))
    for own, other in zip(ours.parameters(), theirs.parameters(), strict=True):
        torch.testing.assert_close(own.grad, other.grad)
    before = [parameter.grad.clone() for parameter in ours.parameters()]
    clip_gradients(list(ours.parameters()), 0.005, 0.01)  # short enough: nothing changes
    for parameter, gradient in zip(ours.parameters(), before, strict=True):
        assert torch.equal(parameter.grad, gradient)
