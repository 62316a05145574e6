"""Photos that somebody should look at, kind by kind."""

from __future__ import annotations

from pathlib import PurePath

from foveal.evaluation.errors_data import Doubt, DoubtKind, ErrorAnalysis
from foveal.evaluation.markup import Html, element, name, shortened
from foveal.evaluation.parts import bullets, folded, paragraph, section, term
from foveal.evaluation.prose import counted
from foveal.evaluation.thumbnails import Thumbnail, picture

_OPEN, _LISTED = 12, 36


def two_labels_section(data: ErrorAnalysis, thumbnail: Thumbnail) -> Html:
    """Return the photos that carry two labels.

    Args:
        data: the analysis.
        thumbnail: makes a small JPEG of a photo.

    Returns:
        A ``section`` element.
    """
    found = data.of_kind("two labels")
    words = (
        f"{counted(len(found), 'file')} whose copy carries another label. One of the two is wrong "
        "for certain: keep one and remove the other."
        if found
        else "No photo has a copy with another label."
    )
    return section(
        "two-labels",
        "One photo, two labels",
        paragraph(words, class_="lead"),
        *_gallery(data, "two labels", "Label", "Better", thumbnail),
    )


def labels_section(data: ErrorAnalysis, thumbnail: Thumbnail) -> Html:
    """Return the labels that are probably wrong.

    Args:
        data: the analysis.
        thumbnail: makes a small JPEG of a photo.

    Returns:
        A ``section`` element.
    """
    found = data.of_kind("label")
    words = (
        f"{counted(len(found), 'label is', 'labels are')} doubtful, of {data.photos:,}"
        f"{', the most doubtful first' if len(found) > 1 else ''}. "
        "Not all are wrong: where classes look alike, a right label may look doubtful too."
        if found
        else "No label is doubtful."
    )
    return section(
        "labels",
        "Labels that may be wrong",
        paragraph(words, class_="lead"),
        *_gallery(data, "label", "Label", "Rather", thumbnail),
        term(
            "How they were found:",
            "the photos were dealt to five piles. For each, a simple head on the features of "
            f"{data.backbone}, which never saw these labels, learned from the other four and named "
            "the photos of this one. A label is doubtful where another class gets more than its "
            "usual confidence.",
        ),
    )


def unlike_section(data: ErrorAnalysis, thumbnail: Thumbnail) -> Html:
    """Return the photos that are unlike the rest.

    Args:
        data: the analysis.
        thumbnail: makes a small JPEG of a photo.

    Returns:
        A ``section`` element.
    """
    found = data.of_kind("unlike the rest")
    words = (
        f"{counted(len(found), 'photo')} with no others near. Perhaps they do not belong here, or "
        "show something that deserves more photos."
        if found
        else "No photo lies far from all the others."
    )
    return section(
        "unlike",
        "Photos unlike the rest",
        paragraph(words, class_="lead"),
        *_gallery(data, "unlike the rest", "Label", "", thumbnail),
        term(
            "Distance:",
            f"between directions of the features of {data.backbone}, to the fifth nearest photo; "
            "listed is what lies more than 1.5 quartile distances above the upper quartile.",
        ),
    )


def _gallery(
    data: ErrorAnalysis, kind: DoubtKind, given: str, suggested: str, thumbnail: Thumbnail
) -> list[Html | None]:
    found = data.of_kind(kind)
    tiles = [_tile(doubt, data, given, suggested, thumbnail) for doubt in found[:_LISTED]]
    rest = len(found) - len(tiles)
    return [
        bullets(tiles[:_OPEN], class_="gallery") if tiles else None,
        folded(f"{len(tiles) - _OPEN} more", bullets(tiles[_OPEN:], class_="gallery"))
        if len(tiles) > _OPEN
        else None,
        paragraph(f"errors.csv lists {rest:,} more.", class_="quiet") if rest else None,
    ]


def _tile(
    doubt: Doubt, data: ErrorAnalysis, given: str, suggested: str, thumbnail: Thumbnail
) -> Html:
    """Return one photo with its label, what it rather shows, and why."""
    words = f"{PurePath(doubt.path).name}: labelled {doubt.given}; {doubt.reason}"
    rows = [element("div", element("dt", given), element("dd", name(doubt.given, 40)))]
    if suggested:
        answer = element("dd", name(doubt.suggested, 40))
        changed = "said" if doubt.suggested != doubt.given else None
        rows.append(element("div", element("dt", suggested), answer, class_=changed))
    return element(
        "figure",
        picture(data.image_root / doubt.path, words, thumbnail),
        element(
            "figcaption",
            element("dl", *rows),
            element("span", _because(doubt), class_="file", title=doubt.reason),
            element(
                "span",
                element("bdi", shortened(PurePath(doubt.path).name, 48)),
                class_="file",
                title=doubt.path,
            ),
        ),
        class_="tile",
    )


def _because(doubt: Doubt) -> str:
    return shortened(doubt.reason, 96)
