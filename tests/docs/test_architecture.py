"""What the page on architecture says of the code is so."""

from __future__ import annotations

import ast
import re
import tomllib

from docs.markdown_pages import REPOSITORY

PAGE = (REPOSITORY / "docs" / "architecture.md").read_text(encoding="utf-8")
SOURCE = REPOSITORY / "src" / "foveal"
TRAINER, DATA, TRAINED = "the trainer", "what is trained on", "what is trained"
SETTINGS = "what people see and set"


def section(title):
    return re.search(rf"^## {title}\n(.*?)(?=^## |\Z)", PAGE, flags=re.M | re.S)[1]


def test_the_layers_are_those_of_the_contract():
    project = tomllib.loads((REPOSITORY / "pyproject.toml").read_text())
    (contract,) = project["tool"]["importlinter"]["contracts"]
    agreed = [set(re.findall(r"foveal\.(\w+)", layer)) for layer in contract["layers"]]
    rows = re.findall(r"^\| (`.+?) \|", section("Layers"), flags=re.M)
    assert [set(re.findall(r"`(\w+)`", row)) for row in rows] == agreed


def test_every_file_it_names_exists():
    named = re.findall(r"`([\w/]+(?:\.py|/))`", section("Where things are"))
    assert len(named) > 20
    assert [name for name in named if not (SOURCE / name).exists()] == []


def rooms():
    rows = re.findall(r"^\| (.+?) \| (`.+) \|$", section("The way of a training"), flags=re.M)
    return {name: room for room, files in rows for name in re.findall(r"`(\w+)`", files)}


def imports_between_rooms():
    room_of = rooms()
    for file in (SOURCE / "training").glob("*.py"):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            found = re.fullmatch(r"foveal\.training\.(\w+)", getattr(node, "module", None) or "")
            if found and file.stem in room_of:
                yield room_of[file.stem], room_of[found[1]]


def test_every_file_of_training_has_a_room():
    files = {file.stem for file in (SOURCE / "training").glob("*.py")} - {"__init__"}
    assert set(rooms()) == files


def test_rooms_of_training_know_only_what_the_page_says():
    edges = {(one, other) for one, other in imports_between_rooms() if one != other}
    assert (TRAINER, DATA) in edges
    refused = {(one, other) for one in (DATA, TRAINED) for other in (DATA, TRAINED, TRAINER)}
    assert edges & refused == set()
    assert [edge for edge in edges if edge[0] == SETTINGS] == []
