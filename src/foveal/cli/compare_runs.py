"""``foveal compare-runs``."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import tyro

from foveal.cli.live import listener
from foveal.cli.output import console, percent, print_json

if TYPE_CHECKING:
    from foveal.workflow.compare_runs import RunsCompared


@dataclass(frozen=True)
class CompareRuns:
    """Say whether one classifier is really better."""

    first: Annotated[tyro.conf.Positional[Path], tyro.conf.arg(metavar="RUN")]
    """A run folder; with PHOTOS, a model folder will do."""
    second: Annotated[tyro.conf.Positional[Path], tyro.conf.arg(metavar="RUN")]
    """The run that it is compared with."""
    data: Annotated[
        tyro.conf.Positional[Path | None],
        tyro.conf.arg(metavar="[PHOTOS]", help_behavior_hint="(default: the tests' common photos)"),
    ] = None
    """Photos that neither has learned from: class folders, or a CSV table with path and label."""
    json: bool = False
    """Write JSON for a program to read."""

    def run(self) -> int:
        """Compare, and say what came of it.

        Returns:
            0.
        """
        from foveal.workflow.compare_runs import compare_runs

        compared = compare_runs(self.first, self.second, self.data, listener())
        if self.json:
            print_json(compared.as_dict())
        else:
            _show(compared)
        return 0


def _show(compared: RunsCompared) -> None:
    from rich.markup import escape
    from rich.table import Table

    from foveal.data import counted

    found, screen = compared.paired, console()
    table = Table(box=None, header_style="bold", pad_edge=False)
    table.add_column("run")
    for column in ("right", "accuracy", "right where the other is wrong"):
        table.add_column(column, justify="right")
    alone = (found.only_first, found.only_second)
    for name, share, own in zip(compared.names, compared.accuracies, alone, strict=True):
        table.add_row(escape(name), f"{found.both + own:,}", percent(share), f"{own:,}")
    screen.print(table)
    screen.print()
    if found.difference is not None and found.interval is not None:
        low, high = (100 * end for end in found.interval)
        first, second = compared.names
        screen.print(
            f"difference, {second} − {first}: {100 * found.difference:+.1f} points on "
            f"{counted(found.n, 'photo')}; the true one lies between {low:+.1f} and {high:+.1f} "
            "(95 % interval)",
            markup=False,
            soft_wrap=True,
        )
    if compared.left_out:
        screen.print(
            f"left out: {counted(compared.left_out, 'test photo')} of one run alone", style="dim"
        )
    screen.print(compared.sentence, style="bold", markup=False)
