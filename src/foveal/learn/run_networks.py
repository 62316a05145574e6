"""Work out, with PyTorch, what the lessons say about networks, and keep it.

``python -m foveal.learn.run_networks`` rewrites ``content/networks.json``; with ``--measure
speed`` or ``--measure depth`` it also measures speeds or repeats the depth experiment (minutes).
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

from foveal.models.create import create_model
from foveal.models.summary import summary
from foveal.storage import write_text

LISTED = ("lenet5", "custom_cifar_cnn")
BY_BLOCK = ("simple_resnet", "efficientnet_lite0")
FILE = Path(__file__).parent / "content" / "networks.json"


def layers_of(name: str) -> list[dict[str, Any]]:
    """Return the layers of a network that change its shape or have parameters.

    Args:
        name: a registered network.

    Returns:
        ``name``, ``shape``, ``parameters`` and ``how`` (the formula of the parameters) of each.
    """
    found = []
    shape: tuple[int, ...] = ()
    for layer in summary(create_model(name)).layers():
        if layer.parameters or layer.output_shape != shape:
            found.append(
                {
                    "name": layer.name.removeprefix("blocks."),
                    "shape": list(layer.output_shape),
                    "parameters": layer.parameters,
                    "how": layer.explain.get("parameters", ""),
                }
            )
        shape = layer.output_shape
    return found


def blocks_of(name: str) -> list[dict[str, Any]]:
    """Return the blocks of a network, without pool and head.

    Args:
        name: a registered network.

    Returns:
        ``name``, ``shape`` and ``parameters`` of each.
    """
    return [
        {"name": block.name, "shape": list(block.output_shape), "parameters": block.parameters}
        for block in summary(create_model(name)).blocks
        if block.name not in ("pool", "head")
    ]


def main() -> None:
    """Rewrite what the lessons know about networks."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--measure", choices=("speed", "depth"), help="what to measure again")
    chosen = parser.parse_args().measure
    known = json.loads(FILE.read_text("utf-8")) if FILE.exists() else {}
    known |= {
        "layers": {name: layers_of(name) for name in LISTED},
        "blocks": {name: blocks_of(name) for name in BY_BLOCK},
    }
    if chosen:
        from foveal.learn import experiments

        measure = {"speed": experiments.network_speeds, "depth": experiments.depth_experiment}
        known[chosen] = measure[chosen]()
    write_text(FILE, json.dumps(known, indent=1, ensure_ascii=False) + "\n")


if __name__ == "__main__":
    main()
