"""Model files that other programs run: ONNX, OpenVINO, PyTorch. No PyTorch until it is needed."""

from __future__ import annotations

from foveal.runtime.export.contents import (
    INPUT,
    OUTPUT,
    Contents,
    ExportFormat,
    Opened,
    Precision,
)
from foveal.runtime.export.formats import (
    FORMATS,
    exported_size,
    open_exported,
    require_packages,
    write_exported,
)

__all__ = [
    "FORMATS",
    "INPUT",
    "OUTPUT",
    "Contents",
    "ExportFormat",
    "Opened",
    "Precision",
    "exported_size",
    "open_exported",
    "require_packages",
    "write_exported",
]
