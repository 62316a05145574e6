"""Suspect labels by the definition of confident learning."""

from __future__ import annotations

import numpy as np
import pytest

from foveal.errors import UsageError
from foveal.metrics import fit_power_law, suspect_labels


def test_a_photo_counts_where_it_reaches_the_threshold():
    rows = np.array([[0.9, 0.1], [0.7, 0.3], [0.85, 0.15], [0.1, 0.9], [0.4, 0.6]])
    labels = [0, 0, 1, 1, 1]
    # Thresholds: class 0 (0.9 + 0.7) / 2 = 0.8, class 1 (0.15 + 0.9 + 0.6) / 3 = 0.55.
    (suspect,) = suspect_labels(rows, labels)
    assert (suspect.position, suspect.given, suspect.suggested) == (2, 1, 0)
    assert suspect.score == pytest.approx(0.70)


def test_disagreement_below_the_usual_confidence_is_no_suspicion():
    rows = np.array([[0.99, 0.01], [0.95, 0.05], [0.6, 0.4], [0.1, 0.9]])
    assert suspect_labels(rows, [0, 0, 1, 1]) == []  # class 0 needs 0.97


def test_a_clear_lead_is_suspect_although_no_threshold_is_reached():
    rows = np.array([[0.95, 0.05], [0.95, 0.05], [0.8, 0.2], [0.4, 0.6], [0.1, 0.9]])
    labels = [0, 0, 1, 1, 1]  # class 0 needs 0.95, class 1 needs 0.57
    (suspect,) = suspect_labels(rows, labels)
    assert (suspect.position, suspect.suggested) == (2, 0)
    assert suspect_labels(rows, labels, margin=1) == []


def test_the_most_suspect_comes_first():
    rows = np.array([[0.9, 0.1]] * 4 + [[0.92, 0.08], [0.95, 0.05]] + [[0.1, 0.9]] * 4)
    found = suspect_labels(rows, [0] * 4 + [1, 1] + [1] * 4)
    assert [item.position for item in found] == [5, 4]


def test_a_class_without_photos_is_never_suggested():
    rows = np.array([[0.1, 0.1, 0.8], [0.2, 0.1, 0.7], [0.1, 0.6, 0.3]])
    assert all(item.suggested != 2 for item in suspect_labels(rows, [0, 0, 1]))


def test_labels_must_be_of_the_same_photos():
    with pytest.raises(UsageError, match="got 1 targets and 2 probabilities"):
        suspect_labels([[0.5, 0.5], [0.5, 0.5]], [0])


def test_a_power_law_is_found_again():
    photos = np.array([50, 100, 200, 400])
    law = fit_power_law(photos, 0.8 * photos**-0.3)
    assert (law.factor, law.exponent) == pytest.approx((0.8, 0.3))
    assert law.error(800) == pytest.approx(0.8 * 800**-0.3)
    assert law.error(1e-9) == 1.0


def test_no_law_is_made_of_one_point_or_of_no_errors():
    assert fit_power_law([100, 100], [0.2, 0.3]) is None
    assert fit_power_law([100, 200], [0.0, 0.0]) is None
    with pytest.raises(UsageError, match="must be of one length"):
        fit_power_law([100], [0.1, 0.2])
    with pytest.raises(UsageError, match="`errors` from 0 to 1; got "):
        fit_power_law([100, 200], [0.1, 20.0])
