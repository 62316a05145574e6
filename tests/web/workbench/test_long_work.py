"""Long computations: questions go first, who leaves ends them, and the server's end does."""

from __future__ import annotations

import asyncio
import http.client
import os
import re
import signal
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import uvicorn

from foveal.web import background
from foveal.web.app import Site, create_app
from foveal.web.serve import SiteServer, listen
from foveal.web.workbench.answers import Gate
from foveal.web.workbench.long_work import Abandoned, Turn
from web.loops import in_a_loop
from web.raw_client import RawClient
from web.workbench.conftest import RUNS, Bench, photo, wait_until

ENDLESS = "foveal.web.workbench.using.compare"


class Work:
    """A comparison without end that looks now and then whether it is wanted."""

    def __init__(self) -> None:
        self.looks, self.ended = 0, threading.Event()

    def __call__(self, first, second, listener):
        try:
            while True:
                listener.progress("Comparing", self.looks, 10**9)
                self.looks += 1
                time.sleep(0.01)
        finally:
            self.ended.set()


@pytest.fixture
def endless(monkeypatch) -> Work:
    work = Work()
    monkeypatch.setattr(ENDLESS, work)
    return work


def ask_and_leave(bench: Bench, path: str, stay) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", bench.port, timeout=60)
    connection.request("GET", path, headers={"X-Foveal-Token": bench.token})
    stay()
    connection.close()


def test_a_comparison_ends_when_its_page_is_left_and_lets_questions_go_first(
    bench: Bench, colours: str, endless: Work
):
    def stay() -> None:
        wait_until(lambda: endless.looks > 3, "it does not begin")
        assert bench.post(f"{RUNS}/{colours}/predict", photo()).status == 200
        before = endless.looks
        wait_until(lambda: endless.looks > before, "it does not go on")
        assert not endless.ended.is_set()

    ask_and_leave(bench, f"/api/workbench/compare?a={colours}&b={colours}", stay)
    assert endless.ended.wait(20)


def test_one_that_waits_for_its_turn_is_left_too(
    bench: Bench, colours: str, endless: Work, monkeypatch
):
    path = f"/api/workbench/compare?a={colours}&b={colours}"

    def stay() -> None:
        wait_until(lambda: endless.looks, "it does not begin")
        ask_and_leave(bench, path, lambda: None)
        ask_and_leave(bench, path, lambda: None)

    ask_and_leave(bench, path, stay)
    assert endless.ended.wait(20)
    monkeypatch.setattr(ENDLESS, lambda *_: {"next": True})
    assert bench.get(path).json == {"next": True}  # nobody holds the turn


def test_a_turn_waits_while_a_question_is_answered():
    let_go, told = threading.Event(), []

    async def crowd() -> None:
        gate = Gate(1, 1, "busy.")
        turn = Turn(threading.Event(), gate)
        question = asyncio.create_task(gate.run(let_go.wait, 20))
        while gate.quiet.is_set():
            await asyncio.sleep(0)

        def look() -> None:
            turn.look()
            told.append(let_go.is_set())

        looking = asyncio.create_task(background.run_in_background(look))
        await asyncio.sleep(0.1)
        let_go.set()
        await question
        await looking

    in_a_loop(crowd())
    assert told == [True]


def test_a_turn_that_was_left_or_whose_server_stops_ends_the_work():
    ending = threading.Event()
    turn = Turn(ending)
    turn.look()
    ending.set()
    with pytest.raises(Abandoned, match="nobody waits"):
        turn.look()
    left = Turn(threading.Event())
    left.leave()
    with pytest.raises(Abandoned, match="nobody waits"):
        left.progress("Naming photos", 1, 2)


def stopped_while_asked(bench: Bench, colours: str):
    """Stop a server in the middle of a comparison; its answer and how long the end took."""
    site, opened = Site(bench.runs, bench.photos), listen(0)
    config = uvicorn.Config(create_app(site), log_level="warning", lifespan="off")
    server = SiteServer(config, site.ending)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [opened]})
    thread.start()
    wait_until(lambda: server.started, "the server did not start")
    own = Bench(opened.getsockname()[1], site.token, bench.photos, bench.runs)
    with ThreadPoolExecutor(1) as pool:
        asked = pool.submit(own.get, f"/api/workbench/compare?a={colours}&b={colours}")
        time.sleep(0.3)
        began = time.monotonic()
        server.should_exit = True
        answer = asked.result(20)
        thread.join(20)
        opened.close()
    return answer, time.monotonic() - began


def test_the_end_of_the_server_ends_what_computes_and_says_so(
    bench: Bench, colours: str, endless: Work, capfd
):
    answer, took = stopped_while_asked(bench, colours)
    assert (answer.status, answer.error) == (503, "the server is stopping; start it again.")
    assert endless.ended.wait(5)
    assert took < 5
    assert capfd.readouterr().err == ""


# A comparison that never looks whether it is wanted, in a process of its own.
STUBBORN = f"""
import sys, threading
from unittest import mock
from foveal.cli.main import main
mock.patch({ENDLESS!r}, lambda *_: threading.Event().wait()).start()
main(sys.argv[1:])
"""


def test_a_process_ends_soon_whatever_computes(bench: Bench, colours: str, tmp_path: Path):
    words = ("workbench", "--photos", tmp_path / "none", "--runs", bench.runs, "--port", "0")
    process = subprocess.Popen(
        [sys.executable, "-c", STUBBORN, *map(str, words), "--no-browser"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    port = int(re.search(r":(\d+)/", process.stdout.readline()).group(1))
    first = RawClient(port)
    page = first.send("GET", "/", [("Host", "localhost")]).body.decode()
    first.close()
    token = re.search('foveal-token" content="([^"]+)"', page)
    own = Bench(port, token.group(1), bench.photos, bench.runs)
    with ThreadPoolExecutor(1) as pool:
        asked = pool.submit(own.get, f"/api/workbench/compare?a={colours}&b={colours}")
        time.sleep(0.5)
        began = time.monotonic()
        os.kill(process.pid, signal.SIGINT)
        answer = asked.result(20)
        _, complaints = process.communicate(timeout=30)
    assert (answer.status, answer.error) == (503, "the server is stopping; start it again.")
    assert time.monotonic() - began < 10  # where others compute too
    assert (process.returncode, complaints) == (128 + signal.SIGINT, "foveal: stopped.\n")
