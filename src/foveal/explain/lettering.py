"""Words in pictures, whatever they are written in: photos and classes are named by people."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator
from functools import cache

from PIL import ImageFont

Face = ImageFont.FreeTypeFont | ImageFont.ImageFont

# Asked of the system by name where Pillow's own font, which knows little beyond ASCII, lacks a
# letter: Linux, Windows and macOS, first for the alphabets, then for Chinese, Japanese, Korean.
_SYSTEM_FONTS = (
    "DejaVuSans.ttf",
    "NotoSans-Regular.ttf",
    "arial.ttf",
    "Arial Unicode.ttf",
    "NotoSansCJK-Regular.ttc",
    "wqy-microhei.ttc",
    "msyh.ttc",
    "YuGothM.ttc",
    "malgun.ttf",
    "PingFang.ttc",
    "AppleSDGothicNeo.ttc",
)
_IN_NO_FONT = "\U0010ffff"


def lettered(text: str, size: int) -> tuple[str, Face]:
    """Find a font for a text.

    Args:
        text: any characters; what cannot be seen, such as a line break, becomes a space.
        size: of the font in pixels.

    Returns:
        The text as it can be drawn, and the font. A character that no font has is written as its
        number, such as ``\\u82b1``.
    """
    line = "".join(" " if _is_unseen(c) else c for c in unicodedata.normalize("NFC", text))
    best, fewest = _own(size), len(line) + 1
    for face in _faces(size):
        lacking = sum(not _has(face, character) for character in set(line))
        if not lacking:
            return line, face
        if lacking < fewest:
            best, fewest = face, lacking
    return "".join(c if _has(best, c) else _number(c) for c in line), best


def fitted(text: str, width: int, size: int) -> tuple[str, Face]:
    """Shorten a text until it fits.

    Args:
        text: any characters.
        width: in pixels.
        size: of the font in pixels.

    Returns:
        The text, or its beginning with an ellipsis, as it can be drawn, and the font.
    """
    line, face = lettered(text, size)
    if face.getlength(line) <= width:
        return line, face
    while line and face.getlength(line + "...") > width:
        line = line[:-1]
    return line.rstrip() + "...", face


def _faces(size: int) -> Iterator[Face]:
    yield _own(size)
    for name in _SYSTEM_FONTS:
        if (face := _of_system(name, size)) is not None:
            yield face


@cache
def _own(size: int) -> Face:
    return ImageFont.load_default(size)


@cache
def _of_system(name: str, size: int) -> Face | None:
    try:
        return ImageFont.truetype(name, size)
    except OSError:  # this system has no such font
        return None


@cache
def _has(face: Face, character: str) -> bool:
    if character == " ":
        return True
    if unicodedata.category(character) == "Cs":  # stands for a byte of a name that is no text
        return False
    drawn, missing = face.getmask(character), face.getmask(_IN_NO_FONT)
    return drawn.size != missing.size or bytes(drawn) != bytes(missing)


def _is_unseen(character: str) -> bool:
    return character.isspace() or unicodedata.category(character) in ("Cc", "Cf", "Zl", "Zp")


def _number(character: str) -> str:
    code = ord(character)
    return f"\\u{code:04x}" if code <= 0xFFFF else f"\\U{code:08x}"
