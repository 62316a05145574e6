"""Who is asked what to do when a process is lost: the innermost block that watches."""

from __future__ import annotations

import subprocess
import sys
import time

import pytest

from foveal.training.processes import heartbeat
from foveal.training.processes.heartbeat import Heartbeat


@pytest.fixture
def alive(monkeypatch):
    """The heartbeat of process 0, which is not ended; process 1 has ended already."""
    from torch.distributed import TCPStore

    monkeypatch.setattr(heartbeat, "_GRACE", 0.0)
    monkeypatch.setattr(heartbeat, "leave", lambda last_words, code: last_words())
    store = TCPStore("127.0.0.1", 0, is_master=True, wait_for_workers=False)
    gone = subprocess.Popen([sys.executable, "-c", ""])
    gone.wait()
    other = Heartbeat(store, 1, 2, 60.0, lambda sentence: None)
    own = Heartbeat(store, 0, 2, 60.0, lambda sentence: None)
    here = store.get("foveal/who/1").decode().split()[0]
    store.set("foveal/who/1", f"{here} {gone.pid}")
    yield own
    del other


def waited_for(calls):
    until = time.monotonic() + 60
    while not calls and time.monotonic() < until:
        time.sleep(0.05)
    return calls


def test_within_a_block_a_further_one_decides_what_is_done_about_a_loss(alive):
    calls = []
    with alive.beating(lambda: calls.append("outer")), alive.beating(lambda: calls.append("inner")):
        assert waited_for(calls) == ["inner"]


def test_after_a_block_within_it_the_outer_one_watches_on(alive):
    calls = []
    with alive.beating(lambda: calls.append("outer")):
        with alive.beating(lambda: calls.append("inner")):
            pass
        assert waited_for(calls) == ["outer"]
