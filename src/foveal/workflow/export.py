"""Exporting a trained classifier for other programs, and proving that the file is the same."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from foveal.arguments import require_number
from foveal.data import counted
from foveal.errors import ModelError, UnknownNameError, UsageError
from foveal.runtime.backends import OpenVinoBackend
from foveal.runtime.export import (
    FORMATS,
    Contents,
    ExportFormat,
    Precision,
    exported_size,
    open_exported,
    require_packages,
    write_exported,
)
from foveal.runtime.graphs import read_graph
from foveal.runtime.model_folder import ModelConfig, find_model, read_config
from foveal.runtime.quantize import require_float
from foveal.storage.space import named_errors
from foveal.workflow import export_int8
from foveal.workflow.export_check import (
    MOST_PHOTOS,
    Agreement,
    CheckImages,
    Compared,
    compare,
    images_to_check,
)
from foveal.workflow.export_int8 import Int8Figures
from foveal.workflow.listener import Listener

TOLERANCE = 0.001  # of a probability, f32 against f32; measured: docs/export.md
MAX_ACCURACY_DROP = 1.0  # points


@dataclass(frozen=True)
class ExportSettings:
    """How to export."""

    format: ExportFormat = "onnx"
    """The kind of file: onnx, openvino or torch."""
    int8: bool = False
    """Compute in 8 bits, calibrated on training photos; with openvino. Faster, nearly as good."""
    tolerance: float | None = None
    """The largest difference of a probability from the model's own, 0.001 by default."""
    max_accuracy_drop: float | None = None
    """With int8: how many points of accuracy may be lost, 1 by default."""

    def __post_init__(self) -> None:
        if self.format not in FORMATS:
            raise UnknownNameError("format", self.format, FORMATS)
        if self.int8 and self.format != "openvino":
            raise UsageError(
                f"`int8` goes with `format` openvino; got {self.format}. Choose openvino, or leave "
                "int8 out."
            )
        if self.int8 and self.tolerance is not None:
            raise UsageError(
                "`tolerance` would have no effect with int8, whose probabilities are other ones; "
                "use `max_accuracy_drop`."
            )
        if not self.int8 and self.max_accuracy_drop is not None:
            raise UsageError("`max_accuracy_drop` would have no effect without int8.")
        if self.tolerance is not None:
            require_number("tolerance", self.tolerance, 0, 1)
        if self.max_accuracy_drop is not None:
            require_number("max_accuracy_drop", self.max_accuracy_drop, 0, 100)

    @property
    def most_difference(self) -> float:
        """The largest difference of a probability that is let through."""
        return TOLERANCE if self.tolerance is None else self.tolerance

    @property
    def most_points(self) -> float:
        """How many points of accuracy may be lost."""
        return MAX_ACCURACY_DROP if self.max_accuracy_drop is None else self.max_accuracy_drop


@dataclass(frozen=True)
class Exported:
    """A file that other programs run, and how it was proved."""

    path: Path
    """The file; for OpenVINO the folder with ``model.xml`` and ``model.bin``."""
    format: ExportFormat
    """Its format."""
    precision: Precision
    """``"f32"``, or ``"int8"``."""
    classes: tuple[str, ...]
    """The classes in the order of its probabilities."""
    size_bytes: int
    """What it takes on disk."""
    agreement: Agreement
    """How its answers compare with the model's."""
    int8: Int8Figures | None
    """Accuracy and speed before and after; None where it is not int8."""
    seconds: float
    """Time that exporting and proving took."""

    @property
    def sentence(self) -> str:
        """What came of it, for people."""
        told = self.agreement.sentence
        if self.int8 is not None:
            told = f"{self.int8.sentence}; {told}"
        return f"{self.path} ({self.size_bytes / 1e6:.1f} MB, {self.precision}): {told}."

    def as_dict(self) -> dict[str, Any]:
        """Return everything as JSON can hold it.

        Returns:
            Plain values.
        """
        values = asdict(self) | {"path": str(self.path), "classes": list(self.classes)}
        if self.int8 is not None:
            values["int8"] = self.int8.as_dict()
        return values | {"sentence": self.sentence}


