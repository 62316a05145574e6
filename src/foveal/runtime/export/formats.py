"""The table of formats, and one way to write and to open them all."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from foveal.errors import FovealError, ModelError, UnknownNameError
from foveal.runtime.export.contents import Contents, Opened
from foveal.runtime.reasons import plain_reason
from foveal.storage import atomic_file, replace_folder, require_free_space, sole_writer


class Format(NamedTuple):
    """One row of the table of formats."""

    module: str
    """Where it is written and opened: a module with ``write``, or ``encode``, and ``open_file``."""
    suffix: str
    """What the name of the file, or of the folder, ends in."""
    is_folder: bool
    """Whether it is a folder of files."""
    extra: str | None
    """The extra that it needs."""
    summary: str
    """What it is."""


FORMATS = {
    "onnx": Format("foveal.runtime.export.onnx_file", ".onnx", False, "onnx", "one file"),
    "openvino": Format(
        "foveal.runtime.export.openvino_folder", "_openvino", True, None, "a folder of two files"
    ),
    "torch": Format("foveal.runtime.export.torch_file", ".pt2", False, None, "one file"),
}


@contextmanager
def write_exported(contents: Contents, name: str, target: Path) -> Iterator[Path]:
    """Write a model in a format; it takes its place only when the block succeeds.

    Args:
        contents: what to write.
        name: one of `FORMATS`.
        target: the file, or the folder for OpenVINO.

    Yields:
        Where it is for now, beside `target`, to be tried out.

    Raises:
        UnknownNameError: there is no such format.
        MissingExtraError: the packages that write it are not installed.
        ModelError: the network cannot be written in this format.
        LockedError: another process is writing the same target.
        StorageError: it cannot be written.
    """
    row = _format(name)
    module = importlib.import_module(row.module)
    if row.is_folder:
        with replace_folder(target) as temporary:
            module.write(contents, temporary)
            yield temporary
        return
    encode: Callable[[Contents], bytes] = module.encode
    data = encode(contents)
    require_free_space(target, len(data))
    with sole_writer(target), atomic_file(target) as file:
        file.write(data)
        file.flush()
        yield Path(file.name)


def open_exported(path: Path, name: str) -> Opened:
    """Load an exported model as other programs would.

    Args:
        path: the file, or the folder for OpenVINO.
        name: one of `FORMATS`.

    Returns:
        The model on the engine of its format.

    Raises:
        UnknownNameError: there is no such format.
        MissingExtraError: the engine is not installed.
        ModelError: the engine cannot load it.
    """
    module = importlib.import_module(_format(name).module)
    try:
        opened: Opened = module.open_file(path)
    except FovealError:
        raise
    except Exception as error:  # each engine has its own
        raise ModelError(f"{path} cannot be loaded by its engine: {plain_reason(error)}") from error
    return opened


def require_packages(name: str, *, int8: bool = False) -> None:
    """Refuse to go on without the packages that a format needs.

    Args:
        name: one of `FORMATS`.
        int8: whether it is to compute in 8 bits.

    Raises:
        UnknownNameError: there is no such format.
        MissingExtraError: a package is not installed.
    """
    if _format(name).extra == "onnx":
        from foveal.runtime.export.onnx_file import require_onnx

        require_onnx()
    if int8:
        from foveal.runtime.quantize import require_nncf

        require_nncf()


def exported_size(path: Path) -> int:
    """Return what an exported model takes on disk.

    Args:
        path: the file or folder.

    Returns:
        Bytes.
    """
    files = path.iterdir() if path.is_dir() else [path]
    return sum(file.stat().st_size for file in files)


def _format(name: str) -> Format:
    if name not in FORMATS:
        raise UnknownNameError("format", name, FORMATS)
    return FORMATS[name]
