"""Loading weights: strict, and with a report of every tensor."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file
from torch import Tensor

from foveal.errors import ModelError, StorageError, UsageError
from foveal.models.hub_table import HUB_WEIGHTS
from foveal.models.registry import architecture
from foveal.models.weights import load_strictly, load_trained, load_weights
from models.small_networks import small_network

RENAME = "models.small_networks:foreign_name"


def other_state() -> dict[str, Tensor]:
    """Weights for the small network that it does not start with."""
    return {
        name: value + 1 if value.is_floating_point() else value
        for name, value in small_network().state_dict().items()
    }


def saved(tmp_path: Path, state: dict[str, Tensor]) -> Path:
    file = tmp_path / "weights.safetensors"
    save_file(state, file)
    return file


def test_safetensors_are_loaded_and_every_tensor_is_reported(tmp_path: Path) -> None:
    network, state = small_network(), other_state()
    report = load_weights(network, saved(tmp_path, state))
    assert sorted(report.loaded) == sorted(state)
    assert (report.renamed, report.kept, report.ignored, report.converted) == ((), (), (), ())
    for name, value in network.state_dict().items():
        torch.testing.assert_close(value, state[name], rtol=0, atol=0)


def test_a_state_dict_of_pytorch_gives_the_same_network(tmp_path: Path) -> None:
    file = tmp_path / "weights.safetensors"  # the content counts, not the name
    torch.save(other_state(), file)
    network = small_network()
    assert len(load_weights(network, file).loaded) == len(other_state())
    torch.testing.assert_close(network.head.bias, other_state()["head.bias"])


def test_a_rename_function_reads_another_layout_and_is_reported(tmp_path: Path) -> None:
    state = {name.replace("blocks.", "layers."): value for name, value in other_state().items()}
    report = load_weights(small_network(), saved(tmp_path, state), rename=RENAME)
    assert ("layers.body.bias", "blocks.body.bias") in report.renamed
    assert len(report.renamed) == len(report.loaded) - 2  # all but the head's two
    assert report.sentence().endswith("10 tensors loaded, 8 renamed; kept 0, ignored 0.")
    json.dumps(report.as_dict())


def test_a_head_with_other_classes_keeps_its_own_weights_and_is_reported(tmp_path: Path) -> None:
    network = small_network(num_classes=7)
    before = network.head.weight.clone()
    report = load_weights(network, saved(tmp_path, other_state()))
    assert report.kept == ("head.weight", "head.bias")
    torch.testing.assert_close(network.head.weight, before, rtol=0, atol=0)
    torch.testing.assert_close(network.blocks.body.bias, other_state()["blocks.body.bias"])


def test_tensors_are_left_out_only_where_the_rename_function_says_so(tmp_path: Path) -> None:
    file = saved(tmp_path, other_state() | {"auxiliary.weight": torch.ones(2)})
    report = load_weights(small_network(), file, rename=RENAME)
    assert report.ignored == ("auxiliary.weight",)
    with pytest.raises(ModelError, match=r"does not fit 'small': unexpected auxiliary\.weight"):
        load_weights(small_network(), file)


def test_a_missing_tensor_is_named(tmp_path: Path) -> None:
    state = other_state()
    del state["blocks.body.bias"]
    with pytest.raises(ModelError, match=r"weights\.safetensors does not .* missing blocks\.body"):
        load_weights(small_network(), saved(tmp_path, state))


def test_a_tensor_of_another_shape_is_named_with_both_shapes() -> None:
    state = other_state() | {"blocks.body.bias": torch.zeros(5)}
    with pytest.raises(ModelError, match=r"blocks\.body\.bias is \(5,\), expected \(6,\)"):
        load_strictly(small_network(), state, source="a test")


def test_a_head_for_other_features_is_no_head_with_other_classes() -> None:
    state = other_state() | {"head.weight": torch.zeros(5, 9)}
    with pytest.raises(ModelError, match=r"head\.weight is \(5, 9\), expected \(3, 6\)"):
        load_strictly(small_network(), state, source="a test")


def test_nothing_is_loaded_when_one_tensor_does_not_fit() -> None:
    network = small_network()
    before = network.blocks.body.weight.clone()
    with pytest.raises(ModelError, match="unexpected more"):
        load_strictly(network, other_state() | {"more": torch.ones(1)}, source="a test")
    torch.testing.assert_close(network.blocks.body.weight, before, rtol=0, atol=0)


def test_many_problems_are_counted_and_the_first_five_are_shown() -> None:
    with pytest.raises(ModelError, match=r"(missing [\w.]+; ){4}missing [\w.]+ and \d more\.$"):
        load_strictly(small_network(), {}, source="a test")


def test_counters_that_older_files_lack_are_kept_and_reported() -> None:
    state = {k: v for k, v in other_state().items() if "num_batches_tracked" not in k}
    report = load_strictly(small_network(), state, source="a test")
    assert report.kept == ("blocks.stem.1.num_batches_tracked",)


def test_a_convolution_over_the_whole_map_is_read_as_the_dense_layer_it_is() -> None:
    state = other_state()
    expected = state["head.weight"]
    state["head.weight"] = expected.reshape(3, 6, 1, 1)
    network = small_network()
    load_strictly(network, state, source="a test")
    torch.testing.assert_close(network.head.weight, expected)


def test_half_precision_is_converted_and_reported() -> None:
    state = other_state() | {"head.bias": other_state()["head.bias"].to(torch.bfloat16)}
    assert load_strictly(small_network(), state, source="a test").converted == ("head.bias",)


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        (torch.zeros(3, dtype=torch.int64), r"is torch\.int64, expected torch\.float32"),
        (torch.zeros(3, dtype=torch.complex64), r"is torch\.complex64, expected torch\.float32"),
        (torch.tensor([0.0, float("nan"), 0.0]), "holds infinite numbers or NaN"),
        (torch.tensor([0.0, float("inf"), 0.0]), "holds infinite numbers or NaN"),
    ],
)
def test_numbers_that_no_network_can_use_are_refused(value: Tensor, reason: str) -> None:
    state = other_state() | {"head.bias": value}
    with pytest.raises(ModelError, match=rf"head\.bias {reason}"):
        load_strictly(small_network(), state, source="a test")


@pytest.mark.parametrize(
    "rename", ["no.such.module:f", "models.small_networks:nothing", "models.small_networks:torch"]
)
def test_a_rename_that_names_no_function_is_a_usage_error(tmp_path: Path, rename: str) -> None:
    with pytest.raises(UsageError, match=rf"`rename` must .* got '{rename}'"):
        load_weights(small_network(), saved(tmp_path, other_state()), rename=rename)


def test_a_rename_that_merges_two_tensors_is_refused(tmp_path: Path) -> None:
    state = other_state() | {"layers.body.bias": torch.ones(6)}
    with pytest.raises(ModelError, match="two tensors are renamed to the same name"):
        load_weights(small_network(), saved(tmp_path, state), rename=RENAME)


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(StorageError, match=r"cannot read .*nowhere\.safetensors: No such file"):
        load_weights(small_network(), tmp_path / "nowhere.safetensors")


def test_packaged_weights_load_and_the_report_says_that_all_names_were_translated() -> None:
    from foveal.models.create import create_model

    row = architecture("efficientnet_lite0")
    report = load_trained(create_model(row.name), row)
    assert len(report.renamed) == len(report.loaded) > 200
    assert report.kept == report.ignored == ()


@pytest.mark.parametrize("name", HUB_WEIGHTS)
def test_every_row_of_the_hub_table_belongs_to_an_architecture(name: str) -> None:
    row = architecture(name)
    assert row.rename_timm is not None
    assert row.image_size == HUB_WEIGHTS[name].preprocess.image_size
