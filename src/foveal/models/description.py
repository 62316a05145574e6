"""Reading the description of a custom network: its file, and one layer of it."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import fields
from pathlib import Path
from typing import Any

from foveal.errors import UnknownNameError, UsageError
from foveal.models.layer_kinds import (
    AverageMaps,
    AveragePool,
    Conv,
    Dense,
    Dropout,
    FlattenMaps,
    Layer,
    MaxPool,
)

_SETTINGS = ("image_size", "in_channels", "layers")
KINDS: dict[str, type[Layer]] = {
    fields(kind)[0].name: kind
    for kind in (Conv, MaxPool, AveragePool, Dropout, FlattenMaps, AverageMaps, Dense)
}
"""The kinds of layers by the key that names each."""


def read_description(path: Path) -> dict[str, Any]:
    """Read the description of a network from a file.

    Args:
        path: a TOML file with a list `layers`, and perhaps `image_size` and `in_channels`.

    Returns:
        What the file holds; the layers are tables for `read_layer`.

    Raises:
        UsageError: it cannot be read, holds an unknown key or no list of layers.
    """
    try:
        settings = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise UsageError(
            f"`description` must be layers or a TOML file; {path} cannot be read ({error})."
        ) from error
    for key in settings:
        if key not in _SETTINGS:
            raise UnknownNameError(f"key in {path}:", key, _SETTINGS)
    if not isinstance(settings.get("layers"), list):
        raise UsageError(
            f"{path} must hold a list `layers`, such as layers = [{{ conv = 32 }}, "
            f"{{ flatten = true }}]; got {settings.get('layers')!r}."
        )
    return settings


def read_layer(table: Mapping[str, Any]) -> Layer:
    """Read one layer of a description.

    Args:
        table: such as ``{"conv": 32, "kernel": 5}``: one key that names the kind, and its
            settings.

    Returns:
        The layer.

    Raises:
        UsageError: no key or more than one names a kind, a key is unknown, or a value does not
            do.
    """
    if not isinstance(table, Mapping):
        raise UsageError(f"a layer must be a table of settings; got {table!r}")
    named = [key for key in table if key in KINDS]
    if len(named) != 1:
        raise UsageError(
            f"a layer must have one key of {', '.join(KINDS)}; got {', '.join(table) or 'none'}"
        )
    kind = KINDS[named[0]]
    known = [setting.name for setting in fields(kind)]
    for key in table:
        if key not in known:
            raise UnknownNameError(f"setting of `{named[0]}`", key, known)
    return kind(**table)
