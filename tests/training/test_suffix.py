"""The trainable rest of a network is that part of the network, and nothing else moves."""

from __future__ import annotations

import copy
import itertools

import numpy as np
import pytest
import torch
from torch import nn
from torch.nn import functional as F

from foveal.errors import ModelError, UsageError
from foveal.models.create import create_model
from foveal.training.transfer.dense import Standardiser, dense_logits, fold
from foveal.training.transfer.folding import FoldedConv, folded
from foveal.training.transfer.head import TrainedHead, one_thread
from foveal.training.transfer.suffix import (
    Suffix,
    fresh_head,
    starting_head,
    unfreeze_blocks,
    unfreeze_layers,
)

NETWORKS = {  # side of the images, blocks that stay frozen
    "efficientnet_lite0": (64, 14),
    "efficientnet_b0": (64, 16),
    "resnet18": (64, 7),
    "vgg11_bn": (32, 9),
    "mobilenet_v2": (64, 16),
    "inception_v3": (75, 16),
}


@pytest.fixture(autouse=True)
def one_thread_for_small_networks():
    with one_thread():
        yield


def network_of(name, classes=3):
    """A network whose normalisation does something: as built it would be the identity."""
    torch.manual_seed(5)
    network = create_model(name, num_classes=classes, image_size=NETWORKS[name][0])
    for module in network.modules():
        if isinstance(module, nn.BatchNorm2d):
            nn.init.uniform_(module.weight, 0.5, 1.5)
            nn.init.normal_(module.bias, std=0.2)
            nn.init.normal_(module.running_mean, std=0.2)
            nn.init.uniform_(module.running_var, 0.5, 1.5)
    return network


def batch_of(name, count=4):
    side = NETWORKS[name][0]
    chance = torch.Generator().manual_seed(1)
    return torch.randn(count, 3, side, side, generator=chance), torch.arange(count) % 3


def without_dropout(module):
    for part in module.modules():
        if isinstance(part, nn.Dropout):
            part.p = 0.0


@pytest.mark.parametrize("name", NETWORKS)
def test_the_suffix_on_activations_has_the_loss_and_gradients_of_the_whole_network(name):
    network, (x, targets) = network_of(name), batch_of(name)
    without_dropout(network)
    frozen = NETWORKS[name][1]
    suffix = Suffix(network, frozen)
    with torch.no_grad():
        activations = network.split(frozen)[0](x)
    loss = F.cross_entropy(suffix(activations), targets)
    loss.backward()
    whole = network.freeze(frozen).eval()
    expected = F.cross_entropy(whole(x), targets)
    expected.backward()
    assert loss.item() == pytest.approx(expected.item(), rel=1e-5)
    wanted = {n: p.grad for n, p in whole.named_parameters() if p.grad is not None}
    found = {n: p.grad for n, p in suffix.named_parameters()}
    assert found.keys() == wanted.keys()
    for key, gradient in found.items():
        scale = wanted[key].abs().max().item()
        torch.testing.assert_close(gradient, wanted[key], rtol=2e-3, atol=2e-4 * scale + 1e-8)


@pytest.mark.parametrize("name", NETWORKS)
def test_every_normalisation_of_our_networks_folds(name):
    suffix = Suffix(network_of(name), 0)
    assert not [m for m in suffix.modules() if isinstance(m, nn.BatchNorm2d)]
    assert [m for m in suffix.modules() if isinstance(m, FoldedConv)]


def train_a_little(suffix, activations, targets, steps=3):
    optimizer = torch.optim.SGD(suffix.parameters(), lr=1e-4)
    suffix.train()
    for _ in range(steps):
        optimizer.zero_grad()
        F.cross_entropy(suffix(activations), targets).backward()
        optimizer.step()
    return suffix.eval()


