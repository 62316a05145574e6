"""Folders of class folders, with or without split folders above them."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from foveal.data.grouping import compile_pattern, find_groups
from foveal.data.layout import ClassFolder, Layout, find_layout
from foveal.data.listing import Found, hash_entries, identity, walk
from foveal.data.records import (
    MISPLACED,
    NOT_AN_IMAGE,
    Entry,
    Listing,
    Rejection,
    counted,
    first_few,
    relative_name,
)
from foveal.data.requirements import (
    Note,
    confusable_names,
    empty_classes,
    empty_splits,
    refuse,
    too_few_classes,
    untrained_classes,
)


def read_folder(root: str | Path, group_by: str | None = None, note: Note = refuse) -> Listing:
    """List every image below a folder of class folders, and read it for its content hash.

    Args:
        root: ``root/<class>/...`` or ``root/{train,val,test}/<class>/...``.
        group_by: a regular expression with one capture group; see `find_groups`.
        note: takes the faults of a folder that cannot be learned from.

    Returns:
        The images with their classes, given splits and groups, and everything left out.

    Raises:
        DataError: the folder cannot be used; the message says what was expected and what is there.
        UsageError: `group_by` cannot be used.
    """
    if group_by is not None:
        compile_pattern(group_by)  # refused before thousands of files are read
    root = Path(root)
    layout = find_layout(root)
    note(confusable_names(folder.label for folder in layout.classes))
    first = layout.classes[0].split and "train"
    required = sorted(folder.label for folder in layout.classes if folder.split == first)
    note(too_few_classes(required, root))
    entries, found = _list_images(root, layout)
    if group_by is not None:
        groups = find_groups([entry.name for entry in entries], group_by)
        entries = [
            replace(entry, group=group) for entry, group in zip(entries, groups, strict=True)
        ]
    entries, unreadable = hash_entries(entries)
    rejected = [*layout.rejected, *found.rejected, *unreadable]
    here = [entry for entry in entries if entry.split == first]
    note(empty_classes(required, here, lambda label: _below(label, rejected)))
    if first is not None:
        note(empty_splits((folder.split for folder in layout.classes), entries))
        note(untrained_classes(entries))
    return Listing(
        root=root,
        entries=tuple(entries),
        rejected=tuple(sorted(rejected, key=lambda item: item.path.as_posix())),
        hidden=(*layout.hidden, *found.hidden),
        warnings=(*layout.warnings, *rejection_warnings(rejected)),
    )


def rejection_warnings(rejected: list[Rejection]) -> list[str]:
    """Return one sentence for each kind of file that is left out.

    Args:
        rejected: the files.

    Returns:
        Up to three sentences, each with a count and the first names.
    """
    kinds: dict[str, list[str]] = {NOT_AN_IMAGE: [], MISPLACED: [], "": []}
    for item in rejected:
        kinds.get(item.reason, kinds[""]).append(item.path.name)
    sentences = {
        NOT_AN_IMAGE: (
            "file is no image by its name and is",
            "files are no images by their names and are",
        ),
        MISPLACED: (
            "image lies outside the class folders and is",
            "images lie outside the class folders and are",
        ),
        "": (
            "file is empty or cannot be opened and is",
            "files are empty or cannot be opened and are",
        ),
    }
    return [
        f"{counted(len(names), *sentences[kind])} left out: {first_few(names, limit=3)}."
        for kind, names in kinds.items()
        if names
    ]


def _list_images(root: Path, layout: Layout) -> tuple[list[Entry], Found]:
    above = [identity(folder) for folder in layout.above]
    entries, everything = [], Found()
    for folder in layout.classes:
        found = walk(folder.path, above)
        entries += [_entry(path, root, folder) for path in found.images]
        everything.add(found)
    return sorted(entries, key=lambda entry: entry.name), everything


def _below(label: str, rejected: list[Rejection]) -> list[Rejection]:
    return [item for item in rejected if label in item.path.parts]


def _entry(path: Path, root: Path, folder: ClassFolder) -> Entry:
    return Entry(path, relative_name(path, root), folder.label, folder.split)
