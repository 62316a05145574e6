"""A head learns, stops early, keeps its best weights, and is folded without a change."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from foveal.errors import UsageError
from foveal.metrics import log_loss, softmax
from foveal.models.heads import dense_head
from foveal.training import HeadConfig
from foveal.training.transfer.dense import Standardiser, dense_logits
from foveal.training.transfer.head import Features, calibrate, train_head


def blobs(count, classes=3, width=12, spread=1.0, views=2, seed=0):
    chance = np.random.default_rng(seed)
    centres = np.random.default_rng(99).normal(size=(classes, width)) * 2 + 5
    targets = np.arange(count) % classes
    x_NVD = centres[targets][:, None] + chance.normal(size=(count, views, width)) * spread
    return Features(x_NVD.astype(np.float32), targets.astype(np.int64))


def accuracy(head, features):
    logits = dense_logits(head.layers, features.x_NVD[:, 0])
    return (logits.argmax(axis=1) == features.targets_N).mean()


@pytest.mark.parametrize("kind", ["linear", "dense"])
def test_both_heads_learn_what_can_be_learnt(kind):
    head = train_head(blobs(90), blobs(30, seed=1), 3, HeadConfig(head=kind, lr=1e-2))
    assert accuracy(head, blobs(60, seed=2)) > 0.95
    assert [weight.shape for weight, _ in head.layers] == (
        [(3, 12)] if kind == "linear" else [(256, 12), (3, 256)]
    )


def test_the_same_seed_gives_the_same_bytes_and_another_seed_does_not():
    def layers(seed):
        config = HeadConfig(head="dense", epochs=4, seed=seed)
        return b"".join(
            array.tobytes()
            for layer in train_head(blobs(40), blobs(20, seed=1), 3, config).layers
            for array in layer
        )

    first = layers(3)
    torch.manual_seed(12345)  # no global generator takes part
    np.random.seed(12345)
    assert layers(3) == first
    assert layers(4) != first


def test_the_weights_of_the_best_epoch_are_kept():
    config = HeadConfig(lr=0.05, weight_decay=0.0, patience=4, epochs=50)
    hard = blobs(60, spread=6.0)
    held_out = blobs(60, spread=6.0, seed=1)
    head = train_head(hard, held_out, 3, config)
    losses = [record.validation_loss for record in head.history]
    assert head.best_epoch == 1 + int(np.argmin(losses))
    assert len(head.history) == head.best_epoch + 4  # patience ran out, not the epochs
    logits = dense_logits(head.layers, held_out.x_NVD[:, 0]) * head.temperature
    assert log_loss(softmax(logits), held_out.targets_N) == pytest.approx(min(losses), rel=1e-4)


def test_temperature_makes_validation_no_worse():
    hard, held_out = blobs(60, spread=6.0), blobs(60, spread=6.0, seed=1)
    head = train_head(hard, held_out, 3, HeadConfig(lr=0.05, epochs=20))
    logits = dense_logits(head.layers, held_out.x_NVD[:, 0])
    calibrated = log_loss(softmax(logits), held_out.targets_N)
    raw = log_loss(softmax(logits * head.temperature), held_out.targets_N)
    assert calibrated <= raw + 1e-6


@pytest.mark.parametrize("certainty", [0.2, 5.0])
def test_few_photos_move_the_temperature_little(certainty):
    def temperature(count):
        chance = np.random.default_rng(0)
        targets = chance.integers(0, 3, count)
        logits = chance.normal(size=(count, 3)) + np.eye(3)[targets]
        return calibrate((logits * certainty).astype(np.float32), targets)

    few, many = temperature(20), temperature(5000)
    assert abs(np.log(many)) > 0.5  # control: there is something to correct
    assert abs(np.log(few)) < 0.6 * abs(np.log(many))
    assert np.sign(np.log(few)) == np.sign(np.log(many))


def test_without_a_mistake_on_validation_scores_are_left_alone():
    head = train_head(blobs(90, spread=0.1), blobs(30, spread=0.1, seed=1), 3, HeadConfig(lr=1e-2))
    assert head.temperature == 1.0


def test_balanced_class_weights_help_the_rare_class():
    common, rare = blobs(90, classes=2, spread=5.0), blobs(8, classes=2, spread=5.0, seed=4)
    keep = common.targets_N == 0
    x_NVD = np.concatenate([common.x_NVD[keep], rare.x_NVD[rare.targets_N == 1]])
    targets = np.array([0] * int(keep.sum()) + [1] * 4)
    skewed, held_out = Features(x_NVD, targets), blobs(200, classes=2, spread=5.0, seed=1)

    def recall_of_rare(class_weights):
        config = HeadConfig(class_weights=class_weights, epochs=15, patience=15, lr=1e-2)
        head = train_head(skewed, held_out, 2, config)
        logits = dense_logits(head.layers, held_out.x_NVD[held_out.targets_N == 1, 0])
        return (logits.argmax(axis=1) == 1).mean()

    assert recall_of_rare("balanced") > recall_of_rare("none")


def test_label_smoothing_keeps_scores_further_from_certain():
    def certainty(smoothing):
        config = HeadConfig(label_smoothing=smoothing, epochs=20, patience=20, lr=1e-2)
        head = train_head(blobs(60), blobs(30, seed=1), 3, config)
        logits = dense_logits(head.layers, blobs(30, seed=1).x_NVD[:, 0]) * head.temperature
        return softmax(logits).max(axis=1).mean()

    assert certainty(0.3) < certainty(0.0)


def test_folded_arrays_equal_the_torch_head():
    torch.manual_seed(0)
    module = dense_head((12, 8, 3)).eval()
    layers = [
        (layer.weight.detach().numpy(), layer.bias.detach().numpy())
        for layer in module
        if isinstance(layer, torch.nn.Linear)
    ]
    x_ND = np.random.default_rng(0).normal(size=(5, 12)).astype(np.float32)
    with torch.inference_mode():
        expected = module(torch.from_numpy(x_ND)).numpy()
    np.testing.assert_allclose(dense_logits(layers, x_ND), expected, rtol=1e-5, atol=1e-6)


def test_a_feature_that_never_varies_does_no_harm():
    train, held_out = blobs(60), blobs(30, seed=1)
    train.x_NVD[..., 0] = held_out.x_NVD[..., 0] = 4.0
    head = train_head(train, held_out, 3, HeadConfig(lr=1e-2))
    assert all(np.isfinite(array).all() for layer in head.layers for array in layer)


@pytest.mark.parametrize(
    ("settings", "sentence"),
    [
        ({"epochs": 0}, "`epochs` must be .*1.*; got 0"),
        ({"batch": -1}, "`batch` must be .*1.*; got -1"),
        ({"patience": 0}, "`patience` must be .*1.*; got 0"),
        ({"lr": 0.0}, "`lr` must be .*; got 0"),
        ({"lr": float("nan")}, "`lr` must be .*; got nan"),
        ({"weight_decay": -0.1}, r"`weight_decay` must be .*; got -0\.1"),
        ({"label_smoothing": 1.0}, r"`label_smoothing` must be .*; got 1\.0"),
        ({"head": "mlp"}, "`head` must be .*linear.*dense.*; got 'mlp'"),
        ({"class_weights": "some"}, "`class_weights` must be .*none.*balanced.*; got 'some'"),
        ({"seed": -1}, "`seed` must be .*; got -1"),
    ],
)
def test_a_setting_that_cannot_be_used_says_so(settings, sentence):
    with pytest.raises(UsageError, match=sentence):
        HeadConfig(**settings)


def test_a_feature_that_hardly_varies_is_not_blown_up():
    noise = np.random.default_rng(0).normal(size=(200, 1, 3)).astype(np.float32)
    scale = Standardiser.fit(noise * np.array([1.0, 1.0, 1e-4], np.float32))
    standard = scale.apply(noise[:, 0] * np.array([1.0, 1.0, 1e-4], np.float32))
    assert standard[:, :2].std(axis=0) == pytest.approx(1, rel=0.1)
    assert standard[:, 2].std() < 0.01  # control: 1 where every deviation is taken at its word
