from __future__ import annotations

import math
from collections import Counter, defaultdict

import pytest
from hypothesis import given
from hypothesis import strategies as st

from foveal.data import seeded_split
from foveal.errors import DataError, UsageError

FRACTIONS = st.sampled_from([0.0, 0.05, 0.15, 0.2, 1 / 3, 0.45])
SEEDS = st.integers(0, 1000)


def contents(number: int, start: int = 0) -> list[str]:
    return [f"{index:032x}" for index in range(start, start + number)]


@st.composite
def labelled(draw: st.DrawFn, least: int = 3) -> list[str]:
    sizes = draw(st.lists(st.integers(least, 40), min_size=1, max_size=5))
    labels = [f"class {place}" for place, size in enumerate(sizes) for _ in range(size)]
    return draw(st.permutations(labels))


@given(labelled(), FRACTIONS, FRACTIONS, SEEDS)
def test_every_class_gives_its_share_and_at_least_one(labels, val, test, seed):
    plan = seeded_split(contents(len(labels)), labels, val=val, test=test, seed=seed)
    found = Counter(zip(labels, plan.splits, strict=True))
    assert len(plan.splits) == len(labels)
    for label, count in Counter(labels).items():
        assert found[label, "train"] >= 1
        for split, fraction in (("validation", val), ("test", test)):
            assert abs(found[label, split] - count * fraction) <= 1
            assert bool(found[label, split]) == bool(fraction)
    assert not plan.warnings


@given(labelled(), SEEDS, st.randoms(use_true_random=False))
def test_the_order_of_images_does_not_matter(labels, seed, random):
    names = contents(len(labels))
    pairs = list(zip(names, labels, strict=True))
    before = dict(zip(names, seeded_split(names, labels, seed=seed).splits, strict=True))
    random.shuffle(pairs)
    shuffled, moved = [list(column) for column in zip(*pairs, strict=True)]
    after = dict(zip(shuffled, seeded_split(shuffled, moved, seed=seed).splits, strict=True))
    assert before == after


@st.composite
def grouped(draw: st.DrawFn) -> tuple[list[str], list[str], list[str | None]]:
    """Images of three classes with repeated contents, repeated groups and some without a group."""
    size = draw(st.integers(12, 60))
    number = st.integers(0, size)
    copies = draw(st.lists(number, min_size=size, max_size=size))
    labels = draw(st.lists(st.sampled_from("abc"), min_size=size, max_size=size))
    groups = draw(st.lists(st.none() | number.map(str), min_size=size, max_size=size))
    few = [f"{label}{n}" for label in "abc" for n in range(3)]  # three of each are always apart
    return (
        [f"{n:032x}" for n in copies] + few,
        labels + [name[0] for name in few],
        groups + [None] * len(few),
    )


@given(grouped(), FRACTIONS, FRACTIONS, SEEDS)
def test_groups_and_identical_files_are_never_separated(images, val, test, seed):
    names, labels, groups = images
    plan = seeded_split(names, labels, groups, val=val, test=test, seed=seed)
    together: defaultdict[str, set[str]] = defaultdict(set)
    for name, group, split in zip(names, groups, plan.splits, strict=True):
        together[f"content {name}"].add(split)
        if group is not None:
            together[f"group {group}"].add(split)
    assert all(len(splits) == 1 for splits in together.values())
    found = set(zip(labels, plan.splits, strict=True))
    for label in set(labels):  # each has at least three separable parts
        assert (label, "train") in found
        assert ((label, "validation") in found) == bool(val)
        assert ((label, "test") in found) == bool(test)


@given(st.integers(20, 80), SEEDS)
def test_one_more_image_moves_at_most_one_over_each_border(size, seed):
    names = contents(size)
    before = seeded_split(names, ["a"] * size, seed=seed).splits
    after = seeded_split([*names, "f" * 32], ["a"] * (size + 1), seed=seed).splits
    changes = [(old, new) for old, new in zip(before, after, strict=False) if old != new]
    assert len(changes) <= 2
    assert all("train" in change for change in changes)


def test_another_seed_gives_another_split_and_the_same_seed_the_same():
    names, labels = contents(100), ["a", "b"] * 50
    plans = [seeded_split(names, labels, seed=seed) for seed in (0, 0, 1)]
    assert plans[0] == plans[1] != plans[2]


def test_the_split_of_seed_0_stays_what_it_was_in_earlier_versions():
    plan = seeded_split(contents(20), ["a", "b"] * 10)
    assert "".join(split[0] for split in plan.splits) == "ttvttttttvvttvtttttt"


