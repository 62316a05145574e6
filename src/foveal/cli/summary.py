"""``foveal summary``."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from foveal.cli.output import console, percent, print_json

if TYPE_CHECKING:
    from foveal.cli.fitting import Column
    from foveal.models.summary import BlockSummary, LayerSummary
    from foveal.models.summary import Summary as Described


@dataclass(frozen=True)
class Summary:
    """Show what a network consists of."""

    network: str
    """A name that `foveal models` lists, timm:NAME, a TOML file that describes a network, or a run
    or model folder."""
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
    from foveal.cli.fitting import fitted_table

    rows: Sequence[BlockSummary | LayerSummary] = described.layers() if layers else described.blocks
    screen = console()
    table, left_out = fitted_table(_columns(rows, described.frozen > 0, layers), screen.width)
    screen.print(table)
    screen.print()
    for line in totals(described):
        screen.print(line, markup=False)
    if left_out:
        remark = f"Not shown for lack of width: {', '.join(left_out)}."
        screen.print(remark, markup=False, style="dim")


def _columns(
    rows: Sequence[BlockSummary | LayerSummary], has_frozen: bool, layers: bool
) -> list[Column]:
    from foveal.cli.fitting import Column, rounded

    names = tuple(row.name for row in rows)
    inner = tuple(name.removeprefix("blocks.").replace(".layers.", ".") for name in names)
    fields = tuple(times(row.receptive_field) for row in rows)
    title = "layer" if layers else "block"
    columns = [
        Column(title, names, right=False, keep=9, short=(title, inner)),
        Column("kind", tuple(row.kind for row in rows), right=False, keep=1),
        Column("output", tuple(times(row.output_shape) for row in rows), keep=8),
        Column(
            "parameters",
            tuple(f"{row.parameters:,}" for row in rows),
            keep=7,
            short=("params", tuple(rounded(row.parameters) for row in rows)),
        ),
        Column("share", tuple(percent(row.share) for row in rows), keep=2),
        Column(
            "multiplications",
            tuple(number(row.macs) for row in rows),
            keep=6,
            short=("mult.", tuple(rounded(row.macs) for row in rows)),
        ),
        Column("receptive field", fields, keep=3, short=("field", fields)),
    ]
    if has_frozen:
        states = Column("state", tuple(state(row) for row in rows), right=False, keep=5)
        columns.insert(2, states)
    return columns


def state(row: BlockSummary | LayerSummary) -> str:
    """Say whether training changes the weights of a block or layer.

    Args:
        row: the block or layer.

    Returns:
        ``"trainable"``, ``"frozen"``, ``"both"``, or ``"–"`` where there are no weights.
    """
    if not row.parameters:
        return "–"
    if row.trainable and row.frozen:
        return "both"
    return "frozen" if row.frozen else "trainable"


def totals(described: Described) -> list[str]:
    """Return the lines below the table.

    Args:
        described: a network.

    Returns:
        Plain sentences.
    """
    size, channels = described.image_size, described.in_channels
    part = described.frozen / described.parameters if described.parameters else 0.0
    share = f", {percent(part)} of them" if described.frozen else ""
    return [
        f"{described.name} for images of {times((size, size, channels))}",
        f"parameters: {described.parameters:,} ({described.trainable:,} trainable, "
        f"{described.frozen:,} frozen{share})",
        f"moving statistics: {described.statistics:,}",
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
