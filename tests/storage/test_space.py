"""What cannot be written is said in one sentence, with the way out."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from foveal import storage
from foveal.errors import StorageError
from foveal.storage.space import free_bytes


def test_a_cache_that_cannot_be_written_names_the_variable_that_moves_it(tmp_path, monkeypatch):
    (tmp_path / "file").write_text("no folder")
    monkeypatch.setenv("FOVEAL_CACHE_DIR", str(tmp_path / "file" / "cache"))
    target = storage.cache_folder() / "features" / "x"
    with pytest.raises(
        StorageError,
        match=r"cannot write .*file/cache/features/x: Not a directory; check the folder and its "
        r"permissions, or let the variable FOVEAL_CACHE_DIR name another folder for the cache\.$",
    ):
        storage.write_text(target, "x")
    with pytest.raises(StorageError, match="FOVEAL_CACHE_DIR"), storage.replace_folder(target):
        pass


def test_a_folder_outside_the_cache_does_not_speak_of_the_cache(tmp_path):
    (tmp_path / "file").write_text("no folder")
    with pytest.raises(
        StorageError, match=r"cannot write .*file/x: .*; check the folder and its permissions\.$"
    ):
        storage.write_text(tmp_path / "file" / "x", "x")


@pytest.mark.skipif(sys.platform != "linux", reason="needs /proc")
def test_a_place_that_holds_no_files_is_not_called_full():
    assert free_bytes("/proc/none") is None
    storage.require_free_space("/proc/none", 10**15)
    with pytest.raises(StorageError, match=r"cannot write /proc/none/x: No such file or directory"):
        storage.write_text("/proc/none/x", "x")


def test_free_space_is_that_of_the_nearest_folder_that_exists(tmp_path):
    there, later = free_bytes(tmp_path), free_bytes(Path(tmp_path, "a", "b"))
    assert there is not None
    assert later == pytest.approx(there, rel=0.05)
