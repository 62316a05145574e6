"""Zip files of photos, looked at before anything of them is written.

A zip is taken whole or refused whole; nothing in it is mended. Refused is what leads out of the
folder, is no plain file, is encrypted, is an archive itself, differs from another name only in
case, or would grow beyond the limits. What systems and archivers add (``__MACOSX``, ``.DS_Store``,
``Thumbs.db``), and files that are no images by name, are left out and counted.
"""

from __future__ import annotations

import io
import re
import stat
import unicodedata
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

MOST_FILES = 20_000
MOST_BYTES = 4 * 1024**3  # unpacked
MOST_FILE_BYTES = 128 * 1024**2  # of one file, unpacked
MOST_RATIO = 100  # times that a file may grow; photos hardly grow at all
_SMALL = 1024**2  # bytes; drawings below may grow as they like
_MOST_DIRECTORY = 16 * 1024**2  # bytes of the table of contents
_LONGEST_PART, _LONGEST_NAME, _DEEPEST = 200, 1000, 12
_ENCRYPTED = 0x1 | 0x40 | 0x2000
_UTF8 = 0x800
_METHODS = {zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED}
_DRIVE = re.compile(r"[A-Za-z]:")
_ARCHIVES = {".zip", ".tar", ".gz", ".tgz", ".bz2", ".xz", ".7z", ".rar", ".zst", ".jar"}
_BROKEN = (
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
        words = "".join(c for c in str(error) if c.isprintable())[:120]
        raise DataError(
            f"the zip is damaged or no zip at all ({words or type(error).__name__}); make it again."
        ) from error
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
        raise _refused(f"it holds {counted(len(infos), 'file')}; the limit is {MOST_FILES:,}")
    photos: list[tuple[zipfile.ZipInfo, tuple[str, ...]]] = []
    seen: dict[tuple[str, ...], tuple[str, ...]] = {}
    files: set[tuple[str, ...]] = set()
    ignored = 0
    for info in infos:
        parts = _parts(info)
        _refuse_kind(info)
        _refuse_twins(parts, info, seen, files)
        if info.is_dir():
            continue
        if any(map(is_hidden, parts)):
            ignored += 1
            continue
        _refuse_size(info)
        suffix = PurePosixPath(parts[-1]).suffix.lower()
        if suffix in _ARCHIVES:
            raise _refused(f"it holds another archive, {_shown(info)}; unpack that one first")
        if suffix in IMAGE_SUFFIXES:
            photos.append((info, parts))
        else:
            ignored += 1
    _refuse_totals([info for info, _ in photos], infos, size)
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
        raise _refused(f"{_shown(member.info)} is not as long as it says")
    return data


def _parts(info: zipfile.ZipInfo) -> tuple[str, ...]:
    """Return the name of a member as its parts, if it can be trusted."""
    name = info.orig_filename
    if not info.flag_bits & _UTF8 and not name.isascii():
        name = _as_meant(name)
    reason = _fault(name)
    if reason is not None:
        raise _refused(f"the name {_shown(info)} {reason}")
    return tuple(unicodedata.normalize("NFC", name).removesuffix("/").split("/"))


def _as_meant(name: str) -> str:
    """Undo the wrong alphabet of archivers that write UTF-8 and do not say so, as macOS does."""
    try:
        return name.encode("cp437").decode("utf-8")
    except UnicodeError:
        return name


def _fault(name: str) -> str | None:
    parts = name.removesuffix("/").split("/")
    faults = {
        "is empty": not name,
        "leads out of the folder": name.startswith("/") or ".." in parts,
        "begins with a drive letter": bool(_DRIVE.match(name)),
        "holds a backslash": "\\" in name,
        "holds characters that cannot be printed": any(not c.isprintable() for c in name),
        "has an empty part": any(not part.strip() or part == "." for part in parts),
        "is too long": len(name.encode("utf-8", "replace")) > _LONGEST_NAME
        or any(len(part.encode("utf-8", "replace")) > _LONGEST_PART for part in parts),
        "is too deep": len(parts) > _DEEPEST,
    }
    return next((reason for reason, found in faults.items() if found), None)


def _refuse_kind(info: zipfile.ZipInfo) -> None:
    kind = stat.S_IFMT(info.external_attr >> 16)
    if kind == stat.S_IFLNK:
        raise _refused(f"{_shown(info)} is a link")
    if kind not in (0, stat.S_IFREG, stat.S_IFDIR):
        raise _refused(f"{_shown(info)} is no plain file")
    if (kind == stat.S_IFDIR) != info.is_dir() and kind:
        raise _refused(f"{_shown(info)} is a folder and a file at once")
    if info.is_dir() and info.file_size:
        raise _refused(f"the folder {_shown(info)} holds bytes")
    if info.flag_bits & _ENCRYPTED:
        raise _refused(f"{_shown(info)} is encrypted; make the zip without a password")
    if info.compress_type not in _METHODS:
        raise _refused(f"{_shown(info)} is packed in an unusual way; make an ordinary zip")


def _refuse_twins(
    parts: tuple[str, ...],
    info: zipfile.ZipInfo,
    seen: dict[tuple[str, ...], tuple[str, ...]],
    files: set[tuple[str, ...]],
) -> None:
    """Refuse names of which some systems would make one file, and files that are folders too."""
    folded = tuple(part.casefold() for part in parts)
    for length in range(1, len(parts) + 1):
        known = seen.setdefault(folded[:length], parts[:length])
        if known != parts[:length]:
            raise _refused(f"{'/'.join(known)!r} and {_shown(info)} differ only in case")
        if length < len(parts) and folded[:length] in files:
            raise _refused(f"{'/'.join(known)!r} is a file and a folder")
    if info.is_dir():
        return
    if folded in files:
        raise _refused(f"{_shown(info)} is in it twice")
    files.add(folded)


def _refuse_size(info: zipfile.ZipInfo) -> None:
    if info.file_size > MOST_FILE_BYTES:
        limit = f"{MOST_FILE_BYTES // 2**20} MB"
        raise _refused(f"{_shown(info)} has {info.file_size // 2**20:,} MB; the limit is {limit}")
    if info.file_size > _SMALL and info.file_size > MOST_RATIO * max(1, info.compress_size):
        raise _refused(f"{_shown(info)} would grow more than {MOST_RATIO} times: no photo does")


def _refuse_totals(
    photos: Sequence[zipfile.ZipInfo], infos: Sequence[zipfile.ZipInfo], size: int
) -> None:
    if len(photos) > MOST_FILES:
        raise _refused(f"it holds {counted(len(photos), 'photo')}; the limit is {MOST_FILES:,}")
    total = sum(info.file_size for info in photos)
    if total > MOST_BYTES:
        raise _refused(
            f"its photos have {total / 2**30:.1f} GB; the limit is {MOST_BYTES >> 30} GB"
        )
    if total > max(_SMALL, MOST_RATIO * size):
        raise _refused(f"it would grow more than {MOST_RATIO} times: no photos do")
    end = 0
    for info in sorted(infos, key=lambda each: each.header_offset):
        if info.header_offset < end:
            raise _refused(f"{_shown(info)} shares its bytes with another file")
        end = info.header_offset + info.compress_size
    if end > size:
        raise _refused("it is shorter than it says")


def _placed(photos: Sequence[tuple[zipfile.ZipInfo, tuple[str, ...]]]) -> Iterator[Member]:
    """Give every photo its place: below its class, or its split and class."""
    if not photos:
        raise _refused("there are no photos in it (JPEG, PNG, WebP, GIF, BMP, TIFF or HEIC)")
    skipped = 0
    while _is_wrapped([parts[skipped:] for _, parts in photos]):
        skipped += 1
    for info, parts in photos:
        if len(parts) - skipped < 2:
            raise _refused(
                f"{_shown(info)} lies in no class folder; put each photo into a folder that is "
                "named by its class"
            )
        yield Member(info, PurePosixPath(*parts[skipped:]))


def _is_wrapped(names: Sequence[tuple[str, ...]]) -> bool:
    """Tell whether all photos lie in one folder that is neither a class nor a split."""
    tops = {parts[0] for parts in names}
    (top, *others) = tops
    return not others and top.lower() not in SPLIT_NAMES and all(len(parts) > 2 for parts in names)


def _shown(info: zipfile.ZipInfo) -> str:
    name = info.orig_filename
    return repr(name if len(name) <= 80 else f"{name[:79]}…")


def _refused(reason: str) -> DataError:
    return DataError(f"the zip is refused whole: {reason}.")


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