@pytest.mark.parametrize("name", NETWORKS)
def test_joined_again_it_is_an_ordinary_network_with_the_same_outputs(name):
    network, (x, targets) = network_of(name), batch_of(name)
    frozen = NETWORKS[name][1]
    before = copy.deepcopy(network.state_dict())
    suffix = Suffix(network, frozen, fresh_head(network.feature_width, 3, seed=1))
    with torch.no_grad():
        activations = network.split(frozen)[0](x)
    train_a_little(suffix, activations, targets)
    joined = suffix.join()
    with torch.no_grad():
        expected, got = suffix(activations), joined(x)
    torch.testing.assert_close(got, expected, rtol=1e-5, atol=1e-5 * expected.abs().max().item())
    after = joined.state_dict()
    plain = create_model(name, num_classes=3, image_size=NETWORKS[name][0])
    assert type(joined) is type(plain)
    blocks = [key for key in before if key.startswith("blocks.")]
    assert blocks == [key for key in plain.state_dict() if key.startswith("blocks.")]
    kept = tuple(f"blocks.{block}." for block in joined.block_names[:frozen])
    statistics = ("running_mean", "running_var", "num_batches_tracked")
    fixed = [key for key in blocks if key.startswith(kept) or key.endswith(statistics)]
    assert all(torch.equal(before[key], after[key]) for key in fixed)
    assert any(not torch.equal(before[key], after[key]) for key in set(blocks) - set(fixed))


def test_until_it_is_joined_the_network_s_blocks_stay_as_they_are():
    network, (_, targets) = network_of("resnet18"), batch_of("resnet18")
    before = copy.deepcopy(network.blocks.state_dict())
    suffix = Suffix(network, 7)
    train_a_little(suffix, torch.randn(4, 256, 4, 4), targets)
    assert all(
        torch.equal(before[key], value) for key, value in network.blocks.state_dict().items()
    )


def test_control_trained_statistics_do_move():
    network, (_, targets) = network_of("resnet18"), batch_of("resnet18")
    suffix = Suffix(network, 7, bn="trained")
    key = "blocks.stage4_1.layers.conv1.bn.running_mean"
    before = suffix.state_dict()[key].clone()
    train_a_little(suffix, torch.randn(4, 256, 4, 4), targets)
    assert not torch.equal(suffix.state_dict()[key], before)
    assert torch.equal(suffix.join().state_dict()[key], suffix.state_dict()[key])


def test_a_normalisation_that_cannot_fold_keeps_its_statistics_too():
    network = network_of("resnet18")
    network.blocks.stage4_2.layers.conv2.bn = nn.Sequential(nn.BatchNorm2d(512))
    suffix = Suffix(network, 8)
    norm = suffix.blocks.stage4_2.layers.conv2.bn[0]
    before = norm.running_mean.clone()
    train_a_little(suffix, torch.randn(4, 512, 2, 2), torch.tensor([0, 1, 2, 0]))
    assert torch.equal(norm.running_mean, before)


def test_a_copy_of_a_suffix_runs_on_its_own_tensors():
    suffix = Suffix(network_of("resnet18"), 8).eval()
    x = torch.randn(2, 512, 2, 2)
    expected = suffix(x)
    copied = copy.deepcopy(suffix)
    with torch.no_grad():
        for tensor in copied.state_dict().values():
            tensor.zero_()
    assert torch.equal(suffix(x), expected)
    assert not torch.equal(copied(x), expected)


def test_with_every_block_frozen_only_the_head_is_left():
    network = network_of("resnet18")
    suffix = Suffix(network, 9, fresh_head(512, 4, seed=0))
    assert suffix(torch.zeros(2, 512)).shape == (2, 4)
    assert [group.name for group in suffix.groups()] == ["head"]


def test_blocks_learn_at_a_fraction_of_the_head_s_rate():
    suffix = Suffix(network_of("vgg11_bn"), 8)
    groups = suffix.groups(0.05)
    assert [group.name for group in groups][-1] == "head"
    assert [group.lr_mult for group in groups] == [0.05] * (len(groups) - 1) + [1.0]
    held = [id(parameter) for group in groups for parameter in group.parameters]
    assert sorted(held) == sorted(map(id, suffix.parameters()))
    assert suffix.trainable == sum(parameter.numel() for parameter in suffix.parameters())