def test_two_images_go_to_train_and_validation_with_a_warning():
    plan = seeded_split(contents(12), ["few"] * 2 + ["many"] * 10)
    assert sorted(plan.splits[:2]) == ["train", "validation"]
    assert plan.warnings == (
        "class 'few' (2 images in 2 separable parts) has none in the test split, so it cannot be "
        "measured there; add images.",
    )


def test_two_images_can_give_a_test_where_no_validation_is_asked_for():
    plan = seeded_split(contents(4), ["a", "a", "b", "b"], val=0)
    assert Counter(plan.splits) == {"train": 2, "test": 2}


def test_a_class_in_one_group_stays_in_train_with_a_warning():
    groups = ["only"] * 5 + [f"g{n}" for n in range(10)]
    plan = seeded_split(contents(15), ["a"] * 5 + ["b"] * 10, groups)
    assert set(plan.splits[:5]) == {"train"}
    assert [warning.split(" has ")[0] for warning in plan.warnings] == [
        "class 'a' (5 images in 1 separable part)"
    ] * 2


def test_large_groups_come_as_near_to_the_share_as_they_can():
    groups = [f"patient {n // 10}" for n in range(200)]
    plan = seeded_split(contents(200), ["a", "b"] * 100, groups, val=0.15, test=0.15)
    assert Counter(plan.splits) == {"train": 140, "validation": 30, "test": 30}


def test_three_groups_too_large_for_any_share_still_give_one_each():
    groups = [f"patient {n // 10}" for n in range(30)]
    plan = seeded_split(contents(30), ["a"] * 30, groups)
    assert Counter(plan.splits) == {"train": 10, "validation": 10, "test": 10}


def test_a_share_is_exceeded_where_that_is_nearer_than_falling_short():
    groups = ["three"] * 3 + [f"five {n // 5}" for n in range(40)]
    for seed in range(20):  # the share is 6: 3 + 5 is nearer than 3, and 5 nearer than 5 + 5
        plan = seeded_split(contents(43), ["a"] * 43, groups, test=0, seed=seed)
        if plan.splits[0] == "validation":
            assert plan.splits.count("validation") == 8
            return
    raise AssertionError("no seed of twenty takes the group of three")


def test_a_group_too_large_for_its_share_is_taken_only_where_nothing_else_gives_one():
    groups = ["big"] * 40 + ["small 1"] * 3 + ["small 2"] * 3
    plan = seeded_split(contents(46), ["a"] * 46, groups)
    assert set(plan.splits[:40]) == {"train"}
    assert set(plan.splits[40:]) == {"validation", "test"}


@pytest.mark.parametrize(
    ("labels", "names", "message"),
    [
        (["a", "b", "b"], contents(3), "class 'a' has 1 image; at least 2 are needed"),
        (["a", "a", "b", "b"], ["x", "x", "y", "z"], "'a' has 2 images that are all the same file"),
    ],
)
def test_a_class_that_cannot_be_split_is_refused(labels, names, message):
    with pytest.raises(DataError, match=message):
        seeded_split(names, labels)


def test_a_class_of_one_is_fine_where_nothing_is_to_be_split():
    assert seeded_split(contents(2), ["a", "b"], val=0, test=0).splits == ("train", "train")


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"val": math.nan}, "`val` must be a fraction, at least 0 and below 1; got nan"),
        ({"val": -0.1}, r"`val` must be a fraction, .* got -0\.1"),
        ({"test": 1}, "`test` must be a fraction, .* got 1"),
        ({"test": math.inf}, "`test` must be a fraction, .* got inf"),
        ({"val": "0.1"}, "`val` must be a fraction, .* got '0.1'"),
        ({"val": True}, "`val` must be a fraction, .* got True"),
        ({"val": 0.5, "test": 0.5}, r"must be below 1 to leave images .* got 0\.5 \+ 0\.5"),
        ({"seed": -1}, "`seed` must be 0 or a positive int; got -1"),
        ({"seed": 1.0}, r"`seed` must be 0 or a positive int; got 1\.0"),
    ],
)
def test_settings_out_of_range_are_refused(settings, message):
    with pytest.raises(UsageError, match=message):
        seeded_split(contents(10), ["a", "b"] * 5, **settings)


def test_columns_of_different_lengths_are_refused():
    with pytest.raises(UsageError, match="one item for each image; got 3, 2 and 3"):
        seeded_split(contents(3), ["a", "b"])
