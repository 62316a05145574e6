"""Settings of a run: what has no effect is refused, and what is written is read back."""

from __future__ import annotations

import shlex
from pathlib import Path

import pytest

from foveal.errors import UnknownNameError, UsageError
from foveal.workflow.groups import NetworkSettings, ScratchSettings, TuningSettings, seconds
from foveal.workflow.settings import TrainSettings
from foveal.workflow.start import changed_settings

PHOTOS = Path("photos")


def settings(**values):
    return TrainSettings(folder=PHOTOS, **values)


@pytest.mark.parametrize(
    ("values", "sentence"),
    [
        ({"fine_tune": True, "from_scratch": "lenet5"}, "give one of them"),
        ({"from_scratch": "lenet5", "views": 3}, "`views` would have no effect on a network from"),
        ({"from_scratch": "lenet5", "backbone": "resnet18"}, "`backbone` would have no effect"),
        ({"network": NetworkSettings(clip=1.0)}, "`clip` would have no effect on a head"),
        ({"tuning": TuningSettings(unfreeze=2)}, "add --fine-tune or --from-scratch"),
        (
            {"fine_tune": True, "scratch": ScratchSettings(channels=1)},
            "`channels` would have no effect",
        ),
        ({"views": 1, "augment": "heavy"}, "`augment` heavy would have no effect on a single view"),
        ({"views": 1, "flip": "vertical"}, "`flip` vertical would have no effect on a single"),
        ({"views": 4, "augment": "none"}, "`views` 4 would have no effect without augmentation"),
        (
            {"fine_tune": True, "tuning": TuningSettings(unfreeze="all", cache_gb=2.0)},
            "`cache_gb` would have no effect with `unfreeze` all",
        ),
        ({"image_size": 8}, "`image_size` must be 32 to 1024 pixels; got 8"),
        ({"val": 0.6, "test": 0.5}, "must leave photos to train on; got 0.6 "),
    ],
)
def test_what_has_no_effect_or_no_sense_is_refused(values, sentence):
    with pytest.raises(UsageError, match=sentence):
        settings(**values)


def test_a_network_that_is_not_there_is_named():
    with pytest.raises(UnknownNameError, match="resnet5"):
        settings(from_scratch="resnet5")


@pytest.mark.parametrize(
    "values",
    [
        {},
        {"fine_tune": True, "epochs": 7, "tuning": TuningSettings(unfreeze="all", lr_mult=0.05)},
        {
            "from_scratch": "lenet5",
            "flip": "none",
            "network": NetworkSettings(time_limit="10m", optimizer="sgd", policy="randaugment"),
            "scratch": ScratchSettings(channels=1),
        },
    ],
)
def test_settings_survive_json_and_the_command_names_what_is_not_default(values):
    own = settings(**values)
    back = TrainSettings.from_dict(own.as_dict())
    assert back.as_dict() == own.as_dict()
    words = shlex.split(own.command())
    assert words[:3] == ["foveal", "train", "photos"]
    given = {name for name in own.as_dict() if f"--{name.replace('_', '-')}" in words}
    plain = settings().as_dict()
    assert given == {name for name, value in own.as_dict().items() if value != plain[name]}


def test_a_run_of_another_version_is_not_read_by_guessing():
    values = settings().as_dict() | {"colour": "blue"}
    with pytest.raises(UsageError, match="those of another version; colour differ"):
        TrainSettings.from_dict(values)


@pytest.mark.parametrize(
    ("text", "expected"), [("90", 90), ("90s", 90), ("10m", 600), ("1h30m", 5400)]
)
def test_a_time_is_read_as_people_write_it(text, expected):
    assert seconds(text) == expected


@pytest.mark.parametrize("text", ["", "soon", "10 minutes", "-5m", "0"])
def test_what_is_no_time_says_so(text):
    with pytest.raises(UsageError, match="must be a time such as 90s, 10m or 1h30m"):
        seconds(text)


def test_flips_are_those_that_were_asked_for():
    assert settings().augmentation().horizontal_flip
    assert not settings(flip="none").augmentation().horizontal_flip
    both = settings(augment="none", flip="both").augmentation()
    assert (both.horizontal_flip, both.vertical_flip, both.zoom_range) == (True, True, 0.0)


def test_the_defaults_follow_what_is_trained():
    assert (settings().mode, settings().view_count) == ("head", 2)
    assert (settings(fine_tune=True).mode, settings(fine_tune=True).view_count) == ("fine-tune", 4)
    assert settings(epochs=5).head_config().epochs == 5
    assert settings(fine_tune=True, epochs=5).head_config().epochs == 60
    assert settings(fine_tune=True, epochs=5).given()["epochs"] == 5


def test_no_view_is_encoded_that_nothing_learns_from():
    def views(**values):
        return settings(**values).view_count

    everything, policy = TuningSettings(unfreeze="all"), NetworkSettings(policy="trivialaugment")
    assert views(fine_tune=True, tuning=everything) == views(fine_tune=True, network=policy) == 2
    assert views(fine_tune=True, tuning=everything, views=4) == 4
    assert views(augment="none") == views(fine_tune=True, augment="none") == 1
    assert views(augment="none", flip="horizontal") == 2


def test_differences_between_runs_are_listed_by_flag():
    then = settings(epochs=5)
    assert changed_settings(then, {"epochs": 5}) == []
    assert changed_settings(then, {"epochs": 6, "lr": 0.1}) == [
        "--epochs was 5, is 6",
        "--lr was not given, is 0.1",
    ]


def test_momentum_belongs_to_sgd():
    with pytest.raises(UsageError, match=r"`momentum` 0.5 would have no effect on adamw; set"):
        NetworkSettings(momentum=0.5)
    assert NetworkSettings(momentum=0.5, optimizer="sgd").given()["momentum"] == 0.5
