"""Checks and fingerprints that the settings of images share."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Mapping
from dataclasses import asdict, fields
from typing import Any, TypeVar

from foveal.errors import UsageError
from foveal.storage import content_hash

Settings = TypeVar("Settings")


def require_number(name: str, value: object, low: float, high: float, unit: str = "") -> None:
    """Refuse a setting that is no finite number in a range.

    Args:
        name: the setting, as its user writes it.
        value: what came.
        low: the smallest value allowed.
        high: the largest value allowed.
        unit: what is counted, for the message.

    Raises:
        UsageError: `value` is something else.
    """
    if not _is_number(value) or not low <= value <= high:  # type: ignore[operator]  # a number
        unit = f" {unit}" if unit else ""
        raise UsageError(
            f"`{name}` must be a number from {low:g} to {high:g}{unit}; got {value!r}."
        )


def require_whole(name: str, value: object, low: int, high: int, unit: str = "") -> None:
    """Refuse a setting that is no whole number in a range.

    Args:
        name: the setting, as its user writes it.
        value: what came.
        low: the smallest value allowed.
        high: the largest value allowed.
        unit: what is counted, for the message.

    Raises:
        UsageError: `value` is something else.
    """
    if not isinstance(value, int) or isinstance(value, bool) or not low <= value <= high:
        unit = f" {unit}" if unit else ""
        raise UsageError(
            f"`{name}` must be a whole number from {low} to {high}{unit}; got {value!r}."
        )


def require_choice(name: str, value: object, choices: Iterable[object]) -> None:
    """Refuse a setting that is not one of a few values.

    Args:
        name: the setting, as its user writes it.
        value: what came.
        choices: the values there are.

    Raises:
        UsageError: `value` is none of them.
    """
    known = list(choices)
    if value not in known:
        raise UsageError(f"`{name}` must be one of {', '.join(map(str, known))}; got {value!r}.")


def require_pair(name: str, value: object, low: float, high: float) -> None:
    """Refuse a setting that is no pair (lower, upper) within a range.

    Args:
        name: the setting, as its user writes it.
        value: what came.
        low: the smallest value allowed.
        high: the largest value allowed.

    Raises:
        UsageError: `value` is something else.
    """
    right = isinstance(value, tuple) and len(value) == 2 and all(map(_is_number, value))
    if not right or not low <= value[0] <= value[1] <= high:  # type: ignore[index]  # a pair
        raise UsageError(
            f"`{name}` must be a pair (lower, upper) between {low:g} and {high:g}; got {value!r}."
        )


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


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
