"""Every backend gives what PyTorch gives, whatever the batch."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest
import torch
from PIL import Image
from torch import nn

from foveal.errors import ModelError
from foveal.runtime.backends import OpenVinoBackend, TorchBackend, best_precision
from foveal.runtime.convert import RawPixels, to_openvino
from foveal.runtime.cores import usable_cores
from foveal.runtime.graphs import attach_head
from small_model import write_colour_model

SIZE = 24


@pytest.fixture(scope="module")
def module():
    torch.manual_seed(0)
    body = nn.Sequential(
        nn.Conv2d(3, 8, 3, stride=2, padding=1), nn.ReLU(), nn.AdaptiveAvgPool2d(1), nn.Flatten()
    )
    return RawPixels(body, (120.0, 110.0, 100.0), (60.0, 61.0, 62.0)).eval()


@pytest.fixture(scope="module")
def images():
    return np.random.default_rng(0).integers(0, 256, (21, SIZE, SIZE, 3), dtype=np.uint8)


@pytest.fixture(scope="module")
def expected(module, images):
    with torch.inference_mode():
        return module(torch.from_numpy(images)).numpy()


def test_normalisation_is_folded_into_the_graph(module, images):
    scaled = (images.astype(np.float32) - [120, 110, 100]) / [60, 61, 62]
    x_NCHW = torch.from_numpy(scaled.astype(np.float32)).permute(0, 3, 1, 2)
    with torch.inference_mode():
        torch.testing.assert_close(module(torch.from_numpy(images)), module.body(x_NCHW))


@pytest.mark.parametrize("batch", [None, 1, 8])
@pytest.mark.parametrize("throughput", [True, False])
def test_openvino_equals_pytorch_for_any_batch(module, images, expected, batch, throughput):
    graph = to_openvino(module, SIZE)
    backend = OpenVinoBackend(graph, precision="f32", batch=batch, throughput=throughput)
    np.testing.assert_allclose(backend.run(images), expected, rtol=1e-4, atol=1e-5)


def test_the_torch_backend_equals_the_module(module, images, expected):
    np.testing.assert_allclose(TorchBackend(module).run(images), expected, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("make", [lambda m: OpenVinoBackend(to_openvino(m, SIZE)), TorchBackend])
def test_a_stream_gives_every_tag_its_own_output(module, images, expected, make):
    batches = [(start, images[start : start + 5]) for start in range(0, 21, 5)]
    results = dict(make(module).stream(batches))
    assert sorted(results) == [0, 5, 10, 15, 20]
    together = np.concatenate([results[start] for start in sorted(results)])
    np.testing.assert_allclose(together, expected, rtol=2e-2, atol=1e-2)


def test_a_stream_that_is_left_early_and_one_after_it_give_what_they_should(
    module, images, expected
):
    backend = OpenVinoBackend(to_openvino(module, SIZE), precision="f32", throughput=True)
    batches = [(at, images[at : at + 1]) for at in range(21)]
    left = backend.stream(iter(batches))
    next(left)
    left.close()
    results = dict(backend.stream(iter(batches)))
    together = np.concatenate([results[at] for at in range(21)])
    np.testing.assert_allclose(together, expected, rtol=1e-4, atol=1e-5)


def test_a_program_that_ends_after_a_stream_ends_in_peace(tmp_path):
    code = """
import sys
import foveal
classifier = foveal.load(sys.argv[1])
print(len(classifier.predict([sys.argv[2]] * 3)))
"""
    model, photo = write_colour_model(tmp_path / "model"), tmp_path / "photo.png"
    Image.new("RGB", (40, 40), "red").save(photo)
    for _ in range(3):
        words = [sys.executable, "-c", code, str(model), str(photo)]
        ran = subprocess.run(words, capture_output=True, text=True, timeout=60)
        assert (ran.returncode, ran.stdout, ran.stderr) == (0, "3\n", "")


def test_the_place_in_a_batch_does_not_change_a_bit(module, images):
    backend = OpenVinoBackend(to_openvino(module, SIZE), batch=8, throughput=True)
    order = np.random.default_rng(1).permutation(len(images))
    assert backend.run(images)[order].tobytes() == backend.run(images[order]).tobytes()


def test_an_attached_head_is_dense_layers_with_relu_between(module, images, expected):
    chance = np.random.default_rng(2)
    layers = [
        (chance.normal(size=shape).astype(np.float32), chance.normal(size=shape[0]).astype("f4"))
        for shape in ((6, 8), (3, 6))
    ]
    hidden = np.maximum(expected @ layers[0][0].T + layers[0][1], 0)
    graph = attach_head(to_openvino(module, SIZE), layers)
    outputs = OpenVinoBackend(graph, precision="f32").run(images)
    np.testing.assert_allclose(
        outputs, hidden @ layers[1][0].T + layers[1][1], rtol=1e-4, atol=1e-5
    )


def test_a_file_that_is_no_graph_is_named(tmp_path):
    (tmp_path / "model.xml").write_text("<net>")
    with pytest.raises(ModelError, match=r"OpenVINO cannot use .*model\.xml: "):
        OpenVinoBackend(tmp_path / "model.xml")


def test_this_machine_has_a_precision_and_a_core():
    assert best_precision() in ("f32", "bf16")
    assert usable_cores() >= 1


@pytest.mark.parametrize(("told", "share"), [("1", 1), ("2", 2), ("1000", 1000), ("two", 1)])
def test_processes_of_a_launcher_share_the_cores(monkeypatch, told, share):
    monkeypatch.delenv("LOCAL_WORLD_SIZE", raising=False)
    alone = usable_cores()
    monkeypatch.setenv("LOCAL_WORLD_SIZE", told)
    assert usable_cores() == max(1, alone // share)
