"""docs/cli.md: every command with its flags, from the dataclasses that the parser reads."""

from __future__ import annotations

import importlib
from collections.abc import Iterator
from dataclasses import MISSING, Field, fields, is_dataclass
from pathlib import Path
from types import NoneType
from typing import Any, Literal, get_args, get_origin, get_type_hints

from docstrings import section
from markdown import anchor, cell, code
from source import field_texts, package

from foveal.cli.main import COMMANDS
from foveal.cli.refusal import Slot, slots

TOPICS = {
    "First steps": ("demo", "sample"),
    "Photos": ("check", "split"),
    "Training": ("train", "lr-find"),
    "Using a classifier": ("predict", "evaluate", "export", "serve", "workbench"),
    "Understanding a classifier": ("explain", "errors", "compare-runs"),
    "Networks": ("models", "summary", "compare"),
    "Learning": ("learn",),
}
HEAD = """\
# Commands

Made by `make reference` from the commands themselves; `foveal COMMAND --help` shows the same.

RUN is a run folder such as `runs/photos-001`; PHOTOS is a folder with one sub-folder per class, or
a CSV table with the columns `path` and `label`. Every command also takes `--help`, and `--debug`,
which shows where in the code an error arose. In Python a setting has the same meaning, and
underscores: `--top-k` is `top_k`.

Exit codes: 0 done; 1 the answer is "no", or the work failed; 2 wrong usage; 130 stopped by Ctrl-C;
143 stopped by SIGTERM.
"""
_VALUES = {int: "N", float: "X", Path: "PATH", str: "WORD"}


def command_page() -> str:
    """Return the page.

    Returns:
        Markdown.

    Raises:
        SystemExit: a command has no place on it.
    """
    placed = {name for names in TOPICS.values() for name in names}
    if missing := sorted(set(COMMANDS) - placed):
        raise SystemExit(f"{', '.join(missing)} must have a place in TOPICS of {__file__}.")
    topics = {topic: [n for n in names if n in COMMANDS] for topic, names in TOPICS.items()}
    parts = [HEAD, "\n".join(_contents(topics))]
    for topic, names in topics.items():
        parts += [f"## {topic}", *map(_command, names)]
    return "\n\n".join(part.strip() for part in parts) + "\n"


def _contents(topics: dict[str, list[str]]) -> Iterator[str]:
    yield "| for | commands |\n|---|---|"
    for topic, names in topics.items():
        yield f"| [{topic}](#{anchor(topic)}) | {', '.join(map(_link, names))} |"


def _link(name: str) -> str:
    return f"[`foveal {name}`](#{anchor(f'foveal {name}')})"


def _command(name: str) -> str:
    kind = _kind(name)
    known = list(slots(kind))
    words = ["foveal", name, *(_place(slot) for slot in known if slot.positional)]
    if not all(slot.positional for slot in known):
        words.append("[flags]")
    parts = [f"### foveal {name}", COMMANDS[name].summary, f"```\n{' '.join(words)}\n```"]
    parts += _tables(kind, name)
    run = package()[f"{kind.__module__.removeprefix('foveal.')}.{kind.__name__}.run"]
    codes = " ".join(item.description for item in section(run.docstring, "returns"))
    return "\n\n".join([*parts, f"Exit code: {cell(codes)}"])


def _kind(name: str) -> Any:
    module, _, attribute = COMMANDS[name].target.partition(":")
    return getattr(importlib.import_module(module), attribute)


def _place(slot: Slot) -> str:
    return slot.name if slot.required or slot.name.startswith("[") else f"[{slot.name}]"


def _tables(kind: Any, name: str) -> Iterator[str]:
    """Yield a command's own flags, then those of its groups, each under the group's sentence."""
    hints, texts = get_type_hints(kind), field_texts(kind)
    groups = [item for item in fields(kind) if is_dataclass(hints[item.name])]
    inner = {slot.name for group in groups for slot in slots(hints[group.name])}
    plain = [item for item in fields(kind) if item not in groups]
    own = [slot for slot in slots(kind) if slot.name not in inner]
    pairs = sorted(zip(own, plain, strict=True), key=lambda pair: not pair[0].positional)
    rows = [_row(slot, item, texts) for slot, item in pairs]
    if rows:
        yield "\n".join(
            ["| flag or place | value | default | meaning |", "|---|---|---|---|", *rows]
        )
    for group in groups:
        held = hints[group.name]
        other = next((n for n in COMMANDS if n != name and held in _kind(n).__mro__), None)
        if other is not None:
            yield f"{cell(texts[group.name])} See {_link(other)}."
        else:
            yield f"**{cell(texts[group.name])}**"
            yield from _tables(held, name)


def _row(slot: Slot, item: Field[Any], texts: dict[str, str]) -> str:
    default = _default(item)
    columns = [
        code(slot.name),
        _value(slot.hint),
        code(default) if default else "",
        cell(texts[item.name]),
    ]
    return f"| {' | '.join(columns)} |"


def _value(hint: Any) -> str:
    if hint is bool:
        return ""
    if get_origin(hint) is Literal:
        return ", ".join(code(str(choice)) for choice in get_args(hint))
    if get_origin(hint) is tuple:
        return f"{_value(get_args(hint)[0])} …"
    if get_args(hint):
        return " or ".join(_value(kind) for kind in get_args(hint) if kind is not NoneType)
    return _VALUES[hint]


def _default(item: Field[Any]) -> str:
    """Return a default as it would be typed, where there is one."""
    default = item.default
    if default is MISSING or default is None or default is False or default == ():
        return ""
    return str(default)
