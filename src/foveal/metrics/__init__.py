"""How good a classifier is, in NumPy: counts, scores, intervals and calibration.

A figure that is not defined (0 of 0 photos, a class that was never predicted) is ``None``, never 0.
"""

from __future__ import annotations

from foveal.metrics.accuracy import top_k_accuracy, wilson_interval
from foveal.metrics.calibration import ReliabilityBin, expected_calibration_error, reliability_bins
from foveal.metrics.confusion import ClassScores, confusion_matrix, macro_f1, per_class
from foveal.metrics.likelihood import log_loss, softmax
from foveal.metrics.temperature import HIGHEST_TEMPERATURE, LOWEST_TEMPERATURE, fit_temperature

__all__ = [
    "HIGHEST_TEMPERATURE",
    "LOWEST_TEMPERATURE",
    "ClassScores",
    "ReliabilityBin",
    "confusion_matrix",
    "expected_calibration_error",
    "fit_temperature",
    "log_loss",
    "macro_f1",
    "per_class",
    "reliability_bins",
    "softmax",
    "top_k_accuracy",
    "wilson_interval",
]
