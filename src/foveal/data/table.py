"""Tables of images: a CSV file with a path and a label in each row."""

from __future__ import annotations

import csv
import io
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from foveal.data.folder import rejection_warnings
from foveal.data.layout import SPLIT_NAMES
from foveal.data.listing import hash_entries
from foveal.data.records import (
    NOT_AN_IMAGE,
    Entry,
    Listing,
    Rejection,
    Sample,
    Split,
    counted,
    first_few,
    relative_name,
)
from foveal.data.requirements import (
    Note,
    confusable_names,
    empty_classes,
    refuse,
    too_few_classes,
    untrained_classes,
)
from foveal.errors import DataError
from foveal.images.io import IMAGE_SUFFIXES
from foveal.storage import read_bytes, write_text

_USED = ("path", "label", "split", "group")
_HEADER = "expected a first line of column names, 'path,label' and perhaps 'split' and 'group'"


@dataclass(frozen=True)
class _Row:
    line: int
    cells: dict[str, str]


def read_table(table: str | Path, root: str | Path | None = None, note: Note = refuse) -> Listing:
    """List the images that a CSV file names, and read each for its content hash.

    Columns: ``path`` and ``label`` (or ``class``), and if wanted ``split`` (train, val or
    validation, test) and ``group`` (blank where an image stands alone). The file is UTF-8, with or
    without a byte order mark, with any line endings. Paths may be absolute, and may lead out of
    `root`: the table is the user's own.

    Args:
        table: the CSV file.
        root: the folder that relative paths start from; None for the folder of the table.
        note: takes the faults of images that cannot be learned from.

    Returns:
        The images with their classes, splits and groups, and everything left out: what is no
        image by its name, and what does not exist.

    Raises:
        DataError: the table cannot be used; lines are named by their numbers.
    """
    table = Path(table)
    root = table.parent if root is None else Path(root)
    columns, rows, entries = _read_entries(table, root)
    labels = sorted({entry.label for entry in entries})
    note(confusable_names(labels))
    note(too_few_classes(labels, table))
    usable, rejected = _sift(table, rows, entries, root)
    readable, unreadable = hash_entries(sorted(usable, key=lambda entry: entry.name))
    rejected += unreadable
    label_of = {entry.path: entry.label for entry in entries}
    note(
        empty_classes(
            labels,
            readable,
            lambda label: [item for item in rejected if label_of[item.path] == label],
        )
    )
    if "split" in columns:
        note(untrained_classes(readable))
    return Listing(
        root=root,
        entries=tuple(readable),
        rejected=tuple(sorted(rejected, key=lambda item: item.path.as_posix())),
        warnings=(*_unused_columns(columns), *rejection_warnings(rejected)),
    )


def is_table(source: str | Path) -> bool:
    """Tell whether a path is meant as a table rather than as a folder.

    Args:
        source: what the user gave; it need not exist.

    Returns:
        True where its name ends in ``.csv`` and it is no folder.
    """
    source = Path(source)
    return source.suffix.lower() == ".csv" and not source.is_dir()


def read_labels(table: str | Path) -> list[Entry]:
    """Read which images a table names, whether they exist or not.

    Args:
        table: the CSV file; relative paths start from its folder.

    Returns:
        One entry a row, in the order of the table, without content hashes.

    Raises:
        DataError: the table cannot be used; lines are named by their numbers.
    """
    table = Path(table)
    return _read_entries(table, table.parent)[2]


def write_table(
    path: str | Path, samples: Sequence[Sample], root: Path, relative_to: Path | None = None
) -> None:
    """Write which image is in which split: columns path, class and split.

    Args:
        path: the CSV file.
        samples: the images.
        root: the folder of the data; paths are relative to it, and those outside stay as they are.
        relative_to: another folder that all paths are relative to, such as that of the table.

    Raises:
        StorageError: the file cannot be written.
    """
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(("path", "class", "split"))
    for sample in samples:
        name = relative_name(sample.path, root)
        if relative_to is not None:
            name = Path(os.path.relpath(sample.path, relative_to)).as_posix()
        writer.writerow((name, sample.label, sample.split))
    write_text(path, text.getvalue())


def _read_entries(table: Path, root: Path) -> tuple[list[str], list[_Row], list[Entry]]:
    columns, rows = _read_rows(table)
    _require_cells(table, rows)
    entries = [_entry(row, root, _split(row, table)) for row in rows]
    _require_unique(table, rows, entries)
    return columns, rows, entries


