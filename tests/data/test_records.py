from __future__ import annotations

from pathlib import Path

import pytest

from foveal.data.records import counted, first_few, relative_name


@pytest.mark.parametrize(
    ("path", "root", "name"),
    [
        ("photos/cats/1.jpg", "photos", "cats/1.jpg"),
        ("/a/photos/1.jpg", "/a/photos/", "1.jpg"),
        ("cats/1.jpg", ".", "cats/1.jpg"),
        ("/cats/1.jpg", "/", "cats/1.jpg"),
        ("photos2/1.jpg", "photos", "photos2/1.jpg"),
        ("/elsewhere/1.jpg", "photos", "/elsewhere/1.jpg"),
        ("../photos/1.jpg", "../photos", "1.jpg"),
    ],
)
def test_names_are_relative_to_the_root_where_they_lie_below_it(path, root, name):
    assert relative_name(Path(path), Path(root)) == name


def test_phrases_count_and_shorten():
    assert first_few(["a"]) == "a"
    assert first_few([str(n) for n in range(7)], limit=2) == "0, 1 and 5 more"
    assert [counted(n, "file") for n in (0, 1, 1200)] == ["0 files", "1 file", "1,200 files"]
