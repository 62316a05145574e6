"""``foveal errors``."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import tyro

from foveal.cli.live import listener
from foveal.cli.output import console, print_json

if TYPE_CHECKING:
    from foveal.workflow.errors import WrittenErrors

_SHOWN = 5


@dataclass(frozen=True)
class Errors:
    """List what is wrong: mistakes, labels, odd photos."""

    run_folder: Annotated[tyro.conf.Positional[Path], tyro.conf.arg(metavar="RUN")]
    """A run folder."""
    out: Path | None = None
    """The folder for errors.html and errors.csv; by default the run folder."""
    json: bool = False
    """Write JSON for a program to read."""

    def run(self) -> int:
        """Look, write both files, and say what was found.

        Returns:
            0.
        """
        from foveal.workflow.errors import write_errors

        written = write_errors(self.run_folder, self.out, listener())
        if self.json:
            print_json(_as_dict(written))
        else:
            _show(written)
        return 0


def _as_dict(written: WrittenErrors) -> dict[str, Any]:
    found = written.analysis
    return {
        "page": str(written.page),
        "table": str(written.table),
        "photos": found.photos,
        "backbone": found.backbone,
        "split": found.evaluation.split,
        "confused_pairs": [asdict(pair) for pair in found.evaluation.confused_pairs()],
        "doubts": [asdict(doubt) for doubt in found.doubts],
        "learning_curve": None if found.curve is None else asdict(found.curve),
    }


def _show(written: WrittenErrors) -> None:
    from rich.markup import escape
    from rich.table import Table

    from foveal.data import counted
    from foveal.evaluation.errors_page import summary

    found, screen = written.analysis, console()
    screen.print(summary(found), style="bold", markup=False)
    table = Table(box=None, header_style="bold", pad_edge=False)
    for column in ("photo", "label", "rather", "why"):
        table.add_column(column, overflow="fold")
    for kind in ("two labels", "label", "mistake", "unlike the rest"):
        for doubt in found.of_kind(kind)[:_SHOWN]:
            words = (doubt.path, doubt.given, doubt.suggested or "–", doubt.reason)
            table.add_row(*map(escape, words))
    screen.print(table)
    screen.print()
    pairs = found.evaluation.confused_pairs(_SHOWN)
    if pairs:
        told = ", ".join(
            f"{pair.true} called {pair.predicted} ({counted(pair.count, 'photo')})"
            for pair in pairs
        )
        screen.print(f"mixed up most ({found.evaluation.split}): {told}", markup=False)
    if found.curve is not None:
        screen.print(found.curve.sentence, markup=False)
    for label, path in (("page", written.page), ("table", written.table)):
        screen.print(f"{label:<8}{path}", markup=False, soft_wrap=True)
