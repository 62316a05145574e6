"""``foveal evaluate``."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import tyro

from foveal.cli.output import console, listener, percent, print_json
from foveal.cli.train import show_headline

if TYPE_CHECKING:
    from foveal.evaluation import Evaluation


@dataclass(frozen=True)
class Evaluate:
    """Measure a trained classifier on photos."""

    run_folder: tyro.conf.Positional[Path]
    """A run folder, or with DIR a model folder."""
    data: tyro.conf.Positional[Path | None] = None
    """Other photos: a folder with one sub-folder per class, named like the model's classes."""
    split: Literal["train", "validation", "test"] = "test"
    """Which photos of the run, or which split of DIR if it has split folders."""
    json: bool = False
    """Write JSON for a program to read."""

    def run(self) -> int:
        """Measure, and say what came of it.

        Returns:
            0.
        """
        from foveal.workflow.evaluate import evaluate_run

        result = evaluate_run(self.run_folder, self.data, self.split, listener())
        if self.json:
            print_json(
                {"classes": list(result.classes), "splits": {result.split: result.as_dict()}}
            )
            return 0
        show_headline(result)
        show_classes(result)
        return 0


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
