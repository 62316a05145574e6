from __future__ import annotations

import dataclasses
import threading

import numpy as np
import pytest
import torch

from foveal.data import ImageData, Sample
from foveal.errors import ImageError, UnknownNameError, UsageError
from foveal.images import Augment, Preprocess, affine_matrix, load_image
from foveal.images.draws import parameters_from
from foveal.images.geometry import brighten, warped_view
from foveal.images.policies import policy_named
from foveal.training.inputs.pixels import PixelData
from foveal.training.order import epoch_draws
from training.photo_folders import slices_of, write_samples

GEOMETRY = Preprocess(image_size=32, crop_fraction=1.0)
HEAVY = Augment.preset("heavy")
NONE = Augment.preset("none")
COUNT = 24


@pytest.fixture(scope="module")
def samples(tmp_path_factory) -> list[Sample]:
    return write_samples(tmp_path_factory.mktemp("photos"), COUNT)


def pixel_data(samples, augment=HEAVY, preprocess=GEOMETRY, **settings) -> PixelData:
    settings.setdefault("seed", 5)
    targets = np.arange(len(samples)) % 2
    data = PixelData(samples, targets, preprocess, augment, **settings)
    assert data.prepare() == ()
    return data


def epoch_of(data: PixelData, epoch: int, slices=None) -> np.ndarray:
    """All views of an epoch, by row."""
    slices = slices or slices_of(len(data.samples), 7)
    views = np.concatenate([batch.numpy() for batch in data.batches(epoch, slices)])
    return views[np.argsort(np.concatenate(slices))]


@pytest.mark.parametrize("augment", [HEAVY, NONE])
@pytest.mark.parametrize("policy", ["none", "randaugment", "trivialaugment"])
@pytest.mark.parametrize("memory_bytes", [0, None])
def test_epoch_0_is_exactly_the_plain_view(samples, augment, policy, memory_bytes):
    data = pixel_data(samples, augment, policy=policy, memory_bytes=memory_bytes)
    plain = [GEOMETRY.load(sample.path) for sample in samples]
    np.testing.assert_array_equal(epoch_of(data, 0), plain)


def test_without_augmentation_every_epoch_is_plain(samples):
    data = pixel_data(samples, NONE)
    np.testing.assert_array_equal(epoch_of(data, 3), epoch_of(data, 0))


def test_batches_are_uint8_tensors_in_the_order_of_the_slices(samples):
    data = pixel_data(samples)
    batches = list(data.batches(1, [np.array([3, 1]), np.array([], np.int64), np.array([0])]))
    assert [tuple(batch.shape) for batch in batches] == [
        (2, 32, 32, 3),
        (0, 32, 32, 3),
        (1, 32, 32, 3),
    ]
    assert {batch.dtype for batch in batches} == {torch.uint8}


@pytest.mark.parametrize("policy", ["none", "randaugment"])
def test_a_view_is_drawn_from_seed_epoch_and_row_and_made_as_single_views_are(samples, policy):
    views = epoch_of(pixel_data(samples, policy=policy), 4)
    draws = epoch_draws(COUNT, 9, seed=5, epoch=4, purpose="views").tolist()
    chosen = policy_named(policy)
    more = epoch_draws(COUNT, chosen.draws if chosen else 0, seed=5, epoch=4, purpose="policy")
    for row, sample in enumerate(samples):
        drawn = parameters_from(HEAVY, draws[row])
        matrix = affine_matrix(drawn, 32)
        view = warped_view(load_image(sample.path), GEOMETRY, matrix, HEAVY.fill_mode)
        view = brighten(view, drawn.brightness)
        if chosen:
            view = chosen.apply(view, more[row].tolist(), 0)
        np.testing.assert_array_equal(views[row], view)


@pytest.mark.parametrize("policy", ["none", "trivialaugment"])
def test_views_do_not_depend_on_order_batches_memory_or_earlier_epochs(samples, policy):
    data = pixel_data(samples, policy=policy)
    epoch_of(data, 1)
    expected = epoch_of(data, 2)
    for memory_bytes in (0, 40_000, None):
        fresh = pixel_data(samples, policy=policy, memory_bytes=memory_bytes)
        for size in (1, 5, COUNT):
            again = epoch_of(fresh, 2, slices_of(COUNT, size, seed=size))
            np.testing.assert_array_equal(again, expected)


