"""The picture of a learning-rate range test: one SVG file that needs no style sheet."""

from __future__ import annotations

import math
from collections.abc import Sequence

from foveal.evaluation.markup import Html, element
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

_STYLE = """
svg { background: #fff; font: 11px system-ui, sans-serif; color: #1f2328 }
text { fill: #4a5058 } line { stroke: #d8dce1; stroke-width: 1 }
.axis, .name { stroke: none; fill: #1f2328 } line.axis { stroke: #8a929c }
.raw { fill: none; stroke: #b9c4d4; stroke-width: 1 }
.smooth { fill: none; stroke: #1f5fbf; stroke-width: 2.2 }
.chosen { stroke: #c2570c; stroke-width: 1.6; stroke-dasharray: 4 3 }
.said { fill: #a34708; font-weight: 600 }
"""


def rate_plot(
    rates: Sequence[float],
    losses: Sequence[float],
    smoothed: Sequence[float],
    suggestion: float,
) -> str:
    """Draw the loss over the learning rate, which grows to the right by powers of ten.

    Args:
        rates: the learning rate of each step, rising, above 0.
        losses: the loss at each step.
        smoothed: its moving average.
        suggestion: the learning rate that is proposed.

    Returns:
        The content of an SVG file.
    """
    frame = Frame(width=640, height=360, left=56, bottom=50, top=28)
    start, end = math.log10(rates[0]), math.log10(rates[-1])
    across = Scale((start, end), frame.across)
    low, high = min(*losses, *smoothed), _ceiling(losses, smoothed)
    upward = Scale((low - 0.05 * (high - low), high), frame.upward)
    powers = range(math.ceil(start), math.floor(end) + 1)
    at = across(math.log10(suggestion))
    text = f"suggested {suggestion:.1e}"
    picture = drawing(
        "rates",
        "Loss by learning rate",
        f"The loss falls most steeply at a learning rate of {suggestion:.2g}.",
        (frame.width, frame.height),
        element("style", Html(_STYLE)),
        *vertical_axis(frame, upward, [(t, f"{t:g}") for t in round_ticks(low, high)]),
        *horizontal_axis(frame, across, [(p, f"1e{p}") for p in powers], "learning rate"),
        _path(rates, [min(loss, high) for loss in losses], across, upward, "raw"),
        _path(rates, [min(level, high) for level in smoothed], across, upward, "smooth"),
        line(at, frame.top, at, frame.upward[0], "chosen"),
        label(at, frame.top - 8, text, class_="said"),
        label(frame.left - 8, frame.top - 8, "loss", "end"),
    )
    return picture.replace("<svg ", '<svg xmlns="http://www.w3.org/2000/svg" ', 1) + "\n"


def _ceiling(losses: Sequence[float], smoothed: Sequence[float]) -> float:
    """Return where the plot ends at the top: a loss that explodes would flatten the rest."""
    begin = max(smoothed[: max(1, len(smoothed) // 4)])
    top = min(max(losses), begin + 0.6 * (begin - min(smoothed)))
    return top if top > min(smoothed) else min(smoothed) + 1


def _path(
    rates: Sequence[float], values: Sequence[float], across: Scale, upward: Scale, class_: str
) -> Html:
    points = " ".join(
        f"{across(math.log10(rate))},{upward(value)}"
        for rate, value in zip(rates, values, strict=True)
    )
    return element("polyline", points=points, class_=class_)
