"""The second phase: the last blocks learn too, on what the frozen ones gave once."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from torch import nn

from foveal.data import Sample
from foveal.errors import UsageError
from foveal.features import Backbone, FrozenEncoder, Views, cache_bytes, choose_backbone
from foveal.features.backbone import open_backend
from foveal.features.network import load_network
from foveal.images import Augment
from foveal.runtime.backends import Backend
from foveal.runtime.convert import RawPixels
from foveal.runtime.memory import usable_memory
from foveal.training.activations import ActivationData
from foveal.training.batches import TrainingData
from foveal.training.callbacks import Callback
from foveal.training.engine import Fitted
from foveal.training.network_config import NetworkConfig
from foveal.training.pixels import PixelData
from foveal.training.streamed import StreamedData
from foveal.training.suffix import (
    Suffix,
    Unfreezing,
    starting_head,
    unfreeze_blocks,
    unfreeze_layers,
)
from foveal.workflow.fitting import calibrated, fit_network
from foveal.workflow.trained import NetworkModel

if TYPE_CHECKING:
    from foveal.workflow.classifier import Classifier

DEFAULTS: dict[str, Any] = {"epochs": 12, "batch": 64, "lr": 1.5e-3, "label_smoothing": 0.1}
LR_MULT, CACHE_GB = 0.1, 8.0
_USUAL_LR_MULT = (0.01, 0.2)

Way = Literal["cached", "streamed", "whole"]


@dataclass(frozen=True)
class Tuning:
    """What is fine-tuned, and how."""

    unfreeze: int | Literal["all"] | None = None
    """How many of the last blocks learn, or all; None for the last third of them."""
    unfreeze_layers: int | None = None
    """How many of the last layers with weights learn, in whole blocks; instead of `unfreeze`."""
    lr_mult: float = LR_MULT
    """The blocks' learning rate, as a part of the head's, above 0."""
    cache_gb: float = CACHE_GB
    """The most that activations may take, in gigabytes on disk and in memory."""
    batchnorm: Literal["fixed", "trained"] = "fixed"
    """Whether batch normalisation keeps its statistics."""

    def __post_init__(self) -> None:
        if not self.lr_mult > 0:
            raise UsageError(f"`lr_mult` must be above 0; got {self.lr_mult}.")
        if self.cache_gb < 0:
            raise UsageError(f"`cache_gb` must be 0 or more; got {self.cache_gb}.")
        if self.unfreeze is not None and self.unfreeze_layers is not None:
            raise UsageError("`unfreeze` and `unfreeze_layers` say the same; give one of them.")


class FineTuning:
    """The fine-tuning of a classifier whose head is trained.

    Args:
        classifier: with a trained head.
        tuning: what is fine-tuned.
        config: how.
    """

    def __init__(self, classifier: Classifier, tuning: Tuning, config: NetworkConfig) -> None:
        self.classifier, self.tuning, self.config = classifier, tuning, config
        self.network = load_network(classifier.encoder.backbone)
        self.unfreezing = _chosen(self.network, tuning)
        self.suffix = Suffix(
            self.network,
            self.unfreezing.frozen,
            starting_head(classifier.trained_head()),
            bn=tuning.batchnorm,
        )
        self.backbone = self._cut()
        self.bytes = self._bytes()
        self.way = self._way()

    def plan(self) -> list[tuple[str, str]]:
        """Return what is going to be done, for people.

        Returns:
            Pairs of what and how.
        """
        blocks, config = len(self.network.blocks), self.config
        frozen = self.unfreezing.frozen
        how = {
            "cached": f"computed once, {self._size()} in the cache",
            "streamed": f"run again in every epoch, since {self._size()} is more than --cache-gb "
            f"{self.tuning.cache_gb:g} or than half of the free memory",
            "whole": "none",
        }[self.way]
        return [
            ("fine-tuning", self.unfreezing.sentence()),
            ("frozen", f"{frozen} of {blocks} blocks, {how}" if frozen else "nothing"),
            ("trainable", f"{self.suffix.trainable:,} parameters"),
            (
                "learning rate",
                f"head {config.base_lr:g}, blocks {config.base_lr * self.tuning.lr_mult:g} "
                f"({self.tuning.lr_mult:g} of it)",
            ),
            ("epochs", f"{config.epochs}, {config.batch} photos a step"),
        ]

    def warnings(self) -> list[str]:
        """Return what is unusual about the settings.

        Returns:
            Sentences.
        """
        low, high = _USUAL_LR_MULT
        if low <= self.tuning.lr_mult <= high:
            return []
        return [
            f"--lr-mult {self.tuning.lr_mult:g} is outside the usual {low} to {high}: trained "
            f"blocks are {'hardly moved' if self.tuning.lr_mult < low else 'easily spoilt'}."
        ]

    def run(
        self, callbacks: Sequence[Callback] = (), checkpoints: str | Path | None = None
    ) -> Fitted:
        """Fine-tune, from the newest checkpoint where there is one.

        Args:
            callbacks: are given each epoch's record.
            checkpoints: a folder for checkpoints, or None.

        Returns:
            What happened.
        """
        classifier = self.classifier
        listener = classifier.listener
        for sentence in self.warnings():
            listener.warn(sentence)
        listener.plan(self.plan())
        started = time.perf_counter()
        train = self._data("train", classifier.views)
        validation = self._data("validation", Views())
        classifier.timing["encode_seconds"] += time.perf_counter() - started
        started = time.perf_counter()
        module = self._module()
        fitted = fit_network(
            module,
            train,
            validation,
            self.config,
            phase="fine-tune",
            groups=self.suffix.groups(self.tuning.lr_mult),
            callbacks=callbacks,
            checkpoints=checkpoints,
            processes=classifier.processes,
            identity={"backbone": self.backbone.fingerprint, "frozen": self.unfreezing.frozen},
            listener=listener,
        )
        network = self.suffix.join()
        temperature = calibrated(module, network, validation, fitted.mode)
        classifier.timing["finetune_seconds"] = time.perf_counter() - started
        classifier.facts = {
            "frozen_blocks": self.unfreezing.frozen,
            "trained_blocks": list(self.unfreezing.names),
            "activations": self.way,
            "mode": str(fitted.mode),
        }
        head = classifier.trained_head()
        widths = (head.layers[0][0].shape[1], *(weight.shape[0] for weight, _ in head.layers))
        classifier.became(
            NetworkModel(
                network=network,
                preprocess=classifier.preprocess,
                classes=classifier.data.classes,
                head_widths=widths,
                description=None,
                history=(*head.history, *fitted.history),
                best_epoch=fitted.weights_of_epoch,
                temperature=temperature,
                provenance=classifier.provenance(),
            )
        )
        return fitted

    def _cut(self) -> Backbone:
        whole, frozen = self.classifier.encoder.backbone, self.unfreezing.frozen
        if frozen == 0:
            return whole
        return choose_backbone(
            whole.name,
            whole.preprocess,
            device=whole.device,
            blocks=frozen,
            weights=whole.weights,
            seed=whole.seed,
        )

    def _bytes(self) -> int:
        data, views = self.classifier.data, self.classifier.views.count
        train, validation = (len(data.subset(name)) for name in ("train", "validation"))
        return cache_bytes(self.backbone, train, views) + cache_bytes(self.backbone, validation)

    def _way(self) -> Way:
        if self.unfreezing.frozen == 0:
            return "whole"
        fits = self.bytes <= min(self.tuning.cache_gb * 1e9, usable_memory() / 2)
        return "cached" if fits else "streamed"

    def _size(self) -> str:
        return f"{self.bytes / 1e9:.1f} GB" if self.bytes >= 5e7 else f"{self.bytes / 1e6:.1f} MB"

    def _module(self) -> nn.Module:
        if self.way != "whole":
            return self.suffix
        preprocess = self.classifier.preprocess
        return RawPixels(self.suffix, preprocess.mean, preprocess.std)

    def _data(self, split: Literal["train", "validation"], views: Views) -> TrainingData:
        samples = self.classifier.data.subset(split)
        if self.way == "cached":
            return self._cached(split, samples, views)
        pixels = self._pixels(split, samples)
        return pixels if self.way == "whole" else StreamedData(pixels, self._backend())

    def _cached(self, split: str, samples: Sequence[Sample], views: Views) -> ActivationData:
        classifier = self.classifier
        encoder = FrozenEncoder(self.backbone, notify=classifier.listener.warn)
        verb = "Running the frozen blocks on"
        encoded = classifier.encoded(encoder, split, samples, views, verb)
        return ActivationData(
            encoded.features_NVD,
            classifier.data.targets([samples[index] for index in encoded.kept]),
            [str(samples[index].path) for index in encoded.kept],
            seed=classifier.seed,
        )

    def _pixels(self, split: str, samples: Sequence[Sample]) -> PixelData:
        classifier = self.classifier
        augment = classifier.views.augment if split == "train" else Augment.preset("none")
        pixels = PixelData(
            samples,
            classifier.data.targets(samples),
            classifier.preprocess,
            augment,
            seed=classifier.seed,
            notify=classifier.listener.note,
        )
        pixels.prepare(classifier.progress(f"Reading {split} photos"))
        return pixels

    def _backend(self) -> Backend:
        return open_backend(self.backbone)


def tuning_config(seed: int, **settings: Any) -> NetworkConfig:
    """Return the settings of a fine-tuning.

    Args:
        seed: decides everything that chance decides.
        **settings: those that are not to be at their defaults.

    Returns:
        The settings.

    Raises:
        UsageError: a setting is out of range, or mixes photos that are no longer there.
    """
    config = NetworkConfig(**DEFAULTS | {"seed": seed} | settings)
    if config.mixup or config.cutmix:
        raise UsageError(
            "`mixup` and `cutmix` mix photos, and fine-tuning sees what the frozen blocks made of "
            "them; leave them at 0."
        )
    return config


def _chosen(network: Any, tuning: Tuning) -> Unfreezing:
    if tuning.unfreeze_layers is not None:
        return unfreeze_layers(network, tuning.unfreeze_layers)
    if tuning.unfreeze == "all":
        return unfreeze_blocks(network, None)
    third = max(1, round(len(network.blocks) / 3))
    return unfreeze_blocks(network, third if tuning.unfreeze is None else tuning.unfreeze)
