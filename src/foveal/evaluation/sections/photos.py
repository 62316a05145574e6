"""The photos: how many of what, and what is wrong with them."""

from __future__ import annotations

from foveal.evaluation.markup import Child, Html, element, escaped, name
from foveal.evaluation.parts import bullets, folded, paragraph, section, table, term
from foveal.evaluation.prose import counted
from foveal.evaluation.report_data import Rejected, ReportData

_OPEN_UP_TO = 12
_LISTED = 200
_USES = {"train": "to learn from", "validation": "held back", "test": "for the final test"}
_ROLES = {"train": "To learn from (train)", "validation": "Held back (validation)", "test": "Test"}
_TERMS = {
    "train": "the photos it learned from.",
    "validation": "held back while learning, to decide when to stop.",
    "test": "not looked at until the very end, so that the figure is fair.",
}


def photos_section(data: ReportData) -> Html:
    """Return counts by class and split, warnings, and the files that could not be used.

    Args:
        data: the report.

    Returns:
        A ``section`` element.
    """
    counts = _counts(data)
    few = len(data.classes) <= _OPEN_UP_TO
    return section(
        "photos",
        "The photos",
        paragraph(_lead(data), class_="lead"),
        _warnings(data),
        counts if few else folded(f"Photos of all {len(data.classes):,} classes", counts),
        _rejected(data),
        *(
            term(f"{split.capitalize()}:", _TERMS[split])
            for split in data.counts
            if split in _TERMS
        ),
    )


def _lead(data: ReportData) -> str:
    """Return how many photos there are and how they were divided."""
    total = sum(sum(split.values()) for split in data.counts.values())
    parts = [f"{sum(c.values()):,} {_USES.get(s, s)}" for s, c in data.counts.items()]
    return f"{counted(total, 'photo')} in {counted(len(data.classes), 'class', 'classes')}: " + (
        f"{', '.join(parts)}."
    )


def _warnings(data: ReportData) -> Html:
    """Return what was found about the data."""
    if not data.warnings:
        return paragraph("There are no warnings about them.", class_="fine")
    remarks = bullets([escaped(warning) for warning in data.warnings])
    heading = element("h3", "Worth a look")
    return element("div", heading, remarks, class_="remarks")


def _counts(data: ReportData) -> Html:
    """Return the table of photos by class and split."""
    splits = list(data.counts)
    rows: list[list[Child]] = []
    for label in data.classes:
        numbers = [data.counts[split].get(label, 0) for split in splits]
        rows.append([name(label), *(f"{n:,}" for n in numbers), f"{sum(numbers):,}"])
    heads = [_ROLES.get(split, split) for split in splits]
    return table("Photos by class and split", ("Class", *heads, "Together"), rows, class_="numbers")


def _rejected(data: ReportData) -> Html | None:
    """Return the files that could not be used, and what to do about each."""
    if not data.rejected:
        return None
    total = len(data.rejected)
    listed = table(
        "Files that could not be used",
        ("File", "What is wrong", "What to do"),
        [_rejection(r) for r in data.rejected[:_LISTED]],
        class_="files",
        caption_hidden=True,
    )
    more = f"The first {_LISTED} of {total:,}; rejected.csv beside this report lists all."
    summary = f"{counted(total, 'file')} could not be used and {'was' if total == 1 else 'were'} "
    return folded(f"{summary} left out", listed, paragraph(more) if total > _LISTED else None)


def _rejection(rejected: Rejected) -> list[Child]:
    return [element("bdi", str(rejected.path)), rejected.reason, rejected.remedy]
