"""Folders are replaced whole, and a killed replacement is undone."""

from __future__ import annotations

import shutil

import pytest

from faults import run_with_fault
from foveal import storage
from foveal.errors import LockedError, StorageError
from foveal.storage import sole_writer

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


@pytest.mark.parametrize("name", ["model", "model [1].onnx"])
def test_what_killed_writers_left_is_removed_and_nothing_else(tmp_path, name):
    left = [
        tmp_path / f".foveal-123-0123abcd-{name}",
        tmp_path / f".foveal-99999-89abcdef-{name}",
        tmp_path / f".foveal-previous-{name}",
    ]
    others = [  # of writers of my-model, who may be at work
        tmp_path / f".foveal-123-0123abcd-my-{name}",
        tmp_path / f".foveal-previous-my-{name}",
        tmp_path / f".foveal-{name}",
    ]
    (tmp_path / name).mkdir()
    left[0].write_bytes(b"half")
    for folder in (*left[1:], *others):
        folder.mkdir()
    with sole_writer(tmp_path / name):
        assert not any(path.exists() for path in left)
    assert all(path.exists() for path in others)
    assert sorted(tmp_path.iterdir()) == sorted([tmp_path / name, *others])


def test_two_writers_of_one_file_are_kept_apart(tmp_path):
    with (
        sole_writer(tmp_path / "x.onnx"),
        sole_writer(tmp_path / "y.onnx"),
        pytest.raises(LockedError, match=r"is in use by process \d+; wait for it to end"),
        sole_writer(tmp_path / "x.onnx"),
    ):
        pass


def test_recovery_without_anything_to_recover_does_nothing(tmp_path):
    storage.recover_folder(tmp_path / "none")
    assert list(tmp_path.iterdir()) == []


def test_the_cache_folder_can_be_chosen(private_cache):
    assert storage.cache_folder() == private_cache


def test_a_folder_is_removed_and_what_its_links_lead_to_is_not(tmp_path):
    make(tmp_path / "model", "old")
    make(tmp_path / "other", "mine")
    (tmp_path / "model" / "link").symlink_to(tmp_path / "other")
    storage.remove_folder(tmp_path / "model")
    assert [path.name for path in tmp_path.iterdir()] == ["other"]
    assert content(tmp_path / "other") == {"a": "mine", "b": "mine"}
    with pytest.raises(StorageError, match=r"cannot remove .*model"):
        storage.remove_folder(tmp_path / "model")
