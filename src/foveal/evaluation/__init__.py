"""What a classifier got right and wrong, as figures and as a page for people."""

from __future__ import annotations

from foveal.evaluation.evaluate import ConfusedPair, Evaluation, Mistake
from foveal.evaluation.report import ReportData, photo_thumbnail, render_report

__all__ = [
    "ConfusedPair",
    "Evaluation",
    "Mistake",
    "ReportData",
    "photo_thumbnail",
    "render_report",
]
