"""What more photos would bring, judged by what fewer would have cost."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from foveal.errors import UsageError


@dataclass(frozen=True)
class PowerLaw:
    """An error that falls as a power of the number of photos: error = factor · n^−exponent."""

    factor: float
    """The error with one photo, if the law held so far down."""
    exponent: float
    """How fast it falls; 0 or less where it does not."""

    def error(self, photos: float) -> float:
        """Return the error that the law gives.

        Args:
            photos: how many, above 0.

        Returns:
            A share, at most 1.
        """
        return float(min(1.0, self.factor * photos**-self.exponent))


def fit_power_law(photos: ArrayLike, errors: ArrayLike) -> PowerLaw | None:
    """Fit a power law to errors measured with different numbers of photos.

    Args:
        photos: numbers of photos, above 0.
        errors: the error measured with each, 0 … 1.

    Returns:
        The law, a straight line through the logarithms; None where fewer than two different
        numbers of photos made an error at all.

    Raises:
        UsageError: the lengths differ, or a value is out of range.

    Source:
        J. Hestness et al., "Deep learning scaling is predictable, empirically", 2017.

    Example:
        >>> law = fit_power_law([100, 400], [0.2, 0.1])
        >>> round(law.exponent, 6), round(law.error(1600), 6)
        (0.5, 0.05)
    """
    counts, shares = np.asarray(photos, np.float64), np.asarray(errors, np.float64)
    if counts.shape != shares.shape or counts.ndim != 1:
        raise UsageError(
            f"`photos` and `errors` must be of one length; got {counts.shape} and {shares.shape}."
        )
    for count, share in zip(counts, shares, strict=True):
        if not (count > 0 and 0 <= share <= 1):
            raise UsageError(
                f"`photos` must be above 0 and `errors` from 0 to 1; got {count:g} with {share:g}."
            )
    some = shares > 0
    if len(np.unique(counts[some])) < 2:
        return None
    x, y = np.log(counts[some]), np.log(shares[some])
    slope = float(((x - x.mean()) * (y - y.mean())).sum() / ((x - x.mean()) ** 2).sum())
    return PowerLaw(float(np.exp(y.mean() - slope * x.mean())), -slope)
