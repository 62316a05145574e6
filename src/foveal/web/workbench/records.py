"""What came through the workbench: only that may be removed again."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from foveal.errors import CorruptFileError
from foveal.storage import read_json, write_json


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
        return set(photos)

    def write(self, name: str, photos: Iterable[str]) -> None:
        """Note what came through the workbench into a set.

        Args:
            name: of the set; empty for the folder itself.
            photos: all of it, as `read` gives it.

        Raises:
            StorageError: it cannot be written.
        """
        write_json(self._file(name), {"format_version": 1, "photos": sorted(photos)})

    def _file(self, name: str) -> Path:
        return self._folder / (f"{name}.json" if name else "itself")
