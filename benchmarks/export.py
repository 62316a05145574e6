"""Export in every format: how far files are from their model, and what 8 bits cost and bring.

``python -m benchmarks.export`` trains a head on EfficientNet-Lite0 and -Lite2 on photos of ants and
bees, exports each, and adds the figures to ``benchmarks/results.json``.
"""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path
from typing import Any

from benchmarks.__main__ import RESULTS
from benchmarks.machine import conditions
from benchmarks.main_job import shared_photos
from foveal.runtime.export import FORMATS
from foveal.storage import read_json, write_json
from foveal.workflow.export import Exported, export_model
from foveal.workflow.run import train_run
from foveal.workflow.settings import TrainSettings

BACKBONES = ("efficientnet_lite0", "efficientnet_lite2")


def figures(exported: Exported) -> dict[str, Any]:
    """Return what is kept of an export."""
    values = exported.as_dict()
    kept = ("precision", "size_bytes", "agreement", "int8", "seconds")
    return {name: values[name] for name in kept}


def measure(backbone: str, photos: Path, home: Path) -> dict[str, Any]:
    """Train and export."""
    run = train_run(TrainSettings(folder=photos, backbone=backbone, views=1, out=home / "runs"))
    assert run is not None
    found = {}
    for name, row in FORMATS.items():
        out = home / f"{backbone}{row.suffix}"
        found[name] = figures(export_model(run.folder, name, out=out))
        print(f"{backbone} {name}: {found[name]}", flush=True)
    out = home / f"{backbone}-int8"
    exported = export_model(run.folder, "openvino", int8=True, out=out, max_accuracy_drop=100)
    found["openvino-int8"] = figures(exported)
    print(f"{backbone} openvino-int8: {found['openvino-int8']}", flush=True)
    return found


def main() -> None:
    """Measure, print, and add to the results."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", type=Path, default=RESULTS, help="where the figures go")
    given = parser.parse_args()
    measured: dict[str, Any] = {"conditions": conditions()}
    with tempfile.TemporaryDirectory() as home:
        for backbone in BACKBONES:
            measured[backbone] = measure(backbone, shared_photos(), Path(home))
    results = read_json(given.json) if given.json.is_file() else {}
    write_json(given.json, results | {"export": measured})


if __name__ == "__main__":
    main()
