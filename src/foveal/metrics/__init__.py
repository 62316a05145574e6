"""How good a classifier is, in NumPy: counts, scores, intervals and calibration.

A figure that is not defined (0 of 0 photos, a class that was never predicted) is ``None``, never 0.
"""

from __future__ import annotations

from foveal.metrics.accuracy import top_k_accuracy, wilson_interval
from foveal.metrics.calibration import (
    ReliabilityBin,
    expected_calibration_error,
    reliability_bins,
    uncalibrated,
)
from foveal.metrics.confusion import ClassScores, confusion_matrix, macro_f1, per_class
from foveal.metrics.growth import PowerLaw, fit_power_law
from foveal.metrics.labels import Suspect, suspect_labels
from foveal.metrics.likelihood import log_loss, softmax
from foveal.metrics.neighbours import neighbour_distances, unit_distances, unit_rows
from foveal.metrics.paired import Paired, compare_pairs, exact_interval, mcnemar, paired_interval
from foveal.metrics.rejection import coverage_threshold, least_held_back
from foveal.metrics.temperature import HIGHEST_TEMPERATURE, LOWEST_TEMPERATURE, fit_temperature

__all__ = [
    "HIGHEST_TEMPERATURE",
    "LOWEST_TEMPERATURE",
    "ClassScores",
    "Paired",
    "PowerLaw",
    "ReliabilityBin",
    "Suspect",
    "compare_pairs",
    "confusion_matrix",
    "coverage_threshold",
    "exact_interval",
    "expected_calibration_error",
    "fit_power_law",
    "fit_temperature",
    "least_held_back",
    "log_loss",
    "macro_f1",
    "mcnemar",
    "neighbour_distances",
    "paired_interval",
    "per_class",
    "reliability_bins",
    "softmax",
    "suspect_labels",
    "top_k_accuracy",
    "uncalibrated",
    "unit_distances",
    "unit_rows",
    "wilson_interval",
]
