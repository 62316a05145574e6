"""What a model folder may say of itself: it comes from anywhere, so nothing in it is believed."""

from __future__ import annotations

import os
import reprlib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from foveal.arguments import is_whole, require_number
from foveal.errors import CorruptFileError, ModelError
from foveal.storage import sha256_file

_KINDS: dict[str, tuple[type | tuple[type, ...], str]] = {
    "architecture": (str, "a name"),
    "classes": (list, "a list of names"),
    "preprocess": (dict, "the fields of `Preprocess`"),
    "head_widths": (list, "a list of whole numbers"),
    "temperature": ((int, float), "a number"),
    "provenance": (dict, "a table"),
    "metrics": (dict, "a table"),
    "description": ((dict, type(None)), "a table or null"),
    "rejection": ((dict, type(None)), "a table or null"),
}


def require_settings(values: Mapping[str, Any]) -> None:
    """Refuse settings of a model that make no sense.

    Args:
        values: what its ``config.json`` holds; every name is there.

    Raises:
        ModelError: one is of the wrong kind.
        UsageError: a number is out of range.
    """
    for name, (kind, words) in _KINDS.items():
        if not isinstance(values[name], kind):
            raise ModelError(f"`{name}` must be {words}; got {reprlib.repr(values[name])}.")
    classes, widths = values["classes"], values["head_widths"]
    if not classes or not all(map(_is_name, classes)):
        raise ModelError(f"`classes` must be a list of names; got {reprlib.repr(classes)}.")
    if widths and not (
        len(widths) > 1
        and all(is_whole(width, 1) for width in widths)
        and widths[-1] == len(classes)
    ):
        raise ModelError(
            f"`head_widths` must be widths of layers, the last of them that of the {len(classes)} "
            f"classes; got {reprlib.repr(widths)}."
        )
    require_number("temperature", values["temperature"], 1e-6, 1e6)
    if values["rejection"] is not None:
        require_number("coverage", values["rejection"].get("coverage"), 0.001, 0.999)


def require_files(folder: Path, checksums: Any, needed: Sequence[str]) -> None:
    """Refuse a folder whose files are not those that were written into it.

    Args:
        folder: a model folder.
        checksums: what its ``config.json`` says of its files: SHA-256 by name.
        needed: files that must be among them.

    Raises:
        ModelError: it does not name its files, or one lies outside the folder.
        CorruptFileError: a file is missing or has changed; the message names it.
    """
    if not isinstance(checksums, dict) or not set(needed) <= checksums.keys():
        raise ModelError(
            f"{folder} does not name its files, {', '.join(needed)}; restore its config.json."
        )
    for name, checksum in checksums.items():
        require_inside(folder, name)
        file = folder / name
        if not file.is_file() or sha256_file(file) != checksum:
            raise CorruptFileError(
                f"{file} is missing or has changed since it was written; train again or restore it."
            )


def require_inside(folder: Path, name: str) -> None:
    """Refuse a file that lies outside its folder, by its name or as a link.

    Args:
        folder: a model folder.
        name: of a file in it.

    Raises:
        ModelError: it lies elsewhere.
    """
    plain = Path(name).name == name and name.isascii() and name.isprintable()
    home = os.path.realpath(folder)  # Path.resolve raises where a link leads to itself
    if not plain or os.path.dirname(os.path.realpath(folder / name)) != home:
        raise ModelError(
            f"{folder} leads to a file elsewhere with {name[:200]!r}; a model folder holds its "
            "files itself: put the file there."
        )


def _is_name(value: Any) -> bool:
    if not isinstance(value, str):
        return False
    try:
        value.encode()
    except UnicodeEncodeError:  # half a character, which no answer could hold
        return False
    return True
