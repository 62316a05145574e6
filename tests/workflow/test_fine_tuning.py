"""Fine-tuning from Python: every source of activations, what is frozen, what is said."""

from __future__ import annotations

import numpy as np
import pytest

import foveal
from conftest import write_photos
from foveal.errors import UnknownNameError, UsageError
from foveal.training import EarlyStopping
from foveal.training.record import EpochRecord
from foveal.workflow.classifier import Classifier
from foveal.workflow.listener import Listener
from foveal.workflow.tuning import Tuning, setback_of, tuning_config, tuning_seconds

MODE = {"precision": "f32", "channels_last": "on"}  # nothing to measure


class Heard(Listener):
    """Remembers what it is told."""

    def __init__(self):
        self.plans, self.warnings, self.notes, self.phases = [], [], [], []

    def plan(self, rows):
        self.plans.append(dict(rows))

    def warn(self, sentence):
        self.warnings.append(sentence)

    def note(self, sentence):
        self.notes.append(sentence)

    def epoch(self, record):
        self.phases.append(record.phase)


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    folder = tmp_path_factory.mktemp("tuning") / "photos"
    write_photos(folder, {"stripes": 14, "spots": 14, "plain": 14}, seed=5)
    return foveal.ImageData.from_folder(folder, val=0.2, test=0.2)


@pytest.fixture
def heard(private_cache):
    return Heard()


def classifier(data, heard):
    made = Classifier("lenet5", data, weights="none", views=2, listener=heard)
    made.fit_head(epochs=3, lr=1e-2)
    return made


@pytest.mark.parametrize(
    ("settings", "source", "said"),
    [
        ({"unfreeze": 2}, "cached", "2 views of each photo are kept"),
        ({"unfreeze": 2, "cache_gb": 0}, "streamed", "computed anew in each epoch"),
        ({"unfreeze": 2, "policy": "randaugment"}, "streamed", "a policy changes the photos"),
        ({"unfreeze": "all"}, "pixels", "no block is frozen"),
        ({"unfreeze": "all", "policy": "trivialaugment", "mixup": 0.2}, "pixels", "no block"),
        ({"unfreeze_layers": 1}, "cached", "views of each photo are kept"),
    ],
)
def test_every_source_trains_and_the_plan_says_which(data, heard, settings, source, said):
    made = classifier(data, heard)
    fitted = made.fine_tune(epochs=2, batch=8, **settings, **MODE)
    assert made.facts["activations"] == source
    assert said in heard.plans[0]["activations"]
    assert "about" in heard.plans[0]["time"]
    assert heard.phases == ["head"] * heard.phases.count("head") + ["fine-tune"] * 2
    assert any(
        f"Kept the weights of epoch {fitted.weights_of_epoch} of 2" in n for n in heard.notes
    )
    assert 0 <= made.evaluate("test").accuracy <= 1
    assert len(made.model.history) == len(heard.phases)


def test_what_is_frozen_stays_and_what_is_not_moves(data, heard):
    import torch

    from foveal.features.network import load_network

    made = classifier(data, heard)
    before = load_network(made.encoder.backbone).state_dict()
    made.fine_tune(epochs=1, batch=8, unfreeze=2, lr_mult=1.0, **MODE)
    after = made.model.network.state_dict()
    same = {n: torch.equal(v, after[n]) for n, v in before.items() if n.startswith("blocks.")}
    assert {name.split(".")[1] for name, equal in same.items() if equal} == {"c1"}
    assert {name.split(".")[1] for name, equal in same.items() if not equal} == {"c3"}


def test_a_fine_tuned_classifier_is_saved_and_predicts_what_it_said(data, heard, tmp_path):
    made = classifier(data, heard)
    made.fine_tune(epochs=1, batch=8, unfreeze=2, **MODE)
    made.save(tmp_path / "model")
    loaded = foveal.load(tmp_path / "model")
    files = [sample.path for sample in data.subset("test")]
    told = [prediction.probability for prediction in loaded.predict(files, top_k=1)]
    result = made.evaluate("test")
    assert told == pytest.approx(result.probabilities_NK.max(axis=1).tolist(), abs=2e-2)
    from foveal.runtime.network import load_network

    network = load_network(tmp_path / "model")
    assert (network.name, network.num_classes) == ("lenet5", 3)


