"""A fault at any operation of saving a model leaves the old model or the new one (A2)."""

from __future__ import annotations

import shutil

import pytest

from faults import run_with_fault
from foveal.runtime.model_folder import find_model, read_config

SAVE = """
from pathlib import Path
from foveal.images import Preprocess
from foveal.runtime.model_folder import ModelConfig, write_model
from foveal.storage import write_bytes
config = ModelConfig("efficientnet_lite0", ("ant", "bee"), Preprocess(), (1280, 2), {temperature})
weights = lambda path: write_bytes(path, b"w" * 5000)
graph = lambda path: (write_bytes(path, b"<net/>"), write_bytes(path.with_suffix(".bin"), b"g"))
arm() if {armed} else None
write_model(Path({path!r}), config, weights, graph, "0.0")
"""


def save(path, temperature, armed=False):
    return SAVE.format(path=str(path), temperature=temperature, armed=armed)


@pytest.mark.parametrize("fault", ["KILL", "EIO", "ENOSPC"])
def test_a_fault_at_any_operation_leaves_a_model_that_loads(tmp_path, fault):
    target, old = tmp_path / "run" / "model", tmp_path / "old"
    assert run_with_fault(save(old, 1.0), tmp_path, fault, 10**6).code == 0
    survivors = set()
    for at in range(1, 200):
        shutil.rmtree(target.parent, ignore_errors=True)
        shutil.copytree(old, target)
        outcome = run_with_fault(save(target, 2.0, armed=True), target.parent, fault, at)
        survivors.add(read_config(find_model(target)).temperature)
        assert outcome.code != 1 or str(target.parent) in outcome.message
        if outcome.code == 1:
            assert [path.name for path in target.parent.iterdir()] == ["model"]
        if not outcome.struck:
            break
    else:
        pytest.fail("the writer never got through")
    assert survivors == {1.0, 2.0}  # control: some faults came before the swap, some after
    assert at > 15
