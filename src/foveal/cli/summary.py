"""``foveal summary``."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from foveal.cli.output import console, percent, print_json

if TYPE_CHECKING:
    from foveal.models.summary import BlockSummary, LayerSummary
    from foveal.models.summary import Summary as Described


@dataclass(frozen=True)
class Summary:
    """Show what a network consists of."""

    network: str
    """A name that `foveal models` lists, or a run or model folder."""
    image_size: int | None = None
    """Side of the images in pixels; by default what the network was made for."""
    layers: bool = False
    """Show every layer, not only the blocks."""
    json: bool = False
    """Write JSON for a program to read: every layer, with the formula of each number."""

    def run(self) -> int:
        """Write the table.

        Returns:
            0.
        """
        from foveal.workflow.describe import describe

        described = describe(self.network, self.image_size)
        if self.json:
            print_json(described.as_dict())
        else:
            _show(described, self.layers)
        return 0


def _show(described: Described, layers: bool) -> None:
    from rich.table import Table

    table = Table(box=None, header_style="bold", pad_edge=False)
    for name in ("layer" if layers else "block", "kind"):
        table.add_column(name, no_wrap=True)
    for name in ("output", "parameters", "share", "multiplications", "receptive field"):
        table.add_column(name, justify="right", no_wrap=True)
    rows: Iterable[BlockSummary | LayerSummary] = described.layers() if layers else described.blocks
    for row in rows:
        table.add_row(
            row.name,
            row.kind,
            times(row.output_shape),
            f"{row.parameters:,}",
            percent(row.share),
            number(row.macs),
            times(row.receptive_field),
        )
    screen = console()
    screen.print(table)
    screen.print()
    for line in totals(described):
        screen.print(line, markup=False)


def totals(described: Described) -> list[str]:
    """Return the lines below the table.

    Args:
        described: a network.

    Returns:
        Plain sentences.
    """
    size, channels = described.image_size, described.in_channels
    split = f"{described.trainable:,} trainable, {described.frozen:,} frozen"
    return [
        f"{described.name} for images of {times((size, size, channels))}",
        f"parameters: {described.parameters:,} ({split}); moving statistics: "
        f"{described.statistics:,}",
        f"multiplications for one image: {number(described.macs)}",
        f"memory: {megabytes(described.weight_bytes)} weights, "
        f"{megabytes(described.activation_bytes)} outputs of all layers for one image",
        *described.notes,
    ]


def times(sides: Iterable[int] | None) -> str:
    """Write sides as people read them.

    Args:
        sides: of an array or a window, or None where they are not known.

    Returns:
        Such as ``"64×56×56"``, or ``"–"``.
    """
    return "–" if sides is None else "×".join(str(side) for side in sides)


def number(value: int | None) -> str:
    """Write a large number as people read it.

    Args:
        value: a whole number, or None where it is not known.

    Returns:
        Such as ``"385,187,552"``, or ``"–"``.
    """
    return "–" if value is None else f"{value:,}"


def megabytes(count: int) -> str:
    """Write an amount of memory as people read it.

    Args:
        count: bytes.

    Returns:
        Such as ``"19.1 MB"``.
    """
    return f"{count / 1e6:,.1f} MB"
