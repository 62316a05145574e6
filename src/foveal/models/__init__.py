"""Convolutional networks as ordered lists of named blocks, and where their weights come from.

Importing this package imports no PyTorch: the registry is a table, and a builder is imported
when a network is made.
"""

from __future__ import annotations

from foveal.models.registry import Architecture, Paper, Weights, architecture, list_models

__all__ = ["Architecture", "Paper", "Weights", "architecture", "create_model", "list_models"]


def __getattr__(name: str) -> object:
    if name == "create_model":
        from foveal.models.create import create_model

        return create_model
    raise AttributeError(f"module 'foveal.models' has no attribute {name!r}")
