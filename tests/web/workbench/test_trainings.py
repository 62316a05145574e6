"""Real trainings in processes of their own: refused, stopped, killed, found, gone on with."""

from __future__ import annotations

import hashlib
import os
import signal
import time
from pathlib import Path

import pytest

from conftest import write_photos
from foveal.errors import StorageError
from foveal.web.workbench.processes import is_alive
from foveal.web.workbench.runs import Runs
from web.workbench.conftest import RUNS, SETS, Bench, colour_run, served, wait_until

SCRATCH = {"kind": "scratch", "backbone": "lenet5", "augment": "none"}
LONG = SCRATCH | {"epochs": 3000}
PHOTOS = {"stripes": 16, "spots": 16, "plain": 16}


@pytest.fixture(autouse=True)
def fixed_mode(monkeypatch, private_cache):
    """Let the first measurement of speed serve all trainings of a test: bits depend on it."""
    monkeypatch.setenv("OMP_NUM_THREADS", "1")


@pytest.fixture
def photos(bench: Bench) -> str:
    write_photos(bench.photos / "mine", PHOTOS, seed=3)
    return bench.sets()["mine"]["id"]


@pytest.fixture(autouse=True)
def nothing_left_running(bench: Bench):
    yield
    for entry in Runs(bench.runs).all().values():
        if entry.training and is_alive(entry.training.process):
            os.kill(entry.training.pid, signal.SIGKILL)
            wait_until(lambda entry=entry: not is_alive(entry.training.process), "it lives on")


def start(bench: Bench, photos: str, **given) -> str:
    answer = bench.post(RUNS, {"photos": photos} | given)
    assert answer.status == 201, answer.body
    return answer.json["id"]


def events(bench: Bench, key: str) -> list[dict]:
    return bench.get(f"{RUNS}/{key}/events?after=0").json["events"]


def after_epochs(bench: Bench, key: str, count: int) -> None:
    def enough() -> bool:
        state = bench.run(key)
        assert state["state"] == "running", state["error"]
        return state["epochs_done"] >= count

    wait_until(enough, f"no {count} epochs")


def ended(bench: Bench, key: str) -> dict:
    while (run := bench.run(key))["state"] == "running":  # the time limit of a test is enough
        time.sleep(0.2)
    return run


def fingerprint(run: Path) -> list[str]:
    files = [run / "model" / "model.safetensors", run / "history.csv"]
    return [hashlib.sha256(file.read_bytes()).hexdigest() for file in files]


def test_a_run_is_trained_told_of_and_can_be_used(bench: Bench, photos: str):
    key = start(bench, photos, name="my first", **SCRATCH, epochs=3)
    run = ended(bench, key)
    assert (run["state"], run["error"]) == ("done", None)
    assert (run["name"], run["photos"], run["kind"]) == ("my first", "mine", "scratch")
    assert (run["backbone"], run["epochs_done"], run["split"]) == ("lenet5", 3, "test")
    assert 0 <= run["accuracy"] <= 1
    assert run["metrics"]["splits"]["test"]["n"] == 6
    assert [row["epoch"] for row in run["history"]] == [1, 2, 3]
    told = [event["event"] for event in events(bench, key)]
    assert told[0] == "started"
    assert told[-1] == "result"
    assert told.count("epoch") == 3
    later = bench.get(f"{RUNS}/{key}/events?after={len(told)}").json
    assert (later["events"], later["next"], later["state"]) == ([], len(told), "done")
    report = bench.ask("GET", run["report"], X_Foveal_Token=None)
    assert report.status == 200
    policy = report.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert policy.endswith("; sandbox")
    assert b"<!doctype html>" in report.body[:20]
    (line,) = bench.get(RUNS).json["runs"]
    assert line == {name: run[name] for name in line}
    again = bench.post(RUNS, {"photos": photos, "name": "my first"} | SCRATCH)
    assert again.status == 422
    assert "exists" in again.error
    assert bench.post(f"{RUNS}/{key}/resume").status == 409
    photo = (bench.photos / "mine" / "spots" / "00.jpg").read_bytes()
    answers = {
        question: bench.post(f"{RUNS}/{key}/{question}", photo)
        for question in ("predict", "explain?method=gradcam", "feature-maps")
    }
    assert {name: answer.status for name, answer in answers.items()} == dict.fromkeys(answers, 200)
    assert answers["explain?method=gradcam"].json["picture"]["width"] == 32
    assert bench.get(f"{RUNS}/{key}/filters").json["shape"][1] == 1  # of grey images


def test_trainings_take_turns_also_those_of_two_servers(bench: Bench, photos: str):
    key = start(bench, photos, **LONG)
    with served(bench.photos, bench.runs) as second:
        for server in (bench, second):
            answer = server.post(RUNS, {"photos": photos} | LONG)
            assert answer.status == 409
            assert "'mine-001' is being trained, and trainings take turns" in answer.error
            assert server.get(RUNS).json["running"] == key
        one = wait_until(
            lambda: (found := second.get(f"{SETS}/{photos}").json["photos"]["spots"]) and found[0],
            "no photos",
        )
        refused = second.post(f"{SETS}/{photos}/remove", {"photo": one["id"]})
        assert (refused.status, "is learning from these photos" in refused.error) == (409, True)
        assert second.post(f"{RUNS}/{key}/stop").status == 200
        assert ended(bench, key)["state"] == "stopped"
    assert bench.post(f"{RUNS}/{key}/stop").status == 409


