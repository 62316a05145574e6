from __future__ import annotations

import pytest

from foveal.runtime import memory
from foveal.runtime.memory import usable_memory


@pytest.fixture
def cgroup(tmp_path, monkeypatch):
    monkeypatch.setattr(memory, "_CGROUP", tmp_path)

    def limited(limit: str, used: int, inactive_file: int) -> None:
        (tmp_path / "memory.max").write_text(f"{limit}\n")
        (tmp_path / "memory.current").write_text(f"{used}\n")
        (tmp_path / "memory.stat").write_text(f"anon 5\ninactive_file {inactive_file}\nslab 7\n")

    return limited


def test_some_memory_is_usable_and_no_more_than_there_is():
    assert 10e6 < usable_memory() < 1e14


def test_the_limit_of_a_container_counts_less_what_it_uses_and_cannot_free(cgroup):
    cgroup("5000000", used=4_000_000, inactive_file=1_500_000)
    assert usable_memory() == 2_500_000


def test_a_container_without_a_limit_or_over_it(cgroup):
    free = usable_memory()
    cgroup("max", used=4_000_000, inactive_file=0)
    assert usable_memory() > free / 2
    cgroup("1000", used=4_000_000, inactive_file=0)
    assert usable_memory() == 0


def test_processes_that_were_started_together_share_it(cgroup, monkeypatch):
    cgroup("5000000", used=1_000_000, inactive_file=0)
    monkeypatch.setenv("LOCAL_WORLD_SIZE", "4")
    assert usable_memory() == 1_000_000
    monkeypatch.setenv("LOCAL_WORLD_SIZE", "many")
    assert usable_memory() == 4_000_000
