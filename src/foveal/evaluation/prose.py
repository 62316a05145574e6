"""Figures as people say them."""

from __future__ import annotations

import math

from foveal.evaluation.evaluate import Evaluation

NBSP = "\N{NO-BREAK SPACE}"
UNDEFINED = "–"


def percent(share: float | None, digits: int = 0) -> str:
    """Return a share as a percentage that never rounds to all or nothing unless it is.

    Args:
        share: from 0 to 1, or None where undefined.
        digits: digits after the point; one more where it is needed to stay off 0 and 100.

    Returns:
        Such as ``"94 %"`` with a no-break space; a dash for None.

    Example:
        >>> [percent(x).replace(NBSP, " ") for x in (0.941, 0.9987, 1.0, 0.00001, None)]
        ['94 %', '99.8 %', '100 %', '<0.1 %', '–']
    """
    if share is None:
        return UNDEFINED
    if share in (0, 1):
        return f"{share:.0%}".replace("%", f"{NBSP}%")
    written = f"{100 * share:.{digits}f}"
    if float(written) in (0, 100):
        tenth = math.floor(1000 * share) / 10
        written = f"{tenth:.1f}" if tenth else "<0.1"
    return f"{written}{NBSP}%"


def decimal(value: float | None, digits: int = 2) -> str:
    """Return a number with fixed digits, or a dash for None.

    Args:
        value: any number, or None.
        digits: digits after the point.

    Returns:
        Such as ``"0.94"``.
    """
    return UNDEFINED if value is None or not math.isfinite(value) else f"{value:.{digits}f}"


def counted(n: int, one: str, many: str | None = None) -> str:
    """Return a number with its noun.

    Args:
        n: how many.
        one: the noun for 1.
        many: the noun for all others; `one` with an s when not given.

    Returns:
        Such as ``"1 photo"`` or ``"1,024 photos"``, with a no-break space.

    Example:
        >>> counted(1024, "photo").replace(NBSP, " ")
        '1,024 photos'
    """
    return f"{n:,}{NBSP}{one if n == 1 else many or one + 's'}"


def duration(seconds: float) -> str:
    """Return a time as people say it.

    Args:
        seconds: 0 or more.

    Returns:
        Such as ``"0.4 s"``, ``"12 s"``, ``"3 min 5 s"`` or ``"2 h 10 min"``.

    Example:
        >>> [duration(s).replace(NBSP, " ") for s in (0.42, 12.3, 185, 7800)]
        ['0.4 s', '12 s', '3 min 5 s', '2 h 10 min']
    """
    if seconds < 9.95:
        return f"{seconds:.1f}{NBSP}s"
    minutes, rest = divmod(round(seconds), 60)
    hours, left = divmod(minutes, 60)
    if hours:
        return f"{hours}{NBSP}h {left}{NBSP}min"
    return f"{minutes}{NBSP}min {rest}{NBSP}s" if minutes else f"{rest}{NBSP}s"


def of_hundred(share: float) -> int:
    """Return how many of 100 a share is, never all or none unless it is.

    Args:
        share: from 0 to 1.

    Returns:
        0 to 100.
    """
    if 0 < share < 1:
        return min(99, max(1, round(100 * share)))
    return round(100 * share)


def headline(result: Evaluation) -> str:
    """Return the result as one sentence.

    Args:
        result: the split that is reported.

    Returns:
        Such as "94 of every 100 photos it had never seen were named correctly."
    """
    if result.accuracy is None:
        return "There were no photos to measure it with."
    seen = "it had never seen" if result.split == "test" else "held back from training"
    if result.n == 1:
        return f"{result.correct} of 1 photo {seen} was named correctly."
    if result.accuracy == 1:
        return f"All {result.n:,} photos {seen} were named correctly."
    if result.n <= 100:
        return f"{result.correct} of {result.n} photos {seen} were named correctly."
    if result.accuracy == 0:
        return f"None of {result.n:,} photos {seen} were named correctly."
    about = str(of_hundred(result.accuracy))
    if result.accuracy > 0.995:
        about = "More than 99"
    elif result.accuracy < 0.005:
        about = "Fewer than 1"
    return f"{about} of every 100 photos {seen} were named correctly."


def uncertainty(result: Evaluation) -> str:
    """Return how exact the headline is, as a sentence.

    Args:
        result: the split that is reported.

    Returns:
        Such as "With 153 photos the true figure lies between 89 % and 97 %."; empty without photos.
    """
    interval = result.accuracy_ci95
    if interval is None:
        return ""
    digits = 1 if interval[1] - interval[0] < 0.02 else 0
    low, high = (percent(end, digits) for end in interval)
    return (
        f"With {counted(result.n, 'photo')} the true figure very likely lies "
        f"between {low} and {high}."
    )
