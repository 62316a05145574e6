"""The charts of the report: values in, a small SVG out."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from itertools import groupby

from foveal.evaluation.markup import Html, element, join
from foveal.evaluation.prose import NBSP, counted, decimal, percent
from foveal.evaluation.svg import (
    Frame,
    Scale,
    drawing,
    horizontal_axis,
    label,
    line,
    round_ticks,
    vertical_axis,
)
from foveal.metrics import ReliabilityBin

Point = tuple[float, float | None]
_PER_ROW = 10


def icon_array(right: int, wrong: int) -> Html:
    """Draw one mark per photo: a filled disc where it was right, a cross where it was wrong.

    Args:
        right: number of discs.
        wrong: number of crosses; at most 100 marks in all.

    Returns:
        An ``svg`` with ten marks to a row.
    """
    discs, crosses = [], []
    for i in range(right + wrong):
        x, y = 12 + 22 * (i % _PER_ROW), 12 + 22 * (i // _PER_ROW)
        if i < right:
            discs.append(element("circle", cx=x, cy=y, r=7.5))
        else:
            crosses.append(f"M{x - 5.5} {y - 5.5}l11 11m-11 0l11-11")
    rows = math.ceil((right + wrong) / _PER_ROW)
    return drawing(
        "icons",
        f"{right} right, {wrong} wrong",
        f"{counted(right, 'disc')} for right answers and "
        f"{counted(wrong, 'cross', 'crosses')} for wrong ones.",
        (222, max(24, 22 * rows + 2)),
        element("g", *discs, class_="right"),
        element("path", d="".join(crosses), class_="cross") if crosses else None,
    )


def interval_strip(accuracy: float, interval: tuple[float, float], baseline: float | None) -> Html:
    """Draw the accuracy with its interval on a line from 0 to 100 %.

    Args:
        accuracy: from 0 to 1.
        interval: its lower and upper end.
        baseline: accuracy of always giving the most frequent answer; None leaves it out.

    Returns:
        An ``svg`` of any width: positions are percentages, text keeps its size.
    """
    low, high = interval
    words = f"Measured {percent(accuracy)}; the interval is {percent(low)} to {percent(high)}"
    ticks = [("0", 0, "start"), ("50", 50, "middle"), ("100", 100, "end")]
    marks = [
        element("text", f"{text}{NBSP}%", x=f"{x}%", y=56, text_anchor=anchor, class_="tick")
        for text, x, anchor in ticks
    ]
    if baseline is not None:
        words += f"; always giving the most frequent answer has {percent(baseline)}"
        x = _at(baseline)
        marks.append(element("line", x1=x, x2=x, y1=8, y2=36, class_="baseline"))
    return element(
        "svg",
        element("title", "Accuracy and its 95 % interval", id="strip-title"),
        element("desc", f"{words}.", id="strip-desc"),
        element("rect", x=0, y=19, width="100%", height=6, rx=3, class_="track"),
        element("rect", x=_at(low), y=14, width=_at(high - low), height=16, rx=4, class_="band"),
        *marks,
        element("circle", cx=_at(accuracy), cy=22, r=7, class_="measured"),
        role="img",
        aria_labelledby="strip-title strip-desc",
        class_="strip",
    )


def learning_chart(
    key: str,
    title: str,
    train: Sequence[Point],
    held_back: Sequence[Point],
    best: int,
    *,
    share: bool,
) -> Html:
    """Draw one figure over the epochs, for training and validation photos.

    Args:
        key: a word that is unique on the page.
        title: the name of the figure.
        train: (epoch, value or None) on the photos it learned from.
        held_back: the same on the photos held back.
        best: the epoch that was kept.
        share: whether the figure is an accuracy (to 100 %) or a loss (from 0).

    Returns:
        An ``svg``.
    """
    frame = Frame()
    values = [v for _, v in (*train, *held_back) if v is not None]
    epochs = [e for e, _ in (*train, *held_back)]
    low, high = _range(values, share)
    across = Scale((min(epochs), max(epochs)), frame.across)
    upward = Scale((low, high), frame.upward)
    written = percent if share else decimal
    y_ticks = [(t, written(t) if share else f"{t:g}") for t in round_ticks(low, high)]
    kept = dict(held_back).get(best)
    return drawing(
        key,
        title,
        f"From {_ends(train, share)} on the photos it learned from, "
        f"and from {_ends(held_back, share)} on the photos held back.",
        (frame.width, frame.height),
        *vertical_axis(frame, upward, y_ticks),
        *horizontal_axis(frame, across, _epoch_ticks(epochs), "epoch"),
        line(across(best), frame.top, across(best), frame.upward[0], "best")
        if best in epochs
        else None,
        *_curve(train, across, upward, "train"),
        *_curve(held_back, across, upward, "held-back"),
        element("circle", cx=across(best), cy=upward(kept), r=5, class_="kept")
        if kept is not None
        else None,
    )


def reliability_chart(bins: Sequence[ReliabilityBin]) -> Html:
    """Draw how often it was right against how sure it was.

    Args:
        bins: of `foveal.metrics.reliability_bins`.

    Returns:
        An ``svg``; the area of a dot is the number of photos.
    """
    frame = Frame(height=350, top=30)
    across, upward = Scale((0, 1), frame.across), Scale((0, 1), frame.upward)
    ticks = [(t / 4, percent(t / 4)) for t in range(5)]
    most = max((b.n for b in bins), default=1) or 1
    dots = [
        (across(b.confidence), upward(b.accuracy), 3.5 + 9 * math.sqrt(b.n / most), b)
        for b in bins
        if b.confidence is not None and b.accuracy is not None
    ]
    return drawing(
        "reliability",
        "How sure it was, and how often it was right",
        "; ".join(
            f"{percent(b.confidence)} sure: right {percent(b.accuracy)} of {counted(b.n, 'time')}"
            for *_, b in dots
        )
        + ".",
        (frame.width, frame.height),
        *vertical_axis(frame, upward, ticks),
        *horizontal_axis(frame, across, ticks, "how sure it was"),
        label(2, 12, "how often it was right", "start", "caption"),
        line(across(0), upward(0), across(1), upward(1), "diagonal"),
        *(line(x, y, x, upward(b.confidence or 0), "gap") for x, y, _, b in dots),
        *(element("circle", cx=x, cy=y, r=round(r, 1), class_="dot") for x, y, r, _ in dots),
    )


def swatch(kind: str) -> Html:
    """Draw the sample of a line or mark for a legend.

    Args:
        kind: ``"train"``, ``"held-back"``, ``"kept"``, ``"measured"``, ``"band"`` or
            ``"baseline"``.

    Returns:
        A small ``svg`` hidden from screen readers.
    """
    samples = {
        "kept": element("circle", cx=14, cy=7, r=5, class_="kept"),
        "measured": element("circle", cx=14, cy=7, r=6, class_="measured"),
        "band": element("rect", x=2, y=1, width=24, height=12, rx=3, class_="band"),
        "baseline": element("line", x1=14, x2=14, y1=0, y2=14, class_="baseline"),
    }
    sample = samples.get(kind) or element("path", d="M1 7H27", class_=f"curve {kind}")
    return element("svg", sample, viewBox="0 0 28 14", class_="swatch", aria_hidden="true")


def _at(share: float) -> str:
    return f"{100 * share:.2f}%"


def _range(values: Sequence[float], share: bool) -> tuple[float, float]:
    """Return where the vertical axis starts and ends."""
    if share:
        return min(0.9, math.floor(10 * min(values, default=0)) / 10), 1.0
    return 0.0, max(values, default=0) * 1.05 or 1.0


def _ends(points: Sequence[Point], share: bool) -> str:
    """Return the first and the last value of a curve in words."""
    values = [v for _, v in points if v is not None]
    if not values:
        return "no value to no value"
    first, last = ((percent(v) if share else decimal(v)) for v in (values[0], values[-1]))
    return f"{first} to {last}"


def _epoch_ticks(epochs: Sequence[float]) -> list[tuple[float, str]]:
    """Return whole epochs for the horizontal axis."""
    first, last = min(epochs), max(epochs)
    few = last - first < 8
    chosen = range(int(first), int(last) + 1) if few else round_ticks(first, last, 6)
    return [(epoch, f"{epoch:g}") for epoch in chosen]


def _curve(points: Sequence[Point], across: Scale, upward: Scale, class_: str) -> Iterator[Html]:
    """Draw a line with gaps where there is no value; a lonely value is a dot."""
    for known, group in groupby(points, key=lambda point: point[1] is not None):
        placed = [(across(e), upward(v)) for e, v in group if v is not None]
        if known and len(placed) == 1:
            (x, y), *_ = placed
            yield element("circle", cx=x, cy=y, r=3.5, class_=f"lonely {class_}")
        elif known:
            path = join(f"{'L' if i else 'M'}{x} {y}" for i, (x, y) in enumerate(placed))
            yield element("path", d=path, class_=f"curve {class_}")
