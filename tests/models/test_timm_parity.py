"""Our networks with timm's weights give timm's outputs: names and arithmetic are the same."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import torch

from foveal.models import architecture
from foveal.models.counts import count_parameters
from foveal.models.registry import resolve
from foveal.models.weights import load_strictly
from models.live_counts import skeleton
from models.timm_reference import import_timm, randomised


@pytest.fixture(scope="module", autouse=True)
def one_thread() -> Iterator[None]:
    """Threads that wait for busy cores would only slow these few images down."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


TOLERANCE = 1e-5  # of the largest output
NETWORKS = [
    # ours, timm's, pixels
    ("vgg16", "vgg16", 224),
    ("vgg19", "vgg19", 224),
    ("resnet18", "resnet18", 96),
    ("resnet34", "resnet34", 96),
    ("resnet50", "resnet50", 96),
    ("resnet101", "resnet101", 96),
    ("inception_v3", "inception_v3", 139),
    ("mobilenet_v2", "mobilenetv2_100", 97),
    ("efficientnet_b0", "efficientnet_b0", 97),
    ("efficientnet_b1", "efficientnet_b1", 97),
    ("efficientnet_b2", "efficientnet_b2", 97),
]


@pytest.mark.parametrize(("name", "theirs", "pixels"), NETWORKS)
def test_with_timms_weights_the_output_is_timms(name: str, theirs: str, pixels: int) -> None:
    reference = randomised(theirs)
    row = architecture(name)
    assert sum(p.numel() for p in reference.parameters()) == row.parameters

    network = skeleton(row).to_empty(device="cpu")
    rename = resolve(row.rename_timm or "")
    state = {rename(key, network): value for key, value in reference.state_dict().items()}
    report = load_strictly(network, state, source="timm")
    assert len(report.loaded) == len(network.state_dict()) == len(reference.state_dict())
    assert count_parameters(network).parameters == row.parameters

    torch.manual_seed(1)
    x_NCHW = torch.randn(1 if pixels == 224 else 2, 3, pixels, pixels)
    with torch.inference_mode():
        expected, got = reference(x_NCHW), network(x_NCHW)
    assert expected.std(dim=1).min() > 0.01 * expected.abs().max(), "it must depend on the class"
    assert (expected[0] - expected[-1]).any() or len(expected) == 1, "and on the image"
    error = float((got - expected).abs().max() / expected.abs().max())
    assert error <= TOLERANCE


def test_the_auxiliary_head_of_inception_is_left_out_and_nothing_else() -> None:
    network = skeleton(architecture("inception_v3"))
    rename = resolve("foveal.models.inception:rename_timm_weights")
    assert rename("AuxLogits.conv0.conv.weight", network) is None
    assert rename("Mixed_8a.branch1x1.conv.weight", network) not in (None, *network.state_dict())


@pytest.mark.parametrize(
    "name", [*(f"vgg{layers}{end}" for layers in (11, 13, 16, 19) for end in ("", "_bn")),
             "resnet152"]
)  # fmt: skip
def test_every_name_of_timms_leads_to_one_tensor_of_as_many_numbers(name: str) -> None:
    network = skeleton(architecture(name))
    rename = resolve(architecture(name).rename_timm or "")
    with torch.device("meta"):
        reference = import_timm().create_model(name, pretrained=False)
    sizes = {rename(key, network): value.numel() for key, value in reference.state_dict().items()}
    assert sizes == {key: value.numel() for key, value in network.state_dict().items()}


FOREIGN = (
    "blocks.0.attn.qkv.weight", "cls_token", "layer1.x.conv1.weight", "features.99.weight",
    "_blocks.99._bn0.weight", "Mixed_5b.branchy", "classifier", "stages.0.0.gamma",
)  # fmt: skip


@pytest.mark.parametrize("name", sorted({row[0] for row in NETWORKS} | {"efficientnet_lite0"}))
def test_names_of_another_network_lead_nowhere(name: str) -> None:
    row = architecture(name)
    network = skeleton(row)
    rename = resolve(row.rename_timm or row.weights.rename)
    ours = network.state_dict()
    assert [foreign for foreign in FOREIGN if rename(foreign, network) in ours] == []
