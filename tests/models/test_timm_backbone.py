"""Networks of timm as blocks, pool and head: nothing of what they compute may change."""

from __future__ import annotations

import importlib
import importlib.util
import json
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import safetensors.torch
import torch
from torch import nn

from foveal.errors import MissingExtraError, ModelError, UnknownNameError, UsageError
from foveal.models import architecture, create_model, is_network
from foveal.models.hub import HubWeights
from foveal.models.summary import summary
from foveal.models.timm_backbone import TimmNet, rename_weights, timm_row
from foveal.models.weights import load_strictly
from foveal.runtime.convert import RawPixels, to_openvino
from foveal.workflow.describe import describe
from models.hub_server import Hub, serving
from models.timm_reference import import_timm, randomised

SPLIT = {
    # name: blocks
    "resnet18": 9,
    "mobilenetv3_small_100": 13,
    "convnext_atto": 16,
    "regnetx_002": 14,
    "efficientnet_b0": 18,
    "densenet121": 8,
    "resnetv2_18": 9,  # its head is a convolution
}
WHOLE = ["hrnet_w18_small", "selecsls42", "repvit_m1"]


@pytest.fixture(autouse=True)
def timm_and_one_thread() -> Iterator[None]:
    import_timm()
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


def with_weights_of(reference: nn.Module, name: str) -> TimmNet:
    network = create_model(f"timm:{name}")
    assert isinstance(network, TimmNet)
    state = {rename_weights(key, network): value for key, value in reference.state_dict().items()}
    assert set(state) == set(network.state_dict())
    load_strictly(network, state, source="timm")
    return network


@pytest.mark.parametrize("name", [*SPLIT, *WHOLE])
def test_it_computes_what_timms_network_does(name: str) -> None:
    reference = randomised(name)
    network = with_weights_of(reference, name)
    x_NCHW = torch.randn(2, 3, 64, 64, generator=torch.Generator().manual_seed(1))
    with torch.inference_mode():
        expected, got = reference(x_NCHW), network(x_NCHW)
        features = network.features(x_NCHW)
    assert expected.std() > 0
    torch.testing.assert_close(got, expected, rtol=0, atol=1e-5 * float(expected.abs().max()))
    row = architecture(f"timm:{name}")
    assert features.shape == (2, row.feature_width)
    assert sum(p.numel() for p in reference.parameters()) == row.parameters
    assert sum(p.numel() for p in network.parameters()) == row.parameters