def test_control_epochs_and_seeds_do_differ(samples):
    data = pixel_data(samples)
    first = epoch_of(data, 1)
    assert (first != epoch_of(data, 2)).any(axis=(1, 2, 3)).all()
    assert (first != epoch_of(pixel_data(samples, seed=6), 1)).any(axis=(1, 2, 3)).all()


def test_an_epoch_may_begin_anywhere(samples):
    data, slices = pixel_data(samples), slices_of(COUNT, 5)
    whole = list(data.batches(3, slices))
    for start in range(len(slices)):
        rest = list(data.batches(3, slices[start:]))
        assert all(torch.equal(a, b) for a, b in zip(rest, whole[start:], strict=True))


def test_two_epochs_may_be_under_way_at_once(samples):
    data, slices = pixel_data(samples), slices_of(COUNT, 5)
    expected = {epoch: list(data.batches(epoch, slices)) for epoch in (0, 1, 2)}
    together = zip(*(data.batches(epoch, slices) for epoch in expected), strict=True)
    for place, batches in enumerate(together):
        for epoch, batch in zip(expected, batches, strict=True):
            assert torch.equal(batch, expected[epoch][place])


# Augmentation is for training photos only.


@pytest.mark.parametrize("split", ["validation", "test"])
@pytest.mark.parametrize(
    "settings", [{"augment": HEAVY}, {"augment": NONE, "policy": "randaugment"}]
)
def test_photos_of_another_split_are_never_augmented(tmp_path, samples, split, settings):
    other = write_samples(tmp_path, 2, split=split)
    policy = settings.get("policy", "none")
    with pytest.raises(UsageError, match=rf"train split only; .*000\.png is in {split}: give"):
        PixelData(
            [*samples, *other],
            np.zeros(COUNT + 2),
            GEOMETRY,
            settings["augment"],
            seed=0,
            policy=policy,
        )
    plain = pixel_data(other, NONE)
    for epoch in (0, 1, 2):
        expected = [GEOMETRY.load(sample.path) for sample in other]
        np.testing.assert_array_equal(epoch_of(plain, epoch), expected)


# Unreadable photos.


