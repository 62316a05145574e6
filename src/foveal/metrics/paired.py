"""Whether one classifier is better than another, judged on the same photos."""

from __future__ import annotations

import math
from dataclasses import dataclass
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
        """The 95 % interval of the difference; None without photos.

        The wider ends of `paired_interval` and `exact_interval`, so that it never leaves out 0
        where `p_value` calls the difference chance.
        """
        if not self.n:
            return None
        counts = (self.only_first, self.only_second, self.n)
        lows, highs = zip(paired_interval(*counts), exact_interval(*counts), strict=True)
        return min(lows), max(highs)


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
    tail = ways = 1  # of tossing no head
    for heads in range(fewer):
        ways = ways * (tosses - heads) // (heads + 1)  # of one head more
        tail += ways
    return min(1.0, 2 * tail / (1 << tosses))


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
    _check(only_first, only_second, n, confidence)
    z = NormalDist().inv_cdf((1 + confidence) / 2)
    first, second = (only_first + 1) / (n + 2), (only_second + 1) / (n + 2)
    centre = second - first
    spread = z * math.sqrt((first + second - centre**2) / (n + 2))
    return max(-1.0, centre - spread), min(1.0, centre + spread)


def exact_interval(
    only_first: int, only_second: int, n: int, *, confidence: float = 0.95
) -> tuple[float, float]:
    """Return the differences that McNemar's exact test does not rule out.

    It takes the number of photos on which the two differ as given, and asks which shares of them
    the second may truly win. It holds 0 just where the test's p-value is above 1 − confidence,
    however few the photos are.

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
        C. J. Clopper, E. S. Pearson, "The use of confidence or fiducial limits illustrated in the
        case of the binomial", Biometrika 26 (1934), 404-413, for the second's share.

    Example:
        >>> low, high = exact_interval(4, 0, 6)
        >>> f"{low:.3f} to {high:.3f}"
        '-0.667 to 0.136'
    """
    _check(only_first, only_second, n, confidence)
    differ, tail = only_first + only_second, (1 - confidence) / 2
    low = 1 - _largest_share(only_first, differ, tail)
    high = _largest_share(only_second, differ, tail)
    return (2 * low - 1) * differ / n, (2 * high - 1) * differ / n


def _largest_share(won: int, tosses: int, tail: float) -> float:
    """Return the share at which so few wins have just the probability `tail`."""
    if won == tosses:
        return 1.0
    wins_K = np.arange(won + 1)
    ways_K = [
        math.lgamma(tosses + 1) - math.lgamma(k + 1) - math.lgamma(tosses - k + 1) for k in wins_K
    ]
    low, high = 0.0, 1.0
    for _ in range(60):  # halvings: more than a float can tell apart
        share = (low + high) / 2
        logs_K = ways_K + wins_K * math.log(share) + (tosses - wins_K) * math.log1p(-share)
        low, high = (share, high) if np.exp(logs_K).sum() > tail else (low, share)
    return (low + high) / 2


def _check(only_first: int, only_second: int, n: int, confidence: float) -> None:
    _check_counts(only_first, only_second)
    if n < 1 or only_first + only_second > n:
        raise UsageError(
            f"`n` must be at least 1 and the number of all photos; got {n} with {only_first} and "
            f"{only_second} among them."
        )
    if not 0 < confidence < 1:
        raise UsageError(f"`confidence` must lie between 0 and 1; got {confidence}.")


def _check_counts(only_first: int, only_second: int) -> None:
    if only_first < 0 or only_second < 0:
        raise UsageError(f"counts must be 0 or more; got {only_first} and {only_second}.")
