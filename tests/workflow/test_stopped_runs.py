"""A run that is stopped says how to go on, where it can go on."""

from __future__ import annotations

from dataclasses import replace

import pytest

from conftest import write_photos
from foveal.errors import TrainingInterrupted, UsageError
from foveal.workflow import run
from foveal.workflow.settings import TrainSettings
from foveal.workflow.start import read_start


def stopped(*_):
    raise KeyboardInterrupt


@pytest.fixture
def settings(tmp_path):
    photos = write_photos(tmp_path / "photos", {"blue": 8, "red": 8})
    return TrainSettings(folder=photos, from_scratch="lenet5", out=tmp_path / "runs")


def test_a_run_that_was_stopped_before_it_began_is_not_to_be_resumed(settings, monkeypatch):
    monkeypatch.setattr(run, "new_start", stopped)
    with pytest.raises(TrainingInterrupted, match=r"^stopped before the run began\.$"):
        run.train_run(settings)
    assert not list(settings.out.iterdir())


def test_a_run_that_was_stopped_while_its_network_was_made_can_be_resumed(settings, monkeypatch):
    monkeypatch.setattr(run, "open_job", stopped)
    with pytest.raises(TrainingInterrupted, match=r"\ngo on with: foveal train --resume \S+-001"):
        run.train_run(settings)
    (folder,) = settings.out.iterdir()
    assert read_start(folder).settings == settings


def test_a_run_whose_network_cannot_be_made_leaves_no_folder(settings):
    with pytest.raises(UsageError, match="`image_size` must be at least"):
        run.train_run(replace(settings, image_size=8))
    assert not list(settings.out.iterdir())
