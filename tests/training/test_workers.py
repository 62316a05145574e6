from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
import torch

from foveal.errors import ImageError, TrainingError
from foveal.images import Augment, Preprocess
from foveal.training.inputs.pixels import PixelData
from training.photo_folders import slices_of, write_samples

GEOMETRY = Preprocess(image_size=32, crop_fraction=1.0)
COUNT = 40


@pytest.fixture(scope="module")
def samples(tmp_path_factory):
    return write_samples(tmp_path_factory.mktemp("photos"), COUNT)


@pytest.fixture
def make(samples):
    """Make data with workers, which end with the test."""
    made = []

    def data(workers, **settings):
        targets = np.zeros(COUNT, np.int64)
        augment = Augment.preset("heavy")
        pixels = PixelData(samples, targets, GEOMETRY, augment, seed=3, workers=workers, **settings)
        pixels.prepare()
        made.append(pixels)
        return pixels

    yield data
    for pixels in made:
        pixels.close()


def pids(data: PixelData) -> list[int]:
    return [process.pid for process in data._workers.processes]


def is_alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().split(")")[1].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False


def wait_until_gone(numbers: list[int], seconds: float) -> bool:
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        if not any(is_alive(pid) for pid in numbers):
            return True
        time.sleep(0.05)
    return False


@pytest.mark.parametrize("memory_bytes", [60_000, None])
def test_the_pixels_do_not_depend_on_the_number_of_workers(make, memory_bytes):
    slices = slices_of(COUNT, 7)
    views = {}
    for workers in (0, 1, 2, 4):
        data = make(workers, policy="randaugment", memory_bytes=memory_bytes)
        views[workers] = [torch.cat(list(data.batches(epoch, slices))) for epoch in (0, 2)]
    for workers in (1, 2, 4):
        for one, other in zip(views[0], views[workers], strict=True):
            assert torch.equal(one, other)


def test_a_killed_worker_ends_the_epoch_with_a_sentence(make):
    data = make(2)
    batches = data.batches(1, slices_of(COUNT, 1))
    next(batches)
    victim = pids(data)[1]
    os.kill(victim, signal.SIGKILL)
    started = time.monotonic()
    expected = (
        rf"worker process that renders photos \(number 2 of 2, process {victim}\) was killed by "
        r"SIGKILL, probably because memory ran out; the last checkpoint is kept: resume from it"
    )
    with pytest.raises(TrainingError, match=expected):
        for _ in batches:
            pass
    assert time.monotonic() - started < 5
    assert wait_until_gone(pids(data), 5)


def test_a_killed_worker_is_told_though_others_have_batches_ready(make):
    data = make(2)
    batches = data.batches(1, slices_of(COUNT, 10))  # two for each worker: all are under way
    next(batches)
    time.sleep(0.5)  # a long step: they lie ready
    os.kill(pids(data)[0], signal.SIGKILL)
    time.sleep(0.5)
    with pytest.raises(TrainingError, match=r"number 1 of 2, .* was killed by SIGKILL"):
        next(batches)


def test_a_worker_killed_between_epochs_is_told_at_the_next_one_and_new_ones_can_start(make):
    data, slices = make(1), slices_of(COUNT, 8)
    first = torch.cat(list(data.batches(1, slices)))
    os.kill(pids(data)[0], signal.SIGTERM)
    assert wait_until_gone(pids(data), 5)
    with pytest.raises(TrainingError, match="was killed by SIGTERM; the last checkpoint is kept"):
        list(data.batches(1, slices))
    assert torch.equal(torch.cat(list(data.batches(1, slices))), first)


def test_control_with_no_worker_killed_the_epoch_comes_to_its_end(make):
    assert sum(len(batch) for batch in make(2).batches(1, slices_of(COUNT, 1))) == COUNT


def test_an_epoch_that_was_given_up_leaves_nothing_behind(make):
    data, slices = make(2), slices_of(COUNT, 4)
    expected = torch.cat(list(data.batches(2, slices)))
    for _ in range(3):
        given_up = data.batches(1, slices)
        next(given_up)
        del given_up
    assert torch.equal(torch.cat(list(data.batches(2, slices))), expected)


def test_a_photo_that_a_worker_cannot_read_is_named(tmp_path):
    samples = write_samples(tmp_path, 6)
    data = PixelData(
        samples,
        np.zeros(6, np.int64),
        GEOMETRY,
        Augment.preset("light"),
        seed=0,
        workers=1,
        memory_bytes=0,
    )
    data.prepare()
    samples[4].path.write_bytes(b"something else")
    with pytest.raises(ImageError, match=r"004\.png: changed after it was listed; start again"):
        list(data.batches(1, [np.arange(6)]))
    assert len(next(data.batches(1, [np.arange(3)]))) == 3  # the worker has gone on
    data.close()


def test_ctrl_c_is_left_to_the_process_that_trains(make):
    data = make(1)
    slices = slices_of(COUNT, 2)
    batches = data.batches(1, slices)
    next(batches)
    os.kill(pids(data)[0], signal.SIGINT)
    assert sum(1 for _ in batches) == len(slices) - 1


SCRIPT = """
import sys, time
import numpy as np
sys.path.insert(0, {tests!r})
from pathlib import Path
from training.photo_folders import slices_of, write_samples
from foveal.images import Augment, Preprocess
from foveal.training.inputs.pixels import PixelData
samples = write_samples(Path({folder!r}), 8)
data = PixelData(samples, np.zeros(8, np.int64), Preprocess(image_size=32),
                 Augment.preset("light"), seed=0, workers=2)
data.prepare()
assert sum(map(len, data.batches(1, slices_of(8, 2)))) == 8
print(*(process.pid for process in data._workers.processes), flush=True)
{then}
"""


def run_script(tmp_path, then: str) -> subprocess.Popen:
    tests = os.path.dirname(os.path.dirname(__file__))
    (tmp_path / "queue.py").write_text("raise RuntimeError('not the module that was meant')")
    script = SCRIPT.format(tests=tests, folder=str(tmp_path / "photos"), then=then)
    return subprocess.Popen(
        [sys.executable, "-P", "-"],  # as a notebook does: no file, no guard around main
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd=tmp_path,
    ), script


@pytest.mark.parametrize("fate", ["killed", "ended"])
def test_workers_need_no_guarded_script_and_end_with_it_however_it_ends(tmp_path, fate):
    process, script = run_script(tmp_path, "time.sleep(60)" if fate == "killed" else "")
    with process:
        process.stdin.write(script)
        process.stdin.close()
        started = [int(pid) for pid in process.stdout.readline().split()]
        assert len(started) == 2, process.stderr.read()
        if fate == "killed":
            assert all(is_alive(pid) for pid in started)
            process.kill()
        assert process.stderr.read() == ""
    assert wait_until_gone(started, 5)


def test_a_worker_does_not_load_pytorch():
    code = "import sys, foveal.training.inputs.render_worker; print('torch' in sys.modules)"
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert result.stdout.strip() == "False", result.stderr
