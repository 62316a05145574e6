"""A network as a list of named blocks: cutting, freezing, heads."""

from __future__ import annotations

import doctest
import importlib

import pytest
import torch
from torch import nn

from foveal.errors import ModelError, UsageError
from foveal.models.convnet import ConvNet, Flatten, GlobalAveragePool


def tiny(head: nn.Module | None = None) -> ConvNet:
    torch.manual_seed(0)
    return ConvNet(
        "tiny",
        [
            ("stem", nn.Sequential(nn.Conv2d(3, 4, 3), nn.BatchNorm2d(4), nn.ReLU())),
            ("body", nn.Sequential(nn.Conv2d(4, 5, 3), nn.BatchNorm2d(5))),
        ],
        GlobalAveragePool(),
        nn.Linear(5, 3) if head is None else head,
        image_size=8,
    )


def test_names_widths_and_classes_are_read_from_the_modules() -> None:
    network = tiny(nn.Sequential(nn.Linear(5, 16), nn.ReLU(), nn.Linear(16, 3)))
    assert network.block_names == ("stem", "body")
    assert (network.feature_width, network.num_classes) == (5, 3)


def test_the_last_cut_takes_the_pool_into_the_prefix() -> None:
    network = tiny().eval()
    prefix, suffix = network.split(2)
    assert prefix(torch.zeros(1, 3, 8, 8)).shape == (1, 5)
    assert suffix is network.head


def test_parts_share_their_weights_with_the_whole() -> None:
    network = tiny()
    prefix, _ = network.split(1)
    assert next(prefix.parameters()) is next(network.parameters())


@pytest.mark.parametrize("count", [-1, 3])
def test_a_cut_or_freeze_beyond_the_blocks_is_refused(count: int) -> None:
    message = f"`count` must be 0 to 2, the blocks of 'tiny'; got {count}"
    with pytest.raises(UsageError, match=message):
        tiny().split(count)
    with pytest.raises(UsageError, match=message):
        tiny().freeze(count)


def test_a_frozen_block_stays_in_evaluation_mode_whatever_train_is_called_with() -> None:
    network = tiny().freeze(1).train()
    assert not network.blocks.stem.training  # type: ignore[union-attr]
    assert network.blocks.body.training  # type: ignore[union-attr]
    means = network.blocks.stem[1].running_mean.clone()  # type: ignore[index, operator, union-attr]
    network(torch.randn(4, 3, 8, 8))
    assert torch.equal(network.blocks.stem[1].running_mean, means)  # type: ignore[index, union-attr]


def test_freezing_takes_exactly_the_first_blocks() -> None:
    network = tiny().freeze(1)
    assert not any(parameter.requires_grad for parameter in network.blocks[0].parameters())
    assert all(parameter.requires_grad for parameter in network.blocks[1].parameters())
    assert all(parameter.requires_grad for parameter in network.head.parameters())


def test_freezing_fewer_blocks_thaws_the_others() -> None:
    network = tiny().freeze(2).freeze(0).train()
    assert all(parameter.requires_grad for parameter in network.parameters())
    assert network.blocks.stem.training  # type: ignore[union-attr]


def test_a_head_of_another_width_is_refused_and_the_old_one_stays() -> None:
    network = tiny()
    before = network.head
    with pytest.raises(ModelError, match="head of 'tiny' must take 5 features; this one takes 6"):
        network.replace_head(nn.Linear(6, 2))
    assert network.head is before


def test_a_head_without_a_linear_layer_is_refused() -> None:
    with pytest.raises(ModelError, match="head of 'tiny' must hold a linear layer; it holds none"):
        _ = tiny(nn.Identity()).feature_width


@pytest.mark.parametrize("names", [(), ("a", "a")])
def test_blocks_are_one_or_more_with_different_names(names: tuple[str, ...]) -> None:
    blocks = [(name, nn.Identity()) for name in names]
    with pytest.raises(ModelError, match="`blocks` of 'tiny' must be one or more, with different"):
        ConvNet("tiny", blocks, GlobalAveragePool(), nn.Linear(1, 1), image_size=8)


def test_flattening_keeps_the_order_channel_row_column() -> None:
    x_NCHW = torch.arange(8.0).view(1, 2, 2, 2)
    flatten = Flatten(2, 2)
    assert flatten(x_NCHW).tolist() == [list(range(8))]
    assert flatten.width == 8
    with pytest.raises(UsageError, match=r"take maps of 2×2×2; got 2×3×2\. Make the network"):
        flatten(torch.zeros(1, 2, 3, 2))


@pytest.mark.parametrize(
    "module", ["registry", "create", "counts", "custom", "mbconv", "initialisation"]
)
def test_the_examples_in_the_documentation_run(module: str) -> None:
    outcome = doctest.testmod(importlib.import_module(f"foveal.models.{module}"))
    assert outcome.failed == 0
