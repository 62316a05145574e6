"""``foveal export``."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import tyro

from foveal.cli.live import listener
from foveal.cli.output import console, percent, print_json
from foveal.cli.predict import find_photos

if TYPE_CHECKING:
    from foveal.workflow.export import Exported


@dataclass(frozen=True)
class Export:
    """Write a trained classifier as a file for other programs, and try it out."""

    model: Annotated[Path, tyro.conf.arg(metavar="RUN")]
    """A run or model folder."""
    format: Literal["onnx", "openvino", "torch"] = "onnx"
    """onnx: one file; openvino: a folder with model.xml and model.bin; torch: one .pt2 file for
    torch.export.load."""
    int8: bool = False
    """With openvino: compute in 8 bits, calibrated on training photos; faster, nearly as good."""
    out: Path | None = None
    """The file, or for openvino the folder, which must not exist yet; by default one in the working
    folder that is named after the run."""
    tolerance: float | None = None
    """The largest difference of a probability from the model's own, 0.001 by default; beyond it
    nothing is written."""
    max_accuracy_drop: float | None = None
    """With --int8: how many points of accuracy on the validation photos may be lost, 1 by default;
    beyond it nothing is written."""
    photos: Path | None = None
    """A photo or a folder of photos to compare on; by default the validation photos of the run."""
    json: bool = False
    """Write JSON for a program to read."""

    def run(self) -> int:
        """Export, and say how the file compares.

        Returns:
            0.
        """
        from foveal.workflow.export import export_model

        exported = export_model(
            self.model,
            self.format,
            out=self.out,
            int8=self.int8,
            tolerance=self.tolerance,
            max_accuracy_drop=self.max_accuracy_drop,
            photos=() if self.photos is None else list(find_photos([self.photos])),
            listener=listener(),
        )
        if self.json:
            print_json(exported.as_dict())
        else:
            _show(exported)
        return 0


def _show(exported: Exported) -> None:
    from foveal.data import counted

    found, figures = exported.agreement, exported.int8
    size = f"{exported.size_bytes / 1e6:.1f} MB"
    rows = [
        ("written", f"{exported.path}  {size}, {exported.precision}"),
        ("tried on", counted(found.images, found.what)),
        (
            "compared",
            f"{found.label_flips} named differently, probabilities differ by "
            f"{found.max_difference:.2g} at most",
        ),
    ]
    if figures is not None:
        before, after = figures.images_per_second_before, figures.images_per_second_after
        rows += [
            (
                "accuracy",
                f"{percent(figures.accuracy_before)} before, {percent(figures.accuracy_after)} in "
                f"int8, calibrated on {counted(figures.calibrated_on, 'training photo')}",
            ),
            (
                "speed",
                f"{before:.0f} images/s before ({figures.precision_before}), {after:.0f} in int8: "
                f"{after / before:.1f} × on this machine, without decoding",
            ),
        ]
    screen = console()
    for label, text in rows:
        screen.print(f"{label:<10}{text}", markup=False, soft_wrap=True)
