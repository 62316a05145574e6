import numpy as np
import pytest

from foveal.evaluation import Evaluation
from foveal.evaluation.prose import (
    NBSP,
    counted,
    decimal,
    duration,
    headline,
    of_hundred,
    percent,
    uncertainty,
)


def result(correct: int, n: int, split: str = "test") -> Evaluation:
    rows = np.tile(np.array([0.9, 0.1], dtype=np.float32), (n, 1))
    targets = np.array([0] * correct + [1] * (n - correct), dtype=np.int64)
    return Evaluation(split, ("a", "b"), tuple(map(str, range(n))), targets, rows)


@pytest.mark.parametrize(
    ("share", "digits", "text"),
    [
        (0.94, 0, "94 %"),
        (0.9412, 1, "94.1 %"),
        (1.0, 1, "100 %"),
        (0.0, 1, "0 %"),
        (0.999, 0, "99.9 %"),
        (0.99999, 0, "99.9 %"),
        (0.004, 0, "0.4 %"),
        (0.0001, 1, "<0.1 %"),
        (None, 0, "–"),
    ],
)
def test_percentages_reach_all_and_nothing_only_when_they_are(
    share: float | None, digits: int, text: str
):
    assert percent(share, digits).replace(NBSP, " ") == text


def test_undefined_numbers_are_a_dash():
    assert [decimal(x) for x in (None, float("nan"), 0.5)] == ["–", "–", "0.50"]


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0, "0.0 s"),
        (9.96, "10 s"),
        (59.6, "1 min 0 s"),
        (3599.7, "1 h 0 min"),
        (90_000, "25 h 0 min"),
    ],
)
def test_durations_carry_over(seconds: float, text: str):
    assert duration(seconds).replace(NBSP, " ") == text


def test_a_number_agrees_with_its_noun():
    assert counted(1, "class", "classes") == f"1{NBSP}class"
    assert counted(2000, "class", "classes") == f"2,000{NBSP}classes"


def test_of_hundred_is_all_or_none_only_when_it_is():
    assert [of_hundred(x) for x in (0, 0.001, 0.5, 0.999, 1)] == [0, 1, 50, 99, 100]


@pytest.mark.parametrize(
    ("correct", "n", "sentence"),
    [
        (144, 153, "94 of every 100 photos it had never seen were named correctly."),
        (11, 12, "11 of 12 photos it had never seen were named correctly."),
        (1, 1, "1 of 1 photo it had never seen was named correctly."),
        (12, 12, "All 12 photos it had never seen were named correctly."),
        (2000, 2000, "All 2,000 photos it had never seen were named correctly."),
        (1999, 2000, "More than 99 of every 100 photos it had never seen were named correctly."),
        (1, 2000, "Fewer than 1 of every 100 photos it had never seen were named correctly."),
        (0, 2000, "None of 2,000 photos it had never seen were named correctly."),
        (0, 0, "There were no photos to measure it with."),
    ],
)
def test_the_headline_says_it_in_one_sentence(correct: int, n: int, sentence: str):
    assert headline(result(correct, n)) == sentence


def test_validation_photos_are_not_called_never_seen():
    assert "held back from training" in headline(result(9, 10, "validation"))


def test_uncertainty_names_the_interval_and_the_number_of_photos():
    text = uncertainty(result(144, 153)).replace(NBSP, " ")
    assert text == "With 153 photos the true figure very likely lies between 89 % and 97 %."
    assert uncertainty(result(0, 0)) == ""


def test_a_narrow_interval_shows_a_digit_more():
    assert "between 94.3 % and 95.2 %" in uncertainty(result(9480, 10_000)).replace(NBSP, " ")
