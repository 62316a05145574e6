"""The picture of a learning-rate range test."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET

import numpy as np
import pytest

from foveal.evaluation.rate_plot import rate_plot

RATES = np.geomspace(1e-5, 1.0, 50).tolist()
SMOOTH = [2.0 - 1.5 * min(1.0, n / 30) + (0.5 * (n - 40) if n > 40 else 0) for n in range(50)]


def test_the_plot_is_a_whole_svg_with_everything_inside_its_frame():
    noisy = [value + 0.4 * (-1) ** n for n, value in enumerate(SMOOTH)]
    text = rate_plot(RATES, noisy, SMOOTH, 3e-3)
    root = ET.fromstring(text)
    assert root.tag == "{http://www.w3.org/2000/svg}svg"
    lines = re.findall(r'points="([^"]+)"', text)
    assert len(lines) == 2
    for points in lines:
        xy = np.array([[float(n) for n in point.split(",")] for point in points.split()])
        assert xy[:, 0] == pytest.approx(np.linspace(56, 620, 50), abs=0.1)
        assert xy[:, 1].min() >= 28
        assert xy[:, 1].max() <= 310.1


def test_the_suggestion_is_marked_where_it_lies():
    text = rate_plot(RATES, SMOOTH, SMOOTH, 1e-3)
    (x,) = re.findall(r'<line x1="([\d.]+)"[^>]*class="chosen"', text)
    assert float(x) == pytest.approx(56 + 564 * 2 / 5, abs=0.1)
    assert "suggested 1.0e-03" in text
