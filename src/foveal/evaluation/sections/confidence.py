"""Whether its confidence can be believed."""

from __future__ import annotations

from foveal.evaluation import plots
from foveal.evaluation.evaluate import Evaluation
from foveal.evaluation.markup import Html
from foveal.evaluation.parts import figure, folded, paragraph, section, table, term
from foveal.evaluation.prose import counted, percent
from foveal.evaluation.report_data import ReportData
from foveal.metrics import (
    ReliabilityBin,
    expected_calibration_error,
    reliability_bins,
    uncalibrated,
)

_CLOSE = 0.03
_FEW = 200


def confidence_section(data: ReportData) -> Html | None:
    """Return the reliability diagram and what it says.

    Args:
        data: the report.

    Returns:
        A ``section`` element; None where nothing was measured.
    """
    result = data.main
    if result is None or not result.n:
        return None
    bins = reliability_bins(result.probabilities_NK, result.targets_N)
    return section(
        "confidence",
        "Can its confidence be believed?",
        paragraph(_lead(result), class_="lead"),
        figure(
            plots.reliability_chart(bins),
            "How to read it: dots on the dashed line are honest. Below the line it was surer than "
            "it was right, above the line it was too modest. Larger dots stand for more photos.",
            class_="beside",
        ),
        folded("The numbers", _table(bins)),
        term(
            "Calibration error (ECE):",
            f"the average distance of the dots from the line, here {percent(result.ece, 1)}.",
        ),
        term(
            "Temperature:",
            f"its scores were divided by {data.temperature:.3g}, the number that made its "
            "confidence most honest on the validation photos. It never changes an answer. "
            + _effect(data, result),
        ),
    )


def _effect(data: ReportData, result: Evaluation) -> str:
    """Return what the temperature did to the calibration error."""
    if data.temperature == 1:
        return ""
    before = uncalibrated(result.probabilities_NK, data.temperature)
    error = expected_calibration_error(before, result.targets_N)
    return f"Without it the calibration error would be {percent(error, 1)}."


def _lead(result: Evaluation) -> str:
    """Return whether it is too sure, too modest or honest."""
    sure = float(result.probabilities_NK.max(axis=1).mean())
    right = result.accuracy or 0.0
    figures = f"On average it was {percent(sure)} sure and right {percent(right)} of the time"
    rough = f" With {counted(result.n, 'photo')} this is a rough picture." * (result.n < _FEW)
    if abs(sure - right) <= _CLOSE:
        return f"{figures}: as a whole, its confidence is honest.{rough}"
    if sure > right:
        return f"{figures}: it is surer than it should be.{rough}"
    return f"{figures}: it is better than it claims.{rough}"


def _table(bins: tuple[ReliabilityBin, ...]) -> Html:
    """Return the bins that hold photos."""
    rows = [
        [
            f"{percent(b.lower)} to {percent(b.upper)}",
            f"{b.n:,}",
            percent(b.confidence, 1),
            percent(b.accuracy, 1),
        ]
        for b in bins
        if b.n
    ]
    return table(
        "Photos by how sure it was",
        ("Sure between", "Photos", "Mean confidence", "Right"),
        rows,
        class_="numbers",
    )
