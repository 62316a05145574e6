"""Settings that cannot work are refused when they are made, in one sentence."""

from __future__ import annotations

import pytest

from foveal.errors import UsageError
from foveal.training import NetworkConfig


@pytest.mark.parametrize(
    ("settings", "sentence"),
    [
        ({"epochs": 0}, "`epochs` must be 1 or more; got 0"),
        ({"batch": 1}, "`batch` must be 2 or more; got 1"),
        ({"lr": 0.0}, "`lr` must be a positive number; got 0.0"),
        ({"lr": float("nan")}, "`lr` must be a positive number; got nan"),
        ({"optimizer": "lion"}, "`optimizer` must be one of sgd, adam, adamw; got 'lion'"),
        ({"schedule": "step"}, "`schedule` must be one of constant, plateau, cosine, one-cycle"),
        ({"precision": "f16"}, "`precision` must be one of auto, f32, bf16; got 'f16'"),
        ({"channels_last": True}, "`channels_last` must be one of auto, on, off; got True"),
        ({"label_smoothing": 1.0}, "`label_smoothing` must be from 0 to below 1; got 1.0"),
        ({"ema": 1.0}, "`ema` must be from 0 to below 1; got 1.0"),
        ({"mixup": -1.0}, "`mixup` must be 0 or more; got -1.0"),
        ({"time_limit": 0.0}, "`time_limit` must be a positive number; got 0.0"),
        ({"seed": -1}, "`seed` must be 0 or more; got -1"),
        ({"seed": 2**63}, r"`seed` must be from 0 to 2\^63 - 1"),
        ({"batch": 8, "accumulate": 5}, "`batch` must hold 2 photos for each of 5 slices; got 8"),
        ({"epochs": 3, "warmup": 3.0}, "`warmup` must be shorter than `epochs`, 3; got 3.0"),
        ({"optimizer": "adamw", "decay": "l2"}, "what the optimizer adam does, not adamw"),
        ({"optimizer": "adam", "decay": "decoupled"}, "what the optimizer adamw does, not adam"),
        ({"sampling": "balanced", "class_weights": "balanced"}, "make up for rare classes twice"),
        ({"monitor": "f1"}, "must be one of train_loss, train_accuracy, .*; got 'f1'"),
    ],
)
def test_a_setting_that_cannot_work_is_refused(settings, sentence):
    with pytest.raises(UsageError, match=sentence):
        NetworkConfig(**settings)


def test_rate_and_decay_follow_the_optimizer_where_they_are_not_given():
    chosen = {
        name: (config.base_lr, config.kind_of_decay, config.base_weight_decay)
        for name in ("sgd", "adam", "adamw")
        if (config := NetworkConfig(optimizer=name))
    }
    assert chosen == {
        "sgd": (0.05, "l2", 5e-4),
        "adam": (1e-3, "l2", 5e-4),
        "adamw": (2e-3, "decoupled", 0.05),
    }
    given = NetworkConfig(optimizer="sgd", decay="decoupled", lr=0.2, weight_decay=0.0)
    assert (given.base_lr, given.kind_of_decay, given.base_weight_decay) == (0.2, "decoupled", 0)


def test_a_monitor_may_have_the_name_that_keras_gives_it():
    assert NetworkConfig(monitor="val_accuracy").monitor == "val_accuracy"
