"""`foveal train` beyond the head: from scratch, fine-tuned, killed and resumed, in processes."""

from __future__ import annotations

import hashlib
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

import foveal
from conftest import write_photos
from foveal.errors import ModelError
from in_process import foveal as foveal_here

# The mode is named, since what a busy machine measures may differ from run to run.
MODE = ["--precision", "f32", "--channels-last", "on"]
SCRATCH = ["--from-scratch", "lenet5", "--epochs", "4", "--batch", "16", "--augment", "medium"]
SCRATCH += MODE


def command(*words):
    return [sys.executable, "-m", "foveal", *map(str, words)]


def train(*words):
    """Run `foveal train --json` in a process of its own; return its events."""
    words = command("train", *words, "--json")
    result = subprocess.run(words, capture_output=True, text=True, timeout=240)
    assert "Traceback" not in result.stderr, result.stderr
    assert result.returncode == 0, f"exit {result.returncode}\n{result.stderr}"
    return [json.loads(line) for line in result.stdout.splitlines()]


@pytest.fixture
def refusal(capsys):
    """Run a command that fails, here: no process has to start; return what it says."""

    def refused(*words, code):
        found, shown, told = foveal_here(capsys, *words)
        assert (found, shown) == (code, "")
        return told

    return refused


def run_folder(events):
    return Path(next(event for event in events if event["event"] == "run")["folder"])


def fingerprint(run):
    """Return what must not depend on whether a run was killed: its weights and its history."""
    files = [run / "model" / "model.safetensors", run / "history.csv"]
    return [hashlib.sha256(file.read_bytes()).hexdigest() for file in files]


@pytest.fixture(scope="module")
def photos(tmp_path_factory):
    home = tmp_path_factory.mktemp("training")
    return write_photos(home / "photos", {"stripes": 24, "spots": 24, "plain": 24}, seed=3)


@pytest.fixture(scope="module")
def uninterrupted(photos, tmp_path_factory):
    return run_folder(train(photos, *SCRATCH, "--out", tmp_path_factory.mktemp("whole")))


def test_a_network_from_scratch_is_trained_told_of_and_saved(photos, uninterrupted, tmp_path):
    events = train(photos, *SCRATCH, "--out", tmp_path)
    epochs = [event for event in events if event["event"] == "epoch"]
    assert [(event["phase"], event["epoch"]) for event in epochs] == [
        ("scratch", number) for number in (1, 2, 3, 4)
    ]
    assert events[-1]["event"] == "result"
    assert fingerprint(run_folder(events)) == fingerprint(uninterrupted)
    model = foveal.load(uninterrupted)
    assert model.config.architecture == "lenet5"
    assert model.config.preprocess.channels == 1
    rows = (uninterrupted / "history.csv").read_text().splitlines()
    assert rows[0].endswith("learning_rate,phase")
    assert len(rows) == 5


def test_another_seed_gives_another_network(photos, uninterrupted, tmp_path):
    events = train(photos, *SCRATCH, "--seed", "1", "--out", tmp_path)
    assert fingerprint(run_folder(events)) != fingerprint(uninterrupted)  # control


def test_a_run_that_was_killed_is_resumed_to_the_same_bits(
    photos, uninterrupted, refusal, tmp_path
):
    words = [*SCRATCH, "--checkpoint-minutes", "0", "--out", tmp_path]
    process = subprocess.Popen(command("train", photos, *words), stderr=subprocess.DEVNULL)

    def files():
        return list(tmp_path.glob("*/checkpoints/checkpoint-*"))

    deadline = time.monotonic() + 120
    while not files() or max(file.name for file in files()) < "checkpoint-000005":
        assert process.poll() is None
        assert time.monotonic() < deadline
        time.sleep(0.02)
    process.kill()
    process.wait()
    (run,) = tmp_path.iterdir()
    assert not (run / "report.html").exists()
    with pytest.raises(ModelError, match=f"foveal train --resume {run}"):
        foveal.load(run)
    events = train("--resume", run)
    assert len([event for event in events if event["event"] == "epoch"]) >= 1
    assert fingerprint(run) == fingerprint(uninterrupted)
    photo = next(path for path in photos.rglob("*") if path.is_file())
    named, expected = (foveal.load(of).predict(photo) for of in (run, uninterrupted))
    assert named.probabilities == expected.probabilities
    message = refusal("train", "--resume", run, code=1)
    assert f"{run} is finished: there is nothing to resume." in message


