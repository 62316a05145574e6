"""What the data package passes around: samples, rejections, and listings without splits."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal, get_args

Split = Literal["train", "validation", "test"]
SPLITS: tuple[Split, ...] = get_args(Split)

NOT_AN_IMAGE = "not an image file"
MISPLACED = "lies outside the class folders"


@dataclass(frozen=True, slots=True)
class Sample:
    """One image that can be trained on or evaluated."""

    path: Path
    """The file."""

    label: str
    """The name of its class."""

    split: Split
    """The split it belongs to."""

    group: str | None
    """What it must not be separated from (a patient, a session); None where it stands alone."""

    content: str
    """The content hash of the file: 32 hexadecimal digits, equal for byte-identical files."""


@dataclass(frozen=True, slots=True)
class Rejection:
    """One file that is left out, and why."""

    path: Path
    """The file or folder."""

    reason: str
    """What is wrong with it, as a phrase."""

    remedy: str
    """What to do about it, as a phrase."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One image as a folder or table gives it, before splits are made."""

    path: Path
    """The file."""

    name: str
    """Its path relative to the root, with forward slashes: what is sorted and matched."""

    label: str
    """The name of its class."""

    split: Split | None
    """The split it was given, if any."""

    group: str | None = None
    """What it must not be separated from."""

    content: str = ""
    """The content hash; empty until the file was read."""


@dataclass(frozen=True)
class Listing:
    """What a folder or a table holds, before splits are made."""

    root: Path
    """The folder that names are relative to."""

    entries: tuple[Entry, ...]
    """Every readable image file, sorted by name."""

    rejected: tuple[Rejection, ...] = ()
    """Every file that is left out."""

    hidden: tuple[Path, ...] = ()
    """Hidden folders that were passed over."""

    warnings: tuple[str, ...] = ()
    """What the user should know, one sentence each."""


def relative_name(path: Path, root: Path) -> str:
    """Return how messages and tables name a file.

    Args:
        path: the file.
        root: the folder of the data.

    Returns:
        The path relative to `root` with forward slashes; the path itself where it lies outside.

    Example:
        >>> relative_name(Path("photos/cats/1.jpg"), Path("photos"))
        'cats/1.jpg'
    """
    # `Path.relative_to` takes ten times as long, seconds for the largest folders
    name = path.as_posix()
    return name.removeprefix(root.as_posix().rstrip("/") + "/") if root.parts else name


def first_few(items: list[str] | tuple[str, ...], limit: int = 5) -> str:
    """Return the first items of a list, and how many there are beyond.

    Args:
        items: what to name.
        limit: how many to name at most.

    Returns:
        A phrase for a message.

    Example:
        >>> first_few(["a", "b", "c"], limit=2)
        'a, b and 1 more'
    """
    rest = len(items) - limit
    return ", ".join(items[:limit]) + (f" and {rest:,} more" if rest > 0 else "")


def counted(number: int, noun: str, plural: str | None = None) -> str:
    """Return a number with its noun.

    Args:
        number: how many.
        noun: the noun for one.
        plural: the noun for any other number; `noun` with an s where it is not given.

    Returns:
        A phrase for a message.

    Example:
        >>> counted(1, "image"), counted(1200, "image"), counted(2, "class", "classes")
        ('1 image', '1,200 images', '2 classes')
    """
    return f"{number:,} {noun if number == 1 else plural or noun + 's'}"
