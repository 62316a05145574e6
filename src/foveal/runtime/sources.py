"""What counts as an image: a path, pixels, or a Pillow image."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias, TypeGuard

import numpy as np
from numpy.typing import NDArray

from foveal.errors import UsageError

if TYPE_CHECKING:
    from PIL.Image import Image

Source: TypeAlias = "str | Path | NDArray[np.uint8] | Image"
"""A path, pixels uint8 (H, W, 3) in RGB, or a Pillow image of any mode."""


def is_source(value: object) -> TypeGuard[Source]:
    """Return whether something is one image.

    Args:
        value: anything.

    Returns:
        True for a path, an array and a Pillow image.
    """
    if isinstance(value, str | Path | np.ndarray):
        return True
    pillow = sys.modules.get("PIL.Image")  # whoever has such an image has imported it
    return pillow is not None and isinstance(value, pillow.Image)


def require_source(value: object) -> None:
    """Refuse what is no image.

    Args:
        value: anything.

    Raises:
        UsageError: `value` is neither a path nor an array nor a Pillow image.
    """
    if not is_source(value):
        shown = repr(value) if len(repr(value)) <= 60 else f"a {type(value).__name__}"
        raise UsageError(
            "an image must be a path, an array uint8 (H, W, 3) in RGB, or a Pillow image; "
            f"got {shown}: give one of these, or a list of them."
        )


def source_name(source: Source) -> str:
    """Return what to call an image.

    Args:
        source: the image.

    Returns:
        Its path, or ``"<array>"`` or ``"<image>"`` where it has none.
    """
    if isinstance(source, str | Path):
        return str(source)
    if isinstance(source, np.ndarray):
        return "<array>"
    return str(getattr(source, "filename", "")) or "<image>"
