"""Creating a network by name: its arguments, and what it says when one does not do."""

from __future__ import annotations

import pytest
import torch

from foveal.errors import ModelError, UnknownNameError, UsageError
from foveal.models import architecture, create_model, list_models


@pytest.mark.parametrize(
    ("name", "near"),
    [("resnet_50", "resnet50"), ("ResNet50", "resnet50"), ("vgg16bn", "vgg16_bn"),
     ("mobilenetv2", "mobilenet_v2"), ("lenet", "lenet5")],
)  # fmt: skip
def test_an_unknown_name_is_answered_with_a_near_one(name: str, near: str) -> None:
    with pytest.raises(UnknownNameError, match=f"unknown model '{name}'; did you mean '{near}'"):
        create_model(name)


def test_a_caller_may_call_it_a_backbone() -> None:
    with pytest.raises(UnknownNameError, match="unknown backbone 'resnet5'; did you mean"):
        architecture("resnet5", kind="backbone")


def test_a_name_near_to_none_is_answered_with_all() -> None:
    with pytest.raises(UnknownNameError, match=r"unknown model 'zzzz'; known: custom_cifar_cnn, "):
        architecture("zzzz")


@pytest.mark.parametrize("argument", ["num_classes", "in_channels", "image_size"])
@pytest.mark.parametrize("value", [0, -3, 2.5, "8", True])
def test_counts_and_sizes_are_positive_whole_numbers(argument: str, value: object) -> None:
    with pytest.raises(UsageError, match=f"`{argument}` must be a positive int; got {value!r}"):
        create_model("lenet5", **{argument: value})  # type: ignore[arg-type]


def test_an_image_too_small_is_refused_with_the_least_size() -> None:
    message = "`image_size` must be at least 75 for 'inception_v3', whose last block.*; got 64"
    with pytest.raises(UsageError, match=message):
        create_model("inception_v3", image_size=64)


def test_the_classes_and_channels_are_the_architectures_own_unless_given() -> None:
    network = create_model("lenet5")
    assert (network.num_classes, network.in_channels, network.image_size) == (10, 1, 32)
    network = create_model("lenet5", num_classes=3, in_channels=3, image_size=64)
    assert network(torch.zeros(2, 3, 64, 64)).shape == (2, 3)
    assert network.feature_width == 16 * 13 * 13


def test_dense_layers_made_for_one_size_refuse_maps_of_another() -> None:
    network = create_model("lenet5")
    message = "take maps of 16×5×5; got 16×4×4. Make the network with the `image_size`"
    with pytest.raises(UsageError, match=message):
        network(torch.zeros(1, 1, 28, 28))


def test_a_network_comes_in_evaluation_mode() -> None:
    assert not any(module.training for module in create_model("lenet5").modules())


def test_a_network_without_trained_weights_says_so() -> None:
    with pytest.raises(ModelError, match="no trained weights for 'simple_resnet'; train it from"):
        create_model("simple_resnet", pretrained=True)


def test_trained_weights_refuse_other_channels() -> None:
    message = "of 'efficientnet_lite0' take 3 channels; got `in_channels`=1. Use pretrained=False"
    with pytest.raises(UsageError, match=message):
        create_model("efficientnet_lite0", in_channels=1, pretrained=True)


def test_trained_dense_layers_refuse_another_image_size() -> None:
    message = "dense layers of 'vgg11' take images of 224 pixels; got `image_size`=64"
    with pytest.raises(UsageError, match=message):
        create_model("vgg11", image_size=64, pretrained=True)


def test_trained_weights_load_with_any_image_size_and_a_new_last_layer() -> None:
    whole = create_model("efficientnet_lite0", pretrained=True)
    other = create_model("efficientnet_lite0", image_size=96, num_classes=4, pretrained=True)
    x_NCHW = torch.randn(1, 3, 64, 64)
    with torch.inference_mode():
        assert torch.equal(other.features(x_NCHW), whole.features(x_NCHW))
        assert other(x_NCHW).shape == (1, 4)


def test_the_table_has_every_promised_name_and_no_name_twice() -> None:
    promised = {
        "lenet5", "simple_resnet", "custom_cifar_cnn", "mobilenet_v2", "inception_v3",
        *(f"vgg{layers}{end}" for layers in (11, 13, 16, 19) for end in ("", "_bn")),
        *(f"resnet{layers}" for layers in (18, 34, 50, 101, 152)),
        *(f"efficientnet_{kind}{index}" for kind in ("b", "lite") for index in range(3)),
    }  # fmt: skip
    assert promised == set(list_models())
    assert len(list_models()) == len(promised)


def test_every_paper_is_named_with_its_authors_year_and_address() -> None:
    for name in list_models():
        paper = architecture(name).paper
        assert paper.title, name
        assert paper.authors[-4:].isdigit(), name
        assert paper.url.startswith("https://"), name


def test_the_l2_penalty_of_the_cifar_network_is_in_its_row() -> None:
    assert architecture("custom_cifar_cnn").kernel_l2 == 1e-4
    assert architecture("resnet50").kernel_l2 == 0
