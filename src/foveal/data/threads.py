"""One function over many files, in threads."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

Item = TypeVar("Item")
Result = TypeVar("Result")

_MOST_THREADS = 16  # reading waits for the disk, so more threads than cores; beyond, no gain


def map_in_threads(
    function: Callable[[Item], Result],
    items: Sequence[Item],
    *,
    batch: int = 1,
    progress: Callable[[int, int], None] | None = None,
) -> list[Result]:
    """Apply `function` to every item and keep the order.

    Args:
        function: what to apply; safe with threads.
        items: what to apply it to.
        batch: items that one thread takes at a time; more where the work on one is very short.
        progress: called with (done, total) after each batch, from the calling thread.

    Returns:
        The results, in the order of `items`. Where `function` raises, what was not begun is
        given up and the exception rises.
    """
    batches = [items[start : start + batch] for start in range(0, len(items), batch)]
    results: list[Result] = []
    pool = ThreadPoolExecutor(min(_MOST_THREADS, 2 * (os.cpu_count() or 1)))
    try:
        for part in pool.map(lambda few: [function(item) for item in few], batches):
            results += part
            if progress is not None:
                progress(len(results), len(items))
    finally:  # after Ctrl-C nobody waits for thousands of files
        pool.shutdown(wait=True, cancel_futures=True)
    return results
