"""``foveal evaluate``."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import tyro

from foveal.cli.headline import show_headline
from foveal.cli.live import listener
from foveal.cli.output import console, percent, print_json

if TYPE_CHECKING:
    from foveal.evaluation import Evaluation
    from foveal.workflow.scores import Calibration


@dataclass(frozen=True)
class Evaluate:
    """Measure a trained classifier on photos."""

    run_folder: Annotated[tyro.conf.Positional[Path], tyro.conf.arg(metavar="RUN")]
    """A run folder; with PHOTOS, a model folder will do."""
    data: Annotated[
        tyro.conf.Positional[Path | None],
        tyro.conf.arg(metavar="[PHOTOS]", help_behavior_hint="(default: the photos of the run)"),
    ] = None
    """Other photos: a folder with one sub-folder per class, or a CSV table with path and label."""
    split: Literal["train", "validation", "test"] | None = None
    """Which photos of the run, or of PHOTOS where it has splits; by default the test photos."""
    tta: int | None = None
    """Look at this many augmented views of each photo and average: slower, a little more exact."""
    json: bool = False
    """Write JSON for a program to read."""

    def run(self) -> int:
        """Measure, and say what came of it.

        Returns:
            0.
        """
        from foveal.data import has_splits
        from foveal.runtime.model_folder import find_model, read_config
        from foveal.workflow.evaluate import evaluate_run
        from foveal.workflow.scores import calibration_of

        result = evaluate_run(self.run_folder, self.data, self.split, listener(), tta=self.tta)
        calibration = calibration_of(result, read_config(find_model(self.run_folder)).temperature)
        if self.json:
            figures = result.as_dict() | {
                "ece_uncalibrated": calibration.before,
                "temperature": calibration.temperature,
            }
            print_json({"classes": list(result.classes), "splits": {result.split: figures}})
            return 0
        divided = self.data is None or has_splits(self.data)
        show_headline(result, None if divided else "photo")
        show_calibration(calibration)
        show_classes(result)
        return 0


def show_calibration(calibration: Calibration) -> None:
    """Say how honest the confidences are, and what the temperature did for that.

    Args:
        calibration: of the same photos.
    """
    if calibration.after is None:
        return
    before = f"; it was {percent(calibration.before)} before its scores were divided by "
    before += f"the temperature {calibration.temperature:.3g}"
    told = f"calibration error (ECE) {percent(calibration.after)}"
    console().print(told + before * (calibration.temperature != 1), style="dim")


def show_classes(result: Evaluation) -> None:
    """Show the figures of every class.

    Args:
        result: of one split.
    """
    from rich.markup import escape
    from rich.table import Table

    table = Table(box=None, header_style="bold", pad_edge=False)
    table.add_column("class")
    for column in ("photos", "found (recall)", "right when named (precision)", "F1"):
        table.add_column(column, justify="right")
    for name, figures in result.per_class.items():
        shown = map(percent, (figures.recall, figures.precision, figures.f1))
        table.add_row(escape(name), str(figures.n), *shown)
    screen = console()
    screen.print()
    screen.print(table)
