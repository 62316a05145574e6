"""Convolutional networks as ordered lists of named blocks, and where their weights come from.

Importing this package imports no PyTorch: the registry is a table, and a builder is imported
when a network is made.
"""

from __future__ import annotations

import importlib

from foveal.models.registry import (
    Architecture,
    Paper,
    Weights,
    architecture,
    is_network,
    list_models,
)

__all__ = [
    "Architecture",
    "NetworkDescription",
    "Paper",
    "Weights",
    "architecture",
    "create_model",
    "custom_cnn",
    "is_network",
    "list_models",
]
_NEED_TORCH = {
    "create_model": "create",
    "custom_cnn": "custom",
    "NetworkDescription": "description",
}


def __getattr__(name: str) -> object:
    if name in _NEED_TORCH:
        module = importlib.import_module(f"foveal.models.{_NEED_TORCH[name]}")
        return getattr(module, name)
    raise AttributeError(f"module 'foveal.models' has no attribute {name!r}")
