"""The report tells what the temperature did to the calibration error."""

from __future__ import annotations

from evaluation.example_report import report_data
from foveal.evaluation.prose import percent
from foveal.evaluation.sections.confidence import confidence_section
from foveal.metrics import expected_calibration_error, uncalibrated


def test_the_error_without_the_temperature_is_told():
    data = report_data(temperature=2.0)
    before = uncalibrated(data.main.probabilities_NK, 2.0)
    error = percent(expected_calibration_error(before, data.main.targets_N), 1)
    assert f"Without it the calibration error would be {error}." in confidence_section(data)


def test_a_temperature_of_one_did_nothing():
    assert "Without it" not in confidence_section(report_data(temperature=1.0))
