"""Zip files of photos, looked at before anything of them is written.

A zip is taken whole or refused whole; nothing in it is mended. Refused is what leads out of the
folder, is no plain file, is encrypted, is an archive itself, differs from another name only in
case, or would grow beyond the limits. What systems and archivers add (``__MACOSX``, ``.DS_Store``,
``Thumbs.db``), and files that are no images by name, are left out and counted.
"""

from __future__ import annotations

import io
import zipfile
import zlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import IO

from foveal.data import counted
from foveal.data.layout import SPLIT_NAMES
from foveal.data.listing import is_hidden
from foveal.errors import DataError
from foveal.images.io import IMAGE_SUFFIXES
from foveal.web.workbench.archive_rules import (
    MOST_FILES,
    Parts,
    Seen,
    refuse_kind,
    refuse_size,
    refuse_totals,
    refuse_twins,
    refused,
    shown_name,
    trusted_parts,
)

_MOST_DIRECTORY = 16 * 1024**2  # bytes of the table of contents
_ARCHIVES = {".zip", ".tar", ".gz", ".tgz", ".bz2", ".xz", ".7z", ".rar", ".zst", ".jar"}
_BROKEN = (  # what zipfile raises; NotImplementedError is its word for compression it does not know
    *(zipfile.BadZipFile, zlib.error, EOFError, OSError, ValueError),
    *(RuntimeError, NotImplementedError, IndexError, OverflowError, MemoryError),
)


@dataclass(frozen=True)
class Member:
    """One photo in a zip."""

    info: zipfile.ZipInfo
    """Where it is in the zip."""
    place: PurePosixPath
    """Where it belongs in the set."""


@dataclass(frozen=True)
class Contents:
    """What a zip holds."""

    members: tuple[Member, ...]
    """The photos."""
    ignored: int
    """How many files are left out."""


class _Careful(io.BufferedReader):
    """A file of which nobody can read more at once than a table of contents may have."""

    def read(self, size: int | None = -1, /) -> bytes:
        if size is not None and size > _MOST_DIRECTORY:
            raise zipfile.BadZipFile("its table of contents is too long")
        return super().read(size)


@contextmanager
def opened(file: IO[bytes]) -> Iterator[zipfile.ZipFile]:
    """Open a zip; whatever is wrong with it becomes a sentence.

    Args:
        file: the zip, open for reading and unbuffered.

    Yields:
        The opened zip.

    Raises:
        DataError: it is damaged, or lies about what it holds.
    """
    careful = _Careful(file)  # type: ignore[arg-type]  # a raw file
    try:
        with zipfile.ZipFile(careful) as archive:
            yield archive
    except _BROKEN as error:
        raise DataError("the zip is damaged, or no zip at all; make it again.") from error
    finally:
        careful.detach()  # the file is not ours to close


def contents(archive: zipfile.ZipFile, size: int) -> Contents:
    """Look at everything that a zip says it holds.

    Args:
        archive: an opened zip.
        size: of its file, in bytes.

    Returns:
        The photos and where they belong.

    Raises:
        DataError: it is refused; the message says why and names the file.
    """
    infos = archive.infolist()
    if len(infos) > 2 * MOST_FILES:
        raise refused(f"it holds {counted(len(infos), 'file')}; the limit is {MOST_FILES:,}")
    photos: list[tuple[zipfile.ZipInfo, Parts]] = []
    seen: dict[Parts, Seen] = {}
    ignored = 0
    for info in infos:
        parts = trusted_parts(info)
        refuse_kind(info)
        refuse_twins(parts, info, seen)
        if info.is_dir():
            continue
        if any(map(is_hidden, parts)):
            ignored += 1
            continue
        refuse_size(info)
        suffix = PurePosixPath(parts[-1]).suffix.lower()
        if suffix in _ARCHIVES:
            raise refused(f"it holds another archive, {shown_name(info)}; unpack that one first")
        if suffix in IMAGE_SUFFIXES:
            photos.append((info, parts))
        else:
            ignored += 1
    refuse_totals([info for info, _ in photos], infos, size)
    return Contents(tuple(_placed(photos)), ignored)


def member_bytes(archive: zipfile.ZipFile, member: Member) -> bytes:
    """Unpack one photo.

    Args:
        archive: an opened zip.
        member: one of its `contents`.

    Returns:
        The bytes: as many as the zip promised.

    Raises:
        DataError: the zip promised another size.
    """
    with archive.open(member.info) as file:
        data = file.read(member.info.file_size + 1)
    if len(data) != member.info.file_size:
        raise refused(f"{shown_name(member.info)} is not as long as it says")
    return data


def _placed(photos: Sequence[tuple[zipfile.ZipInfo, Parts]]) -> Iterator[Member]:
    """Give every photo its place: below its class, or its split and class."""
    if not photos:
        raise refused("there are no photos in it (JPEG, PNG, WebP, GIF, BMP, TIFF or HEIC)")
    skipped = 0
    while _is_wrapped([parts[skipped:] for _, parts in photos]):
        skipped += 1
    for info, parts in photos:
        if len(parts) - skipped < 2:
            raise refused(
                f"{shown_name(info)} lies in no class folder; put each photo into a folder that is "
                "named by its class"
            )
        yield Member(info, PurePosixPath(*parts[skipped:]))


def _is_wrapped(names: Sequence[Parts]) -> bool:
    """Tell whether all photos lie in one folder that is neither a class nor a split."""
    tops = {parts[0] for parts in names}
    (top, *others) = tops
    return not others and top.lower() not in SPLIT_NAMES and all(len(parts) > 2 for parts in names)


def ignored_in_words(found: Contents) -> str | None:
    """Say what is left out.

    Args:
        found: the contents of a zip.

    Returns:
        A sentence, or None where nothing is.
    """
    if not found.ignored:
        return None
    what = ("file that is no photo was", "files that are no photos were")
    return f"{counted(found.ignored, *what)} left out of the zip."
