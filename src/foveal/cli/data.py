"""``foveal sample``, ``foveal check`` and ``foveal split``."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import tyro

from foveal.cli.live import listener
from foveal.cli.output import console, print_json, require_new_table

if TYPE_CHECKING:
    from foveal.data import DataReport

_STYLES = {"error": "bold red", "warning": "yellow", "info": "dim"}
_CALLED = {"error": "fault", "warning": "warning", "info": "info"}


@dataclass(frozen=True)
class SampleData:
    """Write a built-in dataset as ordinary folders."""

    name: Literal["digits", "photos", "fashion-mnist"]
    """digits: 1,797 handwritten digits; photos: two photos, a temple and a flower; fashion-mnist:
    70,000 small pictures of clothes, from the Debian package dataset-fashion-mnist."""
    folder: Path
    """Where to write it; must be empty or not exist."""
    source: Path | None = None
    """With fashion-mnist, where the package is not installed: the folder of its four IDX files."""

    def run(self) -> int:
        """Write the dataset.

        Returns:
            0.
        """
        from foveal.data import write_sample

        heard = listener()
        write_sample(
            self.name,
            self.folder,
            source=self.source,
            progress=lambda done, total: heard.progress("Writing pictures", done, total),
        )
        console().print(f"{self.name} written to {self.folder}", markup=False, soft_wrap=True)
        return 0


@dataclass(frozen=True)
class Check:
    """Look for faults in folders of photos."""

    folder: Annotated[Path, tyro.conf.arg(metavar="PHOTOS")]
    """A folder with one sub-folder of photos per class, or a CSV table with path and label."""
    json: bool = False
    """Write JSON for a program to read."""

    def run(self) -> int:
        """Check the photos.

        Returns:
            0, or 1 if there is a fault: something that would be refused, lost or measured wrongly.
        """
        from foveal.data import check_data

        heard = listener()
        report = check_data(
            self.folder,
            progress=lambda done, total: heard.progress("Reading photos", done, total),
        )
        if self.json:
            print_json(report.as_dict())
        else:
            show_findings(report)
        return 1 if report.is_bad else 0


def show_findings(report: DataReport) -> None:
    """Show what a check found, the worst first, each with what to do.

    Args:
        report: of the check.
    """
    from rich.table import Table
    from rich.text import Text

    table = Table.grid(padding=(0, 2))
    for finding in report.findings:
        style = _STYLES[finding.severity]
        told = Text(finding.message, style=style).append(f"\n→ {finding.remedy}", style="dim")
        table.add_row(Text(_CALLED[finding.severity], style=style), told)
    screen = console()
    if report.findings:
        screen.print(table)
        screen.print()
    screen.print(verdict(report), style="bold", markup=False)


def verdict(report: DataReport) -> str:
    """Sum up a check in one line.

    Args:
        report: of the check.

    Returns:
        How many faults and warnings there are among how many photos, and the exit code.
    """
    from foveal.data import counted

    faults, warnings = report.count("error"), report.count("warning")
    found = f"{counted(faults, 'fault') if faults else 'No faults'}"
    found += f", {counted(warnings, 'warning')}" if warnings else ""
    among = f"{counted(report.images, 'photo')} of "
    among += counted(len(report.classes), "class", "classes")
    return f"{found} in {among}; exit code {int(report.is_bad)}."


@dataclass(frozen=True)
class Split:
    """Divide photos into train, validation and test; move nothing."""

    folder: Annotated[Path, tyro.conf.arg(metavar="PHOTOS")]
    """A folder with one sub-folder of photos per class."""
    val: float = 0.15
    """Share of the photos for validation."""
    test: float = 0.15
    """Share of the photos for the test."""
    seed: int = 0
    """Another seed gives another division."""
    group_by: str | None = None
    """Regular expression with one group, found in each path, whose photos stay in one split."""
    out: Path = Path("split.csv")
    """The table to write; `foveal train` takes it in place of a folder."""

    def run(self) -> int:
        """Write the table.

        Returns:
            0.
        """
        from foveal.data import ImageData

        require_new_table("--out", self.out)
        data = ImageData.from_folder(
            self.folder, val=self.val, test=self.test, seed=self.seed, group_by=self.group_by
        )
        data.write_split(self.out, relative_to=self.out.absolute().parent)
        counts = {split: sum(classes.values()) for split, classes in data.counts().items()}
        shown = ", ".join(f"{count} {split}" for split, count in counts.items())
        console().print(f"{self.out}: {shown}", markup=False, soft_wrap=True)
        return 0
