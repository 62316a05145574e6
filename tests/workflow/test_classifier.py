"""The main job in Python: photos in, a classifier out."""

from __future__ import annotations

import pytest

import foveal
from conftest import write_photos
from foveal.data import ImageData
from foveal.errors import DataError, UnknownNameError, UsageError
from foveal.workflow.classifier import Classifier

LITE0 = "efficientnet_lite0"


@pytest.fixture
def trained(photos, shared_graphs):
    classifier = Classifier(LITE0, ImageData.from_folder(photos, val=0.2, test=0.2), views=2)
    classifier.fit_head(epochs=15, lr=3e-3)
    return classifier


def test_photos_that_differ_are_told_apart(trained):
    result = trained.evaluate("test")
    assert result.n == 6
    assert result.accuracy == 1.0
    assert trained.timing.keys() == {"decode_seconds", "encode_seconds", "head_seconds"}


def test_a_saved_classifier_says_what_the_trained_one_says(trained, photos, tmp_path):
    files = sorted(photos.rglob("*.jpg"))[::5]
    trained.save(tmp_path / "model")
    loaded = foveal.load(tmp_path / "model")
    before, after = trained.predict(files), loaded.predict(files)
    assert [item.label for item in before] == [file.parent.name for file in files]
    assert [item.label for item in after] == [item.label for item in before]
    for one, other in zip(before, after, strict=True):
        assert one.probabilities == pytest.approx(other.probabilities, abs=1e-5)


def test_evaluation_and_prediction_give_the_same_probabilities(trained):
    result = trained.evaluate("test")
    photos = [trained.data.root / path for path in result.paths]
    predictions = trained.predict(photos, top_k=1)
    assert [p.probability for p in predictions] == pytest.approx(
        result.probabilities_NK.max(axis=1).tolist(), abs=2e-3
    )


def test_the_weights_in_safetensors_are_the_network_in_the_graph(trained, photos, tmp_path):
    import numpy as np
    import torch
    from safetensors.torch import load_file

    from foveal.models.create import create_model
    from foveal.models.heads import dense_head
    from foveal.runtime.convert import RawPixels

    trained.save(tmp_path / "model")
    loaded = foveal.load(tmp_path / "model")
    network = create_model(LITE0)
    network.replace_head(dense_head(loaded.config.head_widths))
    network.load_state_dict(load_file(tmp_path / "model" / "model.safetensors"))
    preprocess = loaded.config.preprocess
    images = np.stack([preprocess.load(f) for f in sorted(photos.rglob("*.jpg"))[::12]])
    with torch.inference_mode():
        pixels = RawPixels(network.eval(), preprocess.mean, preprocess.std)
        expected = pixels(torch.from_numpy(images)).numpy()
    error = np.abs(loaded.backend.run(images) - expected).max() / np.abs(expected).max()
    assert error < (1e-1 if "bf16" in loaded.backend.name else 1e-4)


def test_weights_that_were_never_trained_are_saved_with_the_model(photos, tmp_path):
    import numpy as np
    import torch

    from foveal.runtime.convert import RawPixels
    from foveal.runtime.network import load_network

    classifier = Classifier("lenet5", ImageData.from_folder(photos), weights="none", views=1)
    classifier.fit_head(epochs=2)
    classifier.save(tmp_path / "model")
    loaded, network = foveal.load(tmp_path / "model"), load_network(tmp_path / "model")
    preprocess = loaded.config.preprocess
    images = np.stack([preprocess.load(file) for file in sorted(photos.rglob("*.jpg"))[::6]])
    with torch.inference_mode():
        pixels = RawPixels(network.eval(), preprocess.mean, preprocess.std)
        expected = pixels(torch.from_numpy(images)).numpy()
    error = np.abs(loaded.backend.run(images) - expected).max() / np.abs(expected).max()
    assert error < (1e-1 if "bf16" in loaded.backend.name else 1e-4)


