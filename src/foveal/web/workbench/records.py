"""What came through the workbench: only that may be removed again."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from pathlib import Path

from foveal.errors import CorruptFileError
from foveal.storage import read_bytes, read_json, write_json
from foveal.storage.space import named_errors


class Records:
    """A list of photos for each set that the workbench has written to.

    Args:
        folder: where the lists are kept.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def any(self) -> bool:
        """Tell whether a set below the folder was written to.

        Returns:
            True if there is a list of one.
        """
        return next(self._folder.glob("*.json"), None) is not None

    def exists(self, name: str) -> bool:
        """Tell whether a set was written to.

        Args:
            name: of the set; empty for the folder itself.

        Returns:
            True if there is a list of it.
        """
        return self._file(name).is_file()

    def read(self, name: str) -> set[str]:
        """Return what came through the workbench into a set.

        Args:
            name: of the set; empty for the folder itself.

        Returns:
            Paths in the set, with ``/``.

        Raises:
            CorruptFileError: the list is damaged.
        """
        if not self.exists(name):
            return set()
        values = read_json(self._file(name))
        photos = values.get("photos") if isinstance(values, dict) else None
        if not isinstance(photos, list) or not all(isinstance(item, str) for item in photos):
            raise CorruptFileError(f"{self._file(name)} is no list of photos; remove the file.")
        return set(photos) | set(self._later(name))

    def write(self, name: str, photos: Iterable[str]) -> None:
        """Note what came through the workbench into a set.

        Args:
            name: of the set; empty for the folder itself.
            photos: all of it, as `read` gives it.

        Raises:
            StorageError: it cannot be written.
        """
        write_json(self._file(name), {"format_version": 1, "photos": sorted(photos)})
        self._addition(name).unlink(missing_ok=True)

    def remove(self, name: str) -> None:
        """Forget a set.

        Args:
            name: of the set.

        Raises:
            StorageError: its list cannot be removed.
        """
        for file in (self._addition(name), self._file(name)):
            with named_errors(file, "remove"):
                file.unlink(missing_ok=True)

    def add(self, name: str, photo: str) -> None:
        """Note one more photo, without writing all of the list again.

        Args:
            name: of the set; empty for the folder itself.
            photo: its path in the set, with ``/``.

        Raises:
            StorageError: it cannot be written.
        """
        if not self.exists(name):
            self.write(name, [photo])
            return
        addition = self._addition(name)
        # Not flushed to the disk: should the power fail, the photo counts as the user's own, which
        # is left alone. The line break comes first, so that half a line spoils no other.
        with named_errors(addition, "write"), open(addition, "ab") as file:
            file.write(b"\n" + json.dumps(photo).encode())

    def _later(self, name: str) -> Iterator[str]:
        addition = self._addition(name)
        lines = read_bytes(addition).splitlines() if addition.is_file() else []
        for line in lines:
            try:
                photo = json.loads(line or b"null")
            except ValueError:  # half a line
                continue
            if isinstance(photo, str):
                yield photo

    def _addition(self, name: str) -> Path:
        return self._file(name).with_suffix(".added")

    def _file(self, name: str) -> Path:
        return self._folder / (f"{name}.json" if name else "itself")
