"""The photos that a run was made of, as its table tells."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from foveal.errors import DataError
from foveal.storage import read_json

TABLE, CONFIG = "split.csv", "config.json"


@dataclass(frozen=True)
class RunPhoto:
    """One photo of a run."""

    path: Path
    """The file."""
    name: str
    """Its path in the run's table: relative to the folder of the data where it lies in it."""
    label: str
    """The class it was given."""
    split: str
    """``"train"``, ``"validation"`` or ``"test"``."""


def photos_of_run(run: Path) -> list[RunPhoto]:
    """Read the table of a run.

    Args:
        run: a run folder.

    Returns:
        Its photos; none where the folder is no run, such as a model folder.
    """
    table, config = run / TABLE, run / CONFIG
    if not table.is_file() or not config.is_file():
        return []
    root = Path(read_json(config)["data_root"])
    with open(table, encoding="utf-8", newline="") as file:
        return [
            RunPhoto(root / row["path"], row["path"], row["class"], row["split"])
            for row in csv.DictReader(file)
        ]


def require_photos(run: Path, purpose: str) -> list[RunPhoto]:
    """Read the table of a run whose photos must still be there.

    Args:
        run: a run folder.
        purpose: what the photos are needed for, as an infinitive.

    Returns:
        Its photos.

    Raises:
        DataError: the folder is no run, or photos are gone.
    """
    photos = photos_of_run(run)
    if not photos:
        raise DataError(
            f"{run} is no run folder, so it does not say which photos {purpose}; expected "
            f"a folder made by `foveal train`, with {TABLE} in it."
        )
    require_there(photos)
    return photos


def require_there(photos: Sequence[RunPhoto]) -> None:
    """Refuse to go on without photos that a run had.

    Args:
        photos: of a run.

    Raises:
        DataError: some are gone; the message names the first.
    """
    missing = [photo.path for photo in photos if not photo.path.is_file()]
    if missing:
        raise DataError(
            f"{len(missing)} of the {len(photos)} photos are gone; the first is {missing[0]}. "
            "Put them back where they were."
        )