def test_a_saved_head_knows_what_to_reject_where_there_are_photos_to_learn_it_from(tmp_path):
    from foveal.runtime.model_folder import read_config

    write_photos(tmp_path / "photos", {"stripes": 48, "spots": 48}, seed=3)
    data = ImageData.from_folder(tmp_path / "photos", val=0.25, test=0.0)
    classifier = Classifier("lenet5", data, weights="none", views=2)
    classifier.fit_head(epochs=2)
    classifier.save(tmp_path / "model")
    kept = read_config(tmp_path / "model").rejection
    assert (kept["known"], kept["held_back"], kept["coverage"]) == (72, 24, 0.95)
    held_back = [sample.path for sample in data.subset("validation")]
    found = foveal.load(tmp_path / "model", coverage=0.95).predict(held_back)
    assert sum(prediction.rejected for prediction in found) == 1  # 95 % of 24 are kept


def test_few_validation_photos_teach_no_rejection(trained, tmp_path):
    from foveal.runtime.model_folder import read_config

    trained.save(tmp_path / "model")
    assert read_config(tmp_path / "model").rejection is None


def test_the_same_seed_gives_the_same_bytes(photos, shared_graphs, private_cache, tmp_path):
    import shutil

    def save(name, seed):
        shutil.rmtree(private_cache / "features", ignore_errors=True)
        classifier = Classifier(LITE0, ImageData.from_folder(photos), seed=seed)
        classifier.fit_head(epochs=3)
        classifier.save(tmp_path / name)
        return (tmp_path / name / "model.safetensors").read_bytes()

    first = save("a", 5)
    assert save("b", 5) == first
    assert save("c", 6) != first  # control


def test_the_dense_head_is_saved_and_loaded(photos, shared_graphs, tmp_path):
    classifier = Classifier(LITE0, ImageData.from_folder(photos), views=1)
    classifier.fit_head(head="dense", epochs=3)
    classifier.save(tmp_path / "model")
    loaded = foveal.load(tmp_path / "model")
    assert loaded.config.head_widths == (1280, 256, 3)
    file = next(photos.rglob("*.jpg"))
    assert loaded.predict(file).probabilities == pytest.approx(
        classifier.predict(file).probabilities, abs=1e-5
    )


def test_damaged_photos_leave_the_data_and_training_goes_on(photos, shared_graphs):
    for file in sorted(photos.rglob("*.jpg"))[::9]:
        file.write_bytes(file.read_bytes()[:500])
    classifier = Classifier(LITE0, ImageData.from_folder(photos), views=1)
    classifier.fit_head(epochs=2)
    assert len(classifier.unreadable) == len(classifier.data.rejected) == 4
    assert len(classifier.data.samples) == 32


def test_a_class_without_a_readable_photo_stops_with_its_name(photos, shared_graphs):
    for file in (photos / "spots").iterdir():
        file.write_bytes(file.read_bytes()[:400] + file.name.encode())
    classifier = Classifier(LITE0, ImageData.from_folder(photos), views=1)
    with pytest.raises(DataError, match="class 'spots' has no readable images left"):
        classifier.fit_head()


def test_what_cannot_be_used_says_so(photos):
    data = ImageData.from_folder(photos)
    with pytest.raises(UsageError, match="`data` must be an ImageData"):
        Classifier(LITE0)
    with pytest.raises(UsageError, match="`views` must be at least 1; got 0"):
        Classifier(LITE0, data, views=0)
    with pytest.raises(UnknownNameError, match="did you mean 'medium'"):
        Classifier(LITE0, data, augment="mediun")
    with pytest.raises(UsageError, match="not trained yet; call fit_head"):
        Classifier(LITE0, data).evaluate()
    with pytest.raises(UsageError, match="give `config` or single settings, not both"):
        Classifier(LITE0, data).fit_head(foveal.HeadConfig(), epochs=3)


def test_a_split_that_is_not_there_is_named(photos, shared_graphs):
    classifier = Classifier(LITE0, ImageData.from_folder(photos, test=0.0), views=1)
    classifier.fit_head(epochs=1)
    with pytest.raises(UsageError, match="`split` must be one of train, validation; got 'test'"):
        classifier.evaluate("test")
