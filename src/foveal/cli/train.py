"""``foveal train``."""

from __future__ import annotations

import shlex
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import tyro

from foveal.cli.headline import show_headline
from foveal.cli.live import listener
from foveal.cli.live_lines import JsonListener
from foveal.cli.output import console, duration
from foveal.errors import UsageError
from foveal.workflow.listener import Listener
from foveal.workflow.settings import TrainOptions, TrainSettings

if TYPE_CHECKING:
    from foveal.workflow.run_folder import Run


@dataclass(frozen=True, kw_only=True)
class Train(TrainOptions):
    """Train a classifier on folders of photos."""

    folder: Annotated[Path | None, tyro.conf.Positional, tyro.conf.arg(metavar="PHOTOS")] = None
    """A folder with one sub-folder of photos per class, or a CSV table with path and label."""
    resume: Path | None = None
    """Go on with this run, which was stopped; needs nothing else."""
    name: str | None = None
    """The name of the run's own folder; by default that of the photos, numbered."""
    json: bool = False
    """Write what happens and the result as lines of JSON for a program to read."""

    def hear_flags(self, flags: frozenset[str]) -> None:
        """Remember which flags were given, for a run that goes on.

        Args:
            flags: such as ``--epochs``.
        """
        self._typed.update(flags)

    def run(self) -> int:
        """Train, and say what came of it.

        Returns:
            0.

        Raises:
            UsageError: there are neither photos nor a run to resume, or both.
        """
        if self.folder is not None and self.resume is not None:
            raise UsageError(
                f"`resume` takes its photos from the run; leave {self.folder} out: foveal train "
                f"--resume {self.resume}"
            )
        if self.folder is None and self.resume is None:
            raise UsageError(
                "train needs photos or a run to go on with: foveal train PHOTOS, or foveal train "
                "--resume RUN."
            )
        if self.resume is not None and self.name is not None:
            raise UsageError(f"`name` has no effect on a run that goes on; leave {self.name} out.")
        heard = JsonListener() if self.json else listener()
        try:
            run = self._trained(heard)
        except Exception as error:  # a program that reads the lines is told; then it goes on up
            if isinstance(heard, JsonListener):
                heard.ended(error)
            raise
        if run is None:  # not the first of several processes: that one tells
            return 0
        if isinstance(heard, JsonListener):
            heard.event("result", **_as_dict(run))
        else:
            _show(run)
        return 0

    def settings(self, folder: Path) -> TrainSettings:
        """Return the settings of a run on some photos.

        Args:
            folder: the photos.

        Returns:
            These options, and the photos.
        """
        return TrainSettings.on(folder, self)

    def _trained(self, heard: Listener) -> Run | None:
        from foveal.workflow.run import resume_run, train_run

        if self.folder is None:
            return resume_run(Path(self.resume or ""), self._given(), heard)
        return train_run(self.settings(self.folder), heard, name=self.name)

    @cached_property
    def _typed(self) -> set[str]:
        return set()

    def _given(self) -> dict[str, Any]:
        """Return what was given beside --resume, even where it is the default."""
        return {
            name: value
            for name, value in self.settings(Path()).as_dict().items()
            if f"--{name.replace('_', '-')}" in self._typed
        }


def _as_dict(run: Any) -> dict[str, Any]:
    return {
        "run": str(run.folder),
        "report": str(run.folder / "report.html"),
        "classes": list(run.classifier.data.classes),
        "splits": {name: evaluation.as_dict() for name, evaluation in run.evaluations.items()},
        "timing": run.timing,
        "warnings": list(run.warnings),
        "rejected": [str(rejection.path) for rejection in run.classifier.data.rejected],
        "next_steps": [*([run.closing] if run.closing else []), *run.next_steps],
    }


def _show(run: Any) -> None:
    screen, evaluation = console(), run.main
    for warning in run.warnings:
        screen.print(f"! {warning}", style="yellow", markup=False)
    screen.print()
    show_headline(evaluation)
    screen.print(f"in {duration(run.timing['total_seconds'])}", style="dim")
    screen.print()
    folder = shlex.quote(str(run.folder))
    lines = [
        ("report", str(run.folder / "report.html")),
        ("model", str(run.folder / "model")),
        ("next", f"foveal predict {folder} PHOTO"),
    ]
    for label, text in lines:
        screen.print(f"{label:<8}{text}", markup=False, soft_wrap=True)
    better = run.closing or (run.next_steps[0] if run.next_steps else None)
    if better:
        screen.print(f"{'better':<8}{better}", markup=False, soft_wrap=True)
