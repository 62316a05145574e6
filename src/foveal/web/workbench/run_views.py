"""What the pages are told of a run: one line in the list, or everything."""

from __future__ import annotations

import csv
import math
from pathlib import Path
from typing import Any

from foveal.errors import FovealError
from foveal.storage import read_json
from foveal.web.workbench.page_words import for_page
from foveal.web.workbench.runs import RunEntry
from foveal.web.workbench.trainings import EVENTS, events_after

_EVERYTHING = 10**9
Row = dict[str, Any]


def run_line(entry: RunEntry) -> dict[str, Any]:
    """Sum a run up.

    Args:
        entry: the run.

    Returns:
        What a row of the list shows.
    """
    state, error = entry.state()
    settings, created = _beginning(entry)
    accuracy, split, measured = _accuracy(entry.path)
    return {
        "id": entry.id,
        "name": entry.name,
        "state": state,
        "photos": entry.training.photos if entry.training else _photos(settings),
        "kind": _kind(settings),
        "backbone": settings.get("from_scratch") or settings.get("backbone") or _default(),
        "created": created,
        "accuracy": accuracy,
        "split": split,
        "measured": measured,
        "epochs_done": _epochs(history(entry)),
        "here": entry.training is not None,
        "removable": entry.is_ours and state != "running",
        "resumable": state in ("stopped", "failed") and _can_go_on(entry),
        "error": error and for_page(error, _folder(settings)),
    }


def run_page(entry: RunEntry) -> dict[str, Any]:
    """Tell everything of a run.

    Args:
        entry: the run.

    Returns:
        What its page shows.
    """
    line = run_line(entry)
    metrics = _json(entry.path / "metrics.json") or None
    report = f"/runs/{entry.id}/report.html" if (entry.path / "report.html").is_file() else None
    return line | {
        "settings": _beginning(entry)[0],
        "metrics": metrics,
        "history": history(entry),
        "report": report,
    }


def history(entry: RunEntry) -> list[Row]:
    """Return what every epoch gave.

    Args:
        entry: the run.

    Returns:
        The rows of ``history.csv``, or while there is none those that the training has told.
    """
    file = entry.path / "history.csv"
    if file.is_file():
        with open(file, encoding="utf-8", newline="") as rows:
            return [
                {name: _value(text) for name, text in row.items()} for row in csv.DictReader(rows)
            ]
    told: dict[tuple[str, int], Row] = {}
    if (entry.notes / EVENTS).is_file():
        for event in events_after(entry.notes, 0, _EVERYTHING)[0]:
            if event["event"] == "epoch":
                row = {name: value for name, value in event.items() if name != "event"}
                told[row["phase"], row["epoch"]] = row  # one that is done again counts once
    return list(told.values())


def _beginning(entry: RunEntry) -> tuple[dict[str, Any], str | None]:
    """Return settings and date, from whichever file has them."""
    if entry.training is not None:
        return entry.training.settings, entry.training.created
    for file in (entry.path / "config.json", entry.path / "checkpoints" / "start.json"):
        values = _json(file)
        if isinstance(values.get("settings"), dict):
            return values["settings"], values.get("created")
    return {}, None


def _accuracy(run: Path) -> tuple[float | None, str | None, int | None]:
    splits = _json(run / "metrics.json").get("splits")
    for name in ("test", "validation"):
        figures = splits.get(name) if isinstance(splits, dict) else None
        if isinstance(figures, dict):
            return figures.get("accuracy"), name, figures.get("n")
    return None, None, None


def _can_go_on(entry: RunEntry) -> bool:
    began = (entry.path / "checkpoints" / "start.json").is_file()
    return began or (entry.training is not None and bool(entry.training.words))


def _epochs(rows: list[Row]) -> int:
    last = rows[-1].get("phase") if rows else None
    return sum(row.get("phase") == last for row in rows)


def _kind(settings: dict[str, Any]) -> str:
    if settings.get("from_scratch"):
        return "scratch"
    return "fine-tune" if settings.get("fine_tune") else "head"


def _photos(settings: dict[str, Any]) -> str | None:
    folder = _folder(settings)
    return None if folder is None else Path(folder).name


def _folder(settings: dict[str, Any]) -> str | None:
    folder = settings.get("folder")
    return folder if isinstance(folder, str) else None


def _default() -> str:
    from foveal.workflow.settings import DEFAULT_BACKBONE

    return DEFAULT_BACKBONE


def _json(file: Path) -> dict[str, Any]:
    """Read a file of a run; one that is missing or damaged must not hide the others."""
    if not file.is_file():
        return {}
    try:
        values = read_json(file)
    except FovealError:
        return {}
    return values if isinstance(values, dict) else {}


def _value(text: str | None) -> Any:
    """Read a cell: a whole number, a number, or a word; what is no finite number is None."""
    try:
        number = float(text or "")
    except ValueError:
        return text or None
    if not math.isfinite(number):
        return None
    return int(number) if text is not None and text.isdecimal() else number
