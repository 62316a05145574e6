"""timm, as a reference that tests compare with."""

from __future__ import annotations

import importlib
import importlib.util
import sys
import warnings
from types import ModuleType

import pytest
import torch
from torch import nn

_OPERATORS = ("nms", "qnms")
_LIBRARIES: list[torch.library.Library] = []  # an operator lives as long as its library


def import_timm() -> ModuleType:
    """Import timm, or skip the test where it is not installed.

    timm imports torchvision, whose compiled half does not load beside a PyTorch of another
    build; the operators that torchvision then misses are declared, and never called.
    """
    for package in ("timm", "torchvision"):
        if importlib.util.find_spec(package) is None:
            pytest.skip(f"{package} is not installed; it is only a reference for tests")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            importlib.import_module("torchvision")
        except RuntimeError:
            _declare_operators()
        return importlib.import_module("timm")


def _declare_operators() -> None:
    for name in [name for name in sys.modules if name.partition(".")[0] == "torchvision"]:
        del sys.modules[name]
    library = torch.library.Library("torchvision", "DEF")
    for operator in _OPERATORS:
        library.define(f"{operator}(Tensor boxes, Tensor scores, float threshold) -> Tensor")
    _LIBRARIES.append(library)


def randomised(make: str) -> nn.Module:
    """Build a network of timm with random weights, statistics and biases, for evaluation."""
    with torch.device("meta"):
        network: nn.Module = import_timm().create_model(make, pretrained=False)
    network.to_empty(device="cpu")
    torch.manual_seed(0)
    for name, value in network.state_dict().items():
        if value.ndim > 1:
            value.normal_(std=(2 / value[0].numel()) ** 0.5)
        elif name.endswith(("running_var", "weight")):
            value.uniform_(0.5, 1.5)
        elif value.is_floating_point():
            value.normal_(std=0.1)
    return network.eval()
