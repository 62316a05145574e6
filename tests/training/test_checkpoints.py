"""Checkpoints are whole or passed over; no fault leaves neither the old one nor the new."""

from __future__ import annotations

import json

import pytest
import torch

from faults import run_with_fault
from foveal.errors import DiskFullError, TrainingError, UsageError
from foveal.storage.atomic import TEMPORARY
from foveal.training import Checkpoints


def tensors(number):
    return {"weights": torch.full((50,), float(number)), "steps": torch.tensor(number)}


def write(folder, count, **settings):
    checkpoints = Checkpoints(folder, **settings)
    for number in range(1, count + 1):
        checkpoints.save(tensors(number), {"number": number, "share": 0.1 + 0.2})
    return checkpoints


def test_what_was_written_comes_back_to_the_bit(tmp_path):
    found = write(tmp_path, 1).latest()
    assert torch.equal(found.tensors["weights"], torch.full((50,), 1.0))
    assert found.facts == {"number": 1, "share": 0.1 + 0.2}


def test_the_newest_two_are_kept_and_numbers_go_on(tmp_path):
    checkpoints = write(tmp_path, 5)
    names = [file.name[:17] for file in checkpoints.files()]
    assert names == ["checkpoint-000005", "checkpoint-000004"]
    assert len(list(tmp_path.iterdir())) == 2
    assert len(write(tmp_path, 3, keep=3).files()) == 3


def test_an_empty_or_missing_folder_holds_no_checkpoint(tmp_path):
    assert Checkpoints(tmp_path / "none").latest() is None


@pytest.mark.parametrize("damage", ["flip", "cut", "empty", "rename"])
def test_a_damaged_one_is_passed_over_with_a_message(tmp_path, damage):
    said = []
    checkpoints = write(tmp_path, 3, say=said.append)
    newest = checkpoints.files()[0]
    data = bytearray(newest.read_bytes())
    if damage == "flip":
        data[len(data) // 2] ^= 1
    if damage == "rename":
        newest.rename(newest.with_name("checkpoint-000003-0123456789abcdef.safetensors"))
    else:
        newest.write_bytes({"flip": data, "cut": data[:-7], "empty": b""}[damage])
    assert checkpoints.latest().facts["number"] == 2
    assert "checkpoint-000003" in said[0]
    assert "is damaged (its SHA-256 begins with" in said[0]
    assert len(said) == 1


def test_when_all_are_damaged_it_says_so_and_what_to_do(tmp_path):
    checkpoints = write(tmp_path, 2, say=lambda sentence: None)
    for file in checkpoints.files():
        file.write_bytes(b"nothing")
    with pytest.raises(TrainingError, match=r"all 2 checkpoints in .* are damaged; restore one"):
        checkpoints.latest()


def test_nothing_is_a_pickle_and_the_facts_can_be_read_as_json(tmp_path):
    (file,) = write(tmp_path, 1).files()
    data = file.read_bytes()
    header = json.loads(data[8 : 8 + int.from_bytes(data[:8], "little")])
    assert json.loads(header["__metadata__"]["foveal"])["number"] == 1


def test_facts_that_are_no_numbers_are_refused(tmp_path):
    with pytest.raises(ValueError, match="not JSON compliant"):
        Checkpoints(tmp_path).save({}, {"loss": float("nan")})
    assert not list(tmp_path.iterdir())


def test_temporaries_of_killed_writers_are_removed(tmp_path):
    checkpoints = write(tmp_path, 1)
    left = tmp_path / f"{TEMPORARY}123-abcd-checkpoint-000002-0123456789abcdef.safetensors"
    left.write_bytes(b"half")
    checkpoints.remove_leftovers()
    assert not left.exists()
    assert checkpoints.latest().facts["number"] == 1


def test_at_least_two_are_kept(tmp_path):
    with pytest.raises(UsageError, match="`keep` must be at least 2, the newest may be damaged"):
        Checkpoints(tmp_path, keep=1)


def test_free_space_is_asked_for_before_a_byte_is_written(tmp_path, monkeypatch):
    checkpoints = write(tmp_path, 1)
    monkeypatch.setattr("foveal.storage.space.free_bytes", lambda path: 100)
    with pytest.raises(DiskFullError, match=r"disk full: .*checkpoint-000002.* needs .*, has 0.0"):
        checkpoints.save(tensors(2), {"number": 2})
    assert checkpoints.latest().facts["number"] == 1
    assert len(list(tmp_path.iterdir())) == 1


WRITER = """
    import torch
    from foveal.training import Checkpoints
    checkpoints = Checkpoints({folder!r})
    tensors = {{"weights": torch.arange(100.0)}}
    for number in (1, 2):
        checkpoints.save(tensors, {{"number": number}})
    arm()
    checkpoints.save(tensors, {{"number": 3}})
"""


@pytest.mark.parametrize("fault", ["KILL", "EIO", "ENOSPC"])
def test_a_fault_at_any_operation_leaves_the_old_one_or_the_new(tmp_path, fault):
    seen = set()
    for at in range(1, 30):
        folder = tmp_path / f"{at}"
        outcome = run_with_fault(WRITER.format(folder=str(folder)), folder, fault, at)
        checkpoints = Checkpoints(folder, say=lambda sentence: pytest.fail(sentence))
        checkpoints.remove_leftovers()
        assert not list(folder.glob(f"{TEMPORARY}*"))
        newest = checkpoints.latest().facts["number"]
        assert newest in (2, 3)
        assert outcome.code or newest == 3
        if fault != "KILL" and outcome.code:
            assert "checkpoint-000003" in outcome.message
        seen.add(newest)
        if not outcome.struck:
            break
    assert not outcome.struck
    assert outcome.code == 0
    assert seen == {2, 3}
    assert at > 3
