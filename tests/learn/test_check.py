"""The knowledge check."""

from __future__ import annotations

import re

import pytest

from foveal.errors import UsageError
from foveal.learn import knowledge_check
from foveal.learn.markdown import plain

IDS = {
    "dense-or-convolution",
    "purpose-of-pooling",
    "output-size",
    "resnet-innovation",
    "freezing",
    "last-layer",
}
SEEDS = range(80)


def test_six_questions_each_with_one_right_choice_and_a_reason_for_all():
    for seed in SEEDS:
        questions = knowledge_check(seed)
        assert {question["id"] for question in questions} == IDS
        assert len(questions) == 6
        for question in questions:
            choices = question["choices"]
            assert 3 <= len(choices) <= 4
            assert [choice["correct"] for choice in choices].count(True) == 1
            assert len({choice["html"] for choice in choices}) == len(choices), (seed, choices)
            assert len({choice["reason"] for choice in choices}) == len(choices)
            assert all(len(choice["reason"]) > 10 for choice in choices)
            assert question["see"]


def test_the_right_output_size_is_the_one_that_counting_gives():
    for seed in SEEDS:
        (question,) = [q for q in knowledge_check(seed) if q["id"] == "output-size"]
        kernel, _, size, _ = map(int, re.findall(r"\d+", question["prompt"])[:4])
        count = len(range(size - kernel + 1))
        (right,) = [c["html"] for c in question["choices"] if c["correct"]]
        assert right.split() == [f"{count}", "×", f"{count}"]


def test_seed_0_asks_about_3_by_3_on_32_by_32():
    (question,) = [q for q in knowledge_check(0) if q["id"] == "output-size"]
    assert "A 3 × 3 filter slides over a 32 × 32 image" in plain(question["prompt"])
    (right,) = [c["html"] for c in question["choices"] if c["correct"]]
    assert plain(right) == "30 × 30"


def test_a_seed_decides_everything_and_another_seed_changes_order_and_numbers():
    assert knowledge_check(5) == knowledge_check(5)
    orders = {tuple(q["id"] for q in knowledge_check(seed)) for seed in SEEDS}
    assert len(orders) > 40
    places = {
        next(at for at, c in enumerate(q["choices"]) if c["correct"])
        for seed in SEEDS
        for q in knowledge_check(seed)
    }
    assert places == {0, 1, 2, 3}
    prompts = {
        q["prompt"] for seed in SEEDS for q in knowledge_check(seed) if q["id"] == "freezing"
    }
    assert len(prompts) > 3


def test_the_right_choice_is_not_given_away_by_its_length():
    longest = 0
    for seed in SEEDS:
        for question in knowledge_check(seed):
            right = next(c for c in question["choices"] if c["correct"])
            longest += all(len(right["html"]) >= len(c["html"]) for c in question["choices"])
    assert longest / (6 * len(SEEDS)) < 0.7


def test_a_negative_seed_is_refused():
    with pytest.raises(UsageError, match="`seed` must be an int of at least 0; got -1"):
        knowledge_check(-1)
