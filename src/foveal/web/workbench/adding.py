"""Photos that are added to a set one by one, and taken out again."""

from __future__ import annotations

from pathlib import Path

from foveal.errors import ImageError
from foveal.images.headers import format_of
from foveal.images.io import IMAGE_SUFFIXES, load_image
from foveal.storage import read_bytes, write_bytes
from foveal.storage.space import named_errors
from foveal.web.uploads import RefusedUpload
from foveal.web.workbench.names import require_class, require_plain
from foveal.web.workbench.photo_sets import (
    MOST_PHOTOS,
    Photo,
    PhotoSets,
    class_place,
)

MOST_PIXELS = 50_000_000
_SUFFIXES = {"JPEG": ".jpg", "PNG": ".png", "WEBP": ".webp", "GIF": ".gif", "BMP": ".bmp"}
_SUFFIXES |= {"TIFF": ".tif", "HEIF": ".heic"}
_HEAD = 64  # bytes by which a format is known


def add_photo(sets: PhotoSets, key: str, label: str, name: str, data: bytes) -> Photo:
    """Add a photo to a class of a set, which it may be the first of.

    Args:
        sets: all sets.
        key: the opaque id of the set.
        label: the class.
        name: of the file.
        data: its content.

    Returns:
        The photo; the one that is there where a photo of that name has the same content.

    Raises:
        ImageError: it cannot be decoded.
        UsageError: a name cannot be used.
        RefusedUpload: there is no such set, or it is full.
        StorageError: it cannot be written.
    """
    require_class(label)
    require_plain("photo", name)
    load_image(data, name=name, max_pixels=MOST_PIXELS)
    with sets.writing():
        photos = sets.require(key)
        known = sets.known(photos)
        if len(known) >= MOST_PHOTOS:
            raise RefusedUpload(409, f"a set holds at most {MOST_PHOTOS:,} photos; make another.")
        place = class_place(photos, label)
        target = _free(place / _with_suffix(name, data), data)
        photo = Photo(photos.photo_id(target), target, label)
        if not target.exists():
            # Noted first: a list may name what is not there, and nobody may miss what is.
            added = sets.records.read(photos.record) | {photos.name_of(target)}
            sets.records.write(photos.record, added)
            write_bytes(target, data)
        known[photo.id] = photo
    return photo


def remove_photo(sets: PhotoSets, key: str, photo: str) -> None:
    """Take out a photo that came through the workbench.

    Args:
        sets: all sets.
        key: the opaque id of its set.
        photo: its own.

    Raises:
        RefusedUpload: there is no such photo, or it was there before.
    """
    with sets.writing():
        found, photos = sets.require_photo(key, photo), sets.require(key)
        added, name = sets.records.read(photos.record), photos.name_of(found.path)
        if name not in added:
            raise RefusedUpload(
                409,
                f"{found.path.name!r} did not come through the workbench, which leaves your own "
                "files as they are; remove it in its folder.",
            )
        with named_errors(found.path, "remove"):
            found.path.unlink(missing_ok=True)
        sets.records.write(photos.record, added - {name})
        sets.known(photos)


def _with_suffix(name: str, data: bytes) -> str:
    """Add the suffix of its format to a name by which no image would be recognised."""
    if Path(name).suffix.lower() in IMAGE_SUFFIXES:
        return name
    kind = format_of(data[:_HEAD])
    if kind is None:
        raise ImageError(name, "its format is not known", "save it as JPEG or PNG")
    return name + _SUFFIXES[kind]


def _free(wanted: Path, data: bytes) -> Path:
    """Return the path itself, or with a number where another photo has that name."""
    taken = {path.name.casefold() for path in wanted.parent.glob("*")}
    target, number = wanted, 1
    while target.name.casefold() in taken:
        if target.is_file() and not target.is_symlink() and read_bytes(target) == data:
            return target
        number += 1
        target = wanted.with_name(f"{wanted.stem}-{number}{wanted.suffix}")
    return target
