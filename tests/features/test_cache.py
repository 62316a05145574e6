"""The feature store gives back what it was given, or says that it cannot."""

from __future__ import annotations

import random
import shutil
import subprocess
import sys

import numpy as np
import pytest

from faults import run_with_fault
from foveal.features.cache import FeatureStore, view_key

WIDTH = 16
ADD = """
import numpy as np
from pathlib import Path
from foveal.features.cache import FeatureStore, view_key
store = FeatureStore(Path({path!r}), (16,))
keys = [view_key(f"{{i:032x}}", "plain") for i in range(8)]
rows = np.arange(128, dtype=np.float32).reshape(8, 16)
arm()
store.add(keys, rows)
"""


def keys_of(count, start=0):
    return [view_key(f"{index:032x}", "plain") for index in range(start, start + count)]


def rows_of(count, seed=0):
    return np.random.default_rng(seed).normal(size=(count, WIDTH)).astype(np.float32)


@pytest.fixture
def store(tmp_path):
    dropped = []
    made = FeatureStore(tmp_path / "store", (WIDTH,), dropped.append)
    made.dropped = dropped
    return made


def test_rows_come_back_bit_for_bit_in_the_order_asked(store):
    rows = rows_of(10)
    store.add(keys_of(6), rows[:6])
    store.add(keys_of(4, start=6), rows[6:])
    order = [7, 0, 3, 9, 3]
    found, known = store.find([keys_of(10)[index] for index in order])
    assert known.all()
    assert found.tobytes() == rows[order].tobytes()


def test_what_is_not_known_is_zero_and_marked(store):
    store.add(keys_of(2), rows_of(2))
    found, known = store.find(keys_of(4))
    assert known.tolist() == [True, True, False, False]
    assert not found[2:].any()


def test_the_views_of_an_image_have_different_keys():
    assert view_key("ab" * 16, "plain") != view_key("ab" * 16, "a/0/1")
    assert view_key("ab" * 16, "plain") != view_key("cd" * 16, "plain")


def test_an_empty_store_knows_nothing_and_makes_no_folder(store):
    _, known = store.find(keys_of(3))
    store.add([], rows_of(0))
    assert not known.any()
    assert not store.folder.exists()


def damage(path, kind, chance):
    data = bytearray(path.read_bytes())
    if kind == "flip":
        data[chance.randrange(len(data))] ^= 1 << chance.randrange(8)
    elif kind == "cut":
        del data[chance.randrange(len(data)) :]
    elif kind == "grow":
        data += bytes([0] * chance.randrange(1, 50))
    elif kind == "swap":
        other = sorted(path.parent.glob("*.shard"))[-1]
        data = bytearray(other.read_bytes()[: len(data) // 2]) + data[len(data) // 2 :]
    elif kind == "noise":
        data = bytearray(chance.randbytes(len(data)))
    path.write_bytes(data)


def test_200_damaged_shards_give_right_rows_or_none(store, tmp_path):
    rows = rows_of(30)
    for at in (0, 10, 20):
        store.add(keys_of(10, start=at), rows[at : at + 10])
    shutil.copytree(store.folder, tmp_path / "good")
    chance = random.Random(5)
    lost = 0
    for trial in range(200):
        shutil.rmtree(store.folder)
        shutil.copytree(tmp_path / "good", store.folder)
        shard = chance.choice(sorted(store.folder.glob("*.shard")))
        kind = ["flip", "flip", "cut", "grow", "swap", "noise", "delete"][trial % 7]
        if kind == "delete":
            shard.unlink()
        else:
            damage(shard, kind, chance)
        found, known = store.find(keys_of(30))
        assert found[known].tobytes() == rows[known].tobytes()
        lost += int(not known.all())
    assert lost >= 190  # control: the damage was seen (a swap may copy the same bytes)
    assert "A damaged cache file was dropped and is computed again" in store.dropped[0]


def test_a_damaged_shard_is_removed_so_that_it_can_be_written_again(store):
    store.add(keys_of(4), rows_of(4))
    (shard,) = store.folder.glob("*.shard")
    damage(shard, "cut", random.Random(1))
    assert not store.find(keys_of(4))[1].any()
    store.add(keys_of(4), rows_of(4))
    assert store.find(keys_of(4))[1].all()


def test_rows_of_another_width_are_not_taken(store):
    store.add(keys_of(2), rows_of(2))
    other = FeatureStore(store.folder, (WIDTH + 1,))
    assert not other.find(keys_of(2))[1].any()


@pytest.mark.parametrize("fault", ["KILL", "EIO", "ENOSPC"])
def test_a_fault_while_writing_leaves_a_store_that_works(tmp_path, fault):
    folder = tmp_path / "store"
    for at in range(1, 20):
        shutil.rmtree(folder, ignore_errors=True)
        outcome = run_with_fault(ADD.format(path=str(folder)), tmp_path, fault, at)
        found, known = FeatureStore(folder, (16,)).find(keys_of(8))
        assert known.all() or not known.any()
        assert not known.any() or found.ravel().tolist() == list(range(128))
        if not outcome.struck:
            assert known.all()
            break
    else:
        pytest.fail("the writer never got through")
    assert at > 4


def test_two_writers_do_not_disturb_each_other(tmp_path):
    source = f"""
import sys, numpy as np
from pathlib import Path
from foveal.features.cache import FeatureStore, view_key
store = FeatureStore(Path({str(tmp_path)!r}), (16,))
for start in range(0, 100, 5):
    keys = [view_key(f"{{i:032x}}", "plain") for i in range(start, start + 5)]
    store.add(keys, np.full((5, 16), start, np.float32))
    store.find(keys)
"""
    writers = [subprocess.Popen([sys.executable, "-c", source]) for _ in range(2)]
    assert [writer.wait(60) for writer in writers] == [0, 0]
    found, known = FeatureStore(tmp_path, (16,)).find(keys_of(100))
    assert known.all()
    assert found[:, 0].tolist() == [float(index // 5 * 5) for index in range(100)]
