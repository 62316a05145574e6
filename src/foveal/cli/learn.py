"""``foveal learn``."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from foveal.cli.live import listener
from foveal.cli.output import console
from foveal.cli.rules import require_port


@dataclass(frozen=True)
class Learn:
    """Open lessons, the filter visualizer and the network explorer."""

    port: int = 8000
    """The port on this machine; 0 for any that is free."""
    no_browser: bool = False
    """Do not open a browser."""
    runs: Path = Path("runs")
    """The folder of trained runs."""
    photos: Path = Path("photos")
    """The folder of photos for the workbench, which is part of the site."""
    export: Path | None = None
    """Write the site as static files into this new folder, for any web host, and stop."""

    def __post_init__(self) -> None:
        require_port(self.port)

    def run(self) -> int:
        """Serve or write the site.

        Returns:
            0.
        """
        from foveal.web.app import Site
        from foveal.web.serve import export_site, run_site

        if self.export is not None:
            heard = listener()
            count = export_site(
                self.export, lambda done, total: heard.progress("Writing the site", done, total)
            )
            told = f"{count} files in {self.export}; any web server can serve them."
            console().print(told, markup=False, soft_wrap=True)
            return 0
        site = Site(self.runs, self.photos)
        run_site(site, self.port, open_browser=not self.no_browser, started=_tell)
        return 0


def _tell(address: str) -> None:
    screen = console()
    screen.print(f"Foveal's learning app: {address}", markup=False)
    screen.print("Only this machine can open it. Stop with Ctrl+C.", style="dim")
