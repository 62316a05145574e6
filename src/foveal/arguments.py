"""Checks of arguments and settings that every layer shares: numbers, pairs and choices.

``whole`` and ``pair`` return what came as plain ints; the ``require_`` functions only refuse.
"""

from __future__ import annotations

import math
import operator
from collections.abc import Iterable
from typing import Any, TypeGuard

from foveal.errors import UsageError

IntPair = int | tuple[int, int]


def is_whole(value: Any, least: int) -> TypeGuard[int]:
    """Return whether `value` is a whole number of at least `least` (True and False are not).

    Args:
        value: anything.
        least: the smallest number that will do.

    Returns:
        True for Python and NumPy integers that are large enough.
    """
    if isinstance(value, bool):
        return False
    try:
        return operator.index(value) >= least
    except TypeError:
        return False


def whole(value: Any, name: str, least: int = 1) -> int:
    """Return `value` as an int.

    Args:
        value: what the caller gave.
        name: the argument's name, for the message.
        least: the smallest number that will do: 1 or 0.

    Returns:
        A plain int.

    Raises:
        UsageError: it is no whole number, or too small.
    """
    if not is_whole(value, least):
        raise UsageError(f"`{name}` must be {_kind(least)}; got {value!r}.")
    return operator.index(value)


def pair(value: Any, name: str, least: int = 1) -> tuple[int, int]:
    """Return `value` as a (vertical, horizontal) pair; one int stands for both.

    Args:
        value: what the caller gave.
        name: the argument's name, for the message.
        least: the smallest number that will do: 1 or 0.

    Returns:
        Two plain ints.

    Raises:
        UsageError: it is neither a whole number nor a pair of them, or too small.

    Example:
        >>> pair(2, "stride")
        (2, 2)
    """
    if is_whole(value, least):
        return operator.index(value), operator.index(value)
    if is_whole_pair(value, least):
        return operator.index(value[0]), operator.index(value[1])
    raise UsageError(f"`{name}` must be {_kind(least)} or a pair of them; got {value!r}.")


def is_whole_pair(value: Any, least: int) -> TypeGuard[tuple[int, int]]:
    """Return whether `value` is a tuple or list of two whole numbers of at least `least`.

    Args:
        value: anything.
        least: the smallest number that will do.

    Returns:
        True for such a pair.
    """
    return (
        isinstance(value, tuple | list)
        and len(value) == 2
        and all(is_whole(item, least) for item in value)
    )


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


def _kind(least: int) -> str:
    return "a positive int" if least == 1 else f"an int of at least {least}"


def _is_number(value: object) -> bool:
    if isinstance(value, int):  # of any size, also one that no float can hold
        return not isinstance(value, bool)
    return isinstance(value, float) and math.isfinite(value)
