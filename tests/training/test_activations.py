"""Cached and streamed activations: the same samples, whichever way they come."""

from __future__ import annotations

import threading
import time

import numpy as np
import pytest
import torch

from foveal.data import ImageData
from foveal.errors import UsageError
from foveal.features import FrozenEncoder, choose_backbone
from foveal.features.opening import open_backend
from foveal.images import Augment, Preprocess
from foveal.training.inputs.activations import ActivationData
from foveal.training.inputs.pixels import PixelData
from foveal.training.inputs.streamed import StreamedData
from foveal.training.order import epoch_views

SMALL = Preprocess.preset("imagenet", image_size=64)
MEDIUM, NONE = Augment.preset("medium"), Augment.preset("none")


def maps(samples=10, views=3, dtype=np.float16):
    rows = np.random.default_rng(0).normal(size=(samples, views, 4, 5, 6)).astype(dtype)
    names = [f"{index}.jpg" for index in range(samples)]
    return rows, ActivationData(rows, np.arange(samples) % 3, names, seed=7)


def test_an_epoch_sees_the_view_that_order_says_as_float32_maps_in_channels_last_order():
    rows, data = maps()
    slices = [np.array([3, 1, 4]), np.array([9, 0])]
    for epoch in (1, 2, 3, 17):
        views = epoch_views(10, 3, seed=7, epoch=epoch)
        for picked, batch in zip(slices, data.batches(epoch, slices), strict=True):
            expected = rows[picked, views[picked]].transpose(0, 3, 1, 2).astype(np.float32)
            assert batch.dtype == torch.float32
            assert batch.is_contiguous(memory_format=torch.channels_last)
            assert torch.equal(batch, torch.from_numpy(expected))


def test_epoch_0_is_the_plain_view():
    rows, data = maps()
    (batch,) = data.batches(0, [np.arange(10)])
    assert torch.equal(batch, torch.from_numpy(rows[:, 0]).float().permute(0, 3, 1, 2))


def test_over_as_many_epochs_as_views_every_view_is_seen_once():
    rows, data = maps()
    seen = [next(data.batches(epoch, [np.array([6])])) for epoch in (1, 2, 3)]
    wanted = {view.astype(np.float32).transpose(2, 0, 1).tobytes() for view in rows[6]}
    assert {batch[0].contiguous().numpy().tobytes() for batch in seen} == wanted


def test_what_a_batch_holds_does_not_depend_on_the_batches_before_or_beside_it():
    _, data = maps()
    whole = torch.cat(list(data.batches(5, [np.arange(10)])))
    (alone,) = data.batches(5, [np.array([8])])
    assert torch.equal(alone[0], whole[8])


def test_vectors_are_samples_too_and_rows_have_names():
    rows = np.random.default_rng(0).normal(size=(4, 2, 6)).astype(np.float32)
    data = ActivationData(rows, np.zeros(4, np.int64), list("abcd"), seed=0)
    (batch,) = data.batches(0, [np.array([2, 1])])
    assert torch.equal(batch, torch.from_numpy(rows[[2, 1], 0]))
    assert data.name(2) == "c"


def test_training_on_float16_maps_copies_nothing_but_the_batch():
    rows, data = maps(samples=4)
    rows[2, 0] = 9
    (batch,) = data.batches(0, [np.array([2])])
    assert bool((batch == 9).all())


def test_rows_that_cannot_be_samples_are_refused():
    rows = np.zeros((4, 2, 6), np.float32)
    with pytest.raises(UsageError, match=r"must have the same length; got 4, 3 and 4"):
        ActivationData(rows, np.zeros(3, np.int64), list("abcd"), seed=0)
    with pytest.raises(UsageError, match=r"or vectors \(n, views, D\); got \(4, 6\)"):
        ActivationData(rows[:, 0], np.zeros(4, np.int64), list("abcd"), seed=0)


def backbone():
    return choose_backbone("resnet18", SMALL, device="cpu", blocks=3, weights="none")


