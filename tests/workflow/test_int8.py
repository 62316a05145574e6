"""Networks in 8 bits: exported, and as the frozen blocks of a training."""

from __future__ import annotations

import json
import sys

import numpy as np
import pytest

import foveal
from conftest import write_photos
from foveal.errors import DataError, MissingExtraError, ModelError, UsageError
from foveal.features import FrozenEncoder, choose_backbone
from foveal.features.opening import frozen_graph
from foveal.images import Preprocess
from foveal.metrics import softmax
from foveal.runtime.backends import TorchBackend, openvino
from foveal.runtime.convert import RawPixels
from foveal.runtime.export import open_exported
from foveal.runtime.model_folder import GRAPH, find_model, read_config
from foveal.runtime.network import load_network
from foveal.runtime.quantize import is_quantized, quantize, spread
from foveal.workflow import export_int8
from foveal.workflow.classifier import Classifier
from foveal.workflow.export import export_model
from foveal.workflow.groups import NetworkSettings, TuningSettings
from foveal.workflow.run import train_run
from foveal.workflow.settings import TrainSettings
from small_model import write_colour_model
from tiny_run import write_tiny_run

BACKBONE, SMALL = "simple_resnet", Preprocess.preset("imagenet", 32)

pytest.importorskip("nncf", reason="nncf is not installed")


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    return write_tiny_run(tmp_path_factory.mktemp("tiny"))


def constants(graph):
    ops = (op for op in graph.get_ordered_ops() if op.get_type_name() == "Constant")
    return [op.data for op in ops]


def read(folder):
    return openvino().Core().read_model(folder)


def test_an_export_in_int8_tells_what_it_costs_and_brings(run, tmp_path, capsys):
    found = export_model(run, "openvino", int8=True, out=tmp_path / "x", max_accuracy_drop=100)
    figures = found.int8
    assert (found.precision, figures.calibrated_on, figures.photos) == ("int8", 18, 24)
    assert figures.points_lost == pytest.approx(
        100 * (figures.accuracy_before - figures.accuracy_after)
    )
    assert figures.images_per_second_before > 0
    assert figures.images_per_second_after > 0
    assert is_quantized(read(tmp_path / "x" / "model.xml"))
    assert found.agreement.max_difference > 0  # control: it is not the same network
    opened = open_exported(tmp_path / "x", "openvino")
    assert json.loads(opened.metadata["about"])["precision"] == "int8"
    assert [len(opened.backend.run(np.zeros((n, 32, 32, 3), np.uint8))) for n in (1, 3)] == [1, 3]
    assert "24 validation photos are named rightly (by the model" in found.sentence
    assert json.loads(json.dumps(found.as_dict()))["int8"]["calibrated_on"] == 18
    assert capsys.readouterr().out == ""  # NNCF's own bars and lines are for nobody


def test_an_export_that_loses_accuracy_is_not_left_behind(run, tmp_path, monkeypatch):
    def spoilt(graph, images, progress):
        """Quantise, and turn the answers round."""
        small = quantize(graph, images, progress)
        ops = openvino().opset13
        logits = small.output(0).get_node().input_value(0)
        turned = ops.multiply(logits, ops.constant(np.float32(-1)))
        return openvino().Model([ops.result(turned)], small.get_parameters(), "spoilt")

    folder = find_model(run)
    predictor = foveal.load(run)
    photos = sorted((run.parent.parent / "photos").rglob("*.jpg"))
    names = [predictor.predict(photo).label for photo in photos]
    rows = [f"{p.parent.name}/{p.name},{n},validation" for p, n in zip(photos, names, strict=True)]
    table = (run / "split.csv").read_text()
    try:  # every photo is labelled as the model names it: the model is right, its reverse is not
        rows[0] = rows[0].replace("validation", "train")
        (run / "split.csv").write_text("\n".join(["path,class,split", *rows]) + "\n")
        monkeypatch.setattr(export_int8, "quantize", spoilt)
        (tmp_path / "out").mkdir()
        with pytest.raises(
            ModelError, match=r"int8 would lose .* points .* allows 1\. Nothing was"
        ):
            export_model(run, "openvino", int8=True, out=tmp_path / "out" / "x")
    finally:
        (run / "split.csv").write_text(table)
    assert list((tmp_path / "out").iterdir()) == []
    assert not is_quantized(read(folder / GRAPH))


def test_the_same_images_give_the_same_numbers(run):
    images = list(np.random.default_rng(0).integers(0, 256, (12, 32, 32, 3), dtype=np.uint8))
    graph = read(find_model(run) / GRAPH)
    first, second, other = (quantize(graph, part) for part in (images, images, images[:3]))
    pairs = zip(constants(first), constants(second), strict=True)
    assert all(np.array_equal(a, b) for a, b in pairs)
    others = zip(constants(first), constants(other), strict=True)
    assert not all(np.array_equal(a, b) for a, b in others)  # control
    assert not is_quantized(graph)
    with pytest.raises(ModelError, match=r"computes in int8 already; leave int8 out"):
        quantize(first, images)
    with pytest.raises(ModelError, match=r"needs images to measure its steps on; got none"):
        quantize(graph, [])


def test_a_few_are_taken_evenly():
    assert spread(list(range(10)), 3) == [0, 3, 6]
    assert spread([1, 2], 3) == [1, 2]


def test_a_model_folder_alone_cannot_be_calibrated(tmp_path):
    model = write_colour_model(tmp_path / "m")
    with pytest.raises(DataError, match=r"does not name its training photos, and int8 is calibr"):
        export_model(model, "openvino", int8=True, out=tmp_path / "x")