@pytest.mark.timeout(900)  # three trainings, one after another, where others compute too
def test_a_stopped_run_goes_on_to_the_same_result_after_a_restart_too(bench: Bench, photos: str):
    given = SCRATCH | {"epochs": 40, "seed": 1}
    whole = start(bench, photos, name="whole", **given)
    assert ended(bench, whole)["state"] == "done"
    key = start(bench, photos, name="stopped", **given)
    after_epochs(bench, key, 2)
    assert bench.post(f"{RUNS}/{key}/stop").status == 200
    run = ended(bench, key)
    assert (run["state"], run["resumable"], run["error"]) == ("stopped", True, None)
    assert list((bench.runs / "stopped" / "checkpoints").glob("checkpoint-*"))
    assert 2 <= run["epochs_done"] < 40
    with served(bench.photos, bench.runs) as later:
        assert later.run(key)["state"] == "stopped"
        assert later.post(f"{RUNS}/{key}/resume").status == 200
        assert later.run(key)["state"] == "running"
    # That server has ended; the training goes on, and the first one knows of it.
    assert ended(bench, key)["state"] == "done"
    assert fingerprint(bench.runs / "stopped") == fingerprint(bench.runs / "whole")
    assert [event["resumed"] for event in events(bench, key) if event["event"] == "started"] == [
        False,
        True,
    ]


def test_a_killed_training_can_be_gone_on_with(bench: Bench, photos: str):
    key = start(bench, photos, **LONG)
    after_epochs(bench, key, 1)
    training = Runs(bench.runs).require(key).training
    os.kill(training.pid, signal.SIGKILL)
    assert ended(bench, key)["state"] == "stopped"
    assert bench.post(f"{RUNS}/{key}/resume").status == 200
    assert bench.run(key)["state"] == "running"
    assert bench.post(f"{RUNS}/{key}/stop").status == 200
    assert ended(bench, key)["state"] == "stopped"


def test_a_training_that_fails_says_why(bench: Bench):
    key = bench.make_set("empty")
    failed = ended(bench, start(bench, key, name="hopeless", **SCRATCH))
    assert failed["state"] == "failed"
    assert failed["error"].startswith("empty is empty; expected one sub-folder of images for each")
    assert not (bench.runs / "hopeless").exists()
    write_photos(bench.photos / "better", PHOTOS)
    better = bench.sets()["better"]["id"]
    again = start(bench, better, name="hopeless", **LONG)  # the name is free again
    after_epochs(bench, again, 1)


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        ({"kind": "magic"}, "`kind` must be one of head, fine-tune, scratch; got 'magic'."),
        ({"backbone": "lenet6"}, "did you mean 'lenet5'?"),
        ({"backbone": "../../x.toml"}, "unknown network"),
        ({"augment": "wild"}, "`augment` must be one of"),
        ({"flip": "sideways"}, "`flip` must be one of none, horizontal, vertical, both"),
        ({"epochs": 0}, "`epochs`"),
        ({"epochs": "5"}, "`epochs` must be a whole number"),
        ({"time_limit": "soon"}, "`time_limit` must be a time such as 90s"),
        ({"kind": "head", "time_limit": "5m"}, "would have no effect"),
        ({"name": "../x"}, "`name` must be letters"),
        ({"name": "-rf"}, "`name` must be letters"),
        ({"name": ".workbench"}, "`name` must be letters"),
        ({"out": "x"}, "`out` is not asked for here"),
        ({"photos": "0123456789ab"}, "there is no such set of photos"),
    ],
)
def test_what_cannot_be_trained_is_refused_before_anything_starts(
    bench: Bench, photos: str, given: dict, sentence: str
):
    answer = bench.post(RUNS, {"photos": photos} | SCRATCH | given)
    assert answer.status in (404, 422)
    assert sentence in answer.error
    assert bench.get(RUNS).json == {"runs": [], "running": None}


def test_a_second_start_at_the_same_moment_waits_or_is_refused(bench: Bench, photos: str):
    from concurrent.futures import ThreadPoolExecutor

    with ThreadPoolExecutor(4) as many:
        answers = list(many.map(lambda _: bench.post(RUNS, {"photos": photos} | LONG), range(4)))
    assert sorted(answer.status for answer in answers) == [201, 409, 409, 409]


def test_control_a_folder_that_cannot_be_written_is_said(tmp_path: Path):
    from foveal.web.workbench.processes import start as begin

    with pytest.raises(StorageError, match="cannot start a training"):
        begin(["--version"], tmp_path / "gone" / "out", tmp_path / "gone" / "err")


def test_a_run_that_failed_is_deleted_and_one_that_runs_or_is_from_a_terminal_is_not(
    bench: Bench, photos: str, tmp_path: Path
):
    failed = start(bench, bench.make_set("empty"), name="hopeless", **SCRATCH)
    assert ended(bench, failed)["removable"]
    theirs = colour_run(bench, "colours", tmp_path / "elsewhere")
    assert not bench.run(theirs)["removable"]
    mine = start(bench, photos, name="mine", **LONG)
    after_epochs(bench, mine, 1)

    refused = bench.post(f"{RUNS}/{mine}/remove")
    assert (refused.status, refused.error) == (409, "'mine' is being trained; stop it first.")
    refused = bench.post(f"{RUNS}/{theirs}/remove")
    assert refused.status == 409
    assert "'colours' was not begun in the workbench" in refused.error
    assert bench.post(f"{RUNS}/{failed}/remove").status == 200  # also while another one trains

    bench.post(f"{RUNS}/{mine}/stop")
    assert ended(bench, mine)["state"] == "stopped"
    assert bench.post(f"{RUNS}/{mine}/remove").status == 200
    assert [run["name"] for run in bench.get(RUNS).json["runs"]] == ["colours"]
    assert sorted(path.name for path in bench.runs.iterdir()) == [".workbench", "colours"]
    assert list((bench.runs / ".workbench").iterdir()) == []
    assert bench.sets()["mine"]["n"] == sum(PHOTOS.values())  # its photos stay
