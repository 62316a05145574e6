"""``foveal models``."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from foveal.cli.output import console, print_json
from foveal.errors import UsageError
from foveal.models import Architecture, architecture, list_models


@dataclass(frozen=True)
class Models:
    """List the networks there are."""

    download: str | None = None
    """Fetch the trained weights of this network from the Hugging Face Hub, and keep them."""
    json: bool = False
    """Write JSON for a program to read."""

    def run(self) -> int:
        """Write the table, or fetch weights.

        Returns:
            0.
        """
        if self.download is not None:
            return _download(architecture(self.download))
        rows = [architecture(name) for name in list_models()]
        if self.json:
            print_json([_as_dict(row) for row in rows])
        else:
            _show(rows)
        return 0


def _download(row: Architecture) -> int:
    from foveal.models.hub import HubWeights

    if not isinstance(row.weights, HubWeights):
        how = row.weights.remedy(row.name) if row.weights else "train it from scratch"
        raise UsageError(f"{row.name!r} has no weights on the Hub; {how}.")
    file = row.weights.fetch()
    console().print(f"{row.weights.origin}: {file}", markup=False, soft_wrap=True)
    return 0


def _where(row: Architecture) -> str:
    if row.weights is None:
        return "–"
    if row.is_available_offline:
        return "yes"
    return "no, --download"


def _as_dict(row: Architecture) -> dict[str, Any]:
    weights = row.weights
    return {
        "name": row.name,
        "parameters": row.parameters,
        "image_size": row.image_size,
        "in_channels": row.in_channels,
        "weights": weights.origin if weights else None,
        "available_offline": row.is_available_offline,
        "imagenet_top1": weights.top1 if weights else None,
        "licence": weights.licence if weights else None,
        "paper": {
            "title": row.paper.title,
            "authors": row.paper.authors,
            "url": row.paper.url,
        },
    }


def _show(rows: list[Architecture]) -> None:
    from rich.table import Table

    screen = console()
    wide = screen.width >= 110  # narrow terminals lose whole columns, not the ends of words
    right = ("parameters", "input", "top-1")
    columns = ["name", "parameters", "input", "top-1", "weights offline"]
    table = Table(box=None, header_style="bold", pad_edge=False)
    for name in [*columns, *(["licence", "paper"] if wide else [])]:
        table.add_column(name, justify="right" if name in right else "left", no_wrap=True)
    for row in rows:
        weights = row.weights
        further = (weights.licence if weights else "–", row.paper.authors) if wide else ()
        table.add_row(
            row.name,
            f"{row.parameters:,}",
            f"{row.image_size}×{row.image_size}×{row.in_channels}",
            f"{weights.top1} %" if weights else "–",
            _where(row),
            *further,
        )
    screen.print(table)
