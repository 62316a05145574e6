"""The settings of a training run: the flags of ``foveal train`` are made from them."""

from __future__ import annotations

import math
import shlex
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields, replace
from pathlib import Path
from typing import Any, Literal

from foveal.errors import UsageError
from foveal.images import Augment
from foveal.models import architecture
from foveal.training import HeadConfig
from foveal.workflow.groups import NetworkSettings, ScratchSettings, TuningSettings
from foveal.workflow.no_effect import refuse_what_has_no_effect

DEFAULT_BACKBONE = "efficientnet_lite2"
IMAGENET = "imagenet"  # as a model: the built-in network with its own classes
DEFAULT_VIEWS = 2  # measured: docs/measurements.md
TUNING_VIEWS = 4

Mode = Literal["head", "fine-tune", "scratch"]
_HEAD_FLAGS = ("epochs", "batch", "lr", "weight_decay", "label_smoothing", "patience")


@dataclass(frozen=True, kw_only=True)
class TrainOptions:
    """Everything that decides a training run, but the photos."""

    backbone: str | None = None
    """The pre-trained network, efficientnet_lite2 by default; ``foveal models`` lists them."""
    weights: str | None = None
    """The backbone's weights: ``default`` are those on this machine, ``hub`` fetches them, ``none``
    draws them at random, or a file."""
    fine_tune: bool = False
    """Train the last blocks too, after the head, on activations that are computed once."""
    from_scratch: str | None = None
    """Train this network from nothing instead: a name of ``foveal models``, or my_net.toml."""
    views: int | None = None
    """Views of each training photo, 2 by default, 4 to fine-tune on kept activations; the first is
    plain, the others are augmented."""
    augment: Literal["none", "light", "medium", "heavy"] | None = None
    """How much augmented photos differ: medium by default, light from scratch."""
    flip: Literal["none", "horizontal", "vertical", "both"] | None = None
    """Which mirror images are as good as the photo; by default what `augment` says. Use none for
    digits and text."""
    image_size: int | None = None
    """Side of the network's input in pixels; by default what the network was designed for."""
    resize: Literal["crop", "squash", "pad"] = "crop"
    """How a photo becomes a square: the middle, the whole distorted, or the whole with bars."""
    val: float = 0.15
    """Share of the photos kept for validation, where the folder has no validation split."""
    test: float = 0.15
    """Share of the photos kept for the test, where the folder has no test split."""
    group_by: str | None = None
    """Regular expression with one group, found in each path, whose photos stay in one split:
    a patient, a session, a day."""
    head: Literal["linear", "dense"] | None = None
    """``linear`` is one layer, the default; ``dense`` is Dense(256) + ReLU + Dropout(0.5)."""
    epochs: int | None = None
    """The most epochs: 60 for a head, 12 to fine-tune, 30 from scratch by default. This and the
    five settings below are those of the last thing that is trained."""
    batch: int | None = None
    """Photos a step; 64 by default, 128 from scratch."""
    lr: float | None = None
    """The highest learning rate."""
    weight_decay: float | None = None
    """How fast weights shrink."""
    label_smoothing: float | None = None
    """Share of the target that is spread over all classes, 0 to below 1."""
    patience: int | None = None
    """Epochs without a better validation loss before training stops."""
    class_weights: Literal["none", "balanced"] = "none"
    """``balanced`` lets every class count the same, however many photos it has."""
    seed: int = 0
    """Decides the first weights, the order, the augmentation and the dropout."""
    device: Literal["auto", "cpu", "cuda"] = "auto"
    """Where the network runs."""
    strict: bool = False
    """Stop if any file cannot be read, instead of listing it and going on."""
    out: Path = Path("runs")
    """The folder in which the run's own folder is made."""
    tuning: TuningSettings = field(default_factory=TuningSettings)
    """Fine-tuning: with --fine-tune."""
    network: NetworkSettings = field(default_factory=NetworkSettings)
    """Training blocks: with --fine-tune or --from-scratch."""
    scratch: ScratchSettings = field(default_factory=ScratchSettings)
    """Training everything: with --from-scratch."""

    def __post_init__(self) -> None:
        if self.views is not None and self.views < 1:
            raise UsageError(f"`views` must be at least 1; got {self.views}.")
        for name in ("val", "test"):
            share = getattr(self, name)
            if not (math.isfinite(share) and 0 <= share < 1):
                raise UsageError(f"`{name}` must be from 0 to below 1; got {share}.")
        if self.val + self.test >= 1:
            raise UsageError(
                f"`val` and `test` must leave photos to train on; got {self.val} + {self.test}."
            )
        least = 8 if self.from_scratch else 32
        if self.image_size is not None and not least <= self.image_size <= 1024:
            raise UsageError(f"`image_size` must be {least} to 1024 pixels; got {self.image_size}.")
        if self.out.exists() and not self.out.is_dir():
            raise UsageError(f"`out` must be a folder; got {self.out}, which is a file.")
        refuse_what_has_no_effect(self)
        self.head_config()
        architecture(self.from_scratch or self.backbone_name, kind="network")
        self.augmentation()

    @property
    def mode(self) -> Mode:
        """What is trained last."""
        if self.from_scratch is not None:
            return "scratch"
        return "fine-tune" if self.fine_tune else "head"

    @property
    def backbone_name(self) -> str:
        """The name of the pre-trained network."""
        return self.backbone or DEFAULT_BACKBONE

    @property
    def view_count(self) -> int:
        """Views of each training photo: one where they would not differ, and only the head's where
        blocks see none of them.
        """
        if not self.augmentation().changes:
            return 1
        kept = self.fine_tune and not self.is_fresh
        return self.views or (TUNING_VIEWS if kept else DEFAULT_VIEWS)

    @property
    def is_fresh(self) -> bool:
        """Whether the settings say that blocks learn from photos that are new in every epoch."""
        changed = self.network.policy not in (None, "none")
        return self.fine_tune and (changed or self.tuning.unfreeze == "all")

    @property
    def frozen_precision(self) -> Literal["auto", "int8"]:
        """What the frozen blocks compute in."""
        return "int8" if self.network.precision == "int8" else "auto"

    def head_config(self) -> HeadConfig:
        """Return how the head on frozen features is trained.

        Returns:
            The settings given for it; with `fine_tune`, where they are those of the blocks,
            the defaults.
        """
        names = () if self.mode == "fine-tune" else _HEAD_FLAGS
        given = {name: getattr(self, name) for name in (*names, "head")}
        values = {name: value for name, value in given.items() if value is not None}
        return HeadConfig(**values, class_weights=self.class_weights, seed=self.seed)

    def given(self) -> dict[str, Any]:
        """Return what was given for the training of blocks, by the names of `NetworkConfig`.

        Returns:
            Only what differs from "not given"; `policy` is a matter of the photos.
        """
        own = {name: getattr(self, name) for name in _HEAD_FLAGS}
        values = {k: v for k, v in (own | self.network.given()).items() if v is not None}
        values.pop("policy", None)
        return values | {"class_weights": self.class_weights, "seed": self.seed}

    def augmentation(self) -> Augment:
        """Return how augmented photos differ from plain ones.

        Returns:
            The preset, with the mirror images that were asked for.
        """
        preset = self.augment or ("light" if self.mode == "scratch" else "medium")
        augment = Augment.preset(preset)
        if self.flip is None:
            return augment
        return replace(
            augment,
            horizontal_flip=self.flip in ("horizontal", "both"),
            vertical_flip=self.flip in ("vertical", "both"),
        )


