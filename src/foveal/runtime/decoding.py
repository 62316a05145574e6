"""Photos to batches in threads, a bounded number ahead of the network."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

import numpy as np

from foveal.errors import ImageError
from foveal.runtime.backends import Images
from foveal.runtime.cores import usable_cores

Item = TypeVar("Item")
Result = TypeVar("Result")
Tag = TypeVar("Tag")


def decode_ahead(
    items: Iterable[Item], decode: Callable[[Item], Result], workers: int | None = None
) -> Iterator[tuple[Item, Result | ImageError]]:
    """Decode in threads, in order, never more than a few items ahead of the consumer.

    Args:
        items: what to decode.
        decode: turns one item into its result; an `ImageError` it raises is yielded as a value.
        workers: threads; None for the usable cores.

    Yields:
        Every item with its result or its error, in the order of `items`.
    """
    count = workers or usable_cores()
    waiting: deque[tuple[Item, Future[Result]]] = deque()
    pool = ThreadPoolExecutor(count, thread_name_prefix="decode")

    def finished() -> tuple[Item, Result | ImageError]:
        item, future = waiting.popleft()
        try:
            return item, future.result()
        except ImageError as error:
            return item, error

    try:
        for item in items:
            waiting.append((item, pool.submit(decode, item)))
            if len(waiting) > 4 * count:
                yield finished()
        while waiting:
            yield finished()
    finally:
        pool.shutdown(cancel_futures=True)


def in_batches(
    images: Iterable[tuple[Tag, Images]], size: int
) -> Iterator[tuple[list[Tag], Images]]:
    """Collect single images into batches.

    Args:
        images: tags and images, uint8 (S, S, C).
        size: images a batch; the last batch may have fewer.

    Yields:
        The tags of a batch, and its images uint8 (n, S, S, C).
    """
    tags: list[Tag] = []
    held: list[Images] = []
    for tag, image in images:
        tags.append(tag)
        held.append(image)
        if len(tags) == size:
            yield tags, np.stack(held)
            tags, held = [], []
    if tags:
        yield tags, np.stack(held)
