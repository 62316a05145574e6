"""``foveal models``."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from foveal.cli.output import console, print_json
from foveal.models import Architecture, architecture, list_models


@dataclass(frozen=True)
class Models:
    """List the networks there are."""

    json: bool = False
    """Write JSON for a program to read."""

    def run(self) -> int:
        """Write the table.

        Returns:
            0.
        """
        rows = [architecture(name) for name in list_models()]
        if self.json:
            print_json([_as_dict(row) for row in rows])
        else:
            _show(rows)
        return 0


def _as_dict(row: Architecture) -> dict[str, Any]:
    weights = row.weights
    return {
        "name": row.name,
        "parameters": row.parameters,
        "image_size": row.image_size,
        "in_channels": row.in_channels,
        "weights": weights.package if weights else None,
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

    table = Table(box=None, header_style="bold", pad_edge=False)
    for name, right in (
        ("name", False),
        ("parameters", True),
        ("input", True),
        ("ImageNet top-1", True),
        ("weights offline", False),
        ("licence", False),
        ("paper", False),
    ):
        table.add_column(name, justify="right" if right else "left", no_wrap=name != "paper")
    for row in rows:
        weights = row.weights
        table.add_row(
            row.name,
            f"{row.parameters:,}",
            f"{row.image_size}×{row.image_size}×{row.in_channels}",
            f"{weights.top1} %" if weights else "–",
            "yes" if row.is_available_offline else "no",
            weights.licence if weights else "–",
            row.paper.authors,
        )
    console().print(table)
