"""Networks from a description, and the sentences that say which layer does not fit and why."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import nn

from foveal.errors import UnknownNameError, UsageError
from foveal.models import (
    NetworkDescription,
    architecture,
    create_model,
    custom_cnn,
    is_network,
)
from foveal.models.custom import CIFAR

TOML = """
image_size = 28
in_channels = 1
layers = [
  { conv = 6, kernel = 5, padding = "valid", activation = "tanh" },
  { average_pool = 2 },
  { conv = 16, kernel = 5, padding = "valid", activation = "tanh" },
  { average_pool = 2 },
  { flatten = true },
  { dense = 120, activation = "tanh" },
  { dense = 84, activation = "tanh" },
]
"""


def test_the_cifar_network_is_its_own_description() -> None:
    torch.manual_seed(0)
    registered = create_model("custom_cifar_cnn")
    torch.manual_seed(0)
    described = custom_cnn(CIFAR, num_classes=10)
    assert registered.block_names == described.block_names
    ours, theirs = registered.state_dict(), described.state_dict()
    assert list(ours) == list(theirs)
    assert all(torch.equal(ours[name], theirs[name]) for name in ours)


def test_a_toml_file_makes_the_same_network_as_python(tmp_path: Path) -> None:
    file = tmp_path / "digits.toml"
    file.write_text(TOML, encoding="utf-8")
    network = custom_cnn(file, num_classes=10)
    lenet = create_model("lenet5", image_size=28)
    assert (network.name, network.image_size, network.in_channels) == ("digits", 28, 1)
    assert [tuple(p.shape) for p in network.parameters()] == [
        tuple(p.shape) for p in lenet.parameters()
    ]
    lenet.load_state_dict(dict(zip(lenet.state_dict(), network.state_dict().values(), strict=True)))
    x_NCHW = torch.randn(2, 1, 28, 28)
    with torch.inference_mode():
        assert torch.equal(network(x_NCHW), lenet(x_NCHW))


def test_arguments_go_before_what_the_file_says(tmp_path: Path) -> None:
    file = tmp_path / "digits.toml"
    file.write_text(TOML, encoding="utf-8")
    network = custom_cnn(str(file), num_classes=3, image_size=32, in_channels=3)
    assert network(torch.zeros(1, 3, 32, 32)).shape == (1, 3)


def test_every_kind_of_layer_gives_the_shape_that_was_computed() -> None:
    network = custom_cnn(
        [
            {"conv": 4, "kernel": 4, "stride": 2, "activation": "silu"},
            {"max_pool": 3, "stride": 2},
            {"conv": 5, "kernel": 2, "padding": "valid", "batch_norm": True, "activation": "none"},
            {"average_pool": 2, "stride": 1},
            {"dropout": 0},
            {"global_average_pool": True},
            {"dropout": 0.1},
            {"dense": 6, "batch_norm": True, "activation": "relu6"},
        ],
        num_classes=3,
        image_size=33,
    )
    assert network.block_names == ("conv1", "max_pool1", "conv2", "average_pool1", "dropout1")
    assert network.blocks(torch.zeros(1, 3, 33, 33)).shape == (1, 5, 6, 6)
    assert network(torch.zeros(2, 3, 33, 33)).shape == (2, 3)
    assert isinstance(network.blocks[2][-1], nn.BatchNorm2d)  # type: ignore[index]


FLATTEN: dict[str, Any] = {"flatten": True}


@pytest.mark.parametrize(
    ("layers", "message"),
    [
        (
            [{"conv": 8}, {"max_pool": 4}, {"conv": 8, "kernel": 9, "padding": "valid"}],
            "layer 3 of 'custom_cnn' ({ conv = 8, kernel = 9, padding = \"valid\" }) does not fit "
            "its input of 8×8×8: the window must fit in the padded input: 9 cells",
        ),
        (
            [{"conv": 8}, {"max_pool": 64}],
            "layer 2 of 'custom_cnn' ({ max_pool = 64 }) does not fit its input of 8×32×32: the "
            "window must fit",
        ),
        (
            [{"conv": 8}, {"dense": 10}],
            "layer 2 of 'custom_cnn' ({ dense = 10 }) does not fit its input of 8×32×32: a dense "
            "layer takes a vector, and this gets maps; put flatten = true or",
        ),
        (
            [{"conv": 8}, FLATTEN, {"conv": 8}],
            "layer 3 of 'custom_cnn' ({ conv = 8 }) does not fit its input of 8192: it takes maps, "
            "and this gets a vector; put it before the flattening",
        ),
        ([{"conv": 8}, FLATTEN, FLATTEN], "layer 3 of 'custom_cnn' ({ flatten = true }) does not"),
        ([{"conv": 8}], "'custom_cnn' must have layers on maps, then flatten = true or"),
        ([FLATTEN], "must have layers on maps, then flatten = true or global_average_pool = true"),
        ([], "global_average_pool = true; got no layer"),
    ],
)  # fmt: skip
def test_a_layer_that_does_not_fit_is_named_with_its_input_and_the_reason(
    layers: list[dict[str, Any]], message: str
) -> None:
    with pytest.raises(UsageError, match=re.escape(message)):
        custom_cnn(layers, num_classes=2)


@pytest.mark.parametrize(
    ("layer", "message"),
    [
        ({"conv": 0}, "`conv` must be a positive int; got 0"),
        ({"conv": 8, "kernel": 2.5}, "`kernel` must be a positive int; got 2.5"),
        ({"conv": 8, "padding": "full"}, "`padding` must be 'same' or 'valid'; got 'full'"),
        ({"conv": 8, "batch_norm": 1}, "`batch_norm` must be True or False; got 1"),
        ({"conv": 8, "activation": "gelu"}, "`activation` must be 'relu' or 'relu6' or"),
        ({"conv": 8, "kernal": 3}, "unknown setting of `conv` 'kernal'; did you mean 'kernel'?"),
        ({"max_pool": -2}, "`max_pool` must be a positive int; got -2"),
        ({"average_pool": 2, "stride": 0}, "`stride` must be a positive int; got 0"),
        ({"dropout": 1.0}, "`dropout` must be a number from 0 to below 1; got 1.0"),
        ({"dropout": True}, "`dropout` must be a number from 0 to below 1; got True"),
        ({"flatten": False}, "`flatten` must be True; got False"),
        ({"global_average_pool": 1}, "`global_average_pool` must be True; got 1"),
        ({"dense": "many"}, "`dense` must be a positive int; got 'many'"),
        ({"filters": 8}, "a layer must have one key of conv, max_pool, average_pool, dropout"),
        ({"conv": 8, "max_pool": 2}, "a layer must have one key of conv, max_pool"),
        ("conv 8", "a layer must be a table of settings; got 'conv 8'"),
    ],
)
def test_a_setting_that_does_not_do_is_named_with_its_layer(layer: Any, message: str) -> None:
    with pytest.raises(
        UsageError, match=r"layer 2 of 'custom_cnn' \(.*\) cannot be used"
    ) as caught:
        custom_cnn([{"conv": 4}, layer, FLATTEN], num_classes=2)
    assert message in str(caught.value)
    assert not str(caught.value).endswith("..")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("layers = [", "at end of document); correct it there."),
        ("image_size = 32", "must hold a list `layers`, such as layers = [{ conv = 32 }"),
        ("layers = 'conv'", "must hold a list `layers`"),
    ],
)
def test_a_file_without_layers_is_refused(tmp_path: Path, text: str, message: str) -> None:
    file = tmp_path / "net.toml"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(UsageError, match=re.escape(message)):
        custom_cnn(file, num_classes=2)


def test_an_unknown_key_of_a_file_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "net.toml"
    file.write_text("image_sise = 32\nlayers = []", encoding="utf-8")
    with pytest.raises(UnknownNameError, match="'image_sise'; did you mean 'image_size'"):
        custom_cnn(file, num_classes=2)


def test_a_missing_file_is_refused_by_name(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"missing\.toml does not exist; expected a TOML file"):
        custom_cnn(tmp_path / "missing.toml", num_classes=2)


def test_a_file_is_named_in_front_of_the_layer_that_does_not_fit(tmp_path: Path) -> None:
    file = tmp_path / "net.toml"
    file.write_text("layers = [{ conv = 8 }, { max_pool = 64 }, { flatten = true }]", "utf-8")
    message = rf"layer 2 of '{re.escape(str(file))}' \(\{{ max_pool = 64 \}}\) does not fit its in"
    with pytest.raises(UsageError, match=message):
        create_model(str(file))


def test_an_unusable_number_in_a_file_names_the_file(tmp_path: Path) -> None:
    file = tmp_path / "net.toml"
    file.write_text("image_size = 0\nlayers = []", encoding="utf-8")
    with pytest.raises(UsageError, match=r"net\.toml: `image_size` must be a positive int; got 0"):
        custom_cnn(file, num_classes=2)


def test_a_file_has_a_row_as_the_table_has_it(tmp_path: Path) -> None:
    file = tmp_path / "digits.toml"
    file.write_text(TOML, encoding="utf-8")
    row, lenet = architecture(str(file)), architecture("lenet5")
    assert (row.name, row.image_size, row.in_channels, row.num_classes) == (str(file), 28, 1, 10)
    network = create_model(row.name, num_classes=4)
    assert (network.name, network.num_classes) == ("digits", 4)
    assert row.feature_width == network.feature_width
    lenet_28 = create_model("lenet5", image_size=28)
    assert row.parameters == sum(p.numel() for p in lenet_28.parameters())
    assert row.macs < lenet.macs
    assert row.weights is None
    assert is_network("any.toml")
    assert not is_network("runs/1")


def test_a_row_keeps_all_that_it_takes_to_build_the_network_again(tmp_path: Path) -> None:
    file = tmp_path / "digits.toml"
    file.write_text(TOML, encoding="utf-8")
    kept = json.loads(json.dumps(architecture(str(file)).description))
    file.unlink()
    network = custom_cnn(kept, num_classes=3)
    assert (network.name, network.image_size, network.in_channels) == ("digits", 28, 1)
    assert NetworkDescription.from_dict(kept).as_dict() == kept
    assert architecture("lenet5").description is None


def test_a_kept_description_with_an_unknown_key_is_refused() -> None:
    with pytest.raises(UnknownNameError, match="key in the description of a network: 'colour'"):
        custom_cnn({"layers": [], "colour": 1}, num_classes=2)


def test_a_missing_file_is_told_by_every_way_to_it(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"missing\.toml does not exist"):
        architecture(str(tmp_path / "missing.toml"))
