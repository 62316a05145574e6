"""Dictionaries and fingerprints that the settings of images share."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, fields
from typing import Any, TypeVar

from foveal.errors import UsageError
from foveal.storage import content_hash

Settings = TypeVar("Settings")


def settings_from(cls: type[Settings], values: Mapping[str, Any]) -> Settings:
    """Rebuild frozen settings from what `as_dict` gave, perhaps by way of JSON.

    Args:
        cls: a dataclass.
        values: every field of it and nothing else; lists stand for tuples.

    Returns:
        An instance of `cls`.

    Raises:
        UsageError: a field is missing, unknown or has an unusable value.
    """
    known = [field.name for field in fields(cls)]  # type: ignore[arg-type]  # a dataclass
    if unknown := sorted(set(values) - set(known)):
        raise UsageError(
            f"{cls.__name__} has no setting {unknown[0]!r}; it has {', '.join(known)}."
        )
    if missing := [name for name in known if name not in values]:
        raise UsageError(f"{cls.__name__} needs the setting {missing[0]!r}; it is missing.")
    return cls(**{k: tuple(v) if isinstance(v, list) else v for k, v in values.items()})


def plain_dict(settings: Any) -> dict[str, Any]:
    """Return settings as JSON can hold them.

    Args:
        settings: an instance of a dataclass.

    Returns:
        Its fields; tuples as lists.
    """
    return {k: list(v) if isinstance(v, tuple) else v for k, v in asdict(settings).items()}


def fingerprint_of(version: int, values: Mapping[str, Any]) -> str:
    """Return a short name for some settings: equal settings, equal names.

    Args:
        version: goes up when the code gives other pixels for the same settings.
        values: what JSON can hold.

    Returns:
        16 hexadecimal digits.
    """
    text = json.dumps([version, values], sort_keys=True, allow_nan=False)
    return content_hash(text.encode())[:16]