def export_model(
    run: str | Path,
    format: ExportFormat = "onnx",
    *,
    out: str | Path | None = None,
    int8: bool = False,
    tolerance: float | None = None,
    max_accuracy_drop: float | None = None,
    photos: Sequence[str | Path] = (),
    listener: Listener | None = None,
) -> Exported:
    """Write a trained classifier as a file that needs nothing of Foveal, and try it out.

    The file takes ``uint8`` images (N, S, S, C), any N, and gives calibrated probabilities. It is
    run over the validation photos of its run and compared with the model; what does not agree is
    not left behind.

    Args:
        run: a run or model folder.
        format: ``"onnx"``, ``"openvino"`` or ``"torch"``.
        out: the file, or for OpenVINO the folder; None for one in the working folder that is named
            after the run. It must not exist.
        int8: compute in 8 bits, calibrated on training photos; with ``"openvino"``.
        tolerance: the largest difference of a probability from the model's own, 0.001 by default.
        max_accuracy_drop: with `int8`: how many points of accuracy may be lost, 1 by default.
        photos: photos to compare on instead of those of the run.
        listener: hears what is being done; None for silence.

    Returns:
        Where it is and how it compares.

    Raises:
        UsageError: an argument cannot be used, or `out` exists.
        MissingExtraError: a package that is needed is not installed; the message names the extra.
        DataError: the photos to compare on, or to calibrate on, are gone.
        ModelError: there is no model, or the file does not agree with it; nothing was written.
        StorageError: it cannot be written.
    """
    started = time.perf_counter()
    settings = ExportSettings(format, int8, tolerance, max_accuracy_drop)
    if int8 and photos:
        raise UsageError("`photos` would have no effect with int8, which needs those of the run.")
    require_packages(format, int8=int8)
    folder = find_model(run)
    home = folder.parent if folder.name == "model" else folder
    target = _new_target(home, out, settings)
    job = _Job(folder, home, read_config(folder), settings, listener or Listener())
    found, figures = job.run(target, [Path(photo) for photo in photos])
    return Exported(
        path=target,
        format=format,
        precision=job.precision,
        classes=job.config.classes,
        size_bytes=exported_size(target),
        agreement=found,
        int8=figures,
        seconds=time.perf_counter() - started,
    )


@dataclass(frozen=True)
class _Job:
    folder: Path
    home: Path
    config: ModelConfig
    settings: ExportSettings
    listener: Listener

    @property
    def precision(self) -> Precision:
        kept = self.settings.format == "openvino" and self._has_int8
        return "int8" if self.settings.int8 or kept else "f32"

    @property
    def _has_int8(self) -> bool:
        """Whether the frozen blocks of the model are in int8 already."""
        return bool(self.config.provenance.get("precision") == "int8")

    def run(self, target: Path, photos: Sequence[Path]) -> tuple[Agreement, Int8Figures | None]:
        most = export_int8.MOST_PHOTOS if self.settings.int8 else MOST_PHOTOS
        preprocess = self.config.preprocess
        checked = images_to_check(self.home, preprocess, photos, self.listener, most)
        if self.settings.int8:
            return self._int8(target, checked)
        contents = Contents(self.folder, self.config, self.precision)
        with write_exported(contents, self.settings.format, target) as written:
            opened = open_exported(written, self.settings.format)
            if opened.metadata != contents.metadata():
                raise ModelError(
                    f"{target} does not say what was written into it; nothing is kept."
                )
            original = OpenVinoBackend(read_graph(self.folder, self.config), precision="f32")
            compared = compare(original, opened.backend, checked, preprocess, self.listener)
            self._refuse_difference(compared)
        return compared.agreement(), None

    def _int8(self, target: Path, checked: CheckImages) -> tuple[Agreement, Int8Figures]:
        preprocess, classes = self.config.preprocess, self.config.classes
        original = read_graph(self.folder, self.config)
        require_float(original)
        graph, calibrated_on = export_int8.calibrated_graph(
            original, self.home, preprocess, self.listener
        )
        contents = Contents(self.folder, self.config, "int8", graph)
        with write_exported(contents, self.settings.format, target) as written:
            backends = export_int8.before_and_after(original, written)
            compared = compare(*backends, checked, preprocess, self.listener)
            figures = export_int8.figures(compared, classes, backends, calibrated_on)
            self._refuse_drop(figures)
        return compared.agreement(), figures

    def _refuse_difference(self, compared: Compared) -> None:
        if compared.max_difference <= self.settings.most_difference:  # not so for no number
            return
        found = compared.agreement()
        reason = ""
        if self._has_int8:
            reason = " The model's frozen blocks are in int8, which only openvino can express."
        raise ModelError(
            f"the exported file is not the same model: {found.sentence}; `tolerance` allows "
            f"{self.settings.most_difference:g}. Nothing was written.{reason}"
        )

    def _refuse_drop(self, figures: Int8Figures) -> None:
        if figures.points_lost <= self.settings.most_points:
            return
        raise ModelError(
            f"int8 would lose {figures.points_lost:.1f} points of accuracy: it names "
            f"{figures.right_after} of {counted(figures.photos, 'validation photo')} rightly, the "
            f"model {figures.right_before}; `max_accuracy_drop` allows "
            f"{self.settings.most_points:g}. Nothing was written."
        )


def _new_target(home: Path, out: str | Path | None, settings: ExportSettings) -> Path:
    """Return where the file goes, and refuse a place that is taken."""
    row = FORMATS[settings.format]
    if out is None:
        name = home.resolve().name + ("-int8" if settings.int8 else "")
        target = Path(f"{name}{row.suffix}")
    else:
        target = Path(out)
        if not row.is_folder and target.suffix != row.suffix:
            raise UsageError(
                f"`out` must end in {row.suffix} for {settings.format}; got {str(target)!r}."
            )
    with named_errors(target, "write"):
        taken = target.exists() or target.is_symlink()
    if taken:
        raise UsageError(
            f"{target} exists and is left as it is; choose another place with `out`, or remove it."
        )
    return target