@dataclass(frozen=True, kw_only=True)
class TrainSettings(TrainOptions):
    """Everything that decides a training run, but the photos' own content."""

    folder: Path
    """A folder with one sub-folder of photos per class, or a CSV table with path and label."""

    @classmethod
    def on(cls, folder: Path, options: TrainOptions) -> TrainSettings:
        """Return the settings of a run on some photos.

        Args:
            folder: the photos.
            options: everything else.

        Returns:
            Both together.
        """
        values = {item.name: getattr(options, item.name) for item in fields(TrainOptions)}
        return TrainSettings(folder=folder, **values)

    def as_dict(self) -> dict[str, Any]:
        """Return the settings as JSON can hold them.

        Returns:
            Names and plain values, the groups dissolved; paths are absolute.
        """
        paths = {"folder": str(self.folder.absolute()), "out": str(self.out.absolute())}
        values = {item.name: getattr(self, item.name) for item in fields(TrainSettings)}
        for group in _GROUPS:
            values |= asdict(values.pop(group))
        return values | paths

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> TrainSettings:
        """Read what `as_dict` gave.

        Args:
            values: the dictionary.

        Returns:
            The same settings.

        Raises:
            UsageError: a name is missing or unknown, or a value is out of range.
        """
        rest = dict(values)
        known = TrainSettings(folder=Path()).as_dict().keys()
        if rest.keys() != known:
            odd = ", ".join(sorted(rest.keys() ^ known))
            raise UsageError(f"the run's settings are those of another version; {odd} differ.")
        groups: dict[str, Any] = {
            name: kind(**{item.name: rest.pop(item.name) for item in fields(kind)})
            for name, kind in _GROUPS.items()
        }
        paths: dict[str, Any] = {name: Path(rest.pop(name)) for name in ("folder", "out")}
        return TrainSettings(**paths, **rest, **groups)

    def command(self) -> str:
        """Return the command that makes this run again.

        Returns:
            A shell command with every flag that is not at its default.
        """
        words = ["foveal", "train", str(self.folder)]
        plain = TrainSettings(folder=self.folder).as_dict()
        own = self.as_dict() | {"out": str(self.out)}
        for name, value in own.items():
            if name == "folder" or value == (plain | {"out": "runs"})[name]:
                continue
            flag = f"--{name.replace('_', '-')}"
            words += [flag] if value is True else [flag, str(value)]
        return shlex.join(words)


_GROUPS: dict[str, type[TuningSettings | NetworkSettings | ScratchSettings]] = {
    "tuning": TuningSettings,
    "network": NetworkSettings,
    "scratch": ScratchSettings,
}
