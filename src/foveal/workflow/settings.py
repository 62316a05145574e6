"""The settings of a training run: the flags of ``foveal train`` are made from them."""

from __future__ import annotations

import math
import shlex
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal

from foveal.errors import UsageError
from foveal.images import Augment, Preprocess
from foveal.models import architecture
from foveal.training import HeadConfig

DEFAULT_BACKBONE = "efficientnet_lite2"
DEFAULT_VIEWS = 2  # measured: docs/measurements.md


@dataclass(frozen=True, kw_only=True)
class TrainSettings(HeadConfig):
    """Everything that decides a training run, but the photos' own content."""

    folder: Path
    """A folder with one sub-folder of photos per class, or a CSV table with path and label."""
    backbone: str = DEFAULT_BACKBONE
    """The pre-trained network; ``foveal models`` lists them."""
    views: int = DEFAULT_VIEWS
    """Views of each training photo; the first is plain, the others are augmented."""
    augment: Literal["none", "light", "medium", "heavy"] = "medium"
    """How much the further views differ from the plain photo."""
    image_size: int | None = None
    """Side of the network's input in pixels; by default what its weights were trained with."""
    resize: Literal["crop", "squash", "pad"] = "crop"
    """How a photo becomes a square: the middle, the whole distorted, or the whole with bars."""
    val: float = 0.15
    """Share of the photos kept for validation, where the folder has no validation split."""
    test: float = 0.15
    """Share of the photos kept for the test, where the folder has no test split."""
    group_by: str | None = None
    """Regular expression with one group, found in each path, whose photos stay in one split:
    a patient, a session, a day."""
    device: Literal["auto", "cpu", "cuda"] = "auto"
    """Where the network runs."""
    strict: bool = False
    """Stop if any file cannot be read, instead of listing it and going on."""
    out: Path = Path("runs")
    """The folder in which the run's own folder is made."""

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.views < 1:
            raise UsageError(f"`views` must be at least 1; got {self.views}.")
        for name in ("val", "test"):
            share = getattr(self, name)
            if not (math.isfinite(share) and 0 <= share < 1):
                raise UsageError(f"`{name}` must be from 0 to below 1; got {share}.")
        if self.val + self.test >= 1:
            raise UsageError(
                f"`val` and `test` must leave photos to train on; got {self.val} + {self.test}."
            )
        if self.image_size is not None and not 32 <= self.image_size <= 1024:
            raise UsageError(f"`image_size` must be 32 to 1024 pixels; got {self.image_size}.")
        if self.out.exists() and not self.out.is_dir():
            raise UsageError(f"`out` must be a folder; got {self.out}, which is a file.")
        architecture(self.backbone, kind="backbone")
        Augment.preset(self.augment)

    def preprocess(self) -> Preprocess:
        """Return what brings photos into the backbone's input under these settings.

        Returns:
            The preprocessing of the weights, with this size and way of resizing.

        Raises:
            ModelError: the backbone has no trained weights here.
        """
        weights, _ = architecture(self.backbone).trained()
        values = weights.preprocess.as_dict() | {"resize": self.resize}
        if self.image_size is not None:
            values["image_size"] = self.image_size
        return Preprocess.from_dict(values)

    def as_dict(self) -> dict[str, Any]:
        """Return the settings as JSON can hold them.

        Returns:
            Names and plain values; paths are absolute.
        """
        paths = {"folder": str(self.folder.absolute()), "out": str(self.out.absolute())}
        return asdict(self) | paths

    def command(self) -> str:
        """Return the command that makes this run again.

        Returns:
            A shell command with every flag that is not at its default.
        """
        words = ["foveal", "train", str(self.folder)]
        for name, value in asdict(self).items():
            if name == "folder" or value == getattr(type(self), name, None):
                continue
            flag = f"--{name.replace('_', '-')}"
            words += [flag] if value is True else [flag, str(value)]
        return shlex.join(words)
