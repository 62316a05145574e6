"""What the workbench is made of, and how much of it works at once."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

from starlette.requests import Request

from foveal.web.workbench.answers import Gate, Places
from foveal.web.workbench.cells import Cells
from foveal.web.workbench.exports import Exports
from foveal.web.workbench.long_work import Turn, run_while_wanted
from foveal.web.workbench.models_kept import LoadedModels
from foveal.web.workbench.photo_sets import PhotoSets
from foveal.web.workbench.preparing import Preparing
from foveal.web.workbench.runs import Runs
from foveal.web.workbench.shelves import Shelves

Result = TypeVar("Result")


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
    ending: threading.Event = field(default_factory=threading.Event)
    """Set when the server stops."""
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
    """For what a network is asked of one photo."""
    comparing: Gate = field(default_factory=lambda: _gate(1, 8, "long computations"))
    """For what a network is asked of many photos; questions about one go first."""
    checking: Gate = field(default_factory=lambda: _gate(1, 2, "checks"))
    """For what reads all photos of a set."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "preparing", Preparing(self.models, self.ending))

    @classmethod
    def at(cls, photos: Path, runs: Path, ending: threading.Event) -> Workbench:
        """Open a workbench.

        Args:
            photos: the folder of sets of photos; it need not exist.
            runs: the folder of runs; it need not exist.
            ending: set when the server stops.

        Returns:
            The workbench.
        """
        return cls(PhotoSets(photos), Runs(runs), ending)

    async def compare(self, request: Request, work: Callable[[Turn], Result]) -> Result:
        """Run what takes many photos, for as long as its page is there.

        Args:
            request: who asks.
            work: the computation; it asks its turn often.

        Returns:
            What it returns.

        Raises:
            RefusedUpload: too much is waiting already, or nobody waits any longer.
        """
        turn = Turn(self.ending, self.computing)
        return await run_while_wanted(self.comparing, request, turn, work)

    async def check(self, request: Request, work: Callable[[Turn], Result]) -> Result:
        """Look at all photos of a set, for as long as its page is there.

        Args:
            request: who asks.
            work: the computation; it asks its turn often.

        Returns:
            What it returns.

        Raises:
            RefusedUpload: too much is waiting already, or nobody waits any longer.
        """
        return await run_while_wanted(self.checking, request, Turn(self.ending), work)
