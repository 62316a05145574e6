"""The numbers of parameters that other libraries quote for the same networks."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from foveal.models import architecture
from foveal.models.counts import count_parameters
from models.live_counts import skeleton


@pytest.mark.parametrize(
    ("name", "total", "trainable"),
    [
        ("lenet5", 61_706, 61_706),
        ("vgg16", 138_357_544, 138_357_544),
        ("vgg19", 143_667_240, 143_667_240),
        ("simple_resnet", 2_792_074, 2_787_594),
        ("custom_cifar_cnn", 816_938, 815_530),
        ("mobilenet_v2", 3_538_984, 3_504_872),
    ],
)
def test_total_and_trainable_are_those_of_keras(name: str, total: int, trainable: int) -> None:
    count = count_parameters(skeleton(architecture(name)))
    assert (count.total, count.trainable) == (total, trainable)


@pytest.mark.parametrize(
    ("name", "parameters"),
    [
        ("resnet50", 25_557_032),
        ("resnet101", 44_549_160),
        ("mobilenet_v2", 3_504_872),
        ("efficientnet_b0", 5_288_548),
    ],
)
def test_parameters_are_those_of_torchvision(name: str, parameters: int) -> None:
    assert count_parameters(skeleton(architecture(name))).parameters == parameters


@pytest.mark.parametrize(
    ("name", "keras_total", "keras_trainable"),
    [("resnet50", 25_636_712, 25_583_592), ("resnet101", 44_707_176, 44_601_832)],
)
def test_keras_counts_a_resnets_convolution_biases_on_top(
    name: str, keras_total: int, keras_trainable: int
) -> None:
    network = skeleton(architecture(name))
    biases = sum(m.out_channels for m in network.modules() if isinstance(m, nn.Conv2d))
    count = count_parameters(network)
    assert (count.total + biases, count.trainable + biases) == (keras_total, keras_trainable)


def test_keras_counts_no_scales_of_inceptions_normalisation() -> None:
    network = skeleton(architecture("inception_v3"))
    scales = sum(m.num_features for m in network.modules() if isinstance(m, nn.BatchNorm2d))
    count = count_parameters(network)
    assert (count.total - scales, count.trainable - scales) == (23_851_784, 23_817_352)


def test_keras_counts_the_input_normalisation_of_efficientnet_on_top() -> None:
    mean_variance_and_counter = 3 + 3 + 1
    count = count_parameters(skeleton(architecture("efficientnet_b0")))
    assert count.total + mean_variance_and_counter == 5_330_571


def test_vgg16_without_its_dense_layers_gives_7x7x512_from_14_714_688_parameters() -> None:
    blocks = skeleton(architecture("vgg16")).blocks
    assert count_parameters(blocks).parameters == 14_714_688
    assert blocks(torch.empty(1, 3, 224, 224, device="meta")).shape == (1, 512, 7, 7)


@pytest.mark.parametrize(
    ("name", "shape"),
    [
        ("resnet50", (1, 2048, 7, 7)),
        ("resnet101", (1, 2048, 7, 7)),
        ("inception_v3", (1, 2048, 5, 5)),
        ("mobilenet_v2", (1, 1280, 7, 7)),
        ("efficientnet_b0", (1, 1280, 7, 7)),
    ],
)
def test_the_last_maps_of_a_224_pixel_image(name: str, shape: tuple[int, ...]) -> None:
    image = torch.empty(1, 3, 224, 224, device="meta")
    assert skeleton(architecture(name)).blocks(image).shape == shape


def test_a_frozen_mobilenet_with_a_new_head_trains_that_head_only() -> None:
    network = skeleton(architecture("mobilenet_v2"))
    head = nn.Sequential(nn.Linear(1280, 256), nn.ReLU(), nn.Dropout(0.5), nn.Linear(256, 5))
    network.replace_head(head).freeze(len(network.blocks))
    count = count_parameters(network)
    assert (count.total, count.trainable) == (2_587_205, 329_221)
    assert count.frozen == count.parameters - count.trainable > 0
