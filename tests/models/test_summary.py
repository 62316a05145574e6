"""Summaries: integer arithmetic, checked against the live network."""

from __future__ import annotations

import json
from collections.abc import Iterable

import pytest
import torch
from torch import Tensor, nn
from torch.utils.flop_counter import FlopCounterMode

from foveal.errors import UsageError
from foveal.models import architecture, create_model, list_models
from foveal.models.convnet import ConvNet, GlobalAveragePool
from foveal.models.counts import count_parameters
from foveal.models.layer_facts import is_known
from foveal.models.layers import ConvBN, SameConv2d
from foveal.models.summary import LayerSummary, summary
from models.small_networks import small_network


def without_data(name: str) -> ConvNet:
    """A registered network whose tensors have shapes and no numbers: made in no time."""
    with torch.device("meta"):
        return create_model(name)


def live_shapes(model: ConvNet, size: int) -> dict[str, tuple[int, ...]]:
    """The shape of every layer's output when an image really runs through the network."""
    shapes: dict[str, tuple[int, ...]] = {}
    for name, module in model.named_modules():
        if is_known(module):
            module.register_forward_hook(
                lambda module, inputs, output, name=name: shapes.update(
                    {name: tuple(output.shape[1:])}
                )
            )
    device = next(model.parameters()).device
    model.eval()(torch.zeros(1, model.in_channels, size, size, device=device))
    return shapes


def network(*blocks: nn.Module, width: int, in_channels: int = 1, image_size: int = 33) -> ConvNet:
    named = [(f"b{index}", block) for index, block in enumerate(blocks)]
    head = nn.Linear(width, 2)
    pool = GlobalAveragePool()
    return ConvNet("test", named, pool, head, image_size=image_size, in_channels=in_channels)


def layer(model: ConvNet, name: str, size: int | None = None) -> LayerSummary:
    return {item.name: item for item in summary(model, size).layers()}[name]


@pytest.mark.parametrize("name", list_models())
def test_every_number_is_that_of_the_live_network_and_of_the_table(name: str) -> None:
    model, row = without_data(name), architecture(name)
    modules = dict(model.named_modules())
    result = summary(model)
    found = {item.name: item for item in result.layers() if item.name in modules}
    with FlopCounterMode(display=False) as counter:  # PyTorch's own count
        live = live_shapes(model, model.image_size)
    assert {key: item.output_shape for key, item in found.items()} == live
    for key, item in found.items():
        assert item.parameters == count_parameters(modules[key]).parameters, key
        formula = item.explain.get("parameters", "= 0")
        assert formula.endswith(f"= {item.parameters:,}"), key
    assert (result.parameters, result.macs) == (row.parameters, row.macs)
    assert counter.get_total_flops() == 2 * row.macs
    assert result.weight_bytes == sum(value.nbytes for value in model.state_dict().values())
    assert sum(block.share for block in result.blocks) == pytest.approx(1)
    assert result.notes == ()


@pytest.mark.parametrize(
    ("name", "total", "trainable"),
    [
        ("simple_resnet", 2_792_074, 2_787_594),
        ("custom_cifar_cnn", 816_938, 815_530),
        ("lenet5", 61_706, 61_706),
    ],
)
def test_with_the_statistics_the_total_is_that_of_keras(
    name: str, total: int, trainable: int
) -> None:
    result = summary(without_data(name))
    assert (result.parameters + result.statistics, result.trainable) == (total, trainable)


@pytest.mark.parametrize(
    ("name", "block", "field"),
    [
        ("vgg16", "pool5", 212),
        ("mobilenet_v2", "top", 491),
        ("inception_v3", "mixed7c", 1311),
    ],
)
def test_receptive_fields_are_those_that_are_published(name: str, block: str, field: int) -> None:
    """Source: Araujo, Norris and Sim, Distill, 2019, table 1."""
    blocks = {item.name: item for item in summary(without_data(name)).blocks}
    assert blocks[block].receptive_field == (field, field)


