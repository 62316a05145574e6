"""What the files of a training tell of it, whoever left them behind."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from foveal.storage import lock
from foveal.web.workbench import processes, trainings
from foveal.web.workbench.processes import Process
from foveal.web.workbench.trainings import Training, state_of

GONE = Process(2**22 - 3, 0.0)


@pytest.fixture
def notes(tmp_path: Path) -> Path:
    (tmp_path / "notes").mkdir()
    return tmp_path / "notes"


@pytest.fixture
def run(tmp_path: Path) -> Path:
    (tmp_path / "run" / "checkpoints").mkdir(parents=True)
    return tmp_path / "run"


def training(**changes) -> Training:
    values = {"pid": GONE.pid, "began": GONE.began} | changes
    return Training("run", "photos", {}, ("train",), "2026-01-01", **values)


def said(notes: Path, *events: dict) -> None:
    lines = [json.dumps(event) for event in events]
    (notes / trainings.EVENTS).write_text("\n".join(lines) + "\n")


def test_one_that_died_without_a_word_is_stopped_where_something_was_kept(notes, run):
    (run / "checkpoints" / "start.json").write_text("{}")
    assert state_of(notes, run, training()) == ("stopped", None)


def test_one_that_died_without_a_word_and_kept_nothing_has_failed(notes, run):
    (notes / trainings.ERRORS).write_text("warning: few photos\nfoveal: no photos; add some.\n\n")
    assert state_of(notes, run, training()) == ("failed", "no photos; add some.")
    (notes / trainings.ERRORS).unlink()
    assert state_of(notes, run, training())[1].startswith("the training ended without a word")


def test_one_that_was_told_to_stop_before_it_kept_anything_is_stopped(notes, run):
    assert state_of(notes, run, training(stopping=True)) == ("stopped", None)


def test_one_that_said_that_it_failed_has_failed_though_it_can_go_on(notes, run):
    (run / "checkpoints" / "start.json").write_text("{}")
    said(notes, {"event": "started"}, {"event": "failed", "text": "disk full: x needs y."})
    assert state_of(notes, run, training()) == ("failed", "disk full: x needs y.")


def test_one_with_a_report_and_a_model_is_done_whatever_was_said_before(notes, run):
    said(notes, {"event": "failed", "text": "earlier"})
    (run / "model").mkdir()
    (run / "report.html").write_text("report")
    assert state_of(notes, run, None) == ("done", None)


def test_a_process_is_known_by_its_number_and_its_beginning(notes, run):
    import psutil

    began = psutil.Process().create_time()
    assert state_of(notes, run, training(pid=os.getpid(), began=began))[0] == "running"
    assert state_of(notes, run, training(pid=os.getpid(), began=began - 60))[0] == "failed"


def test_a_process_that_has_ended_and_was_not_waited_for_is_not_alive(tmp_path):
    child = subprocess.Popen([sys.executable, "-c", "pass"], start_new_session=True)
    import psutil

    process = Process(child.pid, psutil.Process(child.pid).create_time())
    os.waitid(os.P_PID, child.pid, os.WEXITED | os.WNOWAIT)  # it is a zombie now
    assert not processes.is_alive(process)
    child.wait()
    processes.tell_to_stop(process)  # does nothing


def test_one_from_a_terminal_runs_while_it_holds_the_lock(notes, run):
    (run / "checkpoints" / "start.json").write_text("{}")
    with lock(run / ".lock"):
        assert state_of(notes, run, None) == ("running", None)
    assert state_of(notes, run, None) == ("stopped", None)
    (run / ".lock.pid").write_text(str(GONE.pid))  # left behind by one that was killed
    assert state_of(notes, run, None) == ("stopped", None)


def test_events_are_read_from_where_one_was_and_half_a_line_waits(notes):
    lines = ['{"event": "plan"}', "not from us", '{"event": "epoch", "n": 1}', '{"event": "ep']
    (notes / trainings.EVENTS).write_text("\n".join(lines))
    events, until = trainings.events_after(notes, 0)
    assert ([event["event"] for event in events], until) == (["plan", "epoch"], 3)
    assert trainings.events_after(notes, 1, most=1) == ([], 2)
    assert trainings.events_after(notes, 3) == ([], 3)
    assert trainings.events_after(notes, 99) == ([], 99)
    assert trainings.events_after(notes / "gone", 4) == ([], 0)
