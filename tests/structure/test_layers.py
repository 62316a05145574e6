"""The layers of the package, and what may be imported without PyTorch."""

from __future__ import annotations

import graphlib
import subprocess
import sys

import grimp
import pytest

TORCH_FREE = [
    "foveal",
    "foveal.cli.main",
    "foveal.cli.train",
    "foveal.cli.predict",
    "foveal.cli.evaluate",
    "foveal.cli.data",
    "foveal.cli.demo",
    "foveal.cli.models",
    "foveal.cli.explain",
    "foveal.cli.errors",
    "foveal.cli.compare_runs",
    "foveal.cli.learn",
    "foveal.cli.workbench",
    "foveal.cli.serve",
    "foveal.web.serving.server",
    "foveal.web.serve",
    "foveal.learn",
    "foveal.workflow.settings",
    "foveal.workflow.evaluate",
    "foveal.workflow.scores",
    "foveal.workflow.compare_runs",
    "foveal.evaluation",
    "foveal.runtime.predictor",
    "foveal.runtime.rejection",
    "foveal.runtime.imagenet",
    "foveal.data",
    "foveal.models",
    "foveal.images",
    "foveal.ops",
    "foveal.metrics",
    "foveal.storage",
    "foveal.arguments",
    "foveal.errors",
]


def modules_after(statement: str) -> set[str]:
    """Run a statement in a fresh interpreter and return what it imported."""
    code = f"{statement}\nimport sys; print('\\n'.join(sys.modules))"
    result = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    return set(result.stdout.split())


@pytest.mark.parametrize("module", TORCH_FREE)
def test_it_imports_without_pytorch(module):
    assert "torch" not in modules_after(f"import {module}")


def test_the_top_package_imports_neither_pytorch_nor_opencv_nor_numpy():
    assert not modules_after("import foveal") & {"torch", "cv2", "numpy", "openvino"}


def test_networks_are_made_cut_and_converted_without_pytorch_s_compiler_which_takes_seconds():
    code = """
import torch
import foveal.workflow.classifier
from foveal.features import choose_backbone
from foveal.features.network import output_shape
from foveal.models.create import create_model
from foveal.runtime.convert import RawPixels, to_openvino
with torch.device("meta"):
    create_model("resnet18")
assert output_shape(choose_backbone("resnet18", blocks=2, weights="none")) == (56, 56, 64)
to_openvino(RawPixels(create_model("lenet5"), [0], [1]), 32, 1)
"""
    loaded = modules_after(code)
    assert "torch" in loaded  # control
    assert not loaded & {"torch._dynamo", "torch._inductor", "sympy"}


def test_importing_openvino_loads_no_telemetry():
    loaded = modules_after("from foveal.runtime.backends import openvino; openvino()")
    assert "openvino" in loaded
    assert not {name for name in loaded if name.startswith("openvino_telemetry.")}


def test_telemetry_of_a_program_that_imported_openvino_before_is_switched_off_too():
    code = """
from openvino_telemetry.utils import sender
sent = []
sender.TelemetrySender.send = lambda *message: sent.append(message)  # nothing may leave the test
import openvino
from openvino_telemetry import Telemetry
Telemetry().consent = True
Telemetry().send_event("control", "is", "counted")
before = len(sent)
from foveal.runtime import backends
backends.openvino()
Telemetry().send_event("this", "is", "not")
print(before > 0, len(sent) - before)
"""
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert ran.stdout == "True 0\n"


def test_no_module_imports_itself_by_way_of_others():
    graph = grimp.build_graph("foveal", exclude_type_checking_imports=True, cache_dir=None)
    imported = {name: graph.find_modules_directly_imported_by(name) for name in graph.modules}
    assert sum(map(len, imported.values())) > 1_000
    graphlib.TopologicalSorter(imported).prepare()  # raises CycleError, which names the modules