class Fork(nn.Module):
    """Two paths side by side, then their sum with the input."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.row = nn.Conv2d(channels, channels, (1, 5), padding=(0, 2))
        self.small = nn.Conv2d(channels, channels, 3, padding=1)
        self.join = nn.Conv2d(2 * channels, channels, 1)

    def forward(self, x_NCHW: Tensor) -> Tensor:
        both: Tensor = torch.cat([self.row(x_NCHW), self.small(x_NCHW)], dim=1)
        return self.join(both) + x_NCHW


def reach(model: ConvNet, size: int) -> tuple[int, int]:
    """Height and width of the input pixels that move one value in the middle of the last maps."""
    for parameter in model.parameters():
        nn.init.ones_(parameter)  # no two paths cancel
    image = torch.zeros(1, 1, size, size, requires_grad=True)
    maps = model.blocks(image)
    maps[0, 0, maps.shape[2] // 2, maps.shape[3] // 2].backward()
    assert image.grad is not None
    touched = image.grad[0, 0].nonzero()
    height, width = (touched.max(0).values - touched.min(0).values + 1).tolist()
    return height, width


@pytest.mark.parametrize(
    "blocks",
    [
        [nn.Conv2d(1, 2, 5), nn.Conv2d(2, 2, 3, stride=2), nn.Conv2d(2, 2, 3, dilation=2)],
        [SameConv2d(1, 2, 3, stride=2), nn.AvgPool2d(3, 2), SameConv2d(2, 2, 5)],
        [nn.Conv2d(1, 2, 3, stride=2), Fork(2), nn.AvgPool2d(2), Fork(2)],
        [nn.Conv2d(1, 2, (1, 7)), nn.Conv2d(2, 2, (3, 1), stride=(2, 1))],
    ],
    ids=["dilated", "same", "forks", "oblong"],
)
def test_a_receptive_field_is_what_a_gradient_reaches(blocks: list[nn.Module]) -> None:
    model = network(*blocks, width=2, image_size=101)
    assert summary(model).blocks[-3].receptive_field == reach(model, 101)


def test_a_branch_and_concatenation_sees_what_its_widest_branch_sees() -> None:
    model = network(Fork(1), width=1)
    assert layer(model, "blocks.b0.row").receptive_field == (1, 5)
    assert layer(model, "blocks.b0.small").receptive_field == (3, 3)
    assert layer(model, "blocks.b0.cat").receptive_field == (3, 5)
    assert layer(model, "blocks.b0.cat").output_shape == (2, 33, 33)
    assert layer(model, "blocks.b0.cat").kind == "concatenate"
    assert layer(model, "blocks.b0.add").receptive_field == (3, 5)


def test_a_squeeze_and_excitation_does_not_hide_what_the_maps_see() -> None:
    result = {item.name: item for item in summary(without_data("efficientnet_b0")).layers()}
    before = result["blocks.stage2_1.layers.depthwise.conv"]
    gate = result["blocks.stage2_1.layers.excite.expand"]
    after = result["blocks.stage2_1.mul"]
    assert after.receptive_field == before.receptive_field == (11, 11)
    assert gate.receptive_field is not None
    assert gate.receptive_field[0] > 224
    assert (gate.output_shape, after.output_shape) == ((96, 1, 1), (96, 56, 56))


def test_every_formula_is_written_with_its_numbers() -> None:
    explain = layer(network(nn.Conv2d(3, 8, 3, 2), width=8, in_channels=3), "blocks.b0").explain
    assert explain == {
        "shape": "⌊(33 + 2·0 − 3) / 2⌋ + 1 = 16",
        "parameters": "(3·3·3 + 1)·8 = 224",
        "macs": "16·16·3·3·3·8 = 55,296",
        "receptive_field": "1 + (3 − 1)·1 = 3",
    }
    oblong = layer(network(nn.Conv2d(1, 1, (1, 7)), width=1), "blocks.b0").explain
    assert oblong["receptive_field"] == "height 1; width 1 + (7 − 1)·1 = 7"
    assert oblong["shape"] == (
        "height ⌊(33 + 2·0 − 1) / 1⌋ + 1 = 33; width ⌊(33 + 2·0 − 7) / 1⌋ + 1 = 27"
    )


def test_frozen_blocks_are_counted_as_frozen() -> None:
    model = small_network().freeze(1)
    result = summary(model)
    stem, body, _, head = result.blocks
    assert (stem.trainable, stem.frozen, stem.statistics) == (0, 3 * 3 * 3 * 4 + 8, 8)
    assert (body.trainable, body.frozen) == (4 * 9 * 6 + 6, 0)
    assert (result.trainable, result.frozen) == (body.trainable + head.trainable, stem.frozen)


def test_a_layer_that_is_used_twice_is_counted_once() -> None:
    shared = nn.Conv2d(1, 1, 3, padding=1)
    result = summary(network(nn.Sequential(shared, nn.ReLU(), shared), width=1))
    first, _, second = result.blocks[0].layers
    assert (first.parameters, second.parameters, result.parameters) == (10, 0, 10 + 4)
    assert second.explain["parameters"] == "shared with a layer above"
    assert second.macs == first.macs


def test_memory_counts_every_output_that_is_not_written_in_place() -> None:
    brick = ConvBN(1, 4, 3, activation=lambda: nn.ReLU(inplace=True))
    result = summary(network(brick, width=4, image_size=8))
    maps = 4 * 4 * 8 * 8  # bytes of four float32 maps
    assert [item.stored_bytes for item in result.blocks[0].layers] == [maps, maps, 0]
    assert result.activation_bytes == 2 * maps + 4 * 4 + 4 * 2


def test_a_smaller_image_gives_smaller_maps_and_the_same_parameters() -> None:
    model = without_data("resnet18")
    small, usual = summary(model, 64), summary(model)
    assert small.blocks[-3].output_shape == (512, 2, 2)
    assert small.parameters == usual.parameters
    assert small.image_size == 64
    assert live_shapes(model, 64)["blocks.stage4_2.activation"] == (512, 2, 2)


def test_an_image_too_small_names_the_layer() -> None:
    with pytest.raises(
        UsageError,
        match=r"^images of 20 pixels do not fit 'inception_v3': layer [\w.]+: .*must fit",
    ):
        summary(without_data("inception_v3"), 20)


def test_an_image_of_another_size_than_the_dense_layers_is_refused() -> None:
    with pytest.raises(
        UsageError, match=r"images of 256 pixels .*'vgg16'.* made for maps of \(512"
    ):
        summary(without_data("vgg16"), 256)


def test_an_image_size_that_is_no_size_is_refused() -> None:
    with pytest.raises(UsageError, match=r"`image_size` must be .*; got 0"):
        summary(small_network(), 0)


class Branching(nn.Module):
    """Decides by the values it sees, so no one can say what it does without running it."""

    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Conv2d(1, 3, 3)

    def forward(self, x_NCHW: Tensor) -> Tensor:
        y_NCHW: Tensor = self.conv(x_NCHW)
        return torch.relu(y_NCHW) if y_NCHW.shape[2] > 2 else y_NCHW


class Foreign(nn.Module):
    """Does something that no rule knows."""

    def forward(self, x_NCHW: Tensor) -> Tensor:
        return torch.fft.fft2(x_NCHW).real


@pytest.mark.parametrize("odd", [Branching(), nn.Sequential(nn.Conv2d(1, 3, 3), Foreign())])
def test_what_cannot_be_followed_is_undefined_and_said(odd: nn.Module) -> None:
    model = network(odd, nn.Conv2d(3, 2, 3), width=2)
    result = summary(model)
    first, second = result.blocks[:2]
    macs = 31 * 31 * 9 * 3  # of the convolution, which was seen to run
    assert (first.output_shape, first.parameters, first.macs) == ((3, 31, 31), 30, macs)
    assert first.receptive_field is None
    assert (second.output_shape, second.macs) == ((2, 29, 29), 29 * 29 * 9 * 3 * 2)
    assert second.receptive_field is None
    assert result.macs == sum(block.macs or 0 for block in result.blocks)
    (note,) = result.notes
    assert note.startswith("windows are not known from b0 on: ")


class Matrix(nn.Module):
    """Multiplies by a matrix of its own, which no rule can count."""

    def __init__(self) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.ones(33, 33))

    def forward(self, x_NCHW: Tensor) -> Tensor:
        return x_NCHW @ self.weight


def test_multiplications_that_cannot_be_counted_are_undefined() -> None:
    result = summary(network(Matrix(), nn.Conv2d(1, 2, 3), width=2))
    assert (result.blocks[0].macs, result.macs) == (None, None)
    assert json.loads(json.dumps(result.as_dict()))["macs"] is None


def test_the_network_is_neither_run_nor_changed() -> None:
    model = small_network().train()
    before = {name: value.clone() for name, value in model.state_dict().items()}
    summary(model)
    assert model.training
    assert next(model.parameters()).device.type == "cpu"
    assert_equal(before.items(), model.state_dict())


def assert_equal(expected: Iterable[tuple[str, Tensor]], state: dict[str, Tensor]) -> None:
    for name, value in expected:
        torch.testing.assert_close(state[name], value, rtol=0, atol=0)


def test_the_dictionary_holds_everything_and_is_json() -> None:
    values = json.loads(json.dumps(summary(small_network()).as_dict()))
    assert [block["name"] for block in values["blocks"]] == ["stem", "body", "pool", "head"]
    assert values["blocks"][0]["layers"][0]["output_shape"] == [4, 14, 14]
    assert values["parameters"] == values["trainable"] + values["frozen"]
