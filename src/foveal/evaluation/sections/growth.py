"""Whether more photos would help."""

from __future__ import annotations

import math

from foveal.evaluation.errors_data import ErrorAnalysis, LearningCurve
from foveal.evaluation.markup import Html, element, join
from foveal.evaluation.parts import figure, folded, paragraph, section, table, term
from foveal.evaluation.prose import counted, percent
from foveal.evaluation.svg import (
    Frame,
    Scale,
    drawing,
    horizontal_axis,
    line,
    round_ticks,
    vertical_axis,
)


def growth_section(data: ErrorAnalysis) -> Html | None:
    """Return the learning curve over the number of photos and what it says.

    Args:
        data: the analysis.

    Returns:
        A ``section`` element; None where there was too little to tell.
    """
    curve = data.curve
    if curve is None:
        return None
    rows = [
        [f"{p.photos:,}", percent(p.accuracy, 1), percent(p.lowest, 1), percent(p.highest, 1)]
        for p in curve.points
    ]
    return section(
        "growth",
        "Would more photos help?",
        paragraph(curve.sentence, class_="lead"),
        figure(
            growth_chart(curve),
            "How to read it: each dot is the accuracy with so many photos to learn from, each "
            "upright line reaches from the worst to the best of three draws. Twice as many photos "
            "are always equally far to the right; the dashed line goes on as before.",
            class_="beside",
        ),
        folded(
            "The numbers",
            table(
                "Accuracy by number of photos",
                ("Photos", "Mean", "Worst draw", "Best draw"),
                rows,
                class_="numbers",
            ),
        ),
        term(
            "How it was measured:",
            f"simple heads on the features of {data.backbone} learned from a part of the training "
            f"photos and named the {counted(curve.held_back, 'photo')} held back. What the best "
            "training gives may lie higher; how steeply the curve rises is what counts.",
        ),
    )


def growth_chart(curve: LearningCurve) -> Html:
    """Draw accuracy over the number of photos, each doubling as wide as the other.

    Args:
        curve: what was measured.

    Returns:
        An ``svg``.
    """
    frame = Frame()
    points, last = curve.points, curve.points[-1]
    ahead = 2 * last.photos
    low = math.floor(20 * min(p.lowest for p in points)) / 20
    across = Scale((math.log(points[0].photos), math.log(ahead)), frame.across)
    upward = Scale((max(0.0, low), 1.0), frame.upward)
    placed = [(across(math.log(p.photos)), upward(p.accuracy)) for p in points]
    path = join(f"{'L' if i else 'M'}{x} {y}" for i, (x, y) in enumerate(placed))
    words = "; ".join(f"{percent(p.accuracy, 1)} with {p.photos:,}" for p in points)
    ticks = [(math.log(p.photos), f"{p.photos:,}") for p in (points[0], last)]
    ticks.append((math.log(ahead), f"{ahead:,}"))
    return drawing(
        "growth-chart",
        "Accuracy by number of photos",
        f"{words}.",
        (frame.width, frame.height),
        *vertical_axis(frame, upward, [(t, percent(t)) for t in round_ticks(max(0.0, low), 1.0)]),
        *horizontal_axis(frame, across, ticks, "photos to learn from"),
        *(
            line(x, upward(p.lowest), x, upward(p.highest), "gap")
            for (x, _), p in zip(placed, points, strict=True)
        ),
        element("path", d=path, class_="curve train"),
        *(element("circle", cx=x, cy=y, r=4.5, class_="dot") for x, y in placed),
        None
        if curve.doubled is None
        else element(
            "path",
            d=f"M{placed[-1][0]} {placed[-1][1]}L{across(math.log(ahead))} {upward(curve.doubled)}",
            class_="curve held-back",
        ),
    )
