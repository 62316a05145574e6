"""What `--help` says of each flag: the docstrings of the settings, without line breaks or noise."""

from __future__ import annotations

import ast
import inspect
import itertools
import textwrap
from dataclasses import MISSING, Field, fields, is_dataclass
from functools import cache
from typing import Annotated, Any, get_args, get_origin, get_type_hints

import tyro


def described(kind: Any) -> Any:
    """Give every flag of a command its help.

    Args:
        kind: a command's dataclass; its groups are described too.

    Returns:
        The same class, its annotations resolved and completed.
    """
    if "_foveal_described" in vars(kind):
        return kind
    hints, texts = get_type_hints(kind, include_extras=True), help_texts(kind)
    for item in fields(kind):
        hint = hints[item.name]
        if is_dataclass(hint):
            described(hint)
        elif not _has_help(hint):
            hints[item.name] = Annotated[hint, _argument(item, texts.get(item.name, ""))]
    kind.__annotations__ = {item.name: hints[item.name] for item in fields(kind)}
    kind._foveal_described = True
    return kind


@cache
def help_texts(kind: type) -> dict[str, str]:
    """Return the docstrings of a dataclass's fields, those of its bases included.

    Args:
        kind: the class.

    Returns:
        Names and texts, each on one line, without the marks that code carries.
    """
    texts: dict[str, str] = {}
    for base in reversed(kind.__mro__[:-1]):
        body = ast.parse(textwrap.dedent(inspect.getsource(base))).body[0]
        nodes = getattr(body, "body", [])
        for field, text in itertools.pairwise(nodes):
            if (
                isinstance(field, ast.AnnAssign)
                and isinstance(field.target, ast.Name)
                and isinstance(text, ast.Expr)
                and isinstance(text.value, ast.Constant)
            ):
                words = " ".join(str(text.value.value).split())
                texts[field.target.id] = words.replace("``", "").replace("`", "")
    return texts


def _argument(item: Field[Any], text: str) -> Any:
    """Say the default only where the text does not and it is worth saying."""
    default = item.default if item.default is not MISSING else None
    says_nothing = default is None or default is False or "default" in text
    if says_nothing:
        return tyro.conf.arg(help=text, help_behavior_hint="")
    return tyro.conf.arg(help=text)


def _has_help(hint: Any) -> bool:
    """Return whether a flag's help was written by hand."""
    if get_origin(hint) is not Annotated:
        return False
    marks = get_args(hint)[1:]
    return any(
        getattr(mark, "help", None) or getattr(mark, "help_behavior_hint", None) for mark in marks
    )
