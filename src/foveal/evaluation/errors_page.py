"""The error page: what to look at, and what to do about it."""

from __future__ import annotations

from foveal.evaluation.errors_data import ErrorAnalysis
from foveal.evaluation.markup import Html, join, name
from foveal.evaluation.page import render_page
from foveal.evaluation.parts import bullets, paragraph, section
from foveal.evaluation.prose import counted, headline, uncertainty
from foveal.evaluation.report_data import ReportData
from foveal.evaluation.sections.confusion import confusion_section
from foveal.evaluation.sections.doubts import labels_section, two_labels_section, unlike_section
from foveal.evaluation.sections.growth import growth_section
from foveal.evaluation.sections.mistakes import mistakes_section
from foveal.evaluation.thumbnails import Thumbnail, photo_thumbnail

PAGE_MARK = "Foveal error page"


def render_errors(data: ErrorAnalysis, *, thumbnail: Thumbnail = photo_thumbnail) -> str:
    """Return an error analysis as one HTML page.

    It runs no script and asks for nothing: style, charts and thumbnails are inside. A photo that
    cannot be read any more is replaced by the reason.

    Args:
        data: what it shows. Names and paths may be hostile.
        thumbnail: makes a small JPEG of a photo; called for at most 132.

    Returns:
        The page, to be written as UTF-8.
    """
    report = _as_report(data)
    return render_page(
        "Foveal error page",
        data.title,
        join(["Run ", name(data.run_name, 60), f", {data.created}"]),
        summary(data),
        {
            "summary": ("In short", _summary_section(data)),
            "two-labels": ("Two labels", two_labels_section(data, thumbnail)),
            "labels": ("Doubtful labels", labels_section(data, thumbnail)),
            "mistakes": ("Worst mistakes", mistakes_section(report, thumbnail)),
            "confusion": ("What it mixes up", confusion_section(report)),
            "unlike": ("Unlike the rest", unlike_section(data, thumbnail)),
            "growth": ("More photos?", growth_section(data)),
        },
        f"Made by Foveal for run {data.run_name}, {data.created}.",
        mark=PAGE_MARK,
    )


def summary(data: ErrorAnalysis) -> str:
    """Return what was found as one sentence.

    Args:
        data: the analysis.

    Returns:
        Such as "9 mistakes on 153 test photos, 8 files with two labels, 120 doubtful labels, 3
        photos unlike the rest."
    """
    two, labels = len(data.of_kind("two labels")), len(data.of_kind("label"))
    unlike = len(data.of_kind("unlike the rest"))
    result = data.evaluation
    return (
        f"{counted(result.n - result.correct, 'mistake')} on "
        f"{counted(result.n, f'{result.split} photo')}, "
        f"{counted(two, 'file')} with two labels, {counted(labels, 'doubtful label')}, "
        f"{counted(unlike, 'photo')} unlike the rest."
    )


def _summary_section(data: ErrorAnalysis) -> Html:
    steps = [
        "Go through errors.csv beside this page: it lists every photo with its label, a "
        "suggestion, a score and a reason.",
        "Correct the labels that are wrong by moving files to the right folder, and remove copies.",
        "Train again. What was encoded before is remembered, so that takes seconds.",
    ]
    return section(
        "summary",
        "In short",
        paragraph(summary(data), class_="lead"),
        paragraph(headline(data.evaluation), " ", uncertainty(data.evaluation)),
        bullets(steps, tag="ol", class_="steps"),
    )


def _as_report(data: ErrorAnalysis) -> ReportData:
    """Give the sections of the report what they need."""
    return ReportData(
        title=data.title,
        run_name=data.run_name,
        created=data.created,
        classes=data.evaluation.classes,
        counts={},
        evaluations={data.evaluation.split: data.evaluation},
        history=(),
        best_epoch=0,
        timing={},
        warnings=(),
        rejected=(),
        settings={},
        command="",
        next_steps=(),
        temperature=1.0,
        image_root=data.image_root,
    )
