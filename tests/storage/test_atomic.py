"""Files are whole or not there: in daily use, under faults, and on a full disk."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys

import pytest

from faults import run_with_fault
from foveal import storage
from foveal.errors import CorruptFileError, DiskFullError, LockedError, StorageError

WRITE = "from foveal.storage import write_bytes; arm(); write_bytes({path!r}, b'new' * 1000)"


def leftovers(folder):
    return sorted(path.name for path in folder.iterdir() if path.name.startswith(".foveal-"))


def test_what_was_written_is_read_back(tmp_path):
    storage.write_json(tmp_path / "deep" / "a.json", {"π": [1, None, "é"]})
    assert storage.read_json(tmp_path / "deep" / "a.json") == {"π": [1, None, "é"]}
    assert leftovers(tmp_path / "deep") == []


def test_an_error_inside_the_block_keeps_the_old_file(tmp_path):
    file = tmp_path / "a"
    file.write_bytes(b"old")

    def write_half():
        with storage.atomic_file(file) as opened:
            opened.write(b"half")
            raise RuntimeError("mine")

    with pytest.raises(RuntimeError, match="mine"):
        write_half()
    assert file.read_bytes() == b"old"
    assert leftovers(tmp_path) == []


def test_nan_is_refused_and_the_old_file_stays(tmp_path):
    storage.write_json(tmp_path / "a.json", 1)
    with pytest.raises(ValueError, match="not JSON compliant"):
        storage.write_json(tmp_path / "a.json", float("nan"))
    assert storage.read_json(tmp_path / "a.json") == 1


@pytest.mark.parametrize("fault", ["KILL", "EIO", "ENOSPC"])
def test_a_fault_at_any_operation_leaves_the_old_or_the_new_file(tmp_path, fault):
    file = tmp_path / "a"
    for at in range(1, 20):
        shutil.rmtree(tmp_path)
        tmp_path.mkdir()
        file.write_bytes(b"old")
        outcome = run_with_fault(WRITE.format(path=str(file)), tmp_path, fault, at)
        assert file.read_bytes() in (b"old", b"new" * 1000)
        if not outcome.struck:
            assert file.read_bytes() == b"new" * 1000
            break
        assert outcome.code != 1 or str(file) in outcome.message
        assert outcome.was_killed or leftovers(tmp_path) == []
    else:
        pytest.fail("the writer never got through")
    assert at > 4  # control: the sweep struck several operations


def test_a_full_disk_says_what_is_needed_and_what_is_free(tmp_path):
    with pytest.raises(
        DiskFullError, match=r"disk full: .*big needs [\d,]+\.0 MB, has [\d,.]+ MB;"
    ):
        storage.require_free_space(tmp_path / "big", 10**18)


@pytest.fixture
def tiny_disk(tmp_path):
    disk = tmp_path / "disk"
    disk.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", str(disk)]
    if os.name != "posix" or os.geteuid() or subprocess.run(mount, capture_output=True).returncode:
        pytest.skip("mounting a small file system needs root")
    yield disk
    subprocess.run(["umount", str(disk)], check=True)


def test_a_disk_that_fills_up_keeps_the_old_file(tiny_disk):
    file = tiny_disk / "a"
    storage.write_bytes(file, b"old")
    with pytest.raises(DiskFullError, match=r"disk full: .*a needs 0\.2 MB, has 0\.1 MB"):
        storage.write_bytes(file, b"x" * 200_000)
    with pytest.raises(DiskFullError, match="disk full: "), storage.atomic_file(file) as opened:
        opened.write(b"x" * 200_000)
    assert file.read_bytes() == b"old"
    assert leftovers(tiny_disk) == []


def test_a_folder_that_is_a_file_is_named(tmp_path):
    (tmp_path / "file").write_text("x")
    with pytest.raises(StorageError, match=r"cannot write .*file/a: .*; check the folder"):
        storage.write_text(tmp_path / "file" / "a", "x")


def test_broken_json_names_the_file(tmp_path):
    (tmp_path / "a.json").write_text("{")
    with pytest.raises(CorruptFileError, match=r"a\.json is not readable JSON \(.*\); restore"):
        storage.read_json(tmp_path / "a.json")


def test_deeply_nested_json_is_an_error_not_a_crash(tmp_path):
    (tmp_path / "a.json").write_text("[" * 200_000)
    with pytest.raises(CorruptFileError, match="is not readable JSON"):
        storage.read_json(tmp_path / "a.json")


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(StorageError, match=r"cannot read .*nothing\.json: No such file"):
        storage.read_json(tmp_path / "nothing.json")


def test_the_hash_of_a_file_is_the_hash_of_its_bytes(tmp_path):
    data = os.urandom(3_000_000)
    (tmp_path / "a").write_bytes(data)
    assert storage.file_content_hash(tmp_path / "a") == storage.content_hash(data)


def test_a_second_writer_is_told_who_holds_the_lock(tmp_path):
    source = f"""
from foveal.storage import lock
from foveal.errors import LockedError
try:
    with lock({str(tmp_path / "lock")!r}): pass
except LockedError as error: print(error)
"""
    with storage.lock(tmp_path / "lock"):
        result = subprocess.run([sys.executable, "-c", source], capture_output=True, text=True)
    assert f"is in use by process {os.getpid()}; wait for it to end, or stop it." in result.stdout


def test_a_lock_can_be_taken_again_and_needs_no_clean_up(tmp_path):
    for _ in range(2):
        with storage.lock(tmp_path / "lock"):
            pass
    held, again = storage.lock(tmp_path / "lock"), storage.lock(tmp_path / "lock")
    with held, pytest.raises(LockedError, match="is in use by process"), again:
        pass


def test_numbers_are_written_so_that_json_gives_them_back(tmp_path):
    value = {"a": 0.1 + 0.2, "b": 2**53}
    storage.write_json(tmp_path / "a.json", value)
    assert json.loads((tmp_path / "a.json").read_text()) == value
