"""Checked arguments of the operators: whole numbers and pairs of them."""

from __future__ import annotations

import operator
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


def _kind(least: int) -> str:
    return "a positive int" if least == 1 else f"an int of at least {least}"
