"""The parts of the server alone: limits, forms, batches, and what a decoding process may do."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

import foveal
from foveal.errors import FovealError, ImageError, UsageError
from foveal.images import Preprocess
from foveal.web.serving.batching import Batcher
from foveal.web.serving.decoder import ANSWER, LENGTH, REASON, Task
from foveal.web.serving.decoding import DecodingPool
from foveal.web.serving.forms import Photo, photos_of
from foveal.web.serving.limits import Limits, Room
from foveal.web.uploads import RefusedUpload
from web.loops import in_a_loop
from web.serving.conftest import SIDE, form, noise, png


def test_room_is_given_back_whatever_happens():
    room = Room(Limits(queue=3, max_images=3))
    with room.for_images(2):
        assert room.images == 2
        with pytest.raises(RefusedUpload, match=r"room for 3 images and 2 are in it"):
            room.for_images(2).__enter__()
    with contextlib.suppress(ValueError), room.for_images(3):
        raise ValueError
    assert room.images == 0
    with room.for_bytes() as held:
        held.arrived(1000)
        assert room.bytes == 1000
        with pytest.raises(RefusedUpload, match="hold 256 MB together"):
            held.arrived(2**30)
    assert room.bytes == 0


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"max_pixels": 10**9}, "`max_pixels` must be a whole number from 1 to 100000000"),
        ({"body_seconds": 0}, "`body_seconds` must be a number from 0.1"),
        ({"decode_seconds": float("nan")}, "`decode_seconds` must be a number from 0.1"),
        ({"queue": True}, "`queue` must be a whole number"),
    ],
)
def test_limits_that_make_no_sense_are_refused(settings, message):
    with pytest.raises(UsageError, match=message):
        Limits(**settings)


def test_a_form_keeps_bytes_as_they_are_and_names_what_has_no_name():
    photo = bytes(range(256)) * 40 + b"\r\n--edge\r\n" + b"\r\n----edge"
    kind, body = form([("images", "a.png", photo), ("images", "", b"x")])
    assert photos_of(kind, body, 2) == [Photo("a.png", photo), Photo("image 2", b"x")]
    quoted = kind.replace("boundary=", 'boundary="') + '"; charset=utf-8'
    assert photos_of(quoted, body, 2)[0].data == photo


def test_a_single_photo_goes_at_once_and_others_share_a_run(model):
    predictor = foveal.load(model)
    runs: list[int] = []

    def runner(images):
        runs.append(len(images))
        return predictor.backend.run(images)

    coming = False

    async def check() -> None:
        nonlocal coming
        batcher = Batcher(predictor, [runner], 4, 20.0, more_coming=lambda: coming)
        batcher.start()
        pixels = np.zeros((SIDE, SIDE, 3), np.uint8)
        started = time.monotonic()
        first = await batcher.predict("one", pixels, 2)
        assert time.monotonic() - started < 15  # the window of 20 seconds was not waited for
        assert first.path == "one"
        assert len(first.labels) == 2
        coming = True
        several = [batcher.predict(str(i), pixels, 1) for i in range(10)]
        answers = asyncio.gather(*several)
        while len(runs) < 3:
            await asyncio.sleep(0.01)
        await asyncio.sleep(0.2)
        assert runs == [1, 4, 4]  # two wait for others, which are said to come
        coming = False
        several = [batcher.predict("late", pixels, 1), batcher.predict("later", pixels, 1)]
        assert [item.path for item in await asyncio.gather(*several)] == ["late", "later"]
        assert [item.path for item in await answers] == [str(i) for i in range(10)]
        assert runs == [1, 4, 4, 4]
        await batcher.close()

    in_a_loop(check())


def test_a_run_that_fails_is_told_to_those_who_wait_and_to_nobody_else(model):
    predictor = foveal.load(model)
    broken = True

    def runner(images):
        if broken:
            raise RuntimeError("the network broke")
        return predictor.backend.run(images)

    async def check() -> None:
        nonlocal broken
        batcher = Batcher(predictor, [runner], 4, 0.0, more_coming=lambda: False)
        batcher.start()
        pixels = np.zeros((SIDE, SIDE, 3), np.uint8)
        with pytest.raises(RuntimeError, match="the network broke"):
            await batcher.predict("one", pixels, 1)
        broken = False
        assert (await batcher.predict("two", pixels, 1)).path == "two"
        await batcher.close()

    in_a_loop(check())


@contextlib.contextmanager
def decoder(task: Task) -> Iterator[tuple[int, socket.socket]]:
    """Start a decoding process; it must end when the socket is closed, unless it has ended."""
    ours, theirs = socket.socketpair()
    words = [sys.executable, "-m", "foveal.web.serving.decoder", str(theirs.fileno())]
    with subprocess.Popen(words, pass_fds=[theirs.fileno()]) as process, ours:
        theirs.close()
        message = task.as_bytes()
        ours.sendall(LENGTH.pack(len(message)) + message)
        ours.recv(ANSWER.size, socket.MSG_WAITALL)
        try:
            yield process.pid, ours
        finally:
            ours.close()


def asked(channel: socket.socket, data: bytes) -> tuple[int, bytes]:
    channel.sendall(LENGTH.pack(len(data)) + data)
    head = channel.recv(ANSWER.size, socket.MSG_WAITALL)
    if len(head) < ANSWER.size:
        return -1, b""
    kind, length = ANSWER.unpack(head)
    return kind, channel.recv(length, socket.MSG_WAITALL)


TASK = Task(Preprocess(image_size=SIDE), 4_000_000, 4 * 2**20, 10.0)


linux_only = pytest.mark.skipif(sys.platform != "linux", reason="these limits are Linux's")


@linux_only
def test_a_decoding_process_may_open_and_write_nothing_and_has_bounded_memory():
    with decoder(TASK) as (pid, channel):
        limits = {
            line.split("  ")[0]: line.split("  ", 1)[1].split()[:2]
            for line in Path(f"/proc/{pid}/limits").read_text().splitlines()
        }
        assert limits["Max open files"] == ["0", "0"]
        assert limits["Max file size"] == ["0", "0"]
        assert limits["Max core file size"] == ["0", "0"]
        assert int(limits["Max address space"][0]) < 3 * 2**30
        _, pixels = asked(channel, noise(300, 200))
    assert pixels == TASK.preprocess.load(noise(300, 200)).tobytes()


@linux_only
def test_a_decoding_process_without_memory_says_so_and_goes_on():
    import resource

    with decoder(Task(TASK.preprocess, 10**8, 0, 10.0)) as (pid, channel):
        pages = int(Path(f"/proc/{pid}/statm").read_text().split()[0])
        most = pages * os.sysconf("SC_PAGE_SIZE") + 20_000_000
        resource.prlimit(pid, resource.RLIMIT_AS, (most, most))
        kind, content = asked(channel, png(size=(6000, 6000)))
        assert kind == REASON
        assert "memory" in json.loads(content)[0]
        assert asked(channel, png())[0] != REASON


@linux_only
def test_a_decoding_process_that_computes_too_long_is_ended_by_the_system():
    slow = png(size=(9000, 9000))
    with decoder(Task(TASK.preprocess, 10**8, 2**20, 0.0)) as (_, channel):
        # A second of the processor is granted for each, and much more is taken.
        kinds = iter(lambda: asked(channel, slow)[0], -1)
        assert sum(1 for _ in kinds) < 5


@linux_only
def test_a_photo_that_takes_too_much_of_the_processor_is_not_tried_again():
    import resource

    async def check() -> None:
        lost: list[int] = []
        limits = Limits(workers=1, max_pixels=10**8, decode_seconds=60)
        pool = DecodingPool(TASK.preprocess, limits, lambda: lost.append(1))
        await pool.start()
        slow = asyncio.ensure_future(pool.decode(png(size=(9900, 9900)), "slow.png"))
        await asyncio.sleep(0.2)
        resource.prlimit(pool.pids[0], resource.RLIMIT_CPU, (0, resource.RLIM_INFINITY))
        with pytest.raises(ImageError, match=r"slow\.png: needs too much time"):
            await slow
        assert lost == [1]
        assert (await pool.decode(png(), "p.png")).shape == (SIDE, SIDE, 3)
        await pool.close()

    in_a_loop(check())


def test_a_pool_tells_reasons_and_keeps_its_processes():
    async def check() -> None:
        pool = DecodingPool(Preprocess(image_size=SIDE), Limits(workers=1))
        await pool.start()
        before = pool.pids
        for data, reason in (
            (b"", "empty"),
            (b"no photo", "not a JPEG"),
            (png()[:60], "truncated"),
        ):
            with pytest.raises(ImageError, match=rf"p\.png: .*{reason}"):
                await pool.decode(data, "p.png")
        assert (await pool.decode(png(), "p.png")).shape == (SIDE, SIDE, 3)
        assert pool.pids == before
        await pool.close()
        assert pool.alive == 0

    in_a_loop(check())


class Noted(subprocess.Popen[bytes]):
    """A process that is remembered; only so many can be started."""

    made: list[Noted]
    most = 9

    def __init__(self, *args: object, **kwargs: object) -> None:
        if len(self.made) >= self.most:
            raise OSError("no more processes")
        self.made.append(self)
        super().__init__(*args, **kwargs)


@pytest.fixture
def processes(monkeypatch):
    """The processes that a pool starts from now on."""
    monkeypatch.setattr(Noted, "made", [], raising=False)
    monkeypatch.setattr(subprocess, "Popen", Noted)
    return Noted.made


def test_a_pool_that_cannot_start_says_so_and_ends_what_it_started(processes, monkeypatch):
    async def check() -> None:
        pool = DecodingPool(TASK.preprocess, Limits(workers=3))
        with pytest.raises(FovealError, match=r"did not start \(no more processes\)\.$"):
            await pool.start()
        assert [process.returncode is not None for process in processes] == [True, True]

    monkeypatch.setattr(Noted, "most", 2)
    in_a_loop(check())


@linux_only
@pytest.mark.parametrize("seconds", [0, 0.001, 0.03, 0.1])
def test_a_pool_that_closes_while_it_replaces_a_process_ends_both(processes, seconds):
    async def check() -> None:
        pool = DecodingPool(TASK.preprocess, Limits(workers=1))
        await pool.start()
        os.kill(pool.pids[0], signal.SIGSTOP)
        asked = asyncio.ensure_future(pool.decode(png(), "p.png"))
        await asyncio.sleep(0.01)
        asked.cancel()  # as by a second Ctrl-C
        await asyncio.wait([asked])
        await asyncio.sleep(seconds)
        await pool.close()
        assert [process.returncode is not None for process in processes] == [True] * len(processes)

    in_a_loop(check())
