"""``foveal workbench``."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path

from foveal.cli.output import console
from foveal.cli.rules import require_port
from foveal.errors import UsageError


@dataclass(frozen=True)
class Workbench:
    """Train a classifier in the browser: photos in, answers out."""

    photos: Path = Path("photos")
    """The folder of your photos: a set of class folders, or a folder of such sets."""
    runs: Path = Path("runs")
    """The folder of trained runs."""
    port: int = 8000
    """The port on this machine; 0 for any that is free."""
    no_browser: bool = False
    """Do not open a browser."""

    def __post_init__(self) -> None:
        require_port(self.port)
        for name in ("photos", "runs"):
            folder: Path = getattr(self, name)
            if folder.exists() and not folder.is_dir():
                raise UsageError(f"`{name}` must be a folder; {folder} is a file.")
        if self.runs.resolve().is_relative_to(self.photos.resolve()):
            raise UsageError(
                "`runs` must lie outside `photos`, where a run would look like photos; got "
                f"{self.runs} in {self.photos}: choose another folder."
            )

    def run(self) -> int:
        """Serve the site, and say what goes on when it ends.

        Returns:
            0.
        """
        from foveal.web.app import Site
        from foveal.web.serve import run_site
        from foveal.web.workbench.runs import Runs

        site, opened = Site(self.runs, self.photos), not self.no_browser
        try:
            run_site(site, self.port, open_browser=opened, started=_tell, page="#/workbench")
        finally:
            running = Runs(self.runs).running()
            if running is not None:
                sys.stderr.write(
                    f"The training of {running.name} goes on; foveal workbench shows it again.\n"
                )
        return 0


def _tell(address: str) -> None:
    screen = console()
    screen.print(f"Foveal's workbench: {address}", markup=False)
    screen.print("Only this machine can open it. Stop with Ctrl+C.", style="dim")
