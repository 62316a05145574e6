"""Checks of arguments: what passes, and the sentence where something does not."""

from __future__ import annotations

import doctest
import math

import numpy as np
import pytest

from foveal import arguments
from foveal.arguments import (
    pair,
    require_choice,
    require_number,
    require_pair,
    require_whole,
    whole,
)
from foveal.errors import UsageError


def test_its_examples_run():
    assert doctest.testmod(arguments).failed == 0


def test_numpys_integers_are_whole_numbers_and_come_back_plain():
    assert type(whole(np.int64(3), "n")) is int
    assert pair([2, np.int32(3)], "n") == (2, 3)


@pytest.mark.parametrize("value", [0, -1, 1.0, True, "1", None])
def test_what_is_no_positive_whole_number_is_refused(value):
    with pytest.raises(UsageError, match="`n` must be a positive int; got"):
        whole(value, "n")
    with pytest.raises(UsageError, match="`n` must be a positive int or a pair of them; got"):
        pair(value, "n")


@pytest.mark.parametrize("value", [math.nan, math.inf, True, "1", -0.1, 1.1])
def test_numbers_out_of_range_are_refused(value):
    with pytest.raises(UsageError, match="`share` must be a number from 0 to 1 parts; got"):
        require_number("share", value, 0, 1, "parts")


def test_settings_are_refused_with_what_would_do():
    with pytest.raises(UsageError, match=r"`n` must be a whole number from 1 to 9 pixels; got 1"):
        require_whole("n", 1.0, 1, 9, "pixels")
    with pytest.raises(UsageError, match="`kind` must be one of a, b; got 'c'"):
        require_choice("kind", "c", ("a", "b"))
    with pytest.raises(UsageError, match=r"`zoom` must be a pair \(lower, upper\) between 0 and 2"):
        require_pair("zoom", (1, 0.5), 0, 2)