@pytest.mark.parametrize(("name", "blocks"), SPLIT.items())
def test_it_is_split_and_the_parts_are_the_whole(name: str, blocks: int) -> None:
    network = create_model(f"timm:{name}", num_classes=5)
    assert len(network.blocks) == blocks
    assert network.notes == (f"timm's network is split into {blocks} blocks.",)
    assert network.num_classes == 5
    x_NCHW = torch.randn(1, 3, 64, 64)
    with torch.inference_mode():
        whole = network(x_NCHW)
        for count in (1, blocks // 2, blocks):
            prefix, suffix = network.split(count)
            assert torch.equal(suffix(prefix(x_NCHW)), whole)


@pytest.mark.parametrize("name", WHOLE)
def test_what_cannot_be_split_stays_whole_and_says_why(name: str) -> None:
    network = create_model(f"timm:{name}")
    assert network.block_names == ("features",)
    assert network.notes[0].startswith("timm's network stays whole, one block")
    assert network.notes[0].endswith(("part before it gives.", "no chain of layers."))


@pytest.mark.parametrize("name", ["resnet18", "convnext_atto", "hrnet_w18_small"])
def test_the_summary_counts_what_the_row_does_and_says_whether_it_is_split(name: str) -> None:
    row, facts = architecture(f"timm:{name}"), describe(f"timm:{name}")
    assert (facts.parameters, facts.macs) == (row.parameters, row.macs)
    assert sum(layer.parameters for layer in facts.layers()) == row.parameters
    assert facts.notes[0].startswith("timm's network ")
    assert facts.image_size == 224


def test_frozen_blocks_of_timm_take_no_gradient_and_the_rest_do() -> None:
    network = create_model("timm:resnet18", num_classes=3).freeze(4).train()
    network(torch.randn(2, 3, 64, 64)).square().sum().backward()
    trainable = [name for name, value in network.named_parameters() if value.grad is not None]
    assert trainable
    assert not [name for name in trainable if name.startswith("blocks.layer1_")]
    facts = summary(network)
    frozen = list(network.blocks)[:4]
    assert facts.frozen == sum(p.numel() for block in frozen for p in block.parameters())


def test_other_channels_and_a_named_initialisation_are_taken() -> None:
    network = create_model("timm:resnet18", in_channels=1, initialisation="glorot_uniform")
    with torch.inference_mode():
        assert network(torch.randn(1, 1, 64, 64)).shape == (1, 1000)
    with pytest.raises(ModelError, match="got LayerNorm2d, whose weights no initialisation covers"):
        create_model("timm:convnext_atto", initialisation="he_normal")


def test_openvino_gives_the_same_features() -> None:
    openvino = pytest.importorskip("openvino")
    network = with_weights_of(randomised("mobilenetv3_small_100"), "mobilenetv3_small_100")
    prefix, _ = network.split(len(network.blocks))
    pixels = RawPixels(prefix, (127.0,) * 3, (128.0,) * 3).eval()
    images_NHWC = np.random.default_rng(0).integers(0, 256, (2, 64, 64, 3), dtype=np.uint8)
    with torch.inference_mode():
        expected = pixels(torch.from_numpy(images_NHWC)).numpy()
    graph = to_openvino(pixels, 64, 3)
    compiled = openvino.Core().compile_model(graph, "CPU", {"INFERENCE_PRECISION_HINT": "f32"})
    assert np.abs(compiled(images_NHWC)[0] - expected).max() <= 1e-4 * np.abs(expected).max()


def test_the_preprocessing_is_the_one_that_timm_states() -> None:
    weights = architecture("timm:resnet18.tv_in1k").weights
    assert isinstance(weights, HubWeights)
    assert weights.repo == "timm/resnet18.tv_in1k"
    preprocess = weights.preprocess
    assert (preprocess.image_size, preprocess.crop_fraction) == (224, 0.875)
    assert preprocess.interpolation == "bilinear"
    assert preprocess.mean == pytest.approx((123.675, 116.28, 103.53))
    assert (weights.top1, weights.licence) == (None, "bsd-3-clause")


def test_trained_weights_come_from_timms_repository(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("HF_TOKEN", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy", "https_proxy"):
        monkeypatch.delenv(name, raising=False)
    reference = randomised("mobilenetv3_small_050")
    content = safetensors.torch.save(reference.state_dict())
    row = architecture("timm:mobilenetv3_small_050")
    assert isinstance(row.weights, HubWeights)
    path = f"/{row.weights.repo}/resolve/main/model.safetensors"
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path))
    with pytest.raises(ModelError, match=r"not on this machine; download them once with: foveal"):
        row.trained()
    with serving(Hub(content, name=path)) as hub:
        monkeypatch.setattr("huggingface_hub.constants.ENDPOINT", hub.address)
        template = "{endpoint}/{repo_id}/resolve/{revision}/{filename}"
        monkeypatch.setattr(
            "huggingface_hub.constants.HUGGINGFACE_CO_URL_TEMPLATE",
            template.replace("{endpoint}", hub.address),
        )
        network = create_model("timm:mobilenetv3_small_050", pretrained=True)
        other = create_model("timm:mobilenetv3_small_050", num_classes=4, pretrained=True)
    _, file = row.trained()
    assert file.read_bytes() == content
    x_NCHW = torch.randn(1, 3, 64, 64)
    with torch.inference_mode():
        torch.testing.assert_close(network(x_NCHW), reference(x_NCHW))
        assert torch.equal(other.features(x_NCHW), network.features(x_NCHW))


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("vit_tiny_patch16_224", "'timm:vit_tiny_patch16_224' has attention .*; Foveal takes only"),
        ("swin_tiny_patch4_window7_224", "has attention .* only convolutional classifiers from"),
        ("mixer_s32_224", r"does not pass on maps \(N, C, H, W\); Foveal takes only"),
        ("mobilenetv5_300m_enc", "Foveal takes only convolutional classifiers from timm, such"),
    ],
)
def test_what_is_not_convolutional_is_refused(name: str, message: str) -> None:
    with pytest.raises(UsageError, match=message):
        architecture(f"timm:{name}")


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("resnet181", "unknown network of timm 'resnet181'; did you mean 'resnet18'"),
        ("resnet18.a9_in1k", "unknown trained weights of timm 'resnet18.a9_in1k'; did you mean"),
        ("hf-hub:some/one", r"unknown network of timm 'hf-hub:some/one'; .*list_models\(\)"),
        ("", r"unknown network of timm ''; timm\.list_models\(\) lists what there is"),
    ],
)
def test_an_unknown_name_is_answered_with_a_near_one(name: str, message: str) -> None:
    with pytest.raises(UsageError, match=message):
        create_model(f"timm:{name}")
    assert issubclass(UnknownNameError, UsageError)


def test_the_row_is_json_where_programs_read_it() -> None:
    facts = json.dumps(describe("timm:resnet18").as_dict())
    assert json.loads(facts)["name"] == "timm:resnet18"
    assert is_network("timm:resnet18")


def test_without_timm_the_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    with pytest.raises(MissingExtraError, match=r"pip install 'foveal\[timm\]'"):
        architecture("timm:resnet10t")


def test_a_torchvision_that_does_not_import_is_told_in_one_sentence(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def broken(name: str) -> None:
        raise RuntimeError("operator torchvision::nms does not exist\nand a trace")

    monkeypatch.setattr(importlib, "import_module", broken)
    message = r"timm cannot be imported \(operator torchvision::nms does not exist\); it needs a"
    with pytest.raises(ModelError, match=message) as caught:
        timm_row("timm:resnet10t")
    assert "\n" not in str(caught.value)
