"""The confusion matrix as a picture, from 16 classes to thousands."""

from __future__ import annotations

import math
from collections import defaultdict

import numpy as np
from numpy.typing import NDArray

from foveal.evaluation.markup import Html, element, shortened
from foveal.evaluation.prose import counted
from foveal.evaluation.svg import drawing, label

_NAMED_UP_TO = 60
_LEVELS = 5
_SMALLEST = 3.0  # pixels: a single mistake among 1,000 classes must still be seen


def confusion_heatmap(classes: tuple[str, ...], confusion_KK: NDArray[np.int64]) -> Html:
    """Draw a confusion matrix with one mark per cell that is not empty.

    Args:
        classes: K names; they are written beside the rows up to 60 classes.
        confusion_KK: (K, K) counts: row is the truth, column the answer.

    Returns:
        An ``svg``: discs on the diagonal, squares elsewhere, five shades by the share of the row.
    """
    named = len(classes) <= _NAMED_UP_TO
    pitch = 13.0 if named else 560 / len(classes)
    left, top = (150, 26) if named else (26, 26)
    side = round(pitch * len(classes))
    right = int(np.trace(confusion_KK))
    return drawing(
        "heatmap",
        "Confusion matrix",
        f"{counted(right, 'photo')} on the diagonal, named correctly; "
        f"{counted(int(confusion_KK.sum()) - right, 'photo')} elsewhere.",
        (left + side + 8, top + side + 8),
        element("rect", x=left, y=top, width=side, height=side, class_="plane"),
        label(left + side / 2, 16, "answer →", class_="caption"),
        *_marks(confusion_KK, pitch, left, top),
        *(_row_names(classes, pitch, left, top) if named else _row_caption(side, top)),
    )


def _row_names(classes: tuple[str, ...], pitch: float, left: int, top: int) -> list[Html]:
    return [
        label(left - 6, round(top + (i + 0.75) * pitch, 1), shortened(c, 22), "end", "row-name")
        for i, c in enumerate(classes)
    ]


def _row_caption(side: int, top: int) -> list[Html]:
    middle = top + side / 2
    turned = f"rotate(-90 16 {middle})"
    return [
        element(
            "text", "← label", x=16, y=middle, transform=turned, text_anchor="middle",
            class_="caption",
        )
    ]  # fmt: skip


def _marks(confusion_KK: NDArray[np.int64], pitch: float, left: int, top: int) -> list[Html]:
    """Return one path per kind and shade, so that thousands of marks stay small."""
    totals_K = confusion_KK.sum(axis=1)
    size = max(pitch - (1 if pitch > 4 else 0), _SMALLEST)
    paths: dict[str, list[str]] = defaultdict(list)
    for i, j in np.argwhere(confusion_KK).tolist():
        level = math.ceil(_LEVELS * confusion_KK[i, j] / totals_K[i])
        x = left + (j + 0.5) * pitch - size / 2
        y = top + (i + 0.5) * pitch - size / 2
        kind, shape = ("right", _disc) if i == j else ("wrong", _square)
        paths[f"{kind} level-{level}"].append(shape(x, y, size))
    return [element("path", d="".join(d), class_=c) for c, d in sorted(paths.items())]


def _square(x: float, y: float, size: float) -> str:
    return f"M{x:.1f} {y:.1f}h{size:.1f}v{size:.1f}h-{size:.1f}z"


def _disc(x: float, y: float, size: float) -> str:
    r = size / 2
    arc = f"a{r:.1f} {r:.1f} 0 1 0"
    return f"M{x:.1f} {y + r:.1f}{arc} {size:.1f} 0{arc} -{size:.1f} 0z"
