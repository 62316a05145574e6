"""``foveal lr-find``."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated

import tyro

from foveal.cli.live import listener
from foveal.cli.live_lines import sparkline
from foveal.cli.output import console, print_json
from foveal.errors import UsageError
from foveal.workflow.settings import TrainOptions, TrainSettings


@dataclass(frozen=True, kw_only=True)
class LrFind:
    """Find a learning rate for what train would train, by a short test."""

    folder: Annotated[Path, tyro.conf.Positional, tyro.conf.arg(metavar="PHOTOS")]
    """A folder with one sub-folder of photos per class, or a CSV table with path and label."""
    steps: int = 100
    """How many learning rates are tried, one a step."""
    plot: Path | None = None
    """Draw the loss over the learning rate into this new SVG file."""
    json: bool = False
    """Write the curve as JSON for a program to read."""
    options: TrainOptions = field(default_factory=TrainOptions)
    """What would be trained: the flags of foveal train."""

    def run(self) -> int:
        """Run the test and say what it suggests.

        Returns:
            0.

        Raises:
            UsageError: the plot's file exists or is no SVG file.
        """
        from dataclasses import asdict

        from foveal.evaluation.rate_plot import rate_plot
        from foveal.storage import write_text
        from foveal.workflow.lr_find import learning_rate_curve

        if self.plot is not None and (self.plot.suffix.lower() != ".svg" or self.plot.exists()):
            raise UsageError(
                f"`plot` must name a new file such as rates.svg; got {str(self.plot)!r}."
            )
        settings = TrainSettings.on(self.folder, self.options)
        curve = learning_rate_curve(settings, steps=self.steps, listener=listener())
        if self.plot is not None:
            write_text(
                self.plot, rate_plot(curve.rates, curve.losses, curve.smoothed, curve.suggestion)
            )
        if self.json:
            print_json(asdict(curve))
            return 0
        screen = console()
        screen.print(f"\n[bold]--lr {curve.suggestion:.1e}[/bold]  is where the loss falls fastest")
        shown = sparkline(curve.smoothed[:: max(1, len(curve.smoothed) // 40)], width=41)
        first, last = curve.rates[0], curve.rates[-1]
        screen.print(f"loss from {first:.0e} to {last:.0e}: {shown}", markup=False)
        if self.plot is not None:
            screen.print(f"plot  {self.plot}", markup=False, soft_wrap=True)
        return 0
