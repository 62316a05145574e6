"""What to try next, how long it took, and how to make it again."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from foveal.evaluation.markup import Html, element, escaped
from foveal.evaluation.parts import bar, bullets, folded, paragraph, section, table
from foveal.evaluation.prose import duration
from foveal.evaluation.report_data import ReportData

_PARTS = {
    "decode_seconds": "Reading the photos",
    "encode_seconds": "Looking at them with the pre-trained network",
    "head_seconds": "Learning the classes",
    "finetune_seconds": "Fine-tuning the network",
}


def next_section(data: ReportData) -> Html | None:
    """Return what to try next.

    Args:
        data: the report.

    Returns:
        A ``section`` element; None where there is no advice.
    """
    if not data.next_steps:
        return None
    steps = bullets([escaped(step) for step in data.next_steps], "ol", class_="steps")
    return section("next", "What to try next", steps)


def time_section(data: ReportData) -> Html | None:
    """Return how long each part took.

    Args:
        data: the report.

    Returns:
        A ``section`` element; None where nothing was timed.
    """
    parts = _timed(data.timing, bool(data.settings.get("from_scratch")))
    if not parts:
        return None
    total = data.timing.get("total_seconds")
    longest = max([seconds for _, seconds in parts] + [total or 0, 1e-9])
    rows = [[label, _time(seconds, longest)] for label, seconds in parts]
    overlap = total is not None and sum(seconds for _, seconds in parts) > total * 1.01
    lead = f"{duration(total)} from start to end." if total is not None else None
    return section(
        "time",
        "How long it took",
        paragraph(lead, class_="lead") if lead else None,
        table("Time of each part", ("Part", "Time"), rows, class_="times", caption_hidden=True),
        paragraph("Parts ran side by side, so they add up to more than the whole.", class_="quiet")
        if overlap
        else None,
    )


def reproduce_section(data: ReportData) -> Html:
    """Return everything needed to make the run again.

    Args:
        data: the report.

    Returns:
        A ``section`` element.
    """
    rows = [
        [element("code", str(key)), element("code", _written(value))]
        for key, value in data.settings.items()
    ]
    settings = table("Settings", ("Setting", "Value"), rows, class_="settings", caption_hidden=True)
    return section(
        "reproduce",
        "Make it again",
        paragraph("This command repeats the run:", class_="lead"),
        element("pre", element("code", data.command), tabindex=0, aria_label="Command"),
        paragraph(
            "The same photos, settings, versions and number of threads give the same result, "
            "to the last bit.",
            class_="quiet",
        ),
        folded(f"All {len(rows)} settings", settings) if rows else None,
    )


def _timed(timing: Mapping[str, float], from_scratch: bool) -> list[tuple[str, float]]:
    """Return the parts that took any time, and what is left over."""
    names = _PARTS | ({"finetune_seconds": "Training the network"} if from_scratch else {})
    parts = [(label, timing[key]) for key, label in names.items() if timing.get(key)]
    rest = timing.get("total_seconds", 0) - sum(seconds for _, seconds in parts)
    if parts and rest > 0.05:
        parts.append(("Everything else", rest))
    return parts


def _time(seconds: float, longest: float) -> Html:
    return element("span", bar(seconds / longest), element("b", duration(seconds)), class_="share")


def _written(value: Any) -> str:
    """Return a setting as it stands in config.json; text without its quotes."""
    if isinstance(value, str):
        return value
    return json.dumps(value, ensure_ascii=False, default=str)
