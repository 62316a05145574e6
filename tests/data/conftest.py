"""Small real folders of photos."""

from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

Write = Callable[..., Path]


def picture(number: int, side: int = 40) -> bytes:
    """A PNG of smooth random colours that looks like no other number's."""
    coarse = np.random.default_rng(number).integers(0, 256, (5, 5, 3), dtype=np.uint8)
    file = io.BytesIO()
    Image.fromarray(coarse).resize((side, side), Image.Resampling.BICUBIC).save(file, "PNG")
    return file.getvalue()


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """Write a different picture to each path given, relative to the root that is returned."""
    root, drawn = tmp_path / "photos", [0]
    root.mkdir()

    def write_pictures(*names: str, content: bytes | None = None, side: int = 40) -> Path:
        for name in names:
            drawn[0] += 1
            file = root / name
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(picture(drawn[0], side) if content is None else content)
        return root

    return write_pictures


@pytest.fixture
def pets(write: Write) -> Path:
    """Ten cats and twenty dogs."""
    write(*(f"cats/{number:02d}.png" for number in range(10)))
    return write(*(f"dogs/{number:02d}.png" for number in range(20)))
