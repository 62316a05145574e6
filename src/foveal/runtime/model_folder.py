"""The folder a trained classifier lives in: JSON, safetensors and an OpenVINO graph, no pickle.

::

    model/
        config.json            classes, preprocessing, architecture, provenance, checksums
        model.safetensors      every weight of the network, head included
        openvino_model.xml     the same network as a graph that takes raw pixels
        openvino_model.bin
        rejection.safetensors  what `foveal predict --reject` has fitted, where it has
"""

from __future__ import annotations

import reprlib
from collections.abc import Callable
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any

from foveal.errors import ModelError, UsageError
from foveal.images import Preprocess
from foveal.runtime.model_checks import require_files, require_inside, require_settings
from foveal.storage import read_json, recover_folder, replace_folder, sha256_file, write_json

FORMAT_VERSION = 1
CONFIG, WEIGHTS, GRAPH = "config.json", "model.safetensors", "openvino_model.xml"
_MOST_BYTES = 2**26  # of the settings; a thousand classes with their confusions take a few million
_LONGEST_REASON = 500
_PICKLES = {".pth", ".pt", ".pkl", ".pickle", ".bin", ".ckpt", ".joblib", ".h5", ".keras"}


@dataclass(frozen=True)
class ModelConfig:
    """What a model folder says of itself."""

    architecture: str
    """The registered name of the network."""
    classes: tuple[str, ...]
    """The classes in the order of the logits."""
    preprocess: Preprocess
    """What brings photos into the network's input."""
    head_widths: tuple[int, ...]
    """Widths of the head's layers: ``(features, classes)`` or ``(features, hidden, classes)``;
    empty where the network kept its own head."""
    temperature: float = 1.0
    """The calibration that is already folded into the last layer; for information."""
    provenance: dict[str, Any] = field(default_factory=dict)
    """Where the model comes from: data fingerprint, seed, versions, date."""
    metrics: dict[str, Any] = field(default_factory=dict)
    """How good it was when it was made; see ``metrics.json``."""
    description: dict[str, Any] | None = None
    """The layers of a network that is in no table, or None."""
    rejection: dict[str, Any] | None = None
    """When to answer "none of these", as `foveal.runtime.rejection` fitted it, or None."""

    def as_dict(self) -> dict[str, Any]:
        """Return what JSON can hold.

        Returns:
            A dictionary that `from_dict` takes back.
        """
        values = {item.name: getattr(self, item.name) for item in fields(self)}
        return values | {
            "classes": list(self.classes),
            "head_widths": list(self.head_widths),
            "preprocess": self.preprocess.as_dict(),
        }

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> ModelConfig:
        """Read what `as_dict` gave.

        Args:
            values: the dictionary.

        Returns:
            The same settings.

        Raises:
            ModelError: a value is missing, unknown or of the wrong kind.
            UsageError: a number is out of range.
        """
        names = {item.name for item in fields(cls)}
        values = {"description": None, "rejection": None, **values}  # old models lack these lines
        if values.keys() != names:
            odd = ", ".join(sorted(values.keys() ^ names))
            raise ModelError(f"the model's settings must be {sorted(names)}; these differ: {odd}.")
        require_settings(values)
        return cls(
            **values
            | {
                "classes": tuple(values["classes"]),
                "head_widths": tuple(values["head_widths"]),
                "preprocess": Preprocess.from_dict(values["preprocess"]),
            }
        )


def write_model(
    folder: str | Path,
    config: ModelConfig,
    write_weights: Callable[[Path], None],
    write_graph: Callable[[Path], None],
    version: str,
) -> None:
    """Write a model folder, whole or not at all.

    Args:
        folder: the target; an older model there is replaced.
        config: what the model says of itself.
        write_weights: writes the safetensors file to the path it is given.
        write_graph: writes the OpenVINO graph to the path it is given.
        version: the version of Foveal that writes.

    Raises:
        StorageError: the folder cannot be written; an older model there stays.
    """
    with replace_folder(folder) as temporary:
        write_weights(temporary / WEIGHTS)
        write_graph(temporary / GRAPH)
        files = {path.name: sha256_file(path) for path in sorted(temporary.iterdir())}
        head = {"format_version": FORMAT_VERSION, "foveal_version": version}
        write_json(temporary / CONFIG, head | {"model": config.as_dict(), "files": files})


def find_model(path: str | Path) -> Path:
    """Return the model folder that a user means: the folder itself, or ``model/`` of a run.

    Args:
        path: a model folder or a run folder.

    Returns:
        A folder with a ``config.json``.

    Raises:
        ModelError: there is no model; the message says what is there instead.
    """
    given = Path(path)
    if given.is_file():
        raise ModelError(_refusal(given))
    recover_folder(given)
    if not given.exists():
        raise ModelError(f"{given} does not exist; expected a run or model folder.")
    recover_folder(given / "model")
    for folder in (given / "model", given):
        if (folder / WEIGHTS).is_file() and (folder / CONFIG).is_file():
            return folder
    if (given / "checkpoints").is_dir():
        raise ModelError(
            f"{given} holds no model yet: its training has not ended; go on with it: foveal train "
            f"--resume {given}"
        )
    raise ModelError(
        f"{given} holds no model; expected a run or model folder made by `foveal train`, with "
        f"{CONFIG} and {WEIGHTS} in it."
    )


def read_config(folder: Path) -> ModelConfig:
    """Read and check a model folder's settings and the checksums of its files.

    Args:
        folder: see `find_model`.

    Returns:
        Its settings.

    Raises:
        ModelError: the folder is of a newer version, or its settings are wrong.
        CorruptFileError: a file is missing or has changed; the message names it.
    """
    file = folder / CONFIG
    require_inside(folder, CONFIG)
    values = read_json(file, most=_MOST_BYTES)
    if not isinstance(values, dict) or "format_version" not in values:
        raise ModelError(f"{file} does not describe a Foveal model.")
    if values["format_version"] != FORMAT_VERSION:
        raise ModelError(
            f"{folder} has format {reprlib.repr(values['format_version'])}; this version of Foveal "
            f"reads {FORMAT_VERSION}. Use the version that wrote it: "
            f"{reprlib.repr(values.get('foveal_version'))}."
        )
    if not isinstance(values.get("model"), dict):
        raise ModelError(f"{file} does not describe a Foveal model.")
    require_files(folder, values.get("files"), (WEIGHTS, GRAPH))
    try:
        return ModelConfig.from_dict(values["model"])
    except (ModelError, UsageError) as error:
        raise ModelError(f"{file} cannot be used: {str(error)[:_LONGEST_REASON]}") from error


def _refusal(file: Path) -> str:
    if file.suffix.lower() in _PICKLES:
        return (
            f"{file} is a pickle or a foreign model file, which can run code when it is opened; "
            "Foveal reads only folders of JSON and safetensors. Convert it to safetensors first."
        )
    return f"{file} is a file; expected a run or model folder made by `foveal train`."
