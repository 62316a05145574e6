"""Images of several requests, run through the network together."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import NamedTuple

import numpy as np

from foveal.runtime.backends import Images, Outputs
from foveal.runtime.predictor import Prediction, Predictor


class Waiting(NamedTuple):
    """An image that waits for the network."""

    name: str
    pixels: Images
    top_k: int
    answer: asyncio.Future[Prediction]


class Batcher:
    """Collects decoded images and runs them together.

    An image goes at once where no other is on its way; else it waits a few milliseconds for others.

    Args:
        predictor: turns rows of outputs into predictions.
        runners: run the network, each in one thread at a time.
        most: images of one run.
        window: seconds that an image waits for others.
        more_coming: tells whether other images are being decoded.
        ran: called with the images and the seconds of each run.
    """

    def __init__(
        self,
        predictor: Predictor,
        runners: Sequence[Callable[[Images], Outputs]],
        most: int,
        window: float,
        *,
        more_coming: Callable[[], bool],
        ran: Callable[[int, float], None] = lambda images, seconds: None,
    ) -> None:
        self._predictor, self._runners = predictor, runners
        self._most, self._window = most, window
        self._more_coming, self._ran = more_coming, ran
        self._waiting: asyncio.Queue[Waiting] = asyncio.Queue()
        self._collecting = asyncio.Lock()
        self._threads = ThreadPoolExecutor(len(runners), thread_name_prefix="network")
        self._tasks: list[asyncio.Task[None]] = []

    def start(self) -> None:
        """Begin to take images."""
        self._tasks = [asyncio.ensure_future(self._run(runner)) for runner in self._runners]

    async def close(self) -> None:
        """Stop; what runs is finished."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await asyncio.to_thread(self._threads.shutdown)

    async def predict(self, name: str, pixels: Images, top_k: int) -> Prediction:
        """Return what the network says of an image.

        Args:
            name: what to call it.
            pixels: uint8 (S, S, C).
            top_k: how many names it gets.

        Returns:
            The prediction.
        """
        answer: asyncio.Future[Prediction] = asyncio.get_running_loop().create_future()
        self._waiting.put_nowait(Waiting(name, pixels, top_k, answer))
        return await answer

    async def _run(self, runner: Callable[[Images], Outputs]) -> None:
        loop = asyncio.get_running_loop()
        while True:
            async with self._collecting:
                batch = await self._collect()
            started = time.perf_counter()
            try:
                found = await loop.run_in_executor(self._threads, self._work, runner, batch)
            except Exception as error:  # each request tells its client; the server goes on
                for item in batch:
                    if not item.answer.done():
                        item.answer.set_exception(error)
                continue
            self._ran(len(batch), time.perf_counter() - started)
            for item, prediction in zip(batch, found, strict=True):
                if not item.answer.done():
                    item.answer.set_result(prediction)

    async def _collect(self) -> list[Waiting]:
        batch = [await self._waiting.get()]
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(self._window):
                while len(batch) < self._most and (
                    not self._waiting.empty() or self._more_coming()
                ):
                    batch.append(await self._waiting.get())
        while len(batch) < self._most and not self._waiting.empty():
            batch.append(self._waiting.get_nowait())
        return batch

    def _work(
        self, runner: Callable[[Images], Outputs], batch: Sequence[Waiting]
    ) -> list[Prediction]:
        rows = runner(np.stack([item.pixels for item in batch]))
        return [
            self._predictor.named(item.name, row, item.top_k)
            for item, row in zip(batch, rows, strict=True)
        ]
