"""Which classes are taken for which."""

from __future__ import annotations

import math

from foveal.evaluation.evaluate import ConfusedPair, Evaluation
from foveal.evaluation.markup import Html, element, escaped, join, name
from foveal.evaluation.matrix import confusion_heatmap
from foveal.evaluation.parts import bullets, figure, paragraph, scrolling, section
from foveal.evaluation.prose import counted
from foveal.evaluation.report_data import ReportData

_TABLE_UP_TO = 15
_FEW = 4
_PAIRS = 10
_LEVELS = 5


def confusion_section(data: ReportData) -> Html | None:
    """Return the confusion matrix and the pairs that are mixed up most.

    Args:
        data: the report.

    Returns:
        A ``section`` element; None where nothing was measured.
    """
    result = data.main
    if result is None or not result.n:
        return None
    matrix = _table(result) if len(result.classes) <= _TABLE_UP_TO else _heatmap(result)
    pairs = result.confused_pairs()
    return section(
        "confusion",
        "What it mixes up",
        paragraph(_lead(pairs), class_="lead"),
        bullets([_pair(p) for p in pairs[:_PAIRS]], class_="pairs") if len(pairs) > 1 else None,
        matrix,
    )


def _lead(pairs: list[ConfusedPair]) -> Html:
    """Return the finding in one sentence."""
    if not pairs:
        return escaped("No class was taken for another.")
    if len(pairs) == 1:
        return join(["There is one kind of mistake: ", _pair(pairs[0]), "."])
    which = (
        "These mistakes are the most frequent" if len(pairs) > _PAIRS else "Every mistake it made"
    )
    return escaped(f"{which}. Where two classes look alike, more photos of both help most.")


def _pair(pair: ConfusedPair) -> Html:
    """Return one kind of mistake in words."""
    return element(
        "span",
        counted(pair.count, "photo"),
        " of ",
        name(pair.true, 40),
        " called ",
        name(pair.predicted, 40),
    )


def _table(result: Evaluation) -> Html:
    """Return the matrix as a table with numbers in shaded cells."""
    caption = "Confusion matrix: photos by label and answer"
    heads = [
        element("th", element("span", name(c, 14)), scope="col", class_="turned")
        for c in result.classes
    ]
    rows = [
        element(
            "tr",
            element("th", name(label, 28), scope="row"),
            *(_cell(row, j, truth=i) for j in range(len(row))),
        )
        for i, (label, row) in enumerate(
            zip(result.classes, result.confusion.tolist(), strict=True)
        )
    ]
    few = len(rows) <= _FEW
    corner = element("td", "label ↓ answer →", class_="corner")
    content = element(
        "table",
        element("caption", caption, class_="unseen"),
        element("thead", element("tr", corner, *heads)),
        element("tbody", *rows),
        class_="matrix few" if few else "matrix",
    )
    return figure(
        scrolling(caption, content),
        "How to read it: each row holds the photos of one class, each column an answer. Framed "
        "numbers on the diagonal are right; every other number is a mistake. The stronger the "
        "colour, the larger the share of its row.",
        class_="matrix-figure beside" if few else "matrix-figure",
    )


def _cell(row: list[int], j: int, truth: int) -> Html:
    """Return one count, shaded by its share of the row."""
    count, total = row[j], sum(row)
    level = math.ceil(_LEVELS * count / total) if count else 0
    kind = "right" if j == truth else "wrong"
    return element("td", f"{count:,}", class_=f"{kind} level-{level}" if count else f"{kind} none")


def _heatmap(result: Evaluation) -> Html:
    """Return the matrix as a picture, for more classes than a table can show."""
    picture = confusion_heatmap(result.classes, result.confusion)
    return figure(
        scrolling("Confusion matrix as a picture", picture),
        "How to read it: each row holds the photos of one class, each column an answer, in the "
        "same order. A good classifier is a clean diagonal from the top left to the bottom right "
        "(discs); every square away from it is a mistake, stronger where it takes a larger share "
        "of its row. The list above and the table of classes below say the same in words.",
        class_="matrix-figure",
    )
