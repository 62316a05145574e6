"""The error page: what it says, and that nobody's file names can become markup."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np

from foveal.evaluation import Evaluation
from foveal.evaluation.errors_data import CurvePoint, Doubt, ErrorAnalysis, LearningCurve
from foveal.evaluation.errors_page import PAGE_MARK, render_errors, summary

HOSTILE = '<img src=x onerror="alert(1)">'


def analysis(**changed) -> ErrorAnalysis:
    points = (CurvePoint(50, 0.6, 0.55, 0.65), CurvePoint(100, 0.7, 0.7, 0.7))
    fields = {
        "title": "pets",
        "run_name": "pets-001",
        "created": "1 May 2026, 12:00",
        "evaluation": Evaluation(
            "test",
            ("cat", "dog"),
            ("cat/1.jpg", "dog/2.jpg"),
            np.array([0, 1]),
            np.array([[0.9, 0.1], [0.8, 0.2]], np.float32),
        ),
        "photos": 100,
        "backbone": "efficientnet_lite0",
        "doubts": [
            Doubt("two labels", "cat/a.jpg", "cat", "dog", 1.0, "the same file as dog/a.jpg"),
            Doubt("label", "dog/b.jpg", "dog", "cat", 0.8, "a head says cat 90 %"),
            Doubt("unlike the rest", "cat/c.jpg", "cat", "", 0.7, "far away"),
        ],
        "curve": LearningCurve(points, 40, 0.78, "More photos would help."),
        "image_root": Path("photos"),
    }
    return ErrorAnalysis(**(fields | changed))


def thumbnail(path):
    return b"JPEG of " + str(path).encode()


def test_every_kind_of_doubt_has_its_place():
    page = render_errors(analysis(), thumbnail=thumbnail)
    for words in (
        "1\N{NO-BREAK SPACE}mistake on 2\N{NO-BREAK SPACE}test photos, ",
        "1\N{NO-BREAK SPACE}label is doubtful, of 100. Not all",
        "1\N{NO-BREAK SPACE}file with two labels, 1\N{NO-BREAK SPACE}doubtful label, "
        "1\N{NO-BREAK SPACE}photo unlike the rest.",
        "One photo, two labels",
        "Labels that may be wrong",
        "What it got wrong",
        "What it mixes up",
        "Photos unlike the rest",
        "More photos would help.",
        "70.0\N{NO-BREAK SPACE}% with 100",
    ):
        assert words in page
    assert page.count("data:image/jpeg;base64,") == 4
    assert page.startswith(f"<!doctype html>\n<!-- {PAGE_MARK} -->\n")


def test_nothing_found_is_said_in_words():
    page = render_errors(analysis(doubts=[], curve=None), thumbnail=thumbnail)
    assert "No photo has a copy with another label." in page
    assert "No label is doubtful." in page
    assert "No photo lies far from all the others." in page
    assert "Would more photos help?" not in page


def test_names_of_files_and_classes_cannot_become_markup():
    bad = [
        Doubt(kind, f"{HOSTILE}/{HOSTILE}", HOSTILE, HOSTILE, 1.0, HOSTILE)
        for kind in ("two labels", "label", "unlike the rest")
    ]
    page = render_errors(
        analysis(doubts=bad, title=HOSTILE, run_name=HOSTILE, backbone=HOSTILE),
        thumbnail=thumbnail,
    )
    assert "<img src=x" not in page
    assert "onerror=&quot;" in page
    sources = re.findall(r'(?:src|href)="([^"]*)"', page)
    assert all(source.startswith(("data:", "#")) for source in sources)


def test_a_photo_that_is_gone_leaves_its_reason():
    def gone(path):
        raise FileNotFoundError(2, "No such file")

    assert "No picture: no such file" in render_errors(analysis(), thumbnail=gone)


def test_what_does_not_fit_on_the_page_is_in_the_table():
    many = [Doubt("label", f"a/{i}.jpg", "a", "b", 0.5, "why") for i in range(50)]
    page = render_errors(analysis(doubts=many), thumbnail=thumbnail)
    assert "24 more" in page
    assert "errors.csv lists 14 more." in page
    assert "0\N{NO-BREAK SPACE}files with two labels, 50" in summary(analysis(doubts=many))
    assert "50\N{NO-BREAK SPACE}labels are doubtful, of 100, the most doubtful first." in page
