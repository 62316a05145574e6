"""A set of photos from a zip: all of it, or nothing."""

from __future__ import annotations

from typing import IO

from foveal.data.layout import find_layout
from foveal.errors import DataError
from foveal.storage import replace_folder, require_free_space
from foveal.storage.space import named_errors
from foveal.web.uploads import RefusedUpload
from foveal.web.workbench.archive import contents, ignored_in_words, member_bytes, opened
from foveal.web.workbench.names import opaque_id
from foveal.web.workbench.photo_sets import PhotoSet, PhotoSets

Unpacked = tuple[PhotoSet, str | None]


def unpack(sets: PhotoSets, name: str, file: IO[bytes], size: int) -> Unpacked:
    """Make a set of the photos in a zip.

    Args:
        sets: all sets.
        name: of the new one.
        file: the zip, open for reading and unbuffered.
        size: of the zip, in bytes.

    Returns:
        The set, and what was left out in words, or None.

    Raises:
        DataError: the zip is refused; nothing was written.
        UsageError: the name cannot be used.
        RefusedUpload: the name is taken.
        StorageError: the photos cannot be written; none was.
    """
    sets.refuse_taken(name)
    target = sets.root / name
    with opened(file) as archive:
        found = contents(archive, size)
        require_free_space(target, sum(member.info.file_size for member in found.members))
        with replace_folder(target) as folder:
            for member in found.members:
                data = member_bytes(archive, member)  # the next is read when this is written
                path = folder / member.place
                with named_errors(path, "write"):
                    path.parent.mkdir(parents=True, exist_ok=True)
                    path.write_bytes(data)
            try:
                find_layout(folder)
            except DataError as error:
                raise DataError(str(error).replace(str(folder), f"the zip {name!r}")) from error
            if target.exists():  # somebody else's, since we looked
                raise RefusedUpload(409, f"there is {name!r} by now; choose another name.")
            sets.records.write(name, (str(member.place) for member in found.members))
    return PhotoSet(opaque_id(target), name, target.resolve(), name), ignored_in_words(found)
