"""PyTorch: one ``.pt2`` file that ``torch.export.load`` reads without the code of the network."""

from __future__ import annotations

import io
import warnings
from pathlib import Path
from typing import Any

from foveal.runtime.backends import TorchBackend
from foveal.runtime.export.contents import Contents, Opened


def encode(contents: Contents) -> bytes:
    """Return the content of the file.

    Args:
        contents: what to write.

    Returns:
        A zip archive of the traced program, its weights and the metadata as extra files.

    Raises:
        ModelError: the network cannot be traced.
    """
    import torch

    from foveal.runtime.export.program import traced

    program = traced(contents)
    program.example_inputs = None  # a pickle, and of no use to anybody
    held = io.BytesIO()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # PyTorch's own deprecations
        torch.export.save(program, held, extra_files=dict(contents.metadata()))
    return held.getvalue()


def open_file(path: Path) -> Opened:
    """Load the program on the CPU.

    Args:
        path: the file.

    Returns:
        The model on PyTorch.
    """
    import torch

    metadata: dict[str, Any] = dict.fromkeys(("classes", "preprocess", "about"), "")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        program = torch.export.load(path, extra_files=metadata)

    class Program(torch.nn.Module):
        """A loaded program knows no evaluation mode, which backends ask for."""

        def forward(self, images: torch.Tensor) -> Any:
            return module(images)

    module = program.module()
    return Opened(TorchBackend(Program()), metadata)
