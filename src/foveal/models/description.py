"""The description of a custom network: a file or a dictionary, and one layer of it."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any, Self

from foveal.arguments import whole
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

Layers = Sequence[Mapping[str, Any]]
KINDS: dict[str, type[Layer]] = {
    fields(kind)[0].name: kind
    for kind in (Conv, MaxPool, AveragePool, Dropout, FlattenMaps, AverageMaps, Dense)
}
"""The kinds of layers by the key that names each."""


@dataclass(frozen=True)
class NetworkDescription:
    """A network in words: its layers, and what its images are."""

    layers: tuple[Mapping[str, Any], ...]
    """Tables for `read_layer`, first to last."""
    name: str = "custom_cnn"
    """What the network is called."""
    image_size: int = 32
    """Side of its images in pixels."""
    in_channels: int = 3
    """Channels of its images."""
    num_classes: int = 10
    """Logits, where the caller does not say how many."""
    source: str | None = None
    """The file, for messages; None for a description that came from none."""

    def __post_init__(self) -> None:
        for setting in ("image_size", "in_channels", "num_classes"):
            whole(getattr(self, setting), setting)

    @property
    def title(self) -> str:
        """What messages call it: the file, or else the name."""
        return repr(self.source or self.name)

    @classmethod
    def from_file(cls, path: str | Path) -> Self:
        """Read a description from a file.

        Args:
            path: a TOML file with a list `layers`, and perhaps `image_size`, `in_channels` and
                `num_classes`.

        Returns:
            The description, named as the file without its ending.

        Raises:
            UsageError: it cannot be read, holds an unknown key, an unusable number or no list of
                layers; the message names the file.
        """
        path = Path(path)
        try:
            values = tomllib.loads(path.read_text(encoding="utf-8"))
        except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
            raise UsageError(_unreadable(path, error)) from error
        return cls._read({"name": path.stem, **values}, str(path))

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Self:
        """Rebuild what `as_dict` gave, perhaps by way of JSON.

        Args:
            values: a list `layers`, and perhaps the other fields.

        Returns:
            The description.

        Raises:
            UsageError: a key is unknown, a number is unusable, or there is no list of layers.
        """
        return cls._read(values, None)

    @classmethod
    def _read(cls, values: Mapping[str, Any], source: str | None) -> Self:
        where = source or "the description of a network"
        known = [field.name for field in fields(cls) if field.name != "source"]
        for key in values:
            if key not in known:
                raise UnknownNameError(f"key in {where}:", key, known)
        layers = values.get("layers")
        if not isinstance(layers, list):
            raise UsageError(
                f"{where} must hold a list `layers`, such as layers = [{{ conv = 32 }}, "
                f"{{ flatten = true }}]; got {layers!r}."
            )
        try:
            return cls(**{**values, "layers": tuple(layers)}, source=source)
        except UsageError as error:
            raise UsageError(f"{where}: {error}") from error

    def as_dict(self) -> dict[str, Any]:
        """Return what JSON can hold: all that it takes to build the network again.

        Returns:
            A dictionary that `from_dict` takes back.
        """
        return {
            "name": self.name,
            "image_size": self.image_size,
            "in_channels": self.in_channels,
            "num_classes": self.num_classes,
            "layers": [dict(table) for table in self.layers],
        }


def _unreadable(path: Path, error: Exception) -> str:
    """Say in plain words why a file is no description, and what to do."""
    if isinstance(error, FileNotFoundError):
        return f"{path} does not exist; expected a TOML file that describes a network."
    if isinstance(error, OSError):
        reason = (error.strerror or str(error)).lower()
        return f"{path} cannot be read ({reason}); expected a TOML file that describes a network."
    if isinstance(error, UnicodeDecodeError):
        return f"{path} is not text in UTF-8; save it as UTF-8."
    reason = str(error)[:1].lower() + str(error)[1:].rstrip(".")
    return f"{path} is not valid TOML: {reason}; correct it there."


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