def _read_rows(table: Path) -> tuple[list[str], list[_Row]]:
    reader = csv.reader(io.StringIO(_text(table), newline=""), strict=True)
    rows: list[_Row] = []
    columns: list[str] = []
    try:
        for cells in filter(None, reader):  # blank lines are nothing
            if not columns:
                columns = _columns(table, cells)
            elif len(cells) != len(columns):
                raise DataError(
                    f"{table}, line {reader.line_num}: expected {len(columns)} cells "
                    f"({', '.join(columns)}); got {len(cells)}: put a cell that has a comma in "
                    'it between quotes ("a, b").'
                )
            else:
                rows.append(_Row(reader.line_num, dict(zip(columns, cells, strict=True))))
    except csv.Error as error:
        raise DataError(
            f"{table}, line {reader.line_num}: not valid CSV ({error}); correct the quotes there."
        ) from error
    if not columns:
        raise DataError(f"{table} is empty; {_HEADER}.")
    if not rows:
        raise DataError(f"{table} names no images; expected one row for each, below the header.")
    return columns, rows


def _text(table: Path) -> str:
    if not table.is_file():
        what = "is a folder, not a file" if table.exists() else "does not exist"
        raise DataError(f"{table} {what}; expected a CSV file: check the path.")
    try:
        return read_bytes(table).decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise DataError(
            f"{table} is not UTF-8 text (byte {error.start:,}); save it as 'CSV UTF-8'."
        ) from error


def _columns(table: Path, cells: list[str]) -> list[str]:
    columns = [cell.strip().lower() for cell in cells]
    if "label" not in columns:  # as `ImageData.write_split` calls it
        columns = ["label" if column == "class" else column for column in columns]
    if not {"path", "label"} <= set(columns) or len(set(columns)) != len(columns):
        found = ", ".join(repr(cell) for cell in cells)
        hint = " separated by commas, not semicolons" if ";" in "".join(cells) else ""
        raise DataError(f"{table}: {_HEADER},{hint} each once; found the columns {found}.")
    return columns


def _entry(row: _Row, root: Path, split: Split | None) -> Entry:
    path = root / row.cells["path"]
    group = row.cells.get("group", "").strip() or None
    return Entry(path, relative_name(path, root), row.cells["label"].strip(), split, group)


def _split(row: _Row, table: Path) -> Split | None:
    if "split" not in row.cells:
        return None
    name = row.cells["split"].strip()
    if name.lower() not in SPLIT_NAMES:
        raise DataError(
            f"{table}, line {row.line}: unknown split {name!r}; expected train, validation (or "
            "val) or test."
        )
    return SPLIT_NAMES[name.lower()]


def _require_cells(table: Path, rows: list[_Row]) -> None:
    for column in ("path", "label"):
        lines = [str(row.line) for row in rows if not row.cells[column].strip()]
        if lines:
            raise DataError(
                f"{table}: every row must have a {column}; it is blank in line {first_few(lines)}."
            )


def _require_unique(table: Path, rows: list[_Row], entries: list[Entry]) -> None:
    first: dict[str, int] = {}
    repeated: list[str] = []
    for row, entry in zip(rows, entries, strict=True):
        place = os.path.normpath(entry.path)
        if place in first:
            repeated.append(f"line {row.line} repeats line {first[place]} ({entry.name})")
        first.setdefault(place, row.line)
    if repeated:
        raise DataError(
            f"{table}: every image must be named once; {first_few(repeated)}; remove the "
            "repetitions."
        )


def _sift(
    table: Path, rows: list[_Row], entries: list[Entry], root: Path
) -> tuple[list[Entry], list[Rejection]]:
    """Keep what exists and is an image by its name; where nothing exists, the paths are wrong."""
    usable: list[Entry] = []
    rejected: list[Rejection] = []
    missing: list[str] = []
    for row, entry in zip(rows, entries, strict=True):
        if not entry.path.is_file():
            what = "is a folder" if entry.path.is_dir() else "does not exist"
            reason = f"{what} ({table.name}, line {row.line})"
            rejected.append(Rejection(entry.path, reason, "correct its path, or remove its row"))
            missing.append(f"line {row.line}: {row.cells['path']}")
        elif entry.path.suffix.lower() not in IMAGE_SUFFIXES:
            remedy = "save it as JPEG or PNG, or remove its row"
            rejected.append(Rejection(entry.path, NOT_AN_IMAGE, remedy))
        else:
            usable.append(entry)
    if len(missing) == len(rows):
        raise DataError(
            f"{table}: none of its {counted(len(rows), 'file')} exists, looked for from {root}: "
            f"{first_few(missing, limit=10)}; correct the paths, which start from the folder of "
            "the table, or in Python give another `root`."
        )
    return usable, rejected


def _unused_columns(columns: list[str]) -> tuple[str, ...]:
    unused = [repr(column) for column in columns if column not in _USED]
    return (f"columns of the table that are not used: {first_few(unused)}.",) if unused else ()
