"""Memory that a training frees stays with the process until it ends."""

from __future__ import annotations

import sys
from typing import Any

import numpy as np
import pytest

from foveal.training.optimisation import memory
from foveal.training.optimisation.memory import kept_memory

gnu = pytest.mark.skipif(memory._gnu_allocator() is None, reason="another C library")


def faults() -> int:
    import resource

    return resource.getrusage(resource.RUSAGE_SELF).ru_minflt


def new_pages(times: int = 20) -> int:
    """Fill and free 40 MB a few times, and count the pages that had to be mapped for it."""
    before = faults()
    for _ in range(times):
        np.ones(5_000_000)
    return faults() - before


@gnu
def test_what_is_freed_is_used_again_within_the_block_and_given_back_after_it():
    with kept_memory():
        new_pages(1)
        kept = new_pages()
    assert kept < 2_000
    if sys.platform == "linux":
        assert new_pages() > 2 * kept  # control: as it is without it


class Library:
    """Notes what it is asked for."""

    def __init__(self) -> None:
        self.told: list[tuple[int, int]] = []

    def mallopt(self, parameter: int, value: int) -> None:
        self.told.append((parameter, value))

    def malloc_trim(self, pad: int) -> None:
        self.told.append((0, pad))


def test_blocks_in_one_another_change_it_once_and_a_fault_puts_it_back(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    library: Any = Library()
    monkeypatch.setattr(memory, "_gnu_allocator", lambda: library)
    with kept_memory():
        with kept_memory():
            pass
        assert library.told == [(-4, 0), (-1, 2**31 - 1)]
    assert library.told[2:] == [(-4, 65_536), (-1, 128 * 1024), (0, 0)]
    with pytest.raises(KeyError, match="gone"), kept_memory():
        raise KeyError("gone")
    assert library.told[7:] == [(-4, 65_536), (-1, 128 * 1024), (0, 0)]


def test_without_the_gnu_library_nothing_happens(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(memory.ctypes, "CDLL", lambda name: object())
    with kept_memory():
        assert memory._gnu_allocator() is None
