"""Looking up architectures by name. Nothing here imports PyTorch."""

from __future__ import annotations

import importlib
from dataclasses import replace
from typing import Any

from foveal.errors import UnknownNameError
from foveal.models.hub_table import HUB_WEIGHTS
from foveal.models.rows import TIMM, Architecture, Paper, Weights
from foveal.models.table import TABLE

__all__ = [
    "Architecture",
    "Paper",
    "Weights",
    "architecture",
    "is_network",
    "list_models",
    "resolve",
]

DESCRIPTION = ".toml"
"""How the names of files that describe a network end."""

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
        name: a registered name, ``timm:NAME`` where timm is installed, or a TOML file that
            describes a network; see `foveal.models.custom_cnn`.
        kind: what the caller calls it, for the message: ``"model"`` or ``"backbone"``.

    Returns:
        Its row.

    Raises:
        UnknownNameError: there is no such name; the message says what is near.
        UsageError: timm's network is not convolutional, or the description does not do.
        MissingExtraError: timm is not installed.
        ModelError: timm cannot be imported.

    Example:
        >>> architecture("resnet50").feature_width
        2048
    """
    if name in _BY_NAME:
        return _BY_NAME[name]
    for is_such, row_of in (
        (name.startswith(TIMM), "foveal.models.timm_backbone:timm_row"),
        (name.endswith(DESCRIPTION), "foveal.models.described:described_row"),
    ):
        if is_such:
            row: Architecture = resolve(row_of)(name)
            return row
    raise UnknownNameError(kind, name, _BY_NAME)


def is_network(name: str) -> bool:
    """Return whether a name is one that `architecture` looks up, rather than a folder.

    Args:
        name: what a user wrote.

    Returns:
        True for registered names, ``timm:NAME`` and TOML files, whether or not they exist.
    """
    return name in _BY_NAME or name.startswith(TIMM) or name.endswith(DESCRIPTION)


def resolve(reference: str) -> Any:
    """Return what a ``"module:name"`` of the table names, importing its module now.

    Args:
        reference: such as ``"foveal.models.efficientnet:efficientnet_lite"``.

    Returns:
        The object.
    """
    module, _, name = reference.partition(":")
    return getattr(importlib.import_module(module), name)
