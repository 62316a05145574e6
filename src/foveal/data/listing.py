"""Walking folders and reading files: fast, without decoding, and never stuck."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from pathlib import Path

from foveal.data.records import NOT_AN_IMAGE, Entry, Rejection
from foveal.data.threads import map_in_threads
from foveal.errors import StorageError
from foveal.images.io import IMAGE_SUFFIXES
from foveal.storage import content_hash, file_content_hash

Identity = tuple[int, int]

# What desktops, archivers and notebooks leave behind; names that start with a dot are hidden too.
_CLUTTER = frozenset(
    {"__macosx", "__pycache__", "@eadir", "$recycle.bin", "system volume information"}
    | {"lost+found", "thumbs.db", "desktop.ini"}
)
_EMPTY = content_hash(b"")


@dataclass
class Found:
    """What lies in a folder."""

    folders: list[Path] = field(default_factory=list)
    """Sub-folders, sorted by name."""

    images: list[Path] = field(default_factory=list)
    """Files with the suffix of an image, sorted by name."""

    hidden: list[Path] = field(default_factory=list)
    """Hidden sub-folders."""

    rejected: list[Rejection] = field(default_factory=list)
    """Everything else."""

    def add(self, other: Found) -> None:
        """Take over what another folder holds, but for its sub-folders.

        Args:
            other: what to add.
        """
        self.images += other.images
        self.hidden += other.hidden
        self.rejected += other.rejected


def is_hidden(name: str) -> bool:
    """Tell whether a file or folder is not meant to be seen.

    Args:
        name: its name without the path.

    Returns:
        True for dot names and for what systems leave behind.

    Example:
        >>> is_hidden(".ipynb_checkpoints"), is_hidden("Thumbs.db"), is_hidden("cats")
        (True, True, False)
    """
    return name.startswith(".") or name.lower() in _CLUTTER


def identity(folder: Path) -> Identity:
    """Return what two paths to the same folder share.

    Args:
        folder: an existing folder, or a link to one.

    Returns:
        Device and file number.
    """
    status = folder.stat()
    return status.st_dev, status.st_ino


def look_into(folder: Path) -> Found:
    """List one folder, without its sub-folders' content.

    Args:
        folder: an existing folder.

    Returns:
        What lies in it; hidden files are left out without a word.
    """
    found = Found()
    try:
        with os.scandir(folder) as scan:
            entries = sorted(scan, key=lambda entry: entry.name)
    except OSError as error:
        found.rejected.append(_unreadable(folder, error))
        return found
    for entry in entries:
        _sort_in(entry, found)
    return found


def walk(folder: Path, above: Iterable[Identity]) -> Found:
    """List a class folder with everything below it.

    Every folder is read once, however many links lead to it: links that form a loop end.

    Args:
        folder: the class folder.
        above: identities of the folders above it; links back to them are rejected.

    Returns:
        All images, rejections and hidden folders; `folders` stays empty.
    """
    found, seen, waiting = Found(), set(above), [folder]
    while waiting:
        here = waiting.pop()
        try:
            place = identity(here)
        except OSError as error:
            found.rejected.append(_unreadable(here, error))
            continue
        if place in seen:
            remedy = "remove the link; its images are read once already"
            found.rejected.append(Rejection(here, "links to a folder above or beside it", remedy))
            continue
        seen.add(place)
        inside = look_into(here)
        found.add(inside)
        waiting += reversed(inside.folders)
    return found


def hash_entries(entries: list[Entry]) -> tuple[list[Entry], list[Rejection]]:
    """Read every file for its content hash.

    Args:
        entries: images that were listed.

    Returns:
        The entries with their `content`, and a rejection for every file that is empty or cannot
        be read.
    """
    outcomes = map_in_threads(_hash, entries, batch=32)  # a small file takes 30 µs
    read = [outcome for outcome in outcomes if isinstance(outcome, Entry)]
    return read, [outcome for outcome in outcomes if isinstance(outcome, Rejection)]


def _hash(entry: Entry) -> Entry | Rejection:
    try:
        content = file_content_hash(entry.path)
    except StorageError as error:
        return _unreadable(entry.path, error.__cause__ or error)
    if content == _EMPTY:
        return Rejection(entry.path, "the file is empty", "copy it again from where it came")
    return replace(entry, content=content)


def _sort_in(entry: os.DirEntry[str], found: Found) -> None:
    path = Path(entry.path)
    if not _is_text(entry.name):  # no table could name such a file
        found.rejected.append(_badly_named(path))
    elif is_hidden(entry.name):
        if _ask(entry.is_dir):
            found.hidden.append(path)
    elif _ask(entry.is_dir):
        found.folders.append(path)
    elif os.path.splitext(entry.name)[1].lower() not in IMAGE_SUFFIXES:
        remedy = "nothing, if it is not meant to be an image; else save it as JPEG or PNG"
        found.rejected.append(Rejection(path, NOT_AN_IMAGE, remedy))
    elif _ask(entry.is_file) or not os.path.exists(path):
        found.images.append(path)  # a broken link is rejected when it cannot be read
    else:  # reading a pipe would wait for ever
        found.rejected.append(Rejection(path, "not a regular file", "remove it"))


def _ask(question: Callable[[], bool]) -> bool:
    """Answer `is_dir` or `is_file` of a directory entry; a link that leads nowhere is neither."""
    try:
        return question()
    except OSError:
        return False


def _unreadable(path: Path, error: BaseException) -> Rejection:
    reason = getattr(error, "strerror", None) or str(error)
    remedy = "check that it exists and that you may read it"
    return Rejection(path, f"cannot be read ({reason})", remedy)


def _badly_named(path: Path) -> Rejection:
    shown = Path(os.fsencode(path).decode("utf-8", errors="replace"))
    return Rejection(shown, "its name is not valid UTF-8", "rename it")


def _is_text(name: str) -> bool:
    try:
        name.encode()
    except UnicodeEncodeError:
        return False
    return True
