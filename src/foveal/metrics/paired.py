"""Whether one classifier is better than another, judged on the same photos."""

from __future__ import annotations

import math
from dataclasses import dataclass
from fractions import Fraction
from statistics import NormalDist

import numpy as np
from numpy.typing import ArrayLike

from foveal.errors import UsageError


@dataclass(frozen=True)
class Paired:
    """Two classifiers on the same photos."""

    both: int
    """Photos that both named correctly."""
    only_first: int
    """Photos that only the first named correctly."""
    only_second: int
    """Photos that only the second named correctly."""
    neither: int
    """Photos that neither named correctly."""

    @property
    def n(self) -> int:
        """Photos in all."""
        return self.both + self.only_first + self.only_second + self.neither

    @property
    def difference(self) -> float | None:
        """Accuracy of the second minus accuracy of the first; None without photos."""
        return (self.only_second - self.only_first) / self.n if self.n else None

    @property
    def p_value(self) -> float:
        """How often chance alone would part two equally good classifiers at least this far."""
        return mcnemar(self.only_first, self.only_second)

    @property
    def interval(self) -> tuple[float, float] | None:
        """The 95 % interval of the difference; None without photos."""
        return paired_interval(self.only_first, self.only_second, self.n) if self.n else None


def compare_pairs(first_right: ArrayLike, second_right: ArrayLike) -> Paired:
    """Count on which photos two classifiers were right.

    Args:
        first_right: (N,) whether the first named each photo correctly.
        second_right: (N,) the same of the second, in the same order.

    Returns:
        The counts, and what follows from them.

    Raises:
        UsageError: the lengths differ.

    Example:
        >>> found = compare_pairs([True, True, False], [True, False, False])
        >>> found.only_first, round(found.difference, 2)
        (1, -0.33)
    """
    first, second = np.asarray(first_right, bool), np.asarray(second_right, bool)
    if first.shape != second.shape or first.ndim != 1:
        raise UsageError(
            "`first_right` and `second_right` must be of the same photos; got shapes "
            f"{first.shape} and {second.shape}."
        )
    return Paired(
        both=int((first & second).sum()),
        only_first=int((first & ~second).sum()),
        only_second=int((~first & second).sum()),
        neither=int((~first & ~second).sum()),
    )


def mcnemar(only_first: int, only_second: int) -> float:
    """Return the exact two-sided p-value of McNemar's test.

    If both classifiers are equally good, each photo that only one of them names correctly is as
    likely to be the one's as the other's: the smaller count is that of a fair coin.

    Args:
        only_first: photos that only the first named correctly, 0 or more.
        only_second: photos that only the second named correctly, 0 or more.

    Returns:
        A probability above 0, at most 1; 1 where they never disagree.

    Raises:
        UsageError: a count is below 0.

    Source:
        Q. McNemar, "Note on the sampling error of the difference between correlated proportions",
        Psychometrika 12 (1947), 153-157; the exact form by the binomial distribution.

    Example:
        >>> mcnemar(1, 6)
        0.125
    """
    _check_counts(only_first, only_second)
    tosses, fewer = only_first + only_second, min(only_first, only_second)
    tail = sum(math.comb(tosses, heads) for heads in range(fewer + 1))
    return float(min(Fraction(1), Fraction(2 * tail, 2**tosses)))


def paired_interval(
    only_first: int, only_second: int, n: int, *, confidence: float = 0.95
) -> tuple[float, float]:
    """Return the range in which the true difference of two accuracies lies.

    Args:
        only_first: photos that only the first named correctly.
        only_second: photos that only the second named correctly.
        n: photos in all, 1 or more.
        confidence: share of such intervals that hold the true difference, between 0 and 1.

    Returns:
        Lower and upper end of second minus first, from −1 to 1.

    Raises:
        UsageError: the counts do not fit, or `confidence` is not between 0 and 1.

    Source:
        D. G. Bonett, R. M. Price, "Adjusted Wald confidence interval for a difference of binomial
        proportions based on paired data", Journal of Educational and Behavioral Statistics 37
        (2012), 479-488.

    Example:
        >>> low, high = paired_interval(10, 20, 100)
        >>> f"{low:.3f} to {high:.3f}"
        '-0.009 to 0.205'
    """
    _check_counts(only_first, only_second)
    if n < 1 or only_first + only_second > n:
        raise UsageError(
            f"`n` must be at least 1 and the number of all photos; got {n} with {only_first} and "
            f"{only_second} among them."
        )
    if not 0 < confidence < 1:
        raise UsageError(f"`confidence` must lie between 0 and 1; got {confidence}.")
    z = NormalDist().inv_cdf((1 + confidence) / 2)
    first, second = (only_first + 1) / (n + 2), (only_second + 1) / (n + 2)
    centre = second - first
    spread = z * math.sqrt((first + second - centre**2) / (n + 2))
    return max(-1.0, centre - spread), min(1.0, centre + spread)


def _check_counts(only_first: int, only_second: int) -> None:
    if only_first < 0 or only_second < 0:
        raise UsageError(f"counts must be 0 or more; got {only_first} and {only_second}.")
