"""Looking up architectures by name. Nothing here imports PyTorch."""

from __future__ import annotations

import importlib
from dataclasses import replace
from typing import Any

from foveal.errors import UnknownNameError
from foveal.models.hub_table import HUB_WEIGHTS
from foveal.models.rows import Architecture, Paper, Weights
from foveal.models.table import TABLE

__all__ = ["Architecture", "Paper", "Weights", "architecture", "list_models", "resolve"]

_BY_NAME = {
    row.name: replace(row, weights=row.weights or HUB_WEIGHTS.get(row.name)) for row in TABLE
}


def list_models() -> tuple[str, ...]:
    """Return the names of all registered architectures.

    Returns:
        The names, in the order of the table.

    Example:
        >>> "efficientnet_lite0" in list_models()
        True
    """
    return tuple(_BY_NAME)


def architecture(name: str, *, kind: str = "model") -> Architecture:
    """Return the row of an architecture.

    Args:
        name: a registered name.
        kind: what the caller calls it, for the message: ``"model"`` or ``"backbone"``.

    Returns:
        Its row.

    Raises:
        UnknownNameError: there is no such name; the message says what is near.

    Example:
        >>> architecture("resnet50").feature_width
        2048
    """
    if name not in _BY_NAME:
        raise UnknownNameError(kind, name, _BY_NAME)
    return _BY_NAME[name]


def resolve(reference: str) -> Any:
    """Return what a ``"module:name"`` of the table names, importing its module now.

    Args:
        reference: such as ``"foveal.models.efficientnet:efficientnet_lite"``.

    Returns:
        The object.
    """
    module, _, name = reference.partition(":")
    return getattr(importlib.import_module(module), name)