def test_the_same_seed_gives_the_same_weights_from_cache_and_from_anew(data, heard):
    def weights(seed):
        made = Classifier("lenet5", data, weights="none", views=2, seed=seed)
        made.fit_head(epochs=2)
        made.fine_tune(epochs=2, batch=8, unfreeze=2, **MODE)
        return np.concatenate([p.detach().numpy().ravel() for p in made.model.network.parameters()])

    first = weights(0)
    assert np.array_equal(first, weights(0))
    assert not np.array_equal(first, weights(1))  # control


def test_an_unusual_learning_rate_of_the_blocks_is_warned_of(data, heard):
    made = classifier(data, heard)
    made.fine_tune(epochs=1, batch=8, unfreeze=1, lr_mult=0.5, **MODE)
    assert any(
        "outside the usual 0.01 to 0.2: trained blocks are easily spoilt" in w
        for w in heard.warnings
    )


def test_callbacks_hear_of_epochs_and_may_stop(data, heard):
    made = classifier(data, heard)
    stop = EarlyStopping(monitor="validation_loss", patience=1, min_delta=100.0)
    fitted = made.fine_tune(epochs=30, batch=8, unfreeze=1, callbacks=[stop], **MODE)
    assert len(fitted.history) < 30


def test_settings_that_cannot_be_used_say_so(data, heard):
    with pytest.raises(UsageError, match="`unfreeze` and `unfreeze_layers` say the same"):
        Tuning(unfreeze=1, unfreeze_layers=2)
    with pytest.raises(UsageError, match=r"`lr_mult` must be above 0; got 0"):
        Tuning(lr_mult=0)
    with pytest.raises(UsageError, match=r"`cache_gb` must be 0 or more; got -1"):
        Tuning(cache_gb=-1)
    with pytest.raises(UnknownNameError, match="unknown augmentation policy 'auto'"):
        Tuning(policy="auto")
    made = classifier(data, heard)
    with pytest.raises(UsageError, match=r"`unfreeze` must be 0 to 4.*got 99"):
        made.fine_tune(unfreeze=99)
    with pytest.raises(UsageError, match="give `config` or single settings, not both"):
        made.fine_tune(tuning_config(0), epochs=2)


def test_the_learning_rate_suits_the_optimiser():
    rates = {name: tuning_config(0, optimizer=name).base_lr for name in ("adamw", "adam", "sgd")}
    assert rates == {"adamw": 1.5e-3, "adam": 1e-3, "sgd": 0.05}
    assert tuning_config(0, optimizer="sgd", lr=0.3).base_lr == 0.3


def test_the_guess_at_the_cost_grows_with_the_photos():
    few, many = ({"train": n, "validation": n // 5} for n in (100, 1000))
    assert tuning_seconds(many, 50.0) == pytest.approx(10 * tuning_seconds(few, 50.0))
    assert tuning_seconds(few, 100.0) == pytest.approx(tuning_seconds(few, 50.0) / 2)


def test_the_time_left_ends_at_the_time_limit(data, heard):
    made = classifier(data, heard)
    steps = []
    heard.step = steps.append
    made.fine_tune(epochs=100_000, batch=8, unfreeze=1, time_limit=1.0, **MODE)
    assert len(steps) > 1
    assert (steps[0].images_per_second, steps[0].seconds_left) == (None, None)
    assert all(step.seconds_left < 1.0 for step in steps[1:])


def test_a_setback_is_a_lower_share_of_the_validation_photos_and_is_told():
    def epoch(accuracy):
        return EpochRecord(1, 1.0, 0.5, 1.0, accuracy, 0.1)

    assert setback_of(epoch(0.9), epoch(0.9)) is None
    told = setback_of(epoch(0.967), epoch(0.948))
    assert told is not None
    assert "the head alone is kept: it names 96.7 % of the validation photos rightly" in told
    assert "with trained blocks it was 94.8 %. A smaller --lr" in told


def test_where_fine_tuning_spoils_a_good_head_the_head_is_kept(data, heard, monkeypatch):
    monkeypatch.setattr("foveal.workflow.tune.setback_of", lambda head, tuned: "worse")
    made = classifier(data, heard)
    before = made.trained().predictor().predict(data.samples[0].path)
    fitted = made.fine_tune(epochs=1, batch=8, unfreeze=1, lr=0.5, **MODE)
    kept = made.trained()
    assert heard.warnings == ["worse"]
    assert (kept.phase, kept.best_epoch) == ("head", made.trained_head().best_epoch)
    assert kept.history == (*made.trained_head().history, *fitted.history)
    after = kept.predictor().predict(data.samples[0].path)
    np.testing.assert_array_equal(after.probabilities, before.probabilities)