def pixels_of(photos, augment):
    data = ImageData.from_folder(photos)
    samples = data.subset("train")
    made = PixelData(samples, data.targets(samples), SMALL, augment, seed=3)
    made.prepare()
    return made


def slices_of(count, size):
    order = np.random.default_rng(1).permutation(count)
    return [order[at : at + size] for at in range(0, count, size)]


@pytest.mark.usefixtures("shared_graphs")
def test_streamed_plain_photos_equal_the_cached_ones_bit_for_bit(photos):
    pixels = pixels_of(photos, MEDIUM)
    encoded = FrozenEncoder(backbone()).encode(pixels.samples)
    names = [str(sample.path) for sample in pixels.samples]
    cached = ActivationData(encoded.features_NVD, pixels.targets_N, names, seed=3)
    streamed = StreamedData(pixels, open_backend(backbone()))
    slices = slices_of(len(names), 7)
    pairs = zip(cached.batches(0, slices), streamed.batches(0, slices), strict=True)
    for expected, got in pairs:
        assert got.stride() == expected.stride()
        assert torch.equal(got, expected)
    assert streamed.name(4) == cached.name(4)


@pytest.mark.usefixtures("shared_graphs")
def test_streamed_photos_are_augmented_anew_in_each_epoch_and_the_same_in_the_same_one(photos):
    streamed = StreamedData(pixels_of(photos, MEDIUM), open_backend(backbone()))
    slices = slices_of(len(streamed.targets_N), 9)
    first, again, second = (torch.cat(list(streamed.batches(epoch, slices))) for epoch in (1, 1, 2))
    assert torch.equal(first, again)
    assert not torch.equal(first, second)


class Doubling:
    """A backend that gives its images as activations, requests in another order."""

    name, batch = "fake", 2

    def run(self, images):
        return images.astype(np.float32)

    def stream(self, batches):
        held = []
        for tag, images in batches:
            held.append((tag, self.run(images)))
            if len(held) == 3:
                yield from reversed(held)
                held = []
        yield from reversed(held)


class Numbers:
    """Samples whose every pixel is the number of their row."""

    targets_N = np.zeros(11, np.int64)

    def __init__(self, fails_at=None):
        self.fails_at, self.rendered = fails_at, 0

    def batches(self, epoch, slices):
        for rows in slices:
            if self.rendered == self.fails_at:
                raise OSError("the disk is gone")
            self.rendered += 1
            yield torch.from_numpy(
                np.tile(rows[:, None, None, None], (1, 2, 2, 3)).astype(np.uint8)
            )

    def name(self, row):
        return str(row)


def test_batches_come_in_order_whatever_the_order_of_the_requests():
    slices = slices_of(11, 3)
    got = [batch[:, 0, 0, 0] for batch in StreamedData(Numbers(), Doubling()).batches(1, slices)]
    assert [batch.tolist() for batch in got] == [rows.tolist() for rows in slices]


def test_vectors_stay_as_exact_as_the_cache_keeps_them():
    class Thirds(Doubling):
        def run(self, images):
            return images[:, 0, 0].astype(np.float32) / 3

    (batch,) = StreamedData(Numbers(), Thirds()).batches(1, [np.array([1, 2])])
    assert torch.equal(batch[:, 0], torch.tensor([1.0, 2.0]) / 3)


def test_an_error_while_rendering_is_raised_where_the_batches_are_taken():
    batches = StreamedData(Numbers(fails_at=2), Doubling()).batches(1, slices_of(11, 3))
    with pytest.raises(OSError, match="the disk is gone"):
        list(batches)
    assert not _prefix_threads()


def test_whoever_stops_taking_batches_leaves_no_thread_and_little_work_behind():
    source = Numbers()
    slices = [np.array([row % 11]) for row in range(500)]
    batches = StreamedData(source, Doubling()).batches(1, slices)
    next(batches)
    time.sleep(0.3)
    batches.close()
    assert not _prefix_threads()
    assert source.rendered < 20


def _prefix_threads():
    return [thread for thread in threading.enumerate() if thread.name == "prefix"]
