"""``foveal compare``."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from foveal.cli.live import listener
from foveal.cli.output import console, print_json
from foveal.cli.summary import megabytes, number
from foveal.errors import UsageError

if TYPE_CHECKING:
    from foveal.cli.fitting import Column
    from foveal.workflow.describe import Compared

LONGEST = 600.0  # seconds


@dataclass(frozen=True)
class Compare:
    """Put networks side by side: size, work, speed, accuracy."""

    names: tuple[str, ...]
    """Names that `foveal models` lists, timm:NAME, or TOML files that describe networks."""
    image_size: int | None = None
    """Side of the images in pixels for all; by default each network's own."""
    seconds: float = 2.0
    """How long each engine runs each network."""
    no_measure: bool = False
    """Run nothing: leave the images a second out."""
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

        measure = not self.no_measure
        heard = listener() if measure else None
        rows = compare(
            self.names,
            image_size=self.image_size,
            seconds=self.seconds if measure else 0.0,
            progress=lambda done, total: (
                heard.progress("Measuring networks", done, total) if heard else None
            ),
        )
        conditions = _conditions(self.seconds) if measure else None
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
    from foveal.cli.fitting import fitted_table

    screen = console()
    table, left_out = fitted_table(_columns(rows, measured=conditions is not None), screen.width)
    screen.print(table)
    for line in remarks(rows, conditions):
        screen.print(line, markup=False, style="dim")
    if left_out:
        remark = f"Not shown for lack of width: {', '.join(left_out)}."
        screen.print(remark, markup=False, style="dim")


def _columns(rows: list[Compared], *, measured: bool) -> list[Column]:
    from foveal.cli.fitting import Column, rounded

    top1 = tuple("–" if row.top1 is None else f"{row.top1} %" for row in rows)
    openvino = tuple(rate(row.openvino_images_per_second) for row in rows)
    torch = tuple(rate(row.torch_images_per_second) for row in rows)
    return [
        Column("network", tuple(row.name for row in rows), right=False, keep=9),
        Column("pixels", tuple(str(row.image_size) for row in rows), keep=2),
        Column(
            "parameters",
            tuple(f"{row.parameters:,}" for row in rows),
            keep=8,
            short=("params", tuple(rounded(row.parameters) for row in rows)),
        ),
        Column(
            "multiplications",
            tuple(number(row.macs) for row in rows),
            keep=5,
            short=("mult.", tuple(rounded(row.macs) for row in rows)),
        ),
        Column("file", tuple(megabytes(row.file_bytes) for row in rows), keep=3),
        *(
            Column(f"{engine} images/s", rates, keep=keep, short=(f"{engine}/s", rates))
            for engine, rates, keep in (("OpenVINO", openvino, 7), ("PyTorch", torch, 4))
            if measured
        ),
        Column("ImageNet top-1", top1, keep=6, short=("top-1", top1)),
    ]


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
