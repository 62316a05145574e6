"""A classifier trained from nothing: any network, any size, on your photos alone."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import torch

from foveal.data import ImageData, Rejection
from foveal.errors import DataError, UsageError
from foveal.images import Augment, Preprocess
from foveal.images.policies import PolicyName
from foveal.images.preprocess import Resize
from foveal.models import architecture
from foveal.models.convnet import ConvNet
from foveal.models.create import create_model
from foveal.runtime.convert import RawPixels
from foveal.runtime.cores import usable_cores
from foveal.training.callbacks import Callback
from foveal.training.inputs.pixels import PixelData
from foveal.training.network_config import NetworkConfig
from foveal.training.processes.parallel import Processes
from foveal.training.trainer.engine import Fitted
from foveal.training.trainer.lr_finder import LearningRateCurve, find_learning_rate
from foveal.workflow.assemble import provenance
from foveal.workflow.base import TrainableClassifier
from foveal.workflow.fitting import calibrated, fit_network
from foveal.workflow.listener import Listener
from foveal.workflow.trained import NetworkModel

DEFAULTS: dict[str, Any] = {"epochs": 30, "batch": 128, "label_smoothing": 0.05}
_MEASURED = 2000  # photos whose brightness stands for all


class ScratchClassifier(TrainableClassifier):
    """A network of which every weight is learned from your photos.

    Args:
        network: a registered architecture, or a TOML file that describes one.
        data: the photos.
        augment: a preset's name or settings; fresh in every epoch.
        policy: what is done to a photo after that: ``"none"``, ``"randaugment"`` or
            ``"trivialaugment"``.
        image_size: side of its input in pixels; None for what it was designed for.
        channels: 1 for grey, 3 for colour; None for what it was designed for.
        resize: how a photo becomes a square.
        initialisation: how weights begin; see `foveal.models.create_model`.
        workers: processes that prepare photos; 0 for threads.
        device: ``"auto"``, ``"cpu"`` or ``"cuda"``.
        seed: decides everything that chance decides.
        listener: hears what is being done; None for silence.
        processes: who works on it together; None for what the launcher says.

    Raises:
        UnknownNameError: there is no such network, preset or initialisation.
        UsageError: an argument is out of range, or the network cannot see such small images.
    """

    def __init__(
        self,
        network: str,
        data: ImageData | None = None,
        *,
        augment: str | Augment = "light",
        policy: PolicyName = "none",
        image_size: int | None = None,
        channels: int | None = None,
        resize: Resize = "crop",
        initialisation: str | None = None,
        workers: int = 0,
        device: str = "auto",
        seed: int = 0,
        listener: Listener | None = None,
        processes: Processes | None = None,
    ) -> None:
        super().__init__(data, seed=seed, device=device, listener=listener, processes=processes)
        self.row = architecture(network, kind="network")
        self.augment = Augment.preset(augment) if isinstance(augment, str) else augment
        self.policy, self.workers, self.device = policy, workers, device
        self.initialisation = initialisation
        self.geometry = Preprocess(
            image_size=image_size or self.row.image_size,
            channels=channels or self.row.in_channels,  # type: ignore[arg-type]  # Preprocess checks
            resize=resize,
            crop_fraction=1.0,
        )
        self._parts: dict[str, PixelData] = {}
        self.preprocess = self.geometry
        if (
            not self.row.initialises_itself
        ):  # what cannot be built is refused before photos are read
            with torch.device("meta"):
                self._network()

    def prepare(self) -> None:
        """Decode every photo once, and measure how bright they are.

        Photos that cannot be read leave `data` and are listed in ``data.rejected``.

        Raises:
            DataError: what could be read is not enough to train on.
        """
        if self._parts:
            return
        started = time.perf_counter()
        rejected: list[Rejection] = []
        for split, augment, policy in (
            ("train", self.augment, self.policy),
            ("validation", Augment.preset("none"), "none"),
        ):
            samples = self.data.subset(split)
            if not samples:
                raise DataError(
                    f"the {split} split of {self.data.root} is empty; add photos to it."
                )
            part = PixelData(
                samples,
                self.data.targets(samples),
                self.geometry,
                augment,
                seed=self.seed,
                policy=policy,
                workers=self.workers if split == "train" else 0,
                notify=self.listener.note,
            )
            rejected += part.prepare(self.progress(f"Reading {split} photos"))
            self._parts[split] = part
        self._drop_unreadable(rejected)
        self.preprocess = _normalised(self.geometry, self._parts["train"])
        self.timing["decode_seconds"] = time.perf_counter() - started

    def fit(
        self,
        config: NetworkConfig | None = None,
        *,
        callbacks: Sequence[Callback] = (),
        checkpoints: str | Path | None = None,
        **settings: Any,
    ) -> Fitted:
        """Train, from the newest checkpoint where there is one.

        Args:
            config: the settings; None for the defaults with this classifier's seed.
            callbacks: hear of every epoch, and may stop it; see `foveal.training.callbacks`.
            checkpoints: a folder for what a killed training goes on from; None for none.
            **settings: single settings of `NetworkConfig` instead, such as ``epochs=5``.

        Returns:
            What happened, epoch by epoch.

        Raises:
            UsageError: a setting is out of range, or both ways of giving them were used.
            DataError: there is nothing to train or validate on.
            TrainingInterrupted: a signal came; the checkpoint says where to go on.
        """
        if config is not None and settings:
            raise UsageError(f"give `config` or single settings, not both; got {sorted(settings)}.")
        config = config or self.config(**settings)
        self.prepare()
        network = self._network()
        started = time.perf_counter()
        pixels = RawPixels(network, self.preprocess.mean, self.preprocess.std)
        fitted = fit_network(
            pixels,
            self._parts["train"],
            self._parts["validation"],
            config,
            phase="scratch",
            callbacks=callbacks,
            checkpoints=checkpoints,
            processes=self.processes,
            identity={"preprocess": self.preprocess.as_dict(), "network": self.row.name},
            listener=self.listener,
        )
        temperature = calibrated(pixels, network, self._parts["validation"], fitted.mode)
        self._parts["train"].close()
        self.timing["finetune_seconds"] = time.perf_counter() - started
        self.facts = {"network": self.row.name, "mode": str(fitted.mode), "threads": usable_cores()}
        self.became(
            NetworkModel(
                network=network,
                preprocess=self.preprocess,
                classes=self.data.classes,
                head_widths=(),
                description=self.row.description,
                history=fitted.history,
                best_epoch=fitted.weights_of_epoch,
                temperature=temperature,
                provenance=self.provenance() | {"frozen_blocks": 0},
            )
        )
        return fitted

    def learning_rate_curve(
        self, config: NetworkConfig, *, steps: int, on_step: Callable[[int, int, float], None]
    ) -> LearningRateCurve:
        """Try ever larger learning rates on a network that has learned nothing.

        Args:
            config: the settings.
            steps: how many learning rates, at least 10.
            on_step: is given the steps done, how many there are, and the loss.

        Returns:
            The curve and a suggestion.
        """
        self.prepare()
        return find_learning_rate(
            RawPixels(self._network(), self.preprocess.mean, self.preprocess.std),
            self._parts["train"],
            config,
            steps=steps,
            device=self.processes.device,
            on_step=on_step,
        )

    def config(self, **settings: Any) -> NetworkConfig:
        """Return the settings of a training from scratch.

        Args:
            **settings: those that are not to be at their defaults.

        Returns:
            The settings; an L2 that belongs to the architecture is applied where the optimizer
            takes one and no `weight_decay` is given.
        """
        config = NetworkConfig(**DEFAULTS | {"seed": self.seed} | settings)
        own = self.row.kernel_l2
        if own and config.weight_decay is None and config.kind_of_decay == "l2":
            return replace(config, weight_decay=2 * own)
        return config

    def provenance(self) -> dict[str, Any]:
        """Return where the model comes from.

        Returns:
            Versions, engine and the fingerprint of the data.
        """
        return provenance({"device": self.device}, self.data.fingerprint())

    def _network(self) -> ConvNet:
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(self.seed)
            return create_model(
                self.row.name,
                num_classes=len(self.data.classes),
                in_channels=self.geometry.channels,
                image_size=self.geometry.image_size,
                initialisation=self.initialisation,
            )


def _normalised(geometry: Preprocess, photos: PixelData) -> Preprocess:
    """Return a geometry with the scaling that gives training photos mean 0 and deviation 1."""
    count = len(photos.targets_N)
    rows = np.linspace(0, count - 1, min(count, _MEASURED)).astype(np.int64)
    slices = [rows[at : at + 100] for at in range(0, len(rows), 100)]
    total, squares, pixels = np.zeros(geometry.channels), np.zeros(geometry.channels), 0
    for batch in photos.batches(0, slices):
        values = batch.numpy().astype(np.float64)
        total += values.sum(axis=(0, 1, 2))
        squares += (values**2).sum(axis=(0, 1, 2))
        pixels += values[..., 0].size
    mean = total / pixels
    std = np.sqrt(np.maximum(squares / pixels - mean**2, 1.0))
    rounded = [tuple(round(float(value), 3) for value in values) for values in (mean, std)]
    return replace(geometry, mean=rounded[0], std=rounded[1])
