"""Practice questions: answers are worked out again here, by other means."""

from __future__ import annotations

import re
from math import floor

import numpy as np
import pytest

from foveal.errors import UnknownNameError, UsageError
from foveal.learn.practice import drawn, practice, practice_kinds

SEEDS = range(60)


def numbers(text):
    return [int(n.replace(",", "")) for n in re.findall(r"\d[\d,]*(?<!,)", text)]


def values_in_image(prompt):
    width, height = numbers(prompt)[:2]
    return len(np.zeros((height, width, 3), np.uint8).ravel())


def normalise_pixel(prompt):
    value = numbers(prompt)[0]
    mean, std = map(float, re.findall(r"0\.\d+", prompt))
    return round((value / 255 - mean) / std, 2)


def output_size(prompt):
    kernel, _, size, _, stride, *rest = numbers(prompt)
    padding = 0 if "no padding" in prompt else rest[0]
    positions = range(0, size + 2 * padding - kernel + 1, stride)
    assert len(positions) == floor((size + 2 * padding - kernel) / stride) + 1
    return len(positions)


def conv_parameters(prompt):
    filters, kernel, _, channels = numbers(prompt)
    return np.zeros((filters, channels, kernel, kernel)).size + filters


def pooled(prompt):
    rows = [list(map(int, line.split())) for line in prompt.splitlines() if line.startswith("    ")]
    corner = np.array(rows)[:2, :2]
    return corner.max() if prompt.count("Max pooling") else corner.mean()


def receptive_field(prompt):
    layers = [
        tuple(map(int, pair)) for pair in re.findall(r"(\d+) × \d+ with stride (\d+)", prompt)
    ]
    first, last = 0, 0  # which inputs one output sees, walking back from it
    for kernel, stride in reversed(layers):
        first, last = first * stride, last * stride + kernel - 1
    return last - first + 1


def small_filters(prompt):
    large, channels = (
        int(re.search(pattern, prompt)[1]) for pattern in (r"as one (\d+)", r"have (\d+) channels")
    )
    stacked = (large - 1) // 2 * 9 * channels**2
    return large**2 * channels**2 - stacked


def flatten(prompt):
    side, _, channels, neurons = numbers(prompt)
    return side * side * channels * neurons / (channels * neurons)


def head(prompt):
    features, classes = numbers(prompt)
    return features * classes + classes


def separable(prompt):
    channels, filters = map(int, re.search(r"from (\d+) to (\d+) channels", prompt).groups())
    return 9 * channels + channels * filters


AGAIN = {
    function.__name__: function
    for function in (
        values_in_image,
        normalise_pixel,
        output_size,
        conv_parameters,
        pooled,
        receptive_field,
        small_filters,
        flatten,
        head,
        separable,
    )
}


@pytest.mark.parametrize("kind", practice_kinds())
def test_the_answer_is_right_for_every_seed(kind):
    for seed in SEEDS:
        question = drawn(kind, seed)
        expected = AGAIN[kind](question.prompt)
        assert question.answer == pytest.approx(expected, abs=0.011), (seed, question.prompt)


@pytest.mark.parametrize("kind", practice_kinds())
def test_other_seeds_draw_other_numbers_and_the_same_seed_the_same(kind):
    assert len({drawn(kind, seed).prompt for seed in SEEDS}) >= 5
    assert practice(kind, 7) == practice(kind, 7)


@pytest.mark.parametrize("kind", practice_kinds())
def test_the_worked_answer_holds_the_answer(kind):
    for seed in SEEDS:
        question = drawn(kind, seed)
        if kind == "normalise_pixel":
            shown = f"{question.answer:.2f}".replace("-", "−")
        else:
            shown = f"{question.answer:,}".removesuffix(".0")
        assert shown in question.worked, (seed, question)


@pytest.mark.parametrize(
    ("kind", "answer"),
    [
        ("values_in_image", 921_600),
        ("output_size", 24),
        ("conv_parameters", 18_496),
        ("pooled", 6),
        ("head", 6_405),
        ("flatten", 49),
        ("small_filters", 90_112),
        ("separable", 2_336),
        ("receptive_field", 8),
        ("normalise_pixel", 0.01),
    ],
)
def test_seed_0_asks_what_the_lesson_asks(kind, answer):
    assert practice(kind, 0)["answer"] == answer


def test_answers_are_numbers_that_json_can_hold():
    for kind in practice_kinds():
        for seed in SEEDS:
            assert type(practice(kind, seed)["answer"]) in (int, float)


def test_an_unknown_kind_is_refused():
    with pytest.raises(
        UnknownNameError, match=r"unknown practice question 'heads'; did you .*head"
    ):
        practice("heads", 0)


@pytest.mark.parametrize("seed", [-1, 1.5, True, "3"])
def test_a_seed_that_is_no_whole_number_is_refused(seed):
    with pytest.raises(UsageError, match="`seed` must be an int of at least 0; got"):
        practice("head", seed)
