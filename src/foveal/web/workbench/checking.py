"""What `foveal check` finds in a set, with the photos it is about."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any, get_args

from foveal.data import DataReport, Finding, check_data, counted
from foveal.data.requirements import FaultKind
from foveal.errors import DataError
from foveal.web.workbench.page_words import for_page
from foveal.web.workbench.photo_sets import Photo, PhotoSet, PhotoSets
from foveal.workflow.listener import Listener

_SHOWN = 24  # photos of a finding
_LEVELS = {"error": "error", "warning": "warning", "info": "note"}
_REFUSED = set(get_args(FaultKind))
_State = tuple[tuple[str, int, int], ...]
_checking = threading.Lock()
_checked: dict[str, tuple[_State, dict[str, Any]]] = {}


def check_set(sets: PhotoSets, key: str, listener: Listener) -> dict[str, Any]:
    """Decode every photo of a set and say what is wrong with it.

    Args:
        sets: all sets.
        key: the opaque id of the set.
        listener: hears how far it is.

    Returns:
        ``verdict``, ``trainable``, ``n`` and ``findings``, the worst first. The answer is kept
        until a photo changes.

    Raises:
        RefusedUpload: there is no such set.
    """
    photos = sets.require(key)
    known = sets.known(photos)
    state = tuple(_state(photo.path) for photo in known.values())
    with _checking:  # one at a time: it takes all cores
        kept = _checked.get(key)
        if kept is None or kept[0] != state:
            kept = _checked[key] = (state, _check(photos, known, listener))
    return kept[1]


def photo_entry(photos: PhotoSet, photo: Photo, shown: bool = True) -> dict[str, str | None]:
    """Return what the page needs to show a photo.

    Args:
        photos: its set.
        photo: the photo.
        shown: whether it can be shown at all.

    Returns:
        ``id``, ``name``, ``class`` and ``thumb``, None where it cannot be shown.
    """
    return {
        "id": photo.id,
        "name": photo.path.name,
        "class": photo.label,
        "thumb": f"/media/photos/{photos.id}/{photo.id}.jpg" if shown else None,
    }


def _state(path: Path) -> tuple[str, int, int]:
    try:
        status = path.stat()
    except OSError:
        return str(path), 0, 0
    return str(path), status.st_mtime_ns, status.st_size


def _check(photos: PhotoSet, known: dict[str, Photo], listener: Listener) -> dict[str, Any]:
    def looked(done: int, total: int) -> None:
        listener.progress("Looking at photos", done, total)

    try:
        report = check_data(photos.path, looked)
    except DataError as error:
        sentence = _named(photos, str(error))
        finding = {"kind": "layout", "level": "error", "sentence": sentence, "photos": []}
        return {"verdict": sentence, "trainable": False, "n": 0, "findings": [finding]}
    trainable = not any(finding.kind in _REFUSED for finding in report.findings)
    by_path = {photo.path: photo for photo in known.values()}
    return {
        "verdict": _verdict(report, trainable),
        "trainable": trainable,
        "n": report.images,
        "findings": [_finding(photos, by_path, finding) for finding in report.findings],
    }


def _finding(photos: PhotoSet, known: dict[Path, Photo], finding: Finding) -> dict[str, Any]:
    remedy = finding.remedy[:1].upper() + finding.remedy[1:]
    shown = [known[path] for path in finding.paths if path in known]
    return {
        "kind": finding.kind,
        "level": _LEVELS[finding.severity],
        "sentence": _named(photos, f"{finding.message} {remedy}."),
        "count": len(finding.paths),
        "photos": [
            photo_entry(photos, photo, finding.kind != "unreadable") for photo in shown[:_SHOWN]
        ],
    }


def _verdict(report: DataReport, trainable: bool) -> str:
    among = f"{counted(report.images, 'photo')} of "
    among += counted(len(report.classes), "class", "classes")
    if not trainable:
        first = next(finding for finding in report.findings if finding.kind in _REFUSED)
        return f"{among}, but nothing can be learned from them yet: {first.remedy}."
    found = ", ".join(_counts(report))
    return f"{among}: {found or 'nothing is wrong with them'}. They can be trained on."


def _counts(report: DataReport) -> Iterator[str]:
    for severity, noun in (("error", "fault"), ("warning", "warning")):
        number = report.count(severity)  # type: ignore[arg-type]  # a literal of the pair above
        if number:
            yield counted(number, noun)


def _named(photos: PhotoSet, sentence: str) -> str:
    """Call the set by its name instead of by its place on the disk."""
    return for_page(sentence, str(photos.path))