def test_without_nncf_the_extra_is_named(run, tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "nncf", None)
    with pytest.raises(MissingExtraError, match=r"computing in int8 .*'foveal\[int8\]'"):
        export_model(run, "openvino", int8=True, out=tmp_path / "x")


def test_frozen_blocks_in_int8_have_features_of_their_own(photos):
    data = foveal.ImageData.from_folder(photos)
    samples = data.subset("train")
    made = [
        choose_backbone(BACKBONE, SMALL, weights="none", calibration=part)
        for part in ((), samples, samples, samples[1:])
    ]
    plain, first, same, other = made
    assert (first.precision, first.device, first.calibration) == ("int8", "cpu", tuple(samples))
    assert first.fingerprint == same.fingerprint
    assert len({plain.fingerprint, first.fingerprint, other.fingerprint}) == 3
    assert is_quantized(frozen_graph(first))
    features = FrozenEncoder(first).encode(samples).features_NVD
    floats = FrozenEncoder(plain).encode(samples).features_NVD
    assert features.shape == floats.shape
    difference = np.abs(features - floats).mean() / np.abs(floats).mean()
    assert 0 < difference < 0.2


def test_int8_runs_on_the_cpu(photos, monkeypatch):
    import torch

    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    samples = foveal.ImageData.from_folder(photos).subset("train")
    with pytest.raises(UsageError, match=r"int8 runs on the CPU; `device` is 'cuda'"):
        choose_backbone(BACKBONE, SMALL, weights="none", calibration=samples, device="cuda")
    assert choose_backbone(BACKBONE, SMALL, weights="none", calibration=samples).device == "cpu"


def trained(home, **settings):
    """Train on frozen blocks in int8; return the run."""
    photos = write_photos(home / "photos", dict.fromkeys(("plain", "spots", "stripes"), 8))
    common = {"backbone": BACKBONE, "weights": "none", "image_size": 32, "views": 1, "epochs": 1}
    network = NetworkSettings(precision="int8")
    settings = TrainSettings(folder=photos, out=home / "runs", network=network, **common | settings)
    return train_run(settings)


@pytest.fixture(scope="module")
def head_run(tmp_path_factory):
    return trained(tmp_path_factory.mktemp("int8"))


def require_one_model(run):
    """Compare what was measured while training with what the saved model says."""
    assert is_quantized(read(run.folder / "model" / GRAPH))
    predictor, evaluation = foveal.load(run.folder), run.evaluations["validation"]
    root = run.classifier.data.root
    rows = []
    for path, measured in zip(evaluation.paths, evaluation.probabilities_NK, strict=True):
        found = predictor.predict(root / path, top_k=3)
        given = dict(zip(found.labels, found.probabilities, strict=True))
        rows.append([given[name] for name in predictor.classes])
        assert rows[-1] == pytest.approx(measured, abs=0.01)
    floats = RawPixels(
        load_network(run.folder), predictor.config.preprocess.mean, predictor.config.preprocess.std
    )
    images = np.stack([predictor.config.preprocess.load(root / p) for p in evaluation.paths])
    unrounded = softmax(TorchBackend(floats).run(images))
    assert np.abs(unrounded - np.array(rows)).max() > 1e-4  # control: rounding changes something


def test_the_saved_model_is_the_one_that_was_measured(head_run):
    require_one_model(head_run)
    config = read_config(head_run.folder / "model")
    told = json.loads((head_run.folder / "config.json").read_text())
    assert config.provenance["precision"] == told["precision"] == "int8"
    assert told["settings"]["precision"] == "int8"
    photos = len(head_run.classifier.data.subset("train"))
    assert config.provenance["calibration_photos"] == photos
    assert "int8" in (head_run.folder / "report.html").read_text()


def test_fine_tuned_blocks_follow_frozen_ones_in_int8(tmp_path):
    require_one_model(trained(tmp_path, fine_tune=True, tuning=TuningSettings(unfreeze=1)))


def test_a_float_format_of_an_int8_model_is_refused_with_the_reason(head_run, tmp_path):
    with pytest.raises(ModelError, match=r"`tolerance` allows .* int8, which only openvino"):
        export_model(head_run.folder, "torch", out=tmp_path / "x.pt2", tolerance=1e-5)
    found = export_model(head_run.folder, "openvino", out=tmp_path / "x")
    assert found.precision == "int8"
    assert found.agreement.max_difference < 1e-5
    with pytest.raises(ModelError, match=r"the network computes in int8 already"):
        export_model(head_run.folder, "openvino", int8=True, out=tmp_path / "y")


@pytest.mark.parametrize(
    "settings",
    [{"from_scratch": "lenet5"}, {"fine_tune": True, "unfreeze": "all"}],
    ids=["scratch", "all"],
)
def test_int8_is_for_frozen_blocks(photos, settings):
    tuning = TuningSettings(unfreeze=settings.pop("unfreeze", None))
    with pytest.raises(UsageError, match=r"`precision` int8 is for frozen blocks"):
        TrainSettings(
            folder=photos, network=NetworkSettings(precision="int8"), tuning=tuning, **settings
        )


def test_the_classifier_takes_int8_in_python(photos):
    data = foveal.ImageData.from_folder(photos)
    with pytest.raises(UsageError, match=r"`precision` must be .*auto.*int8; got 'int4'"):
        Classifier(BACKBONE, data, weights="none", precision="int4")