@pytest.mark.parametrize("sent", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_writes_a_checkpoint_and_stops_in_time(photos, sent, tmp_path):
    words = command("train", photos, *SCRATCH, "--epochs", "2000", "--out", tmp_path, "--json")
    process = subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    for line in process.stdout:
        if json.loads(line)["event"] == "epoch":
            break
    process.send_signal(sent)
    started = time.monotonic()
    _, told = process.communicate(timeout=60)
    assert time.monotonic() - started < 5
    assert process.returncode == 128 + sent
    (run,) = tmp_path.iterdir()
    assert f"foveal train --resume {run}" in told
    assert "Traceback" not in told
    assert list((run / "checkpoints").glob("checkpoint-*"))


def test_resume_refuses_other_settings_and_other_photos(photos, refusal, tmp_path):
    import shutil

    own = tmp_path / "own"
    shutil.copytree(photos, own)
    words = command("train", own, *SCRATCH, "--epochs", "2000", "--seed", "3")
    words += ["--out", str(tmp_path / "runs")]
    process = subprocess.Popen(words, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    deadline = time.monotonic() + 120
    while not list(tmp_path.glob("runs/*/checkpoints/checkpoint-*")):
        assert time.monotonic() < deadline
        time.sleep(0.05)
    process.terminate()
    process.wait()
    (run,) = (tmp_path / "runs").iterdir()
    words = ["--lr", "0.5", "--seed", "0"]  # 0: the default
    message = refusal("train", "--resume", run, *words, code=1)
    assert "--lr was not given, is 0.5" in message
    assert "--seed was 3, is 0" in message
    (own / "spots" / "00.jpg").unlink()
    (own / "plain" / "01.jpg").rename(own / "stripes" / "zz.jpg")
    message = refusal("train", "--resume", run, code=1)
    assert "spots/00.jpg is gone" in message
    assert "stripes/zz.jpg is new" in message
    assert "Put them back" in message


def test_resume_needs_a_run(refusal, tmp_path):
    assert "does not exist" in refusal("train", "--resume", tmp_path / "no", code=1)
    assert "holds no run that can be resumed" in refusal("train", "--resume", tmp_path, code=1)
    assert "needs photos or a run" in refusal("train", code=2)
    told = refusal("train", tmp_path, "--resume", tmp_path, code=2)
    assert "takes its photos from the run; leave" in told


def test_what_cannot_be_trained_is_refused_before_a_photo_is_encoded(photos, refusal, tmp_path):
    words = ["--backbone", "efficientnet_lite0", "--fine-tune", "--out", tmp_path / "runs"]
    message = refusal("train", photos, *words, "--unfreeze", "99", code=2)
    assert (
        "`--unfreeze` must be 1 to 18, the blocks of efficientnet_lite0, or all; got 99" in message
    )
    assert "Encoding" not in message
    told = refusal("train", photos, *words, "--ema", 2, code=2)
    assert "`--ema` must be from 0 to below 1; got 2.0" in told
    assert list((tmp_path / "runs").iterdir()) == []


def test_fine_tuning_prints_its_plan_and_leaves_frozen_blocks_alone(
    photos, converted_graphs, tmp_path, monkeypatch
):
    from safetensors.torch import load_file

    from foveal.models.create import create_model

    cache = tmp_path / "cache"
    cache.mkdir()
    (cache / "graphs").symlink_to(converted_graphs)
    monkeypatch.setenv("FOVEAL_CACHE_DIR", str(cache))
    words = ["--backbone", "efficientnet_lite0", "--fine-tune", "--unfreeze", "2", "--views", "2"]
    events = train(photos, *words, "--epochs", "2", *MODE, "--out", tmp_path / "runs")
    plan = next(event for event in events if event["event"] == "plan")
    assert (plan["frozen"], plan["trained"]) == ("16 of 18 blocks", "stage7_1, top, head")
    assert "blocks 0.00015 (0.1 × that)" in plan["learning rate"]
    run = run_folder(events)
    phases = [row.rsplit(",", 1)[1] for row in (run / "history.csv").read_text().splitlines()[1:]]
    assert phases[-2:] == ["fine-tune", "fine-tune"]
    assert set(phases[:-2]) == {"head"}
    after = load_file(run / "model" / "model.safetensors")
    network = create_model("efficientnet_lite0", pretrained=True)
    before, blocks = network.state_dict(), network.block_names
    for name, value in before.items():
        part = name.split(".")
        if part[0] == "blocks" and part[1] in blocks[:-2]:
            assert after[name].equal(value), name
        if part[-1].startswith("running_"):
            assert after[name].equal(value), name
    moved = [n for n in before if n.startswith("blocks.") and not after[n].equal(before[n])]
    assert {name.split(".")[1] for name in moved} == set(blocks[-2:])  # control


def test_two_processes_train_what_one_does(photos, tmp_path):
    words = [*SCRATCH, "--seed", "5"]
    alone = run_folder(train(photos, *words, "--accumulate", "2", "--out", tmp_path / "alone"))
    launcher = [sys.executable, "-m", "torch.distributed.run", "--nproc-per-node", "2"]
    launcher += ["--standalone", "-m", "foveal", "train", str(photos), *words]
    environment = os.environ | {"OMP_NUM_THREADS": "1"}
    subprocess.run(
        [*launcher, "--out", str(tmp_path / "both")],
        check=True,
        capture_output=True,
        timeout=240,
        env=environment,
    )
    (both,) = (tmp_path / "both").iterdir()
    told = [(run / "history.csv").read_text() for run in (alone, both)]
    figures = [[row.split(",") for row in text.splitlines()[1:]] for text in told]
    for one, other in zip(*figures, strict=True):
        assert [float(x) for x in one[:6]] == pytest.approx([float(x) for x in other[:6]], rel=1e-4)


def test_a_learning_rate_is_suggested_and_drawn(photos, refusal, tmp_path):
    plot = tmp_path / "rates.svg"
    words = ["--from-scratch", "lenet5", "--batch", "16", *MODE, "--steps", "60", "--plot", plot]
    found = subprocess.run(
        command("lr-find", photos, *words, "--json"), capture_output=True, text=True, timeout=240
    )
    assert found.returncode == 0, found.stderr
    assert 1e-5 < json.loads(found.stdout)["suggestion"] < 1
    assert plot.read_text().startswith("<svg xmlns=")
    told = refusal("lr-find", photos, *words, code=2)
    assert "`--plot` must name a new file such as rates.svg" in told
    assert "give `--fine-tune` or `--from-scratch`" in refusal("lr-find", photos, code=2)
    idle = ["--fine-tune", "--epochs", "3", "--warmup", "1"]
    told = refusal("lr-find", photos, *idle, code=2)
    assert "`--epochs`, `--warmup` would have no effect on the search for a learning" in told
