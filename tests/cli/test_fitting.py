"""Tables that fit: shorter columns first, then fewer, and never half a number."""

from __future__ import annotations

import doctest

import pytest

from foveal.cli import fitting
from foveal.cli.fitting import Column, fitted, rounded

NAME = Column("network", ("resnet50",), right=False, keep=3)
COUNT = Column("parameters", ("25,557,032",), keep=2, short=("params", ("25.6 M",)))
SHARE = Column("share", ("100.0 %",), keep=1)


@pytest.mark.parametrize(
    ("width", "titles", "left_out"),
    [
        (29, ["network", "parameters", "share"], []),
        (28, ["network", "params", "share"], []),
        (25, ["network", "params", "share"], []),
        (24, ["network", "params"], ["share"]),
        (16, ["network", "params"], ["share"]),
        (15, ["network"], ["share", "parameters"]),
        (1, ["network"], ["share", "parameters"]),
    ],
)
def test_what_is_needed_least_goes_first(
    width: int, titles: list[str], left_out: list[str]
) -> None:
    shown, gone = fitted([NAME, COUNT, SHARE], width)
    assert ([column.title for column in shown], gone) == (titles, left_out)


def test_a_short_form_that_is_no_shorter_is_not_taken() -> None:
    assert Column("n", ("1",), short=("number", ("1",))).shortened().title == "n"


def test_numbers_are_rounded_to_the_next_letter() -> None:
    assert doctest.testmod(fitting).failed == 0
    assert [rounded(value) for value in (None, 0, 999, 1000, 999_949)] == [
        "–", "0", "999", "1.0 k", "999.9 k",
    ]  # fmt: skip
