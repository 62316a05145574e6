"""A training that was stopped, or killed, anywhere goes on to the same bits."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path

import pytest
import torch

from foveal.errors import LockedError, TrainingError, TrainingInterrupted
from foveal.storage import lock
from foveal.storage.atomic import TEMPORARY
from foveal.training import Checkpoints, EarlyStopping, ReduceLROnPlateau
from tiny_training import Pictures, allowed, hashes, settings, small_network, trainer

PROGRAM = Path(__file__).parents[1] / "tiny_training.py"
STEPS = 15  # 3 epochs of 5
KINDS = {
    "adamw": {},
    "sgd, averaged": {"optimizer": "sgd", "lr": 0.1, "ema": 0.9, "schedule": "cosine"},
    "slices, mixed": {"accumulate": 2, "mixup": 0.3, "cutmix": 1.0, "optimizer": "adam"},
}


@pytest.fixture(autouse=True)
def one_thread():
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


def stopped_after(steps, **further):
    """A trainer that is told to stop after so many steps."""
    count = 0

    def on_step(*told):
        nonlocal count
        count += 1
        if count == steps:
            made.stop()

    made = trainer(on_step=on_step, **further)
    return made


@pytest.mark.parametrize("kind", KINDS)
def test_stopped_after_any_step_it_goes_on_to_the_same_bits(tmp_path, kind):
    config = settings(**KINDS[kind])
    whole = trainer(config)
    whole.fit()
    for steps in range(1, STEPS + 1):
        checkpoints = Checkpoints(tmp_path / f"{steps}")
        with pytest.raises(TrainingInterrupted, match=r"stopped in epoch \d, after step \d; it go"):
            stopped_after(steps, config=config, checkpoints=checkpoints).fit()
        resumed = trainer(config, checkpoints=checkpoints)
        resumed.fit()
        assert hashes(resumed) == hashes(whole), steps


def test_control_a_resume_that_loses_a_single_moment_is_noticed(tmp_path):
    whole = trainer(settings())
    whole.fit()
    checkpoints = Checkpoints(tmp_path)
    with pytest.raises(TrainingInterrupted, match="epoch 2, after step 2"):
        stopped_after(7, config=settings(), checkpoints=checkpoints).fit()
    found = checkpoints.latest()
    found.tensors["optimiser/mean/body.9.bias"][0] += 1e-7
    checkpoints.save(found.tensors, found.facts)
    resumed = trainer(settings(), checkpoints=checkpoints)
    resumed.fit()
    assert hashes(resumed) != hashes(whole)


def test_callbacks_go_on_where_they_were(tmp_path):
    def callbacks():
        return [
            EarlyStopping(patience=3, min_delta=0.01),
            ReduceLROnPlateau(patience=1, min_delta=0.2),
        ]

    config = settings(epochs=6, schedule="constant")
    whole = trainer(config, callbacks=callbacks())
    expected = whole.fit()
    for steps in (3, 9, 12, 18):
        checkpoints = Checkpoints(tmp_path / f"{steps}")
        interrupted = stopped_after(
            steps, config=config, checkpoints=checkpoints, callbacks=callbacks()
        )
        with pytest.raises(TrainingInterrupted, match="stopped in epoch"):
            interrupted.fit()
        resumed = trainer(config, checkpoints=checkpoints, callbacks=callbacks())
        assert resumed.fit().stopped_because == expected.stopped_because
        assert hashes(resumed) == hashes(whole)


def test_a_training_that_is_done_is_not_done_again(tmp_path):
    checkpoints = Checkpoints(tmp_path)
    first = trainer(settings(), checkpoints=checkpoints)
    fitted = first.fit()
    again = trainer(settings(), checkpoints=checkpoints)
    refitted = again.fit()
    assert again.train.rendered == []
    assert refitted.history == fitted.history
    assert hashes(again) == hashes(first)


def test_the_mode_that_was_measured_is_used_again(tmp_path):
    config = settings(precision="auto", channels_last="auto")
    checkpoints = Checkpoints(tmp_path)
    made = stopped_after(3, config=config, checkpoints=checkpoints)
    with pytest.raises(TrainingInterrupted, match="after step 3"):
        made.fit()
    found = checkpoints.latest()
    other = "off" if made.progress.mode.channels_last else "on"
    found.facts["progress"]["mode"]["channels_last"] = other == "on"
    checkpoints.save(found.tensors, found.facts)
    fitted = trainer(config, checkpoints=checkpoints).fit()
    assert fitted.mode.channels_last == (other == "on")
    assert fitted.timings == ()


def test_other_settings_or_data_are_refused_with_a_list_of_differences(tmp_path):
    checkpoints = Checkpoints(tmp_path)
    identity = {"photos": "abc", "sizes": (1, 2)}  # a tuple comes back as a list
    trainer(settings(epochs=1), checkpoints=checkpoints, identity=identity).fit()
    with pytest.raises(
        TrainingError,
        match=r"cannot be resumed.*: lr was 0\.01 and is 0\.02; seed was 0 and is 1\. Change them",
    ):
        trainer(
            settings(epochs=1, lr=0.02, seed=1), checkpoints=checkpoints, identity=identity
        ).fit()
    with pytest.raises(TrainingError, match=r"photos was 'abc' and is None"):
        trainer(settings(epochs=1), checkpoints=checkpoints).fit()
    with pytest.raises(TrainingError, match=r"training samples was \[72, '\w+'\] and is \[60"):
        trainer(
            settings(epochs=1), checkpoints=checkpoints, identity=identity, train=Pictures(60)
        ).fit()
    more_often = settings(epochs=1, checkpoint_minutes=1)
    trainer(more_often, checkpoints=checkpoints, identity=identity).fit()


def test_a_checkpoint_of_another_format_is_refused(tmp_path):
    checkpoints = Checkpoints(tmp_path)
    trainer(settings(epochs=1), checkpoints=checkpoints).fit()
    found = checkpoints.latest()
    checkpoints.save(found.tensors, found.facts | {"format": 99})
    with pytest.raises(TrainingError, match="must have format 1; it has 99"):
        trainer(settings(epochs=1), checkpoints=checkpoints).fit()


def test_a_stopped_trainer_can_go_on_itself(tmp_path):
    whole = trainer(settings())
    whole.fit()
    made = stopped_after(7, config=settings(), checkpoints=Checkpoints(tmp_path))
    with pytest.raises(TrainingInterrupted, match="after step 2"):
        made.fit()
    made.fit()
    assert hashes(made) == hashes(whole)


def test_another_network_or_other_callbacks_are_refused(tmp_path):
    checkpoints = Checkpoints(tmp_path)
    trainer(settings(epochs=1), checkpoints=checkpoints).fit()
    network = small_network()
    network.body[9] = torch.nn.Linear(8, 4)
    with pytest.raises(TrainingError, match=r"must hold the tensors of this .*body.9.bias"):
        trainer(settings(epochs=1), network=network, checkpoints=checkpoints).fit()
    with pytest.raises(TrainingError, match="must be those of the checkpoint, none; got EarlySto"):
        trainer(settings(epochs=1), checkpoints=checkpoints, callbacks=[EarlyStopping()]).fit()


def test_two_trainings_cannot_write_to_one_folder(tmp_path):
    with (
        lock(tmp_path / ".writing.lock"),
        pytest.raises(LockedError, match=f"in use by process {os.getpid()}"),
    ):
        trainer(settings(), checkpoints=Checkpoints(tmp_path)).fit()


class Zygote:
    """Starts trainings quickly: it has PyTorch imported and forks."""

    def __init__(self):
        self.process = subprocess.Popen(
            [sys.executable, str(PROGRAM)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        self._line("ready")

    def start(self, folder, **given):
        """Start a training; return its process id."""
        self.process.stdin.write(json.dumps([str(folder), given]) + "\n")
        self.process.stdin.flush()
        return int(self._line("pid"))

    def steps(self, count):
        """Wait for so many steps."""
        for _ in range(count):
            self._line("step")

    def end(self):
        """Wait for the end; return the exit code."""
        return int(self._line("exit"))

    def _line(self, kind):
        for line in self.process.stdout:
            if line.startswith(kind):
                return line.removeprefix(kind)
        raise AssertionError(self.process.stderr.read())

    def close(self):
        self.process.stdin.close()
        self.process.wait()
        self.process.stdout.close()
        self.process.stderr.close()


@pytest.fixture(scope="module")
def zygote():
    made = Zygote()
    yield made
    made.close()


GIVEN = {"epochs": 6, "mixup": 0.2, "ema": 0.9, "delay": 0.003}


@pytest.fixture(scope="module")
def uninterrupted(zygote, tmp_path_factory):
    """What a training gives that nobody disturbs, and its seconds."""
    folder = tmp_path_factory.mktemp("uninterrupted")
    started = time.monotonic()
    zygote.start(folder, **GIVEN)
    assert zygote.end() == 0
    seconds = time.monotonic() - started
    return json.loads((folder / "hashes.json").read_text()), seconds


def killed_again_and_again(zygote, tmp_path, uninterrupted, kills, seed):
    """Kill trainings at random times, let each go on, and compare each that comes to its end."""
    expected, seconds = uninterrupted
    chance, done, finished = random.Random(seed), 0, 0
    while done < kills:
        folder = tmp_path / f"{finished}"
        minutes = chance.choice([0.0, 5.0])
        pid = zygote.start(folder, **GIVEN, checkpoint_minutes=minutes)
        time.sleep(chance.uniform(0, 0.7 * seconds))
        with suppress(ProcessLookupError):  # it may be through already
            os.kill(pid, signal.SIGKILL)
        code = zygote.end()
        done += code == -signal.SIGKILL
        if code == 0 or (done == kills and zygote.start(folder, **GIVEN) and zygote.end() == 0):
            assert json.loads((folder / "hashes.json").read_text()) == expected
            assert not list(folder.rglob(f"{TEMPORARY}*"))
            finished += 1
    assert finished
    return finished


def test_killed_at_twenty_random_times_it_ends_on_the_same_bits(zygote, tmp_path, uninterrupted):
    killed_again_and_again(zygote, tmp_path, uninterrupted, 20, seed=1)


@pytest.mark.long
def test_killed_at_two_hundred_random_times_it_ends_on_the_same_bits(
    zygote, tmp_path, uninterrupted
):
    killed_again_and_again(zygote, tmp_path, uninterrupted, 200, seed=2)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_at_five_random_times_is_obeyed_at_once_and_costs_no_bit(
    zygote, tmp_path, uninterrupted, number
):
    expected, _ = uninterrupted
    chance = random.Random(number)
    given = GIVEN | {"checkpoint_minutes": 5}
    for _ in range(5):
        pid = zygote.start(tmp_path, **given)
        zygote.steps(1)
        time.sleep(chance.uniform(0, 0.05))
        started = time.monotonic()
        os.kill(pid, number)
        assert zygote.end() == 128 + number
        assert time.monotonic() - started < allowed(5)
    zygote.start(tmp_path, **given)
    assert zygote.end() == 0
    assert json.loads((tmp_path / "hashes.json").read_text()) == expected


def test_a_signal_in_a_step_that_will_not_end_is_obeyed_within_five_seconds(zygote, tmp_path):
    whole, cut = tmp_path / "whole", tmp_path / "cut"
    for folder in (whole, cut):
        folder.mkdir()
    zygote.start(whole, slow_step=10**6)
    assert zygote.end() == 0
    pid = zygote.start(cut, slow_step=9)
    zygote.steps(8)
    time.sleep(0.2)  # now it is in the ninth
    started = time.monotonic()
    os.kill(pid, signal.SIGTERM)
    assert zygote.end() == 128 + signal.SIGTERM
    assert 1 < time.monotonic() - started < allowed(5)
    found = Checkpoints(cut / "checkpoints").latest()
    assert found.facts["progress"]["done"] == 8
    zygote.start(cut, slow_step=10**6)
    assert zygote.end() == 0
    assert (cut / "hashes.json").read_text() == (whole / "hashes.json").read_text()


def test_handlers_are_those_of_before_afterwards():
    before = signal.getsignal(signal.SIGINT), signal.getsignal(signal.SIGTERM)
    trainer(settings(epochs=1)).fit()
    assert (signal.getsignal(signal.SIGINT), signal.getsignal(signal.SIGTERM)) == before
    assert signal.set_wakeup_fd(-1) == -1


def test_in_another_thread_a_training_is_stopped_by_a_call(tmp_path):
    import threading

    begun, found = threading.Event(), []
    made = trainer(
        settings(epochs=1000),
        checkpoints=Checkpoints(tmp_path),
        on_step=lambda *told: begun.set(),
    )

    def work():
        try:
            made.fit()
        except TrainingInterrupted as error:
            found.append(error)

    thread = threading.Thread(target=work)
    thread.start()
    assert begun.wait(60)
    made.stop()
    thread.join(10)
    assert not thread.is_alive()
    assert found[0].signal is None
    assert found[0].exit_code == 1
    assert found[0].checkpoint.startswith(str(tmp_path))
