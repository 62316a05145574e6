"""What is wrong with the flags of a command, in one sentence.

The parser draws a box and shows Python's own values. Once it has refused some words, they are
looked through again here, by the same hints, for the first that cannot be used.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import MISSING, fields, is_dataclass
from pathlib import Path
from types import NoneType, UnionType
from typing import Any, Literal, NamedTuple, Union, get_args, get_origin, get_type_hints

from tyro.conf import Positional

_NEAR = 0.7  # flags are short: what is less alike is another word


class Slot(NamedTuple):
    """One flag or place of a command."""

    name: str
    """The flag such as ``--top-k``, or what `--help` calls the place."""
    hint: Any
    """The type of its value, without None."""
    positional: bool
    """Whether it is given by its place."""
    required: bool
    """Whether the command cannot do without it."""


def slots(kind: Any) -> Iterator[Slot]:
    """Yield the flags and places of a command, those of its groups among them.

    Args:
        kind: a command's dataclass.

    Yields:
        One for each field.
    """
    hints = get_type_hints(kind, include_extras=True)
    for field in fields(kind):
        marks, hint = _marks_and_hint(hints[field.name])
        if is_dataclass(hint):
            yield from slots(hint)
            continue
        required = field.default is MISSING and field.default_factory is MISSING
        positional = required or Positional in get_args(hints[field.name])
        called = next((mark.name for mark in marks if getattr(mark, "name", None)), None)
        shown = next((mark.metavar for mark in marks if getattr(mark, "metavar", None)), None)
        flag = f"--{(called or field.name).replace('_', '-')}"
        name = (shown or field.name.upper()) if positional else flag
        yield Slot(name, hint, positional, required)


def refusal(kind: Any, words: Sequence[str], name: str) -> str | None:
    """Say which word of a command cannot be used, and what can.

    Args:
        kind: the command's dataclass.
        words: its flags, as they were given.
        name: the command, for the way to its help.

    Returns:
        A sentence about the first such word; None where each seems right by itself.
    """
    known = list(slots(kind))
    flags = {slot.name: slot for slot in known if not slot.positional}
    loose: list[str] = []
    rest = list(words)
    while rest:
        word = rest.pop(0)
        if not word.startswith("-") or word == "-" or _is_number(word):
            loose.append(word)
            continue
        flag, equals, value = word.partition("=")
        slot = flags.get(flag.replace("_", "-"))
        if slot is None:
            return _no_such_flag(flag, flags, name)
        if slot.hint is bool and not equals:
            continue
        if not equals and (not rest or rest[0].startswith("--")):
            return f"`{slot.name}` needs a value: {_expected(slot.hint)}."
        if wrong := _wrong_value(slot, value if equals else rest.pop(0)):
            return wrong
    return _wrong_places([slot for slot in known if slot.positional], loose, name)


def typed_flags(kind: Any, words: Sequence[str]) -> frozenset[str]:
    """Return which flags stand among the words, whatever their values are.

    Args:
        kind: the command's dataclass.
        words: its flags, as they were given and accepted.

    Returns:
        Flags such as ``--top-k``.
    """
    known = {slot.name for slot in slots(kind) if not slot.positional}
    return frozenset(known & {word.partition("=")[0].replace("_", "-") for word in words})


def _wrong_places(places: Sequence[Slot], loose: list[str], name: str) -> str | None:
    for slot in places:
        if not loose:
            if slot.required:
                return f"{_plain(slot.name)} is missing; see foveal {name} --help."
            continue
        taken = loose[:]
        del loose[: len(loose) if get_origin(slot.hint) is tuple else 1]
        if wrong := _wrong_value(slot, taken[0]):
            return wrong
    if loose:
        return f"there is no place for {loose[0]!r}; see foveal {name} --help."
    return None


def _wrong_value(slot: Slot, value: str) -> str | None:
    if _accepts(slot.hint, value):
        return None
    called = _plain(slot.name) if slot.positional else f"`{slot.name}`"
    return f"{called} must be {_expected(slot.hint)}; got {value!r}."


def _accepts(hint: Any, value: str) -> bool:
    if _is_union(hint):
        return any(_accepts(kind, value) for kind in _kinds(hint))
    if get_origin(hint) is Literal:
        return value in map(str, get_args(hint))
    if hint is int:
        return re.fullmatch(r"[+-]?\d+(_\d+)*", value) is not None
    if hint is float:
        return _is_number(value)
    return hint is not bool


def _expected(hint: Any) -> str:
    if _is_union(hint):
        return " or ".join(map(_expected, _kinds(hint)))
    if get_origin(hint) is Literal:
        choices = [str(choice) for choice in get_args(hint)]
        return choices[0] if len(choices) == 1 else f"one of {', '.join(choices)}"
    if hint is bool:
        return "given without a value"
    if get_origin(hint) is tuple:
        hint = get_args(hint)[0]
    return {int: "a whole number", float: "a number", Path: "a file or folder"}.get(hint, "a word")


def _no_such_flag(flag: str, flags: Mapping[str, Slot], name: str) -> str:
    near = difflib.get_close_matches(flag.replace("_", "-"), flags, n=1, cutoff=_NEAR)
    hint = f"did you mean {near[0]}?" if near else f"see foveal {name} --help."
    return f"there is no flag {flag}; {hint}"


def _marks_and_hint(hint: Any) -> tuple[tuple[Any, ...], Any]:
    """Take what was written around a type off it, None too."""
    marks: tuple[Any, ...] = ()
    while hasattr(hint, "__metadata__"):
        marks, hint = (*marks, *hint.__metadata__), hint.__origin__
    if _is_union(hint) and len(_kinds(hint)) == 1:
        inner, hint = _marks_and_hint(_kinds(hint)[0])
        marks = (*marks, *inner)
    return marks, hint


def _is_union(hint: Any) -> bool:
    return get_origin(hint) in (Union, UnionType)


def _kinds(union: Any) -> list[Any]:
    return [kind for kind in get_args(union) if kind is not NoneType]


def _is_number(word: str) -> bool:
    try:
        float(word)
    except ValueError:
        return False
    return True


def _plain(metavar: str) -> str:
    """Name a place without the signs of `--help`: `RUN|imagenet`, `[PHOTO ...]`."""
    return metavar.strip("[]").split(" ")[0].replace("|", " or ")
