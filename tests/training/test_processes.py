"""Two processes give the bits of one; a lost process is named, and nobody waits for it."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest

from foveal.training import Checkpoints
from tiny_training import allowed

PROGRAM = Path(__file__).parents[1] / "tiny_training.py"
GIVEN = {"batch": 25, "epochs": 3, "ema": 0.9}  # 3 steps an epoch, whose halves are not equal
ALONE = GIVEN | {"accumulate": 2}


def start(folder, world, given, **environment):
    """Start the processes of a training as torchrun does."""
    folder.mkdir(exist_ok=True)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    started = []
    for rank in range(world):
        launcher = {
            "RANK": rank,
            "LOCAL_RANK": rank,
            "WORLD_SIZE": world,
            "LOCAL_WORLD_SIZE": world,
            "MASTER_ADDR": "127.0.0.1",
            "MASTER_PORT": port,
            "OMP_NUM_THREADS": 1,
        }
        words = [sys.executable, str(PROGRAM), str(folder), json.dumps(given)]
        started.append(
            subprocess.Popen(
                words,
                env=os.environ | {k: str(v) for k, v in (launcher | environment).items()},
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                text=True,
            )
        )
    return started


def ends(processes, timeout=200):
    """Wait for processes; return their exit codes and what they said last."""
    return [(made.communicate(timeout=timeout)[1], made.returncode)[::-1] for made in processes]


def steps(process, count):
    for _ in range(count):
        assert process.stdout.readline() == "step\n", process.stderr.read()


def result(folder):
    return json.loads((folder / "hashes.json").read_text())


@pytest.fixture(scope="module")
def alone(tmp_path_factory):
    """What one process gives that takes both halves of each batch."""
    folder = tmp_path_factory.mktemp("alone")
    assert ends(start(folder, 1, ALONE)) == [(0, "")]
    return folder


def test_two_processes_give_the_bits_of_one_that_takes_both_halves(tmp_path, alone):
    assert ends(start(tmp_path, 2, GIVEN)) == [(0, ""), (0, "")]
    assert result(tmp_path) == result(alone)
    seen = [json.loads((tmp_path / f"validated-{rank}.json").read_text()) for rank in (0, 1)]
    assert sorted(seen[0] + seen[1]) == sorted(list(range(30)) * 3)  # once in each epoch
    assert all(seen)


def test_a_process_that_is_done_first_is_not_missed(tmp_path, alone):
    first, second = start(tmp_path, 2, GIVEN | {"linger": 5.0})
    assert ends([second]) == [(0, "")]
    assert first.poll() is None
    assert ends([first]) == [(0, "")]
    assert result(tmp_path) == result(alone)


@pytest.mark.long
def test_three_processes_give_the_bits_of_one_too(tmp_path):
    assert ends(start(tmp_path / "three", 3, GIVEN)) == [(0, "")] * 3
    assert ends(start(tmp_path / "one", 1, GIVEN | {"accumulate": 3})) == [(0, "")]
    assert result(tmp_path / "three") == result(tmp_path / "one")


def test_a_killed_process_is_named_and_one_process_goes_on_to_the_same_bits(tmp_path, alone):
    first, second = start(tmp_path, 2, GIVEN | {"delay": 0.3, "checkpoint_minutes": 0})
    steps(first, 5)
    began = time.monotonic()
    second.kill()
    ((code, said),) = ends([first])
    assert time.monotonic() - began < allowed(5)
    assert code == 1, said
    assert f"process 1 (pid {second.pid}) has ended while process 0 was working with it" in said
    ends([second])
    done = Checkpoints(tmp_path / "checkpoints").latest().facts["progress"]["done"]
    assert done >= 5
    assert ends(start(tmp_path, 1, GIVEN)) == [(0, "")]  # resume: 2 → 1
    assert result(tmp_path) == result(alone)


def test_without_process_0_the_other_ends_and_names_it(tmp_path):
    first, second = start(tmp_path, 2, GIVEN | {"delay": 0.3, "checkpoint_minutes": 0})
    steps(second, 4)
    began = time.monotonic()
    first.kill()
    ((code, said),) = ends([second])
    assert time.monotonic() - began < allowed(5)
    assert (code, "process 0" in said) == (1, True)
    ends([first])
    assert Checkpoints(tmp_path / "checkpoints").latest().facts["progress"]["done"] >= 3


def test_a_process_that_hangs_is_named_within_the_timeout(tmp_path):
    given = GIVEN | {"delay": 0.3, "checkpoint_minutes": 0}
    first, second = start(tmp_path, 2, given, FOVEAL_RANK_TIMEOUT="3")
    steps(first, 4)
    began = time.monotonic()
    os.kill(second.pid, signal.SIGSTOP)
    try:
        ((code, said),) = ends([first])
        assert 2 < time.monotonic() - began < allowed(9)
    finally:
        second.kill()
    ends([second])
    assert code == 1
    assert "process 1 has given no sign of life for 3 s" in said
    assert Checkpoints(tmp_path / "checkpoints").latest().facts["progress"]["done"] >= 4


def test_a_signal_to_one_process_stops_all_at_the_same_step(tmp_path, alone):
    first, second = start(tmp_path, 2, GIVEN | {"delay": 0.2})
    steps(first, 4)
    began = time.monotonic()
    second.send_signal(signal.SIGTERM)
    (code, said), (other, _) = ends([first, second])
    assert time.monotonic() - began < allowed(5)
    assert (code, other) == (1, 128 + signal.SIGTERM)
    assert "training stopped in epoch 2" in said
    assert ends(start(tmp_path, 2, GIVEN)) == [(0, ""), (0, "")]
    assert result(tmp_path) == result(alone)
