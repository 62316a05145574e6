"""How well each class is recognised."""

from __future__ import annotations

from foveal.evaluation.evaluate import Evaluation
from foveal.evaluation.markup import Child, Html, element, join, name
from foveal.evaluation.parts import bar, folded, paragraph, section, table, term, unseen
from foveal.evaluation.prose import UNDEFINED, decimal, percent
from foveal.evaluation.report_data import ReportData
from foveal.metrics import ClassScores

_OPEN_UP_TO = 20
_HARDEST = 10
_COLUMNS = ("Class", "Photos", "Found (recall)", "Right when named (precision)", "Both (F1)")


def classes_section(data: ReportData) -> Html | None:
    """Return the scores of each class, the hardest first.

    Args:
        data: the report.

    Returns:
        A ``section`` element; None where nothing was measured.
    """
    result = data.main
    if result is None or not result.n:
        return None
    ranked = sorted(result.per_class.items(), key=lambda item: _difficulty(item[1]))
    if len(ranked) <= _OPEN_UP_TO:
        tables = [_table("Scores of each class, the hardest first", ranked, result)]
    else:
        hardest = _table(f"The {_HARDEST} hardest classes", ranked[:_HARDEST], result)
        every = _table("Scores of every class, the hardest first", ranked, result)
        tables = [hardest, folded(f"All {len(ranked):,} classes", every)]
    return section(
        "classes",
        "Class by class",
        paragraph(_lead(ranked), class_="lead"),
        *tables,
        term("Found (recall):", "of the photos of this class, the share it recognised."),
        term(
            "Right when named (precision):",
            "of the photos it gave this name, the share that deserved it.",
        ),
        term("Both (F1):", "one number for the two, from 0 to 1; it is low when either is."),
    )


def _difficulty(scores: ClassScores) -> tuple[bool, float, float]:
    """Return a key that sorts hard classes first and undefined ones last."""
    f1 = scores.f1 if scores.f1 is not None else 1.0
    return (scores.n == 0, f1, scores.recall if scores.recall is not None else 1.0)


def _lead(ranked: list[tuple[str, ClassScores]]) -> Html:
    """Return the hardest class and the average in one sentence."""
    measured = [(label, s) for label, s in ranked if s.recall is not None]
    if all(scores.f1 == 1 for _, scores in measured):
        return join(["Every class was recognised every time."])
    hardest, scores = min(measured, key=lambda item: (item[1].recall or 0, item[1].f1 or 0))
    right = round((scores.recall or 0) * scores.n)
    return join(
        [
            "Hardest to find is ",
            name(hardest),
            f": it found {right:,} of {scores.n:,}. ",
            "The fewer photos a class has, the less its line can be trusted.",
        ]
    )


def _table(caption: str, ranked: list[tuple[str, ClassScores]], result: Evaluation) -> Html:
    """Return the table, with bars beside the shares."""
    named = dict(zip(result.classes, result.confusion.sum(axis=0).tolist(), strict=True))
    rows: list[list[Child]] = [
        [
            name(label),
            f"{scores.n:,}",
            _share(scores.recall, scores.n),
            _share(scores.precision, named[label]),
            decimal(scores.f1) if scores.f1 is not None else _undefined(),
        ]
        for label, scores in ranked
    ]
    return table(caption, _COLUMNS, rows, class_="scores")


def _share(share: float | None, n: int) -> Html:
    """Return a share as a bar, a percentage and a count."""
    if share is None:
        return _undefined()
    counts = element("span", f"{round(share * n):,} of {n:,}", class_="count")
    return element("span", bar(share), element("b", percent(share)), counts, class_="share")


def _undefined() -> Html:
    return element("span", element("span", UNDEFINED, aria_hidden="true"), unseen("not defined"))
