"""Folders are replaced whole, and a killed replacement is undone."""

from __future__ import annotations

import shutil

import pytest

from faults import run_with_fault
from foveal import storage

REPLACE = """
from foveal.storage import replace_folder, write_text
arm()
with replace_folder({path!r}) as folder:
    write_text(folder / "a", "new")
    write_text(folder / "b", "new")
"""


def content(folder):
    return {path.name: path.read_text() for path in folder.iterdir()}


def make(folder, text):
    with storage.replace_folder(folder) as temporary:
        for name in ("a", "b"):
            storage.write_text(temporary / name, text)


def test_a_folder_is_replaced_whole(tmp_path):
    make(tmp_path / "model", "old")
    make(tmp_path / "model", "new")
    assert content(tmp_path / "model") == {"a": "new", "b": "new"}


def test_an_error_inside_the_block_keeps_the_old_folder(tmp_path):
    make(tmp_path / "model", "old")

    def write_half():
        with storage.replace_folder(tmp_path / "model") as temporary:
            storage.write_text(temporary / "a", "half")
            raise RuntimeError("mine")

    with pytest.raises(RuntimeError, match="mine"):
        write_half()
    assert content(tmp_path / "model") == {"a": "old", "b": "old"}


@pytest.mark.parametrize("fault", ["KILL", "EIO", "ENOSPC"])
def test_a_fault_at_any_operation_leaves_the_old_or_the_new_folder(tmp_path, fault):
    target = tmp_path / "model"
    for at in range(1, 60):
        shutil.rmtree(tmp_path)
        make(target, "old")
        outcome = run_with_fault(REPLACE.format(path=str(target)), tmp_path, fault, at)
        storage.recover_folder(target)
        assert content(target) in ({"a": "old", "b": "old"}, {"a": "new", "b": "new"})
        assert outcome.code in (0, 1) or outcome.was_killed
        if outcome.code == 1:
            assert str(tmp_path) in outcome.message
        make(target, "newer")  # whatever was left behind is no obstacle
        assert content(target) == {"a": "newer", "b": "newer"}
        assert [p for p in tmp_path.iterdir() if p.is_dir()] == [target]
        if not outcome.struck:
            break
    else:
        pytest.fail("the writer never got through")
    assert at > 10  # control: the sweep struck many operations


def test_recovery_without_anything_to_recover_does_nothing(tmp_path):
    storage.recover_folder(tmp_path / "none")
    assert list(tmp_path.iterdir()) == []


def test_the_cache_folder_can_be_chosen(private_cache):
    assert storage.cache_folder() == private_cache
