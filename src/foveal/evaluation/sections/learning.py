"""How it learned, epoch by epoch."""

from __future__ import annotations

import math

from foveal.evaluation import plots
from foveal.evaluation.markup import Html, element
from foveal.evaluation.parts import figure, folded, paragraph, section, table, term
from foveal.evaluation.prose import decimal, percent
from foveal.evaluation.report_data import ReportData

_FIGURES = (("accuracy", "Accuracy", True), ("loss", "Loss", False))


def learning_section(data: ReportData) -> Html | None:
    """Return the learning curves.

    Args:
        data: the report.

    Returns:
        A ``section`` element; None without history.
    """
    if not data.history:
        return None
    return section(
        "learning",
        "How it learned",
        paragraph(_lead(data), class_="lead"),
        _legend(),
        element("div", *(_chart(data, *row) for row in _FIGURES), class_="pair"),
        folded("The numbers", _table(data)),
        term("Loss:", "the penalty for unsure and wrong answers together; 0 would be perfect."),
        term(
            "Overfitting:",
            "the solid line improves while the dashed one gets worse: it memorises photos instead "
            "of learning what they show. More photos or stronger augmentation help.",
        ),
    )


def _lead(data: ReportData) -> str:
    """Return what happened, in words."""
    epochs = len(data.history)
    if epochs == 1:
        return "It went through the photos once (one epoch), and was tried on the ones held back."
    return (
        f"It went through the photos {epochs:,} times (epochs). After each, it was tried on the "
        f"photos held back, and what it knew after epoch {data.best_epoch} was kept."
    )


def _points(data: ReportData, key: str) -> list[plots.Point]:
    """Return one figure over the epochs; what is not a number is a gap."""
    points: list[plots.Point] = []
    for i, row in enumerate(data.history):
        epoch, value = row.get("epoch"), row.get(key)
        known = value is not None and math.isfinite(value)
        points.append((float(i + 1 if epoch is None else epoch), value if known else None))
    return points


def _chart(data: ReportData, key: str, title: str, share: bool) -> Html | None:
    """Return one chart, or nothing where the history has no such figure."""
    train, held_back = _points(data, f"train_{key}"), _points(data, f"validation_{key}")
    if all(value is None for _, value in (*train, *held_back)):
        return None
    better = "higher is better" if share else "lower is better"
    return figure(
        plots.learning_chart(
            f"{key}-curve", f"{title} by epoch", train, held_back, data.best_epoch, share=share
        ),
        element("span", element("b", title), f": {better}."),
    )


def _legend() -> Html:
    """Return what the lines of both charts mean."""
    keys = {
        "train": "photos it learned from",
        "held-back": "photos held back (validation)",
        "kept": "the epoch that was kept",
    }
    items = [element("li", plots.swatch(k), element("span", w)) for k, w in keys.items()]
    return element("ul", *items, class_="legend")


def _table(data: ReportData) -> Html:
    """Return the history as numbers."""
    keys = ("train_accuracy", "validation_accuracy", "train_loss", "validation_loss")
    rows = [
        [
            f"{epoch:g}",
            *(percent(row.get(k), 1) if "acc" in k else decimal(row.get(k), 3) for k in keys),
        ]
        for (epoch, _), row in zip(_points(data, "epoch"), data.history, strict=True)
    ]
    columns = ("Epoch", "Accuracy, learned", "Accuracy, held back", "Loss, learned")
    return table("Every epoch", (*columns, "Loss, held back"), rows, class_="numbers")
