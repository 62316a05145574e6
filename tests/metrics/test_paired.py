"""Two classifiers on the same photos, against numbers worked out by hand."""

from __future__ import annotations

import pytest

from foveal.errors import UsageError
from foveal.metrics import Paired, compare_pairs, exact_interval, mcnemar, paired_interval


@pytest.mark.parametrize(
    ("only_first", "only_second", "p"),
    [
        (0, 0, 1.0),
        (3, 3, 1.0),  # 2 · (1 + 6 + 15 + 20) / 64 is above 1
        (0, 5, 2 / 32),
        (1, 6, 2 * (1 + 7) / 128),
        (6, 1, 2 * (1 + 7) / 128),
        (2, 8, 2 * (1 + 10 + 45) / 1024),
    ],
)
def test_mcnemar_is_the_two_tails_of_a_fair_coin(only_first, only_second, p):
    assert mcnemar(only_first, only_second) == p


def test_mcnemar_of_thousands_of_photos_neither_overflows_nor_vanishes():
    assert 0 < mcnemar(2000, 2500) < 1e-10
    assert mcnemar(5000, 5000) == 1.0


def test_the_counts_are_of_the_same_photos():
    found = compare_pairs([1, 1, 0, 0, 1], [1, 0, 1, 0, 1])
    assert (found.both, found.only_first, found.only_second, found.neither) == (2, 1, 1, 1)
    assert (found.n, found.difference, found.p_value) == (5, 0.0, 1.0)


def test_the_interval_of_the_difference_by_the_published_formula():
    # (11 / 102, 21 / 102): difference 10 / 102, variance (32 / 102 − (10 / 102)²) / 102.
    low, high = paired_interval(10, 20, 100)
    middle, spread = 10 / 102, 1.959963985 * ((32 / 102 - (10 / 102) ** 2) / 102) ** 0.5
    assert (low, high) == pytest.approx((middle - spread, middle + spread))


def test_the_interval_turns_round_with_the_order():
    low, high = paired_interval(3, 9, 50)
    assert paired_interval(9, 3, 50) == pytest.approx((-high, -low))


def test_the_exact_interval_is_clopper_s_and_pearson_s():
    # None of 4 won: the largest share q has (1 − q)⁴ = 0.025.
    largest = 1 - 0.025**0.25
    assert exact_interval(4, 0, 6) == pytest.approx((-4 / 6, (2 * largest - 1) * 4 / 6))
    # 2 of 10: 0.0252 to 0.5561 by their table.
    low, high = exact_interval(8, 2, 10)
    assert ((low + 1) / 2, (high + 1) / 2) == pytest.approx((0.0252, 0.5561), abs=5e-5)


@pytest.mark.parametrize("n", [12, 30, 1000])
def test_the_interval_never_contradicts_the_test(n):
    for first in range(13):
        for second in range(13 - first):
            found = Paired(n - first - second, first, second, 0)
            low, high = found.interval
            assert (low <= 0 <= high) == (found.p_value >= 0.05), (first, second)
            assert low <= found.difference <= high


def test_the_interval_of_thousands_of_photos_is_finite():
    low, high = exact_interval(2000, 2500, 50_000)
    assert 0 < low < 0.01 < high < 0.02


def test_without_photos_there_is_no_difference():
    nothing = compare_pairs([], [])
    assert (nothing.difference, nothing.interval, nothing.p_value) == (None, None, 1.0)


def test_what_cannot_be_compared_says_so():
    with pytest.raises(UsageError, match="must be of the same photos; got shapes"):
        compare_pairs([True], [True, False])
    with pytest.raises(UsageError, match="counts must be 0 or more; got -1 and 2"):
        mcnemar(-1, 2)
    with pytest.raises(UsageError, match="`n` must be at least 1"):
        paired_interval(3, 3, 5)
    with pytest.raises(UsageError, match="`confidence` must lie between 0 and 1; got 95"):
        paired_interval(1, 1, 5, confidence=95)
