"""A backbone cut after some blocks gives the maps that PyTorch gives, and remembers them."""

from __future__ import annotations

import math
import tracemalloc

import numpy as np
import pytest
import safetensors.torch
import torch

from foveal.data import ImageData
from foveal.errors import ModelError, UsageError
from foveal.features import FrozenEncoder, Views, cache_bytes, choose_backbone
from foveal.features.encoder import as_kept, row_shape
from foveal.features.network import load_network
from foveal.images import Augment, Preprocess
from foveal.runtime.convert import RawPixels

LITE0 = "efficientnet_lite0"
SMALL = Preprocess.preset("imagenet", image_size=64)
VIEWS = Views(2, Augment.preset("medium"), seed=3)


@pytest.fixture
def samples(photos):
    return ImageData.from_folder(photos).samples


def cut(blocks=3, **settings):
    return choose_backbone(
        "resnet18", SMALL, device="cpu", blocks=blocks, weights="none", **settings
    )


def torch_rows(backbone, samples):
    """What the PyTorch network gives at the cut, float32 (n, H, W, C)."""
    network = load_network(backbone)
    prefix, _ = network.split(backbone.blocks)
    pixels = RawPixels(prefix, backbone.preprocess.mean, backbone.preprocess.std)
    images = np.stack([backbone.preprocess.load(sample.path) for sample in samples])
    with torch.inference_mode():
        return pixels(torch.from_numpy(images)).permute(0, 2, 3, 1).numpy()


@pytest.mark.usefixtures("shared_graphs")
@pytest.mark.parametrize("blocks", [1, 3, 8])
def test_a_cut_encoder_equals_the_pytorch_prefix(samples, blocks):
    backbone = cut(blocks)
    encoded = FrozenEncoder(backbone).encode(samples[:5])
    expected = torch_rows(backbone, samples[:5])
    assert encoded.features_NVD.dtype == np.float16
    assert encoded.features_NVD.shape == (5, 1, *expected.shape[1:])
    error = np.abs(encoded.features_NVD[:, 0] - expected).max() / np.abs(expected).max()
    assert error < (5e-2 if backbone.precision == "bf16" else 1e-3)


@pytest.mark.usefixtures("shared_graphs")
def test_maps_are_found_again_bit_for_bit_and_float32_is_kept_apart(samples):
    first = FrozenEncoder(cut()).encode(samples, VIEWS)
    second = FrozenEncoder(cut()).encode(samples, VIEWS)
    exact = FrozenEncoder(cut(), dtype="float32").encode(samples, VIEWS)
    assert (first.computed, second.computed, exact.computed) == (72, 0, 72)
    assert first.features_NVD.tobytes() == second.features_NVD.tobytes()
    assert exact.features_NVD.astype(np.float16).tobytes() == first.features_NVD.tobytes()


@pytest.mark.usefixtures("shared_graphs")
def test_damaged_maps_are_computed_again_with_the_same_bits_and_said(samples, private_cache):
    first = FrozenEncoder(cut()).encode(samples)
    for shard in private_cache.rglob("*.shard"):
        data = bytearray(shard.read_bytes())
        data[-5] ^= 4
        shard.write_bytes(data)
    heard = []
    again = FrozenEncoder(cut(), heard.append).encode(samples)
    assert again.computed == 36
    assert again.features_NVD.tobytes() == first.features_NVD.tobytes()
    assert "A damaged cache file was dropped" in heard[0]


@pytest.mark.usefixtures("shared_graphs")
def test_shards_are_as_large_as_their_bytes_allow(samples, private_cache, monkeypatch):
    row = 2 * math.prod(row_shape(cut()))
    monkeypatch.setattr("foveal.features.encoder._SHARD_BYTES", 8 * row)
    FrozenEncoder(cut()).encode(samples)
    sizes = [shard.stat().st_size for shard in private_cache.rglob("*.shard")]
    assert len(sizes) >= 36 / 16
    assert max(sizes) < 16 * row + 1000


@pytest.mark.usefixtures("shared_graphs")
def test_encoding_holds_one_copy_of_what_it_gives(samples, monkeypatch):
    monkeypatch.setattr("foveal.features.encoder._SHARD_BYTES", 1 << 18)
    encoder = FrozenEncoder(cut(1))
    encoder.encode(samples[:2])
    damaged = samples[5].path
    damaged.write_bytes(damaged.read_bytes()[:400])
    tracemalloc.start()
    encoded = encoder.encode(samples, Views(8, Augment.preset("medium")))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert len(encoded.kept) == 35
    assert peak < 1.6 * cache_bytes(encoder.backbone, 36, 8)


@pytest.mark.usefixtures("shared_graphs")
def test_the_size_of_the_cache_is_known_before(samples):
    for backbone in (cut(), choose_backbone(LITE0, device="cpu")):
        encoded = FrozenEncoder(backbone).encode(samples[:3], VIEWS)
        assert cache_bytes(backbone, 3, 2) == encoded.features_NVD.nbytes