def test_it_starts_from_the_head_of_the_first_phase_before_its_calibration():
    chance = np.random.default_rng(3)
    x = chance.normal(2.0, 3.0, (8, 6)).astype(np.float32)
    for widths in ((6, 3), (6, 5, 3)):
        torch.manual_seed(0)
        head = starting_head(_trained(widths, x, 1.0)).eval()
        scale, raw = _parts(widths, x)
        wanted = dense_logits(fold(raw, scale, 1.0), x)
        calibrated = starting_head(_trained(widths, x, 2.5)).eval()
        with torch.no_grad():
            for made in (head, calibrated):
                got = made(torch.from_numpy(x)).numpy()
                np.testing.assert_allclose(got, wanted, rtol=1e-4, atol=1e-4)


def _parts(widths, x):
    torch.manual_seed(0)
    layers = [nn.Linear(a, b) for a, b in itertools.pairwise(widths)]
    raw = nn.Sequential(*[part for layer in layers for part in (layer, nn.ReLU())][:-1])
    return Standardiser.fit(x[:, None]), raw


def _trained(widths, x, temperature):
    scale, raw = _parts(widths, x)
    return TrainedHead(fold(raw, scale, temperature), temperature, (), 1)


def test_the_last_twenty_layers_are_the_fewest_whole_blocks_that_hold_them():
    network = network_of("efficientnet_lite0")
    chosen = unfreeze_layers(network, 20)
    assert unfreeze_layers(network, 15).frozen == 14
    assert chosen.names == ("stage6_3", "stage6_4", "stage7_1", "top")
    assert (chosen.frozen, chosen.layers) == (14, 20)
    assert unfreeze_layers(network, 21).frozen == 13
    assert chosen.sentence() == (
        "The last 4 of 18 blocks are trained, stage6_3 to top: the smallest number of whole "
        "blocks that holds the last 20 layers with weights; they hold 20."
    )


def test_blocks_are_counted_from_the_end():
    network = network_of("resnet18")
    assert unfreeze_blocks(network, 2).names == ("stage4_1", "stage4_2")
    assert unfreeze_blocks(network, None).frozen == 0
    assert unfreeze_blocks(network, 0).sentence() == "No block is trained, only the head."
    assert "The last 2 of 9 blocks are trained, stage4_1 to stage4_2: 10 layers" in (
        unfreeze_blocks(network, 2).sentence()
    )


def test_more_than_there_is_cannot_be_unfrozen():
    network = network_of("resnet18")
    with pytest.raises(UsageError, match=r"`unfreeze` must be 0 to 9.*got 10"):
        unfreeze_blocks(network, 10)
    with pytest.raises(UsageError, match=r"`unfreeze_layers` must be at most 40.*got 41"):
        unfreeze_layers(network, 41)


def test_what_does_not_fit_is_refused():
    network = network_of("resnet18")
    with pytest.raises(UsageError, match="`bn` must be one of fixed, trained; got 'frozen'"):
        Suffix(network, 3, bn="frozen")
    with pytest.raises(UsageError, match="`count` must be 0 to 9"):
        Suffix(network, 10)
    with pytest.raises(ModelError, match="must take 512 features; this one takes 7"):
        Suffix(network, 3, fresh_head(7, 2, seed=0))


def test_folding_leaves_other_normalisation_alone():
    odd = nn.Sequential(nn.ReLU(), nn.BatchNorm2d(3), nn.Conv2d(3, 3, 1), nn.ReLU())
    assert [type(part) for part in folded(odd)] == [type(part) for part in odd]


@pytest.mark.filterwarnings("ignore::DeprecationWarning")  # PyTorch's compiler uses old parts
def test_pytorch_s_compiler_takes_it_as_one_graph():
    network, (x, _) = network_of("efficientnet_lite0"), batch_of("efficientnet_lite0")
    without_dropout(network)
    suffix = Suffix(network, 9)  # one of its blocks halves the maps, with uneven padding
    with torch.no_grad():
        activations = network.split(9)[0](x)
    traced = torch.compile(suffix, backend="eager", fullgraph=True)
    torch.testing.assert_close(traced(activations), suffix(activations))
