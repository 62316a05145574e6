"""What the workbench is made of, and how much of it works at once."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from foveal.web.workbench.answers import Gate, Places
from foveal.web.workbench.cells import Cells
from foveal.web.workbench.exports import Exports
from foveal.web.workbench.models_kept import LoadedModels
from foveal.web.workbench.photo_sets import PhotoSets
from foveal.web.workbench.preparing import Preparing
from foveal.web.workbench.runs import Runs
from foveal.web.workbench.shelves import Shelves


def _gate(running: int, waiting: int, what: str) -> Gate:
    return Gate(running, waiting, f"too many {what} at once; try again in a moment.")


def _places(count: int, what: str) -> Places:
    return Places(count, f"too many {what} at once; try again in a moment.")


@dataclass(frozen=True)
class Workbench:
    """Photos, runs, loaded classifiers, and a gate for each kind of work."""

    sets: PhotoSets
    """The photos."""
    runs: Runs
    """The runs."""
    shelves: Shelves = field(default_factory=Shelves)
    """What is known to be in the sets."""
    models: LoadedModels = field(default_factory=LoadedModels)
    """The classifiers that are loaded."""
    preparing: Preparing = field(init=False)
    """Loads them before they are asked."""
    cells: Cells = field(default_factory=Cells)
    """What the classifiers say of the photos of their runs."""
    exports: Exports = field(default_factory=Exports)
    """The exports of this server."""
    listing: Gate = field(default_factory=lambda: _gate(4, 64, "requests"))
    """For what takes a moment."""
    pictures: Gate = field(default_factory=lambda: _gate(2, 256, "pictures"))
    """For thumbnails."""
    uploads: Gate = field(default_factory=lambda: _gate(2, 16, "uploads"))
    """For photos that are taken in."""
    bodies: Places = field(default_factory=lambda: _places(12, "photos"))
    """For photos on their way, which are in memory."""
    zips: Places = field(default_factory=lambda: _places(2, "zips"))
    """For zips on their way, which are on the disk."""
    computing: Gate = field(default_factory=lambda: _gate(1, 8, "questions"))
    """For what a network is asked."""
    checking: Gate = field(default_factory=lambda: _gate(1, 2, "checks"))
    """For what reads all photos of a set."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "preparing", Preparing(self.models))

    @classmethod
    def at(cls, photos: Path, runs: Path) -> Workbench:
        """Open a workbench.

        Args:
            photos: the folder of sets of photos; it need not exist.
            runs: the folder of runs; it need not exist.

        Returns:
            The workbench.
        """
        return cls(PhotoSets(photos), Runs(runs))
