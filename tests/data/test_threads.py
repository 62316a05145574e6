from __future__ import annotations

import time

import pytest

from foveal.data.threads import map_in_threads


@pytest.mark.parametrize("batch", [1, 3, 100])
def test_results_keep_the_order_and_progress_ends_at_the_total(batch):
    heard: list[tuple[int, int]] = []
    found = map_in_threads(
        lambda n: n * n, range(10), batch=batch, progress=lambda *two: heard.append(two)
    )
    assert found == [n * n for n in range(10)]
    assert heard[-1] == (10, 10)


def test_nothing_gives_nothing():
    assert map_in_threads(str, []) == []


@pytest.mark.parametrize("where", ["function", "progress"])
def test_what_was_not_begun_is_given_up_after_an_error(where):
    begun: list[int] = []

    def work(number: int) -> None:
        begun.append(number)
        time.sleep(0.002)
        if where == "function" and number == 3:
            raise ValueError("stopped")

    def progress(done: int, total: int) -> None:
        if where == "progress":  # as Ctrl-C would, in the calling thread
            raise ValueError("stopped")

    with pytest.raises(ValueError, match="stopped"):
        map_in_threads(work, range(1000), progress=progress)
    assert len(begun) < 500
