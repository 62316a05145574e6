"""A sheet of pictures with words: a title, panels side by side, captions, and a legend."""

from __future__ import annotations

import io
import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw
from PIL.PngImagePlugin import PngInfo

from foveal.explain.lettering import fitted, lettered

MADE_BY = "Foveal explain"  # written into every picture, so that our own are recognised
PAPER, INK, SOFT, EDGE = (255, 255, 255), (27, 32, 36), (85, 96, 106), (205, 210, 214)
_MARGIN, _GAP = 24, 16
_TITLE, _TEXT = 20, 16
_BAR = (260, 14)

Pixels = NDArray[np.uint8]
Ink = tuple[int, int, int]


@dataclass(frozen=True, eq=False)
class Panel:
    """One picture of a sheet."""

    image_HWC: Pixels
    """What it shows, uint8 (H, W, 3)."""
    heading: str = ""
    """The words above it."""
    caption: str = ""
    """The words below it."""


@dataclass(frozen=True, eq=False)
class Legend:
    """What the colours mean."""

    colours_N3: Pixels
    """The colours from left to right, uint8 (N, 3)."""
    ends: tuple[str, str]
    """What both ends mean."""
    note: str = ""
    """A sentence below."""


def draw_sheet(
    title: str, panels: Sequence[Panel], legend: Legend | None = None, *, columns: int = 4
) -> Image.Image:
    """Put panels, words and a legend on one sheet.

    Args:
        title: the words on top.
        panels: pictures of one size.
        legend: what the colours mean; None where there is nothing to say.
        columns: panels side by side at most.

    Returns:
        The sheet.
    """
    across = min(columns, len(panels))
    height, width = panels[0].image_HWC.shape[:2]
    line = _height(_TEXT)
    above = line + 4 if any(panel.heading for panel in panels) else 0
    below = line + 6 if any(panel.caption for panel in panels) else 0
    cell = (width + _GAP, above + height + below + _GAP)
    inner = max(across * cell[0] - _GAP, _wanted_width(title, legend))
    rows = math.ceil(len(panels) / across)
    top = _MARGIN + _height(_TITLE) + 12
    end = top + rows * cell[1]
    sheet = Image.new("RGB", (inner + 2 * _MARGIN, end + _legend_height(legend) + 8), PAPER)
    draw = ImageDraw.Draw(sheet)
    _write(draw, (_MARGIN, _MARGIN - 6), title, inner, _TITLE, INK)
    for number, panel in enumerate(panels):
        row, column = divmod(number, across)
        x, y = _MARGIN + column * cell[0], top + row * cell[1]
        _write(draw, (x, y - 2), panel.heading, width, _TEXT, INK)
        sheet.paste(Image.fromarray(panel.image_HWC), (x, y + above))
        # A white picture would be lost on the paper.
        edge = (x - 1, y + above - 1, x + width, y + above + height)
        draw.rectangle(edge, outline=EDGE)
        _write(draw, (x, y + above + height + 4), panel.caption, width, _TEXT, SOFT)
    if legend is not None:
        _draw_legend(sheet, draw, legend, (_MARGIN, end))
    return sheet


def png_bytes(image: Image.Image) -> bytes:
    """Encode a picture.

    Args:
        image: the picture.

    Returns:
        The content of a PNG file that says who made it, and nothing else about its origin.
    """
    made_by = PngInfo()
    made_by.add_text("Software", MADE_BY)
    file = io.BytesIO()
    image.save(file, "PNG", pnginfo=made_by, optimize=True)
    return file.getvalue()


def enlarged(image_HWC: Pixels, side: int, *, smooth: bool) -> Pixels:
    """Bring a picture to a width.

    Args:
        image_HWC: uint8 (H, W, 3).
        side: the new width in pixels; the height follows.
        smooth: interpolate; otherwise every pixel becomes a square.

    Returns:
        uint8 (H', W', 3).
    """
    how = Image.Resampling.BICUBIC if smooth else Image.Resampling.NEAREST
    height = max(1, round(side * image_HWC.shape[0] / image_HWC.shape[1]))
    return np.asarray(Image.fromarray(image_HWC).resize((side, height), how))


def _height(size: int) -> int:
    return round(1.35 * size)


def _wanted_width(title: str, legend: Legend | None) -> int:
    """Return the width that the words need, within reason."""
    words = [_length(title, _TITLE)]
    if legend is not None:
        ends = sum(_length(end, _TEXT) for end in legend.ends)
        words += [_length(legend.note, _TEXT), ends + _BAR[0] + 24]
    return min(1600, math.ceil(max(words)))


def _legend_height(legend: Legend | None) -> int:
    if legend is None:
        return _MARGIN
    return _MARGIN + _height(_TEXT) * (2 if legend.note else 1) + 8


def _draw_legend(
    sheet: Image.Image, draw: ImageDraw.ImageDraw, legend: Legend, at: tuple[int, int]
) -> None:
    x, y = at
    width = sheet.width - 2 * _MARGIN
    first, last = legend.ends
    _write(draw, (x, y), first, width, _TEXT, INK)
    x += math.ceil(_length(first, _TEXT)) + 12
    strip = np.repeat(legend.colours_N3[None], _BAR[1], axis=0)
    sheet.paste(Image.fromarray(strip).resize(_BAR), (x, y + 3))
    draw.rectangle((x - 1, y + 2, x + _BAR[0], y + 3 + _BAR[1]), outline=SOFT)
    _write(draw, (x + _BAR[0] + 12, y), last, width, _TEXT, INK)
    if legend.note:
        _write(draw, (at[0], y + _height(_TEXT) + 6), legend.note, width, _TEXT, SOFT)


def _write(
    draw: ImageDraw.ImageDraw, at: tuple[int, int], text: str, width: int, size: int, ink: Ink
) -> None:
    line, face = fitted(text, width, size)
    draw.text(at, line, ink, face)


def _length(text: str, size: int) -> float:
    line, face = lettered(text, size)
    return face.getlength(line)