def test_a_first_scan_finds_what_cannot_be_decoded_and_goes_on_without_it(tmp_path):
    samples = write_samples(tmp_path, 6)
    whole = samples[2].path.read_bytes()
    samples[2].path.write_bytes(whole[: len(whole) * 2 // 5])
    samples[4].path.write_bytes(b"not a photo")
    listed = ImageData.from_csv(_table(tmp_path, samples), val=0, test=0).samples
    targets = np.array([0, 1, 2, 3, 4, 5])
    told = []
    data = PixelData(listed, targets, GEOMETRY, HEAVY, seed=0)
    rejected = data.prepare(progress=lambda *done: told.append(done))
    assert [(item.path.name, item.reason) for item in rejected] == [
        ("002.png", "truncated PNG"),
        ("004.png", "not a JPEG, PNG, WebP, GIF, BMP, TIFF or HEIC file"),
    ]
    assert told[-1] == (6, 6)
    assert data.targets_N.tolist() == [0, 1, 3, 5]
    assert [data.name(row)[-7:] for row in range(4)] == ["000.png", "001.png", "003.png", "005.png"]
    np.testing.assert_array_equal(epoch_of(data, 0)[2], GEOMETRY.load(samples[3].path))


def _table(folder, samples):
    table = folder / "table.csv"
    rows = [f"{sample.path.name},{sample.label},train" for sample in samples]
    table.write_text("\n".join(["path,label,split", *rows]) + "\n")
    return table


def test_a_photo_that_changes_or_goes_is_named_where_it_is_read_again(tmp_path):
    samples = write_samples(tmp_path, 6)
    kept, read_again = pixel_data(samples), pixel_data(samples, memory_bytes=0)
    samples[3].path.write_bytes(samples[2].path.read_bytes())
    with pytest.raises(ImageError, match=r"003\.png: changed after it was listed; start again"):
        epoch_of(read_again, 1)
    samples[3].path.unlink()
    with pytest.raises(ImageError, match=r"003\.png: cannot be read; check its permissions"):
        epoch_of(read_again, 1)
    epoch_of(kept, 1)  # in memory it is still what was listed


# Memory.


def test_photos_take_no_more_memory_than_they_may(samples):
    told = []
    data = pixel_data(samples, memory_bytes=30_000, notify=told.append)
    store = data._renderer.store
    assert 0 < store.kept < COUNT
    assert store.used <= 30_000
    (sentence,) = told
    assert sentence.startswith(f"{store.kept} of {COUNT} photos fit decoded into 0 MB of memory;")


def test_photos_that_all_fit_are_not_spoken_of(samples):
    told = []
    pixel_data(samples, notify=told.append)
    assert told == []


def test_without_augmentation_only_the_small_views_are_kept(samples):
    small = Preprocess(image_size=8)
    plain, augmented = pixel_data(samples, NONE, small), pixel_data(samples, HEAVY, small)
    assert plain._renderer.store.used == COUNT * 8 * 8 * 3
    assert augmented._renderer.store.used > COUNT * 40 * 40 * 3


def test_grey_photos_take_a_third(tmp_path):
    data = pixel_data(write_samples(tmp_path, 6, grey=True))
    sizes = [40 * 40, 40 * 47, 40 * 54] * 2
    assert data._renderer.store.used == sum(sizes)


@pytest.mark.parametrize("grey", [True, False])
@pytest.mark.parametrize("channels", [1, 3])
def test_networks_that_see_grey_get_it(tmp_path, grey, channels):
    samples = write_samples(tmp_path, 6, grey=grey)
    preprocess = dataclasses.replace(GEOMETRY, channels=channels, mean=(0.0,), std=(255.0,))
    kept = pixel_data(samples, preprocess=preprocess, policy="randaugment")
    again = pixel_data(samples, preprocess=preprocess, policy="randaugment", memory_bytes=0)
    assert epoch_of(kept, 1).shape == (6, 32, 32, channels)
    for epoch in (0, 1):
        np.testing.assert_array_equal(epoch_of(kept, epoch), epoch_of(again, epoch))


# Rendering ahead.


def test_batches_are_rendered_ahead_but_only_a_few(samples, monkeypatch):
    data, rendered, lock = pixel_data(samples), [], threading.Lock()
    render = data._renderer.render

    def counting(epoch, rows):
        with lock:
            rendered.append(len(rows))
        return render(epoch, rows)

    monkeypatch.setattr(data._renderer, "render", counting)
    batches = data.batches(1, [np.array([row % COUNT]) for row in range(50)])
    next(batches)
    for _ in range(100):
        if len(rendered) > 2:
            break
        threading.Event().wait(0.02)
    assert 2 < len(rendered) <= 6
    assert sum(1 for _ in batches) == 49
    assert len(rendered) == 50


def test_large_batches_are_shared_among_threads_and_put_together_again(tmp_path):
    samples = write_samples(tmp_path, 4, side=300)
    large = Preprocess(image_size=320)  # one view is more than a thread takes at a time
    data = pixel_data(samples, preprocess=large)
    whole = next(data.batches(1, [np.arange(4)]))
    single = [next(data.batches(1, [np.array([row])]))[0] for row in range(4)]
    assert torch.equal(whole, torch.stack(single))


# Arguments.


def test_what_cannot_be_used_is_refused(samples):
    targets = np.zeros(COUNT, np.int64)
    with pytest.raises(UsageError, match="`prepare` must be called before batches are asked for"):
        PixelData(samples, targets, GEOMETRY, HEAVY, seed=0).batches(1, [])
    with pytest.raises(UsageError, match="a class for each of 24 photos; got 23"):
        PixelData(samples, targets[1:], GEOMETRY, HEAVY, seed=0)
    with pytest.raises(UnknownNameError, match="unknown augmentation policy 'auto'"):
        PixelData(samples, targets, GEOMETRY, HEAVY, seed=0, policy="auto")
    with pytest.raises(UsageError, match=r"`seed` must be a whole number from 0 .*; got -1"):
        PixelData(samples, targets, GEOMETRY, HEAVY, seed=-1)
    with pytest.raises(UsageError, match="`workers` must be a whole number from 0 to 256; got -1"):
        PixelData(samples, targets, GEOMETRY, HEAVY, seed=0, workers=-1)
    with pytest.raises(UsageError, match=r"`memory_bytes` must be a whole number from 0 .* got -5"):
        PixelData(samples, targets, GEOMETRY, HEAVY, seed=0, memory_bytes=-5)
    data = pixel_data(samples)
    with pytest.raises(UsageError, match="`slices` must hold rows 0 to 23; got 3 to 24"):
        data.batches(1, [np.array([3, 24])])
    with pytest.raises(UsageError, match=r"`epoch` must be a whole number from 0 .*; got -1"):
        data.batches(-1, [])
