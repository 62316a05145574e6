"""What the architecture explorer shows: registered networks, and the runs of a folder."""

from __future__ import annotations

import json
import threading
from pathlib import Path
from typing import Any

from foveal.models import architecture, list_models
from foveal.runtime.model_folder import CONFIG
from foveal.web.workbench.names import opaque_id

_computing = threading.Lock()
_SOURCE_FOLDER = "src/foveal/models"


def network_list() -> dict[str, Any]:
    """Return the registered networks: names and numbers, without building any.

    Returns:
        ``{"models": [{"name", "image_size", "parameters", "macs", "paper", "source"}, …]}``.
    """
    rows = [architecture(name) for name in list_models()]
    return {
        "models": [
            {
                "name": row.name,
                "image_size": row.image_size,
                "in_channels": row.in_channels,
                "parameters": row.parameters,
                "macs": row.macs,
                "paper": vars(row.paper),
                "source": f"{_SOURCE_FOLDER}/{row.builder.split(':')[0].rsplit('.', 1)[-1]}.py",
                "top1": row.weights.top1 if row.weights else None,
            }
            for row in rows
        ]
    }


def network_summary(name: str) -> dict[str, Any]:
    """Return every block and layer of a network, with the formula of each number.

    Args:
        name: a registered network, or a run or model folder.

    Returns:
        `foveal.models.summary.Summary.as_dict`, the layers' names shortened to their block.

    Raises:
        FovealError: the folder holds no model that can be read.
    """
    from foveal.workflow.describe import describe

    with _computing:  # one at a time: each takes a core for a moment
        described = describe(name)
    facts = described.as_dict()
    # Tuples and `Explained` numbers become plain JSON here, once.
    plain: dict[str, Any] = json.loads(json.dumps(facts))
    return plain


def find_runs(folder: Path) -> dict[str, Path]:
    """Return the trained runs in a folder under names that say nothing of the disk.

    Args:
        folder: what `foveal train` writes into; it need not exist.

    Returns:
        Opaque id → folder of the run, newest first.
    """
    if not folder.is_dir():
        return {}
    runs = [path for path in folder.iterdir() if (path / "model" / CONFIG).is_file()]
    # When it was trained: the folder itself also changes when a report is written into it.
    runs.sort(key=lambda path: (path / "model" / CONFIG).stat().st_mtime, reverse=True)
    return {opaque_id(path): path for path in runs}
