"""What to try next is said in sentences with commands that work."""

from __future__ import annotations

import shlex
from dataclasses import replace
from pathlib import Path

import pytest

from foveal.cli.main import parse
from foveal.training.record import EpochRecord
from foveal.workflow.advice import fine_tuning_offer, fresh_photos_offer
from foveal.workflow.groups import NetworkSettings, TuningSettings
from foveal.workflow.settings import TrainSettings


@pytest.fixture
def settings():
    return TrainSettings(folder=Path("my photos"), backbone="efficientnet_lite0", fine_tune=True)


def epoch(train, validation):
    return EpochRecord(12, 0.4, train, 0.7, validation, 1e-6, "fine-tune")


def parsed(sentence):
    """Return the settings that the command at the end of a sentence stands for."""
    words = shlex.split(sentence.rpartition(": ")[2])
    assert words[:2] == ["foveal", "train"]
    command = parse("train", words[2:])
    return command.settings(command.folder)


def test_views_learned_by_heart_are_told_with_what_does_better(settings):
    tuning = TuningSettings(unfreeze_layers=20, cache_gb=4.0, batchnorm="trained")
    views = replace(settings, views=4, tuning=tuning, network=NetworkSettings(ema=0.99))
    told = fresh_photos_offer(views, [epoch(0.5, 0.7), epoch(0.962, 0.751)], blocks=18)
    assert "learned by heart: 96 % of them are named rightly, and 75 % of the validation" in told
    tuning = TuningSettings(unfreeze=13, lr_mult=0.2, batchnorm="trained")
    network = NetworkSettings(policy="trivialaugment", mixup=0.2, ema=0.99)
    assert parsed(told) == replace(settings, epochs=30, tuning=tuning, network=network)
    assert parsed(told).is_fresh


@pytest.mark.parametrize(("train", "validation"), [(1.0, 0.95), (0.85, 0.7), (0.7, 0.8)])
def test_control_nothing_is_told_where_validation_keeps_up_or_nothing_is_by_heart(
    settings, train, validation
):
    assert fresh_photos_offer(settings, [epoch(train, validation)], blocks=18) is None


def test_the_offer_to_fine_tune_is_the_same_run_with_fine_tuning(settings):
    head = replace(settings, fine_tune=False, views=3, epochs=20, seed=7)
    told = fine_tuning_offer(head, 100.0)
    assert "takes about" in told
    assert parsed(told) == replace(settings, seed=7)
