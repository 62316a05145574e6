"""Signatures of functions and classes, and what a class consists of."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

import griffe
from markdown import anchor, cell, code
from source import Object, package

_LONGEST = 88  # characters on a line of a signature
_STARS = {griffe.ParameterKind.var_positional: "*", griffe.ParameterKind.var_keyword: "**"}


def signature(function: griffe.Function, name: str) -> str:
    """Return how a function is called.

    Args:
        function: a function or method; its overloads are shown instead of it.
        name: what to call it.

    Returns:
        A block of Python.
    """
    ways = function.overloads or [function]
    return "```python\n" + "\n".join(_call(way, name) for way in ways) + "\n```"


def constructor(kind: griffe.Class, name: str) -> str:
    """Return how an object of a class is made.

    Args:
        kind: the class.
        name: what to call it.

    Returns:
        A block of Python; empty where the class takes nothing, or is made by Foveal alone.
    """
    given = [p for p in kind.parameters if p.name != "self"]
    if not given:
        return ""
    return f"```python\n{_lines(name, [_parameter(p) for p in _starred(given)], '')}\n```"


def constant(attribute: griffe.Attribute, name: str) -> str:
    """Return what a constant or a type is.

    Args:
        attribute: the attribute of a module.
        name: what to call it.

    Returns:
        A block of Python; without the value where that is long.
    """
    hint = f": {attribute.annotation}" if attribute.annotation is not None else ""
    whole = f"{name}{hint} = {_quoted(str(attribute.value))}"
    return f"```python\n{whole if len(whole) <= _LONGEST else name + hint}\n```"


def bases(kind: griffe.Class, homes: dict[str, str]) -> str:
    """Return what a class inherits from, where that is documented too, and what it has from there.

    Args:
        kind: the class.
        homes: links by path.

    Returns:
        A sentence with the nearest of them, or nothing.
    """
    known = [(base, homes[path]) for base, path in _bases(kind) if path in homes]
    if not known:
        return ""
    inherited = ", ".join(
        f"[`{name}`]({link.partition('#')[0]}#{anchor(f'{base.name}.{name}')})"
        for base, link in known
        for name, member in base.members.items()
        if _is_shown(name, member) and name not in kind.members
    )
    nearest = f"Is a [`{known[0][0].name}`]({known[0][1]})"
    return f"{nearest}, and has its {inherited}." if inherited else f"{nearest}."


def fields_and_properties(kind: griffe.Class, homes: dict[str, str]) -> str:
    """Return the fields and properties of a class that have a docstring.

    Args:
        kind: the class.
        homes: links by path; what is inherited from a class among them is left out.

    Returns:
        A list, or nothing.
    """
    rows = [
        f"- {code(name)}: {cell(member.docstring.value)}"
        for name, member in _members(kind, homes)
        if member.is_attribute and member.docstring
    ]
    return "**Attributes**\n\n" + "\n".join(rows) if rows else ""


def methods(kind: griffe.Class, homes: dict[str, str]) -> Iterator[griffe.Function]:
    """Yield the public methods of a class.

    Args:
        kind: the class.
        homes: links by path; what is inherited from a class among them is left out.

    Yields:
        Functions with a docstring, in the order of the source.
    """
    for _, member in _members(kind, homes):
        if isinstance(member, griffe.Function) and _is_shown(member.name, member):
            yield member


def _is_shown(name: str, member: Object) -> bool:
    """Return whether a method is documented."""
    return (
        isinstance(member, griffe.Function) and not name.startswith("_") and bool(member.docstring)
    )


def _members(kind: griffe.Class, homes: dict[str, str]) -> Iterator[tuple[str, Object]]:
    inherited = {
        name: member
        for base, path in reversed(_bases(kind))
        if path not in homes
        for name, member in base.members.items()
    }
    for name, member in {**inherited, **kind.members}.items():
        if not name.startswith("_"):
            yield name, member


def _bases(kind: griffe.Class) -> list[tuple[griffe.Class, str]]:
    """Return the classes of this package that a class inherits from, the nearest first."""
    return [(base, str(base.canonical_path)) for base in kind.mro()]


def _call(function: griffe.Function, name: str) -> str:
    given = list(function.parameters)
    if given and given[0].name in ("self", "cls"):
        del given[0]
    returns = f" -> {function.returns}" if function.returns else ""
    return _lines(name, [_parameter(p) for p in _starred(given)], returns)


def _starred(given: list[griffe.Parameter]) -> list[griffe.Parameter | None]:
    """Put None where a bare star stands: before the first that is given by name only."""
    shown: list[griffe.Parameter | None] = []
    for parameter in given:
        only_by_name = parameter.kind is griffe.ParameterKind.keyword_only
        before = [p for p in shown if p is None or p.kind is griffe.ParameterKind.var_positional]
        if only_by_name and not before:
            shown.append(None)
        shown.append(parameter)
    return shown


def _parameter(parameter: griffe.Parameter | None) -> str:
    if parameter is None:
        return "*"
    stars = _STARS.get(parameter.kind, "") if parameter.kind else ""
    hint = f": {parameter.annotation}" if parameter.annotation is not None else ""
    if stars or parameter.default is None:
        return f"{stars}{parameter.name}{hint}"
    return f"{parameter.name}{hint}{' = ' if hint else '='}{_value(parameter.default)}"


def _value(default: str | griffe.Expr) -> str:
    """Return a default; where it is the name of a constant of this package, its value."""
    if isinstance(default, griffe.ExprName):
        with contextlib.suppress(KeyError):
            found = package()[default.canonical_path.removeprefix("foveal.")]
            return str(found.value) if found.is_attribute else str(default)
    return str(default)


def _quoted(text: str) -> str:
    """Return Python with the quotes that its formatter takes."""
    return text if '"' in text else text.replace("'", '"')


def _lines(name: str, parameters: list[str], returns: str) -> str:
    parameters = [_quoted(parameter) for parameter in parameters]
    whole = f"{name}({', '.join(parameters)}){returns}"
    if len(whole) <= _LONGEST:
        return whole
    inner = "".join(f"    {parameter},\n" for parameter in parameters)
    return f"{name}(\n{inner}){returns}"
