"""Models of earlier versions give the answers they gave (A16)."""

from __future__ import annotations

import json

import numpy as np
import pytest
import torch

import foveal
from conftest import REPOSITORY
from foveal.metrics import softmax
from foveal.runtime.export import open_exported
from foveal.runtime.model_folder import find_model, read_config
from foveal.runtime.network import load_network
from foveal.workflow.export import export_model

VERSIONS = sorted(REPOSITORY.glob("tests/fixtures/models/[0-9]*"))


@pytest.fixture(params=VERSIONS, ids=lambda folder: folder.name)
def kept(request):
    return request.param


def remembered(kept):
    """Return the photos of a version, and the probabilities it gave them."""
    said = json.loads((kept / "predictions.json").read_text())
    assert said["classes"] == list(read_config(kept / "model").classes)
    return [kept / name for name in said["photos"]], np.array(list(said["photos"].values()))


def pixels(kept, photos):
    preprocess = read_config(kept / "model").preprocess
    return np.stack([preprocess.load(photo) for photo in photos])


def test_there_is_a_model_of_every_released_version():
    assert VERSIONS
    written = sum(file.stat().st_size for file in VERSIONS[0].rglob("*") if file.is_file())
    assert written < 300_000


def test_the_predictor_gives_the_same_names(kept):
    photos, expected = remembered(kept)
    predictor = foveal.load(kept / "model")
    for photo, row in zip(photos, expected, strict=True):
        found = predictor.predict(photo)
        given = dict(zip(found.labels, found.probabilities, strict=True))
        assert found.label == predictor.classes[row.argmax()]
        # This machine may compute in bfloat16, the figures are those of f32.
        assert [given[name] for name in predictor.classes] == pytest.approx(row, abs=0.03)


def test_the_weights_give_the_same_probabilities(kept):
    photos, expected = remembered(kept)
    preprocess = read_config(find_model(kept / "model")).preprocess
    images = torch.from_numpy(preprocess.normalize(pixels(kept, photos))).permute(0, 3, 1, 2)
    with torch.inference_mode():
        logits = load_network(kept / "model")(images).numpy()
    assert softmax(logits) == pytest.approx(expected, abs=1e-4)


def test_its_onnx_file_gives_the_same_probabilities(kept):
    photos, expected = remembered(kept)
    (file,) = kept.glob("*.onnx")
    opened = open_exported(file, "onnx")
    assert opened.backend.run(pixels(kept, photos)) == pytest.approx(expected, abs=1e-4)
    assert json.loads(opened.metadata["classes"]) == list(read_config(kept / "model").classes)


def test_it_can_be_exported_today(kept, tmp_path):
    photos, _ = remembered(kept)
    found = export_model(kept / "model", "openvino", out=tmp_path / "x", photos=photos)
    assert found.agreement.images == len(photos)


def test_its_photos_are_named_rightly(kept):
    photos, expected = remembered(kept)
    classes = read_config(kept / "model").classes
    assert [classes[row.argmax()] for row in expected] == [photo.parent.name for photo in photos]
