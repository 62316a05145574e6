"""A classifier of red and blue that can say of green: none of these."""

from __future__ import annotations

import json

import numpy as np
import pytest
from PIL import Image

from foveal import load
from foveal.errors import CorruptFileError, DataError, ModelError, UsageError
from foveal.images import Augment, Preprocess
from foveal.runtime.model_folder import find_model, read_config
from foveal.runtime.rejector import fit_rejector
from foveal.runtime.views import AveragedViews
from foveal.workflow.scores import averaged_views, ensure_rejection, fit_rejection, kept_rejector
from small_model import write_colour_model
from small_run import write_colour_run


@pytest.fixture
def run(tmp_path):
    return write_colour_run(tmp_path / "run", tmp_path / "photos")


def plain(colour):
    return Image.new("RGB", (40, 40), colour)


def test_what_is_unlike_everything_known_is_rejected(run):
    fit_rejection(run)
    red, blue, green, grey = load(run, coverage=0.95).predict(
        [plain((210, 20, 40)), plain((40, 40, 210)), plain((20, 200, 30)), plain((90, 90, 90))]
    )
    assert [item.rejected for item in (red, blue, green, grey)] == [False, False, True, True]
    assert green.labels  # the nearest classes are still told
    assert not load(run).predict(plain((20, 200, 30))).rejected  # nobody asked


def test_the_stated_share_of_known_photos_is_kept(run, tmp_path):
    fit_rejection(run, 0.8)
    photos = sorted((tmp_path / "photos").rglob("validation-*.png"))
    kept = [not item.rejected for item in load(run, coverage=0.8).predict(photos)]
    assert 0.8 <= np.mean(kept) < 0.9


def test_the_threshold_is_kept_in_the_model_and_another_coverage_needs_no_new_fit(run):
    rejector = fit_rejection(run)
    kept = read_config(find_model(run)).rejection
    assert kept == rejector.as_dict()
    assert (kept["score"], kept["known"], kept["held_back"]) == ("feature-distance", 24, 48)
    assert kept_rejector(run).threshold == pytest.approx(kept["threshold"])
    assert kept_rejector(run, 0.5).threshold < kept["threshold"]
    assert ensure_rejection(run) == 0.95
    assert ensure_rejection(run, 0.5) == 0.5


def test_it_is_fitted_when_it_is_first_asked_for(run):
    assert read_config(find_model(run)).rejection is None
    assert ensure_rejection(run, 0.9) == 0.9
    assert read_config(find_model(run)).rejection["coverage"] == 0.9


def test_the_rest_of_the_model_stays_byte_for_byte(run):
    before = {p.name: p.read_bytes() for p in (run / "model").iterdir() if p.name != "config.json"}
    fit_rejection(run)
    after = {p.name: p.read_bytes() for p in (run / "model").iterdir()}
    assert all(after[name] == content for name, content in before.items())
    assert after.keys() - before.keys() == {"config.json", "rejection.safetensors"}


def test_a_damaged_file_is_noticed(run):
    fit_rejection(run)
    file = run / "model" / "rejection.safetensors"
    file.write_bytes(file.read_bytes()[:-1] + b"x")
    with pytest.raises(CorruptFileError, match=r"rejection\.safetensors is missing or has changed"):
        load(run)


def test_a_file_that_is_no_rejector_is_refused_although_its_checksum_fits(run):
    from foveal.storage import sha256_file

    fit_rejection(run)
    file, config = run / "model" / "rejection.safetensors", run / "model" / "config.json"
    file.write_bytes(b"not safetensors")
    values = json.loads(config.read_text())
    values["files"][file.name] = sha256_file(file)
    config.write_text(json.dumps(values))
    with pytest.raises(CorruptFileError, match=r"cannot be read: .*; fit it again"):
        load(run, coverage=0.9)


def test_what_cannot_be_rejected_says_so(run, tmp_path):
    model = write_colour_model(tmp_path / "other")
    with pytest.raises(ModelError, match="has not learned yet what to reject; fit it"):
        load(model, coverage=0.9)
    with pytest.raises(DataError, match="does not name photos that it learned from"):
        ensure_rejection(model)
    with pytest.raises(UsageError, match=r"`coverage` must be a number from 0\.01 to 0\.999"):
        fit_rejection(run, 1.0)
    few = write_colour_run(tmp_path / "few", tmp_path / "f", {"train": 3, "validation": 9})
    with pytest.raises(
        DataError, match=r"keeps 95 % .* at least 19 validation photos; .*few has 18"
    ):
        fit_rejection(few)
    (tmp_path / "photos" / "red" / "train-00.png").unlink()
    with pytest.raises(DataError, match=r"1 of the 72 photos are gone; the first is .*train-00"):
        fit_rejection(run)


def test_the_distance_is_to_the_fifth_nearest_or_the_last_there_is():
    rejector = fit_rejector(np.eye(3, dtype=np.float32), np.eye(3, dtype=np.float32), 0.5)
    assert rejector.neighbours == 3
    assert rejector.held_back_N.tolist() == [1, 1, 1]


def test_several_views_are_averaged(run):
    chance = np.random.default_rng(3)
    image = chance.integers(0, 256, (60, 50, 3), np.uint8)
    views = AveragedViews(4, Augment.preset("heavy"))
    looks = views.render(image, Preprocess(image_size=32))
    assert np.array_equal(looks[0], Preprocess(image_size=32).apply(image))
    assert len({look.tobytes() for look in looks}) == 4
    predictor = load(run)
    logits = np.mean([predictor.backend.run(look[None])[0] for look in looks], axis=0)
    averaged = load(run, views=views).predict(image)
    expected = 1 / (1 + np.exp(-abs(logits[0] - logits[1])))
    assert averaged.probability == pytest.approx(expected, rel=1e-4)
    assert averaged == load(run, views=views, many=True).predict([image, image])[1]


def test_views_are_averaged_in_one_order_whatever_ends_first(run):
    """Sums of floats depend on their order: here the mean is a third in one order only."""

    class LastFirst:
        name, batch = "fake", 1

        def stream(self, batches):
            rows = iter([[1e8, 0], [-1e8, 0], [1, 0]])
            done = [(tag, np.array([next(rows)], np.float32)) for tag, _ in batches]
            yield from reversed(done)

    predictor = load(run, views=AveragedViews(3, Augment.preset("light")))
    predictor.backend = LastFirst()
    ((_, row),) = predictor.outputs([np.zeros((9, 9, 3), np.uint8)])
    assert row[0] == pytest.approx(1 / 3)


def test_views_mirror_only_what_the_run_mirrored(run, tmp_path):
    assert averaged_views(run, 4).augment.horizontal_flip
    config = run / "config.json"
    values = json.loads(config.read_text())
    values["settings"]["flip"] = "none"
    config.write_text(json.dumps(values))
    assert not averaged_views(run, 4).augment.horizontal_flip
    assert not averaged_views(write_colour_model(tmp_path / "m"), 4).augment.horizontal_flip
    assert averaged_views(run, 1) is None
    with pytest.raises(UsageError, match="`tta` must be a whole number from 2 to 64"):
        averaged_views(run, 65)
