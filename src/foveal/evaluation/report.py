"""The report: one page that needs nothing but itself."""

from __future__ import annotations

from importlib import resources
from pathlib import Path

from foveal.evaluation.markup import Html, element, escaped, join, name
from foveal.evaluation.prose import headline
from foveal.evaluation.report_data import Rejected, ReportData
from foveal.evaluation.sections.classes import classes_section
from foveal.evaluation.sections.closing import next_section, reproduce_section, time_section
from foveal.evaluation.sections.confidence import confidence_section
from foveal.evaluation.sections.confusion import confusion_section
from foveal.evaluation.sections.learning import learning_section
from foveal.evaluation.sections.mistakes import Thumbnail, mistakes_section
from foveal.evaluation.sections.photos import photos_section
from foveal.evaluation.sections.result import result_section

__all__ = ["Rejected", "ReportData", "Thumbnail", "photo_thumbnail", "render_report"]

_POLICY = (
    "default-src 'none'; style-src 'unsafe-inline'; img-src data:; "
    "base-uri 'none'; form-action 'none'"
)
_THUMBNAIL_SIDE = 320
_ICON = (
    "data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 32 32'%3E"
    "%3Ccircle cx='16' cy='16' r='13' fill='none' stroke='%230f6b6b' stroke-width='3'/%3E"
    "%3Ccircle cx='16' cy='16' r='6' fill='%230f6b6b'/%3E%3C/svg%3E"
)
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


def photo_thumbnail(path: Path) -> bytes:
    """Return a small JPEG of a photo, without its metadata.

    Args:
        path: the photo.

    Returns:
        The bytes of a JPEG file whose long side is 320 pixels.

    Raises:
        ImageError: the photo cannot be read.
    """
    from foveal.images.io import encode_thumbnail, load_image

    return encode_thumbnail(load_image(path, min_side=_THUMBNAIL_SIDE), size=_THUMBNAIL_SIDE)


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
    present = {key: content for key, content in sections.items() if content is not None}
    body = element(
        "body",
        element("a", "Skip to the result", href="#result", class_="skip"),
        _masthead(data),
        element("div", _contents(present), element("main", *present.values()), class_="page"),
        element("footer", element("p", f"Made by Foveal, run {data.run_name}, {data.created}.")),
    )
    return f"<!doctype html>\n{element('html', _head(data), body, lang='en')}\n"


def _head(data: ReportData) -> Html:
    """Return the head of the page: policy, title and style."""
    css = resources.files("foveal.evaluation").joinpath("report.css").read_text("utf-8")
    summary = headline(data.main) if data.main else "Not measured."
    return element(
        "head",
        element("meta", charset="utf-8"),
        Html(f'<meta http-equiv="Content-Security-Policy" content="{escaped(_POLICY)}">'),
        element("meta", name="viewport", content="width=device-width, initial-scale=1"),
        element("meta", name="color-scheme", content="light dark"),
        element("meta", name="description", content=summary),
        element("title", f"{data.title}: Foveal report"),
        element("link", rel="icon", href=_ICON),
        element("style", Html(css)),
    )


def _masthead(data: ReportData) -> Html:
    """Return the top of the page."""
    mark = element(
        "svg",
        element("circle", cx=16, cy=16, r=13),
        element("circle", cx=16, cy=16, r=6, class_="centre"),
        viewBox="0 0 32 32",
        class_="mark",
        aria_hidden="true",
    )
    return element(
        "header",
        element("p", mark, element("span", "Foveal report"), class_="brand"),
        element("h1", name(data.title, 120)),
        element("p", "Run ", name(data.run_name, 60), f", {data.created}", class_="quiet"),
    )


def _contents(present: dict[str, Html]) -> Html:
    """Return links to the sections."""
    links = [element("li", element("a", _CONTENTS[key], href=f"#{key}")) for key in present]
    return element("nav", element("ul", join(links)), aria_label="Contents")
