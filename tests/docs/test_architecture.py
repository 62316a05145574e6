"""What the page on architecture says of the code is so."""

from __future__ import annotations

import re
import tomllib

from docs.markdown_pages import REPOSITORY

PAGE = (REPOSITORY / "docs" / "architecture.md").read_text(encoding="utf-8")
SOURCE = REPOSITORY / "src" / "foveal"


def section(title):
    return re.search(rf"^## {title}\n(.*?)(?=^## |\Z)", PAGE, flags=re.M | re.S)[1]


def contracts():
    project = tomllib.loads((REPOSITORY / "pyproject.toml").read_text(encoding="utf-8"))
    return project["tool"]["importlinter"]["contracts"]


def test_the_layers_are_those_of_the_contract():
    agreed = [set(re.findall(r"foveal\.(\w+)", layer)) for layer in contracts()[0]["layers"]]
    rows = re.findall(r"^\| (`.+?) \|", section("Layers"), flags=re.M)
    assert [set(re.findall(r"`(\w+)`", row)) for row in rows] == agreed


def test_every_file_it_names_exists():
    named = re.findall(r"`([\w/]+(?:\.py|/))`", section("Where things are"))
    assert len(named) > 20
    assert [name for name in named if not (SOURCE / name).exists()] == []


def test_every_file_of_a_room_of_training_is_in_its_table():
    rows = re.findall(r"^\| `(\w+)` \| (.+) \|$", section("The way of a training"), flags=re.M)
    named = {room: set(re.findall(r"`(\w+)`", files)) for room, files in rows}
    found = {
        folder.name: {file.stem for file in folder.glob("*.py")} - {"__init__"}
        for folder in (SOURCE / "training").iterdir()
        if (folder / "__init__.py").is_file()
    }
    assert named == found


def test_the_rooms_of_training_are_those_of_the_contract():
    rows = re.findall(r"^\| `(\w+)` \|", section("The way of a training"), flags=re.M)
    *agreed, settings = contracts()[1]["layers"]
    assert rows == [room for layer in agreed for room in layer.split(" | ")]
    files = {file.stem for file in (SOURCE / "training").glob("*.py")} - {"__init__"}
    assert set(settings.split(" : ")) == files
