"""Decoding in processes of its own: what a photo breaks there, breaks nothing here."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Callable

import numpy as np

from foveal.errors import FovealError, ImageError
from foveal.images import Preprocess
from foveal.runtime.backends import Images
from foveal.web.serving.decoder import ANSWER, LENGTH, PIXELS, READY, Task
from foveal.web.serving.limits import Limits
from foveal.web.uploads import RefusedUpload

_START_SECONDS = 120.0
_TRIES = 3
_END_SECONDS = 1.0
_LONGEST_PAUSE = 5.0
_LONGEST_WAIT = 60.0
_ONE_THREAD = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")
_LOST = (ConnectionError, EOFError, OSError)


class Decoder:
    """One decoding process and the socket to it.

    Args:
        process: running.
        channel: our end.
        shape: of the pixels it answers, (S, S, C).
    """

    def __init__(
        self, process: subprocess.Popen[bytes], channel: socket.socket, shape: tuple[int, int, int]
    ) -> None:
        self.process, self._channel, self._shape = process, channel, shape

    @property
    def alive(self) -> bool:
        """Whether the process runs."""
        return self.process.poll() is None

    def ran_out_of_time(self) -> bool:
        """Tell of a process that was lost whether it had computed for too long.

        Returns:
            Whether the system ended it for that.
        """
        try:
            return self.process.wait(_END_SECONDS) == -signal.SIGXCPU
        except subprocess.TimeoutExpired:
            return False

    async def decode(self, data: bytes) -> Images | tuple[str, str]:
        """Let it decode a photo.

        Args:
            data: the content of a file.

        Returns:
            Pixels uint8 (S, S, C), or the reason why there are none and what to do.

        Raises:
            EOFError: the process has ended.
            ConnectionError: the process has ended.
        """
        loop = asyncio.get_running_loop()
        await loop.sock_sendall(self._channel, LENGTH.pack(len(data)))
        await loop.sock_sendall(self._channel, data)
        kind, length = ANSWER.unpack(await self._receive(ANSWER.size))
        content = await self._receive(length)
        if kind == PIXELS:
            return np.frombuffer(content, np.uint8).reshape(self._shape)
        reason, remedy = json.loads(content)
        return str(reason), str(remedy)

    async def prepare(self, task: Task) -> None:
        """Tell it what to do, and wait until it is warm.

        Args:
            task: what to do.

        Raises:
            EOFError: the process has ended.
        """
        loop, message = asyncio.get_running_loop(), task.as_bytes()
        await loop.sock_sendall(self._channel, LENGTH.pack(len(message)) + message)
        kind, _ = ANSWER.unpack(await self._receive(ANSWER.size))
        if kind != READY:
            raise EOFError("the decoding process did not start as it should")

    async def _receive(self, length: int) -> bytearray:
        loop, data = asyncio.get_running_loop(), bytearray(length)
        rest = memoryview(data)
        while rest:
            count = await loop.sock_recv_into(self._channel, rest)
            if not count:
                raise EOFError("the decoding process has ended")
            rest = rest[count:]
        return data

    def stop(self) -> None:
        """End the process."""
        self._channel.close()
        self.process.kill()
        self.process.wait()


class DecodingPool:
    """Decoding processes; one that is lost is replaced.

    Args:
        preprocess: the geometry of the model.
        limits: of the server.
        replaced: called for each process that was lost.
    """

    def __init__(
        self, preprocess: Preprocess, limits: Limits, replaced: Callable[[], None] = lambda: None
    ) -> None:
        self._task = Task(
            preprocess, limits.max_pixels, limits.max_bytes, cpu_seconds=limits.decode_seconds
        )
        self._count, self._seconds = limits.workers, 2 * limits.decode_seconds
        self._replaced = replaced
        self._idle: asyncio.LifoQueue[Decoder] = asyncio.LifoQueue()
        self._decoders: set[Decoder] = set()
        self._ending: set[Decoder] = set()  # lost, and not yet ended
        self._replacing: set[asyncio.Task[None]] = set()
        self.failing = False  # the last attempt to start a process failed

    @property
    def alive(self) -> int:
        """How many processes there are."""
        return sum(decoder.alive for decoder in self._decoders)

    @property
    def pids(self) -> list[int]:
        """The ids of the processes."""
        return [decoder.process.pid for decoder in self._decoders]

    async def start(self) -> None:
        """Start all processes.

        Raises:
            FovealError: one does not start.
        """
        adding = (self._add() for _ in range(self._count))
        errors = await asyncio.gather(*adding, return_exceptions=True)  # all: none starts later
        for error in filter(None, errors):
            await self.close()
            if not isinstance(error, (*_LOST, TimeoutError)):
                raise error
            raise FovealError(
                f"the processes that decode photos did not start ({error or 'they took too long'})."
            ) from error

    async def close(self) -> None:
        """End all processes."""
        for task in list(self._replacing):
            task.cancel()
        await asyncio.gather(*self._replacing, return_exceptions=True)
        for decoders in (self._decoders, self._ending):
            while decoders:
                await asyncio.to_thread(decoders.pop().stop)

    async def decode(self, data: bytes, name: str) -> Images:
        """Decode a photo, cut and resize it.

        Args:
            data: the content of its file.
            name: what to call it.

        Returns:
            uint8 (S, S, C).

        Raises:
            ImageError: it cannot be read, or takes too much time or memory.
            RefusedUpload: no process became free for too long (503).
        """
        for _ in range(_TRIES):  # a process may have been ended by something else than this photo
            decoder = await self._idle_decoder()
            try:
                async with asyncio.timeout(self._seconds):
                    answer = await decoder.decode(data)
            except TimeoutError:
                self._lose(decoder)
                took = f"took more than {self._seconds:g} seconds to decode"
                raise ImageError(name, took, "save a smaller copy") from None
            except _LOST:
                self._lose(decoder)
                if await asyncio.to_thread(decoder.ran_out_of_time):
                    break
                continue
            except BaseException:  # cancelled in the middle: what comes next would be misread
                self._lose(decoder)
                raise
            self._idle.put_nowait(decoder)
            if isinstance(answer, tuple):
                raise ImageError(name, *answer)
            return answer
        raise ImageError(
            name, "needs too much time or memory to decode", "save it in another program"
        )

    async def _idle_decoder(self) -> Decoder:
        try:
            async with asyncio.timeout(_LONGEST_WAIT):
                while not (decoder := await self._idle.get()).alive:
                    self._lose(decoder)
                return decoder
        except TimeoutError:
            told = f"an image waited {_LONGEST_WAIT:g} seconds for its turn; try again later."
            raise RefusedUpload(503, told) from None

    def _lose(self, decoder: Decoder) -> None:
        self._decoders.discard(decoder)
        self._ending.add(decoder)
        self._replaced()
        task = asyncio.ensure_future(self._replace(decoder))
        self._replacing.add(task)
        task.add_done_callback(self._replacing.discard)

    async def _replace(self, decoder: Decoder) -> None:
        await asyncio.to_thread(decoder.stop)
        self._ending.discard(decoder)
        pause = 0.1
        while True:
            try:
                await self._add()
            except (*_LOST, TimeoutError):
                self.failing = True
                await asyncio.sleep(pause)
                pause = min(2 * pause, _LONGEST_PAUSE)
            else:
                return

    async def _add(self) -> None:
        side, channels = self._task.preprocess.image_size, self._task.preprocess.channels
        starting = asyncio.ensure_future(asyncio.to_thread(_started, (side, side, channels)))
        try:
            decoder = await asyncio.shield(starting)
        except asyncio.CancelledError:  # the thread goes on
            (await starting).stop()
            raise
        try:
            async with asyncio.timeout(_START_SECONDS):
                await decoder.prepare(self._task)
        except BaseException:
            with contextlib.suppress(OSError):
                decoder.stop()
            raise
        self.failing = False
        self._decoders.add(decoder)
        self._idle.put_nowait(decoder)


def _started(shape: tuple[int, int, int]) -> Decoder:
    ours, theirs = socket.socketpair()
    with theirs:
        words = [sys.executable, "-P", "-m", "foveal.web.serving.decoder", str(theirs.fileno())]
        try:
            process = subprocess.Popen(
                words,
                pass_fds=[theirs.fileno()],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                env={**os.environ, **_ONE_THREAD},
                start_new_session=True,  # Ctrl-C is for the server, which answers what it has first
            )
        except OSError:
            ours.close()
            raise
    ours.setblocking(False)
    return Decoder(process, ours, shape)
