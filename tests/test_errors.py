"""A name that is not known is answered with one that is near, or with what there is."""

from __future__ import annotations

import pytest

from foveal.errors import UnknownNameError


@pytest.mark.parametrize(
    ("kind", "name", "known", "said"),
    [
        ("class", "wasp", ["ants", "bees"], "unknown class 'wasp'; known: ants, bees."),
        ("block", "nope", ["stem", "top"], "unknown block 'nope'; known: stem, top."),
        ("class", "bee", ["ants", "bees"], "unknown class 'bee'; did you mean 'bees'?"),
        (
            "class",
            "zebra",
            [f"c{number:04}" for number in range(1010)],
            "unknown class 'zebra'; known: c0000, c0001, c0002, c0003, c0004, c0005, c0006, c0007, "
            "c0008, c0009 and 1,000 more.",
        ),
    ],
)
def test_only_a_name_that_is_really_near_is_suggested(kind, name, known, said):
    assert str(UnknownNameError(kind, name, known)) == said