def test_the_maps_of_the_last_five_of_sixteen_blocks_of_lite0_take_44_kilobytes_a_view():
    backbone = choose_backbone(LITE0, device="cpu", blocks=12)
    assert row_shape(backbone) == (14, 14, 112)
    assert cache_bytes(backbone, 3000, 4) == 3000 * 4 * 14 * 14 * 112 * 2


@pytest.mark.usefixtures("shared_graphs")
def test_shares_computed_apart_are_all_found_together(samples):
    alone = FrozenEncoder(cut(), dtype="float32").encode(samples, VIEWS)
    for rank in (0, 1, 2):
        part = FrozenEncoder(cut()).encode(samples, VIEWS, share=(rank, 3))
        assert part.computed == 24
        assert part.kept.tolist() == list(range(rank, 36, 3))
    together = FrozenEncoder(cut()).encode(samples, VIEWS)
    assert together.computed == 0
    assert together.features_NVD.tobytes() == alone.features_NVD.astype(np.float16).tobytes()


@pytest.mark.usefixtures("shared_graphs")
def test_a_share_names_its_unreadable_photos_by_their_place_among_all(samples):
    damaged = samples[5].path
    damaged.write_bytes(damaged.read_bytes()[:400])
    part = FrozenEncoder(cut()).encode(samples, share=(1, 4))
    assert part.kept.tolist() == [1, *range(9, 36, 4)]
    assert [rejection.path for rejection in part.rejected] == [damaged]
    alone = FrozenEncoder(cut()).encode([samples[index] for index in part.kept])
    assert alone.features_NVD.tobytes() == part.features_NVD.tobytes()


def test_a_share_that_does_not_exist_is_refused(samples):
    with pytest.raises(UsageError, match=r"`share` must be \(rank, ranks\).*got \(2, 2\)"):
        FrozenEncoder(cut()).encode(samples, share=(2, 2))


def test_values_too_large_for_float16_are_refused():
    with pytest.raises(ModelError, match=r"values up to 1e\+05; float16 holds 65504 at most"):
        as_kept(np.array([[1.0, 1e5]], np.float32), "float16")


def test_the_whole_network_keeps_its_fingerprint_and_each_cut_has_its_own():
    whole = choose_backbone(LITE0, device="cpu")
    assert choose_backbone(LITE0, device="cpu", blocks=18) == whole
    cuts = [choose_backbone(LITE0, device="cpu", blocks=blocks) for blocks in (11, 12)]
    assert len({whole.fingerprint, *(one.fingerprint for one in cuts)}) == 3


def test_random_weights_are_a_function_of_their_seed():
    first, again, other = (load_network(cut(seed=seed)) for seed in (0, 0, 1))
    key = "blocks.stage1_1.layers.conv1.conv.weight"
    assert torch.equal(first.state_dict()[key], again.state_dict()[key])
    assert not torch.equal(first.state_dict()[key], other.state_dict()[key])
    assert cut(seed=0).fingerprint != cut(seed=1).fingerprint


def test_weights_from_a_file_are_loaded_whatever_head_it_carries(tmp_path):
    network = load_network(cut(seed=7), num_classes=3)
    file = tmp_path / "mine.safetensors"
    safetensors.torch.save_file(network.state_dict(), file)
    backbone = choose_backbone("resnet18", SMALL, device="cpu", weights=file)
    loaded = load_network(backbone, num_classes=5)
    for name, value in network.blocks.state_dict().items():
        assert torch.equal(loaded.blocks.state_dict()[name], value)
    assert loaded.num_classes == 5


def test_a_file_of_another_network_is_refused(tmp_path):
    file = tmp_path / "other.safetensors"
    safetensors.torch.save_file({"blocks.stem.conv.weight": torch.zeros(3)}, file)
    backbone = choose_backbone("resnet18", SMALL, device="cpu", weights=file)
    with pytest.raises(ModelError, match=r"other\.safetensors does not fit 'resnet18'"):
        load_network(backbone)


def test_weights_that_are_no_file_are_refused():
    with pytest.raises(ModelError, match="'default', 'hub', 'none' or a file; 'gone' is no file"):
        choose_backbone("resnet18", weights="gone")


def test_the_hub_is_not_asked_for_weights_that_a_package_brings():
    with pytest.raises(UsageError, match="installed with a package; use 'default'"):
        choose_backbone(LITE0, weights="hub")


def test_a_file_without_known_preprocessing_needs_one(tmp_path):
    file = tmp_path / "mine.safetensors"
    safetensors.torch.save_file({"x": torch.zeros(1)}, file)
    with pytest.raises(UsageError, match="`preprocess` must be given: nothing says"):
        choose_backbone("simple_resnet", weights=file)


@pytest.mark.parametrize("blocks", [0, 10, -1])
def test_a_cut_outside_the_network_is_refused(blocks):
    with pytest.raises(UsageError, match=f"`blocks` must be 1 to 9.*got {blocks}"):
        cut(blocks)
