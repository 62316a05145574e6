"""The report: one page that needs nothing but itself."""

from __future__ import annotations

from foveal.evaluation.markup import join, name
from foveal.evaluation.page import render_page
from foveal.evaluation.prose import headline
from foveal.evaluation.report_data import Rejected, ReportData
from foveal.evaluation.sections.classes import classes_section
from foveal.evaluation.sections.closing import next_section, reproduce_section, time_section
from foveal.evaluation.sections.confidence import confidence_section
from foveal.evaluation.sections.confusion import confusion_section
from foveal.evaluation.sections.learning import learning_section
from foveal.evaluation.sections.mistakes import mistakes_section
from foveal.evaluation.sections.photos import photos_section
from foveal.evaluation.sections.result import result_section
from foveal.evaluation.thumbnails import Thumbnail, photo_thumbnail

__all__ = ["Rejected", "ReportData", "Thumbnail", "photo_thumbnail", "render_report"]

_CONTENTS = {
    "result": "The result",
    "next": "What to try next",
    "mistakes": "What it got wrong",
    "confusion": "What it mixes up",
    "classes": "Class by class",
    "confidence": "Its confidence",
    "learning": "How it learned",
    "photos": "The photos",
    "time": "How long it took",
    "reproduce": "Make it again",
}


def render_report(data: ReportData, *, thumbnail: Thumbnail = photo_thumbnail) -> str:
    """Return the report as one HTML page.

    It runs no script and asks for nothing: style, charts and thumbnails are inside. A photo that
    cannot be read any more is replaced by the reason.

    Args:
        data: what it shows. Names and paths may be hostile.
        thumbnail: makes a small JPEG of a photo; called for at most 24.

    Returns:
        The page, to be written as UTF-8.
    """
    sections = {
        "result": result_section(data),
        "next": next_section(data),
        "mistakes": mistakes_section(data, thumbnail),
        "confusion": confusion_section(data),
        "classes": classes_section(data),
        "confidence": confidence_section(data),
        "learning": learning_section(data),
        "photos": photos_section(data),
        "time": time_section(data),
        "reproduce": reproduce_section(data),
    }
    return render_page(
        "Foveal report",
        data.title,
        join(["Run ", name(data.run_name, 60), f", {data.created}"]),
        headline(data.main) if data.main else "Not measured.",
        {key: (_CONTENTS[key], content) for key, content in sections.items()},
        f"Made by Foveal, run {data.run_name}, {data.created}.",
    )
