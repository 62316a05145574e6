"""Grad-CAM and Grad-CAM++ against maps that were worked out by hand, and against chance."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import nn

from explain.hand_set import hand_set_network
from foveal.errors import UnknownNameError, UsageError
from foveal.explain import grad_cam, grad_cam_plus_plus
from foveal.explain.activations import block_maps, target_block
from foveal.images import load_image
from foveal.models.convnet import ConvNet, GlobalAveragePool
from foveal.models.create import create_model

X = torch.tensor([[[[1.0, 2.0], [3.0, 4.0]]]])


def test_grad_cam_of_the_hand_set_network_is_the_image_itself():
    # d(4 · mean x)/dx = 1 at each of 4 places, so channel 0 has weight 1, channel 1 weight 0.
    assert grad_cam(hand_set_network(), X, [0]).tolist() == [[[1.0, 2.0], [3.0, 4.0]]]


def test_evidence_against_a_class_is_not_shown():
    # Class 1 weighs (x, −x) by (1, 2): x − 2x = −x, below 0 everywhere.
    assert grad_cam(hand_set_network(), X, [1]).tolist() == [[[0.0, 0.0], [0.0, 0.0]]]
    assert grad_cam(hand_set_network(), -X, [1]).tolist() == [[[1.0, 2.0], [3.0, 4.0]]]


def test_grad_cam_plus_plus_of_the_hand_set_network():
    # Gradient 1 and sum of the map 10: α = 1 / (2 + 10), over 4 places 4/12 = 1/3.
    expected = np.array([[[1.0, 2.0], [3.0, 4.0]]]) / 3
    assert grad_cam_plus_plus(hand_set_network(), X, [0]) == pytest.approx(expected)


def test_grad_cam_plus_plus_counts_every_channel_by_its_own_sum():
    # Class 1 on −x: maps (−x, x), gradients (1, 2), sums (−10, 10).
    # α = 1 / (2 − 10) = −1/8 and 4 / (8 + 80) = 1/22; weights 4 · (−1/8) · 1 and 4 · (1/22) · 2.
    weights = (-0.5, 4 / 11)
    expected = np.array([[[1.0, 2.0], [3.0, 4.0]]]) * (weights[1] - weights[0])
    assert grad_cam_plus_plus(hand_set_network(), -X, [1]) == pytest.approx(expected)


def test_each_image_of_a_batch_is_explained_for_its_own_class():
    both = grad_cam(hand_set_network(), torch.cat([X, -X]), [0, 1])
    assert both[0].tolist() == both[1].tolist() == X[0, 0].tolist()


def test_the_network_comes_back_as_it_was():
    network = hand_set_network().train()
    grad_cam(network, X, [0])
    assert network.training
    assert all(parameter.grad is None for parameter in network.parameters())


def test_a_block_that_works_in_place_changes_no_explanation():
    network = hand_set_network()
    relu = ConvNet(
        "in place",
        [("spread", network.blocks.spread), ("relu", nn.ReLU(inplace=True))],
        GlobalAveragePool(),
        network.head,
        image_size=2,
        in_channels=1,
    )
    assert grad_cam(relu, X, [0], "spread").tolist() == [[[1.0, 2.0], [3.0, 4.0]]]


def test_the_target_is_the_last_block_with_places():
    flat = nn.AdaptiveAvgPool2d(1)
    network = hand_set_network()
    blocks = [*network.blocks.named_children(), ("flat", flat)]
    longer = ConvNet("x", blocks, GlobalAveragePool(), network.head, image_size=2, in_channels=1)
    assert target_block(longer, X) == "same"
    with pytest.raises(UsageError, match="no block with maps of more than one place"):
        target_block(longer, X[:, :, :1, :1])


def test_maps_of_any_block_can_be_had():
    assert block_maps(hand_set_network(), X, "spread").tolist() == [
        [X[0, 0].tolist(), (-X)[0, 0].tolist()]
    ]


def test_what_cannot_be_explained_says_so():
    network = hand_set_network()
    with pytest.raises(UnknownNameError, match="unknown block 'spred'; did you mean 'spread'"):
        grad_cam(network, X, [0], "spred")
    with pytest.raises(UsageError, match="`classes` must be from 0 to 1; got 2"):
        grad_cam(network, X, [2])
    with pytest.raises(UsageError, match="one class for each of 1 images; got 2"):
        grad_cam(network, X, [0, 1])


@pytest.fixture(scope="module")
def randomised_maps(tmp_path_factory):
    """Maps by a trained network, by one with a random head, and by a wholly random one."""
    from foveal.data import write_photos
    from foveal.models import architecture

    folder = tmp_path_factory.mktemp("photos") / "photos"
    write_photos(folder)
    preprocess = architecture("efficientnet_lite0").weights.preprocess
    pixels = preprocess.apply(load_image(next(folder.rglob("*flower*.jpg"))))
    x_NCHW = torch.from_numpy(preprocess.normalize(pixels)).permute(2, 0, 1)[None]
    trained = create_model("efficientnet_lite0", pretrained=True).eval()
    with torch.inference_mode():
        answer = [int(trained(x_NCHW).argmax())]
    torch.manual_seed(0)
    random = create_model("efficientnet_lite0").eval()
    other_head = create_model("efficientnet_lite0", pretrained=True).eval()
    other_head.head.load_state_dict(random.head.state_dict())

    def maps(explain):
        return [explain(network, x_NCHW, answer) for network in (trained, other_head, random)]

    return {explain: maps(explain) for explain in (grad_cam, grad_cam_plus_plus)}


def test_grad_cam_depends_on_the_head_and_on_the_blocks(randomised_maps):
    """Adebayo et al., Sanity checks for saliency maps, NeurIPS 2018: randomise, and compare."""
    learned, other_head, random = randomised_maps[grad_cam]
    assert similarity(learned, learned) == pytest.approx(1)  # control
    assert similarity(learned, other_head) < 0.6
    assert similarity(learned, random) < 0.6


def test_grad_cam_plus_plus_depends_on_the_blocks_but_hardly_on_the_head(randomised_maps):
    """Only rising gradients count, so before an average pool it shows where anything answers."""
    learned, other_head, random = randomised_maps[grad_cam_plus_plus]
    assert similarity(learned, random) < 0.6
    assert similarity(learned, other_head) > 0.9


def similarity(one, other):
    if not one.any() or not other.any():
        return 0.0
    return np.corrcoef(one.ravel(), other.ravel())[0, 1]
