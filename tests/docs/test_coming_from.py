"""Every name of ours on the page for those who come from other libraries exists."""

from __future__ import annotations

import importlib
import inspect
import re
import tomllib
from typing import Literal, get_args, get_origin

import pytest

from docs.markdown_pages import REPOSITORY
from foveal.cli.flags import described
from foveal.cli.main import COMMANDS, _command
from foveal.cli.refusal import slots
from foveal.models import list_models
from foveal.models.description import read_layer

PAGE = REPOSITORY / "docs" / "coming-from.md"
PLACES = ["foveal", *(f"foveal.{name}" for name in ("training", "models", "explain", "evaluation"))]
PLACES += ["foveal.workflow.scratch", "foveal.models.convnet"]
NO_NAMES = {"rejected.csv", "history.csv", "report.html", "path,label"}
NO_NAMES |= {"train/", "val/", "test/", "checkpoints/", "metrics.json"}


def tables():
    """Rows of the tables, each as column name and cell."""
    header = None
    for line in PAGE.read_text(encoding="utf-8").splitlines():
        if not line.startswith("|"):
            header = None
            continue
        cells = [cell.strip() for cell in re.split(r"(?<!\\)\|", line)[1:-1]]
        if header is None:
            header = cells
        elif set(line) - set("|- "):
            assert len(cells) == len(header), line
            yield list(zip(header, cells, strict=True))


OURS = sorted(
    {
        text
        for row in tables()
        for column, cell in row
        if column.startswith("Foveal")
        for text in re.findall(r"`([^`]+)`", cell)
    }
    - NO_NAMES
)


def problem(text):
    """What is wrong with a name, or None."""
    if "foveal " in text:
        return _command_problem(text.partition("foveal ")[2].split())
    if text.startswith("--"):
        return _flags_problem("train", text.split())
    if text.startswith("{"):
        return _layer_problem(text)
    if text in list_models() or text in ("timm:NAME", "timm"):
        return None
    return _python_problem(text)


def _command_problem(words):
    if words[0] not in COMMANDS:
        return f"there is no command {words[0]}"
    first = next((i for i, word in enumerate(words) if word.startswith("--")), len(words))
    return _flags_problem(words[0], words[first:])


def _flags_problem(command, words):
    known = {slot.name: slot for slot in slots(described(_command(command)))}
    flag = None
    for word in words:
        if word.startswith("--"):
            flag = known.get(word)
            if flag is None:
                return f"{command} has no flag {word}"
        elif flag is not None and get_origin(flag.hint) is Literal:
            choices = [str(choice) for choice in get_args(flag.hint)]
            if word not in choices:
                return f"{flag.name} takes {choices}, not {word}"
    return None


def _layer_problem(text):
    read_layer(tomllib.loads(f"layer = {text}")["layer"])


def _python_problem(text):
    name, arguments = re.fullmatch(r"([\w.]+)(?:\((.*)\))?", text).groups()
    found = next((place for place in map(_resolved, _spellings(name)) if place is not None), None)
    if found is None:
        return "there is no such name"
    given = set(re.findall(r"(\w+)=", arguments or ""))
    if not given:
        return None
    missing = given - set(inspect.signature(found[0]).parameters)
    return f"no argument {', '.join(missing)}" if missing else None


def _spellings(name):
    return [name if name.startswith("foveal.") else f"{place}.{name}" for place in PLACES]


def _resolved(path):
    """The thing a dotted path leads to, in a list of one; None where it leads nowhere."""
    parts = path.split(".")
    value = importlib.import_module(parts[0])
    for position, part in enumerate(parts[1:], 2):
        if part in getattr(value, "__dataclass_fields__", {}):
            return [value] if position == len(parts) else None
        try:
            value = getattr(value, part)
        except AttributeError:
            try:
                value = importlib.import_module(".".join(parts[:position]))
            except ImportError:
                return None
    return [value]


def test_what_the_page_calls_ours_is_there():
    assert len(OURS) > 100
    assert {text: found for text in OURS if (found := problem(text))} == {}


def test_every_row_says_something_in_every_column():
    empty = [row for row in tables() if any(not cell for name, cell in row if name != "difference")]
    assert empty == []


@pytest.mark.parametrize(
    "text",
    [
        "foveal trian photos/",
        "--no-such-flag",
        "--optimizer lamb",
        "ops.conv4d",
        "Augment(rotation=)",
        "Evaluation.acuracy",
    ],
)
def test_control_a_name_that_does_not_exist_is_noticed(text):
    assert problem(text) is not None
