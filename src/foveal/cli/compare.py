"""``foveal compare``."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from foveal.cli.live import listener
from foveal.cli.output import console, print_json
from foveal.cli.summary import megabytes, number
from foveal.errors import UsageError

if TYPE_CHECKING:
    from foveal.workflow.describe import Compared

LONGEST = 600.0  # seconds


@dataclass(frozen=True)
class Compare:
    """Put networks side by side: size, work, speed, accuracy."""

    names: tuple[str, ...]
    """Names that `foveal models` lists."""
    image_size: int | None = None
    """Side of the images in pixels for all; by default each network's own."""
    seconds: float = 2.0
    """How long each engine runs each network."""
    measure: bool = True
    """Measure images a second on this machine; without it nothing is run."""
    json: bool = False
    """Write JSON for a program to read."""

    def __post_init__(self) -> None:
        if not self.names:
            raise UsageError("`names` must be one or more networks; got none.")
        if not 0 < self.seconds <= LONGEST:
            raise UsageError(
                f"`seconds` must be above 0 and at most {LONGEST:g}; got {self.seconds:g}."
            )

    def run(self) -> int:
        """Measure and write the table.

        Returns:
            0.
        """
        from foveal.workflow.describe import compare

        heard = listener() if self.measure else None
        rows = compare(
            self.names,
            image_size=self.image_size,
            seconds=self.seconds if self.measure else 0.0,
            progress=lambda done, total: (
                heard.progress("Measuring networks", done, total) if heard else None
            ),
        )
        conditions = _conditions(self.seconds) if self.measure else None
        if self.json:
            print_json({"networks": [asdict(row) for row in rows], "conditions": conditions})
        else:
            _show(rows, conditions)
        return 0


def _conditions(seconds: float) -> dict[str, Any]:
    import torch

    from foveal.runtime.backends import openvino
    from foveal.runtime.cores import usable_cores
    from foveal.workflow.describe import BATCH

    return {
        "threads": usable_cores(),
        "batch": BATCH,
        "seconds": seconds,
        "openvino": openvino().__version__.split("-")[0],
        "torch": torch.__version__,
        "weights": "random",
    }


def _show(rows: list[Compared], conditions: dict[str, Any] | None) -> None:
    from rich.table import Table

    table = Table(box=None, header_style="bold", pad_edge=False)
    table.add_column("network", no_wrap=True)
    for name in ("pixels", "parameters", "multiplications", "file"):
        table.add_column(name, justify="right", no_wrap=True)
    if conditions:
        table.add_column("OpenVINO images/s", justify="right")
        table.add_column("PyTorch images/s", justify="right")
    table.add_column("ImageNet top-1", justify="right")
    for row in rows:
        speeds = (rate(row.openvino_images_per_second), rate(row.torch_images_per_second))
        table.add_row(
            row.name,
            str(row.image_size),
            f"{row.parameters:,}",
            number(row.macs),
            megabytes(row.file_bytes),
            *(speeds if conditions else ()),
            "–" if row.top1 is None else f"{row.top1} %",
        )
    screen = console()
    screen.print(table)
    for line in remarks(rows, conditions):
        screen.print(line, markup=False, style="dim")


def remarks(rows: list[Compared], conditions: dict[str, Any] | None) -> list[str]:
    """Return what the numbers need beside them.

    Args:
        rows: the networks.
        conditions: under which the speed was measured, or None.

    Returns:
        Plain sentences.
    """
    sources: dict[str, list[str]] = {}
    for row in rows:
        if row.top1_source:
            sources.setdefault(row.top1_source, []).append(row.name)
    lines = [f"Accuracy of {', '.join(names)}: {source}." for source, names in sources.items()]
    if conditions:
        precision = " and ".join(sorted({row.openvino_precision or "" for row in rows}))
        lines.append(
            f"Speed: {conditions['threads']} threads, {conditions['batch']} images a request, "
            f"{conditions['seconds']:g} s each, random weights; OpenVINO "
            f"{conditions['openvino']} in {precision}, PyTorch {conditions['torch']} in f32."
        )
    return lines


def rate(images: float | None) -> str:
    """Write a speed as people read it.

    Args:
        images: images a second, or None where it was not measured.

    Returns:
        Such as ``"143"`` or ``"4.1"``, or ``"–"``.
    """
    if images is None:
        return "–"
    return f"{images:.1f}" if images < 20 else f"{images:.0f}"
