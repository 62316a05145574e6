"""The second phase: the last blocks learn too, on what the frozen ones gave once."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from torch import nn

from foveal.data import Sample
from foveal.features import FrozenEncoder, Views, choose_backbone
from foveal.features.network import load_network
from foveal.images import Augment
from foveal.runtime.convert import RawPixels
from foveal.runtime.cores import usable_cores
from foveal.runtime.memory import usable_memory
from foveal.storage import read_json, write_json
from foveal.training.callbacks import Callback
from foveal.training.inputs.activations import ActivationData
from foveal.training.inputs.batches import TrainingData
from foveal.training.inputs.pixels import PixelData
from foveal.training.inputs.streamed import StreamedData
from foveal.training.network_config import NetworkConfig
from foveal.training.trainer.engine import Fitted
from foveal.training.trainer.lr_finder import LearningRateCurve, find_learning_rate
from foveal.training.transfer.plan import FineTunePlan, Source, measure_rates, plan_fine_tuning
from foveal.training.transfer.suffix import (
    Suffix,
    Unfreezing,
    starting_head,
    unfreeze_blocks,
    unfreeze_layers,
)
from foveal.workflow.fitting import calibrated, fit_network
from foveal.workflow.trained import NetworkModel
from foveal.workflow.tuning import Tuning, setback_of

if TYPE_CHECKING:
    from foveal.workflow.classifier import Classifier

PLAN = "plan.json"


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
        self.encoder = self._encoder()
        self.budget = int(min(tuning.cache_gb * 1e9, usable_memory() / 2))

    def plan(self) -> FineTunePlan:
        """Measure both parts for a few seconds, and say what is going to be done.

        Returns:
            The plan.
        """
        classifier = self.classifier
        train, validation = (classifier.data.subset(name) for name in ("train", "validation"))
        backbone = classifier.encoder.backbone
        return plan_fine_tuning(
            self.encoder,
            self.suffix,
            self.unfreezing,
            measure_rates(self.encoder, self.suffix, train, backbone),
            photos=(len(train), len(validation)),
            views=classifier.views.count,
            epochs=self.config.epochs,
            budget_bytes=self.budget,
            fresh=self.tuning.policy != "none",
        )

    def rows(self, plan: FineTunePlan) -> list[tuple[str, str]]:
        """Return a plan for people.

        Args:
            plan: see `plan`.

        Returns:
            Pairs of what and how.
        """
        lr, mult = self.config.base_lr, self.tuning.lr_mult
        rates = f"head {lr:g}, blocks {lr * mult:g} ({mult:g} × that)"
        return [*plan.rows(), ("learning rate", rates)]

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
        for sentence in self.tuning.warnings():
            listener.warn(sentence)
        source = self._source(checkpoints)
        started = time.perf_counter()
        train = self._data("train", source, classifier.views)
        validation = self._data("validation", source, Views())
        classifier.timing["encode_seconds"] += time.perf_counter() - started
        started = time.perf_counter()
        module = self._module(source)
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
            identity=self._identity(source),
            listener=listener,
        )
        classifier.facts = {
            "frozen_blocks": self.unfreezing.frozen,
            "trained_blocks": list(self.unfreezing.names),
            "activations": source,
            "mode": str(fitted.mode),
            "threads": usable_cores(),
        }
        self._keep_the_better(module, validation, fitted)
        classifier.timing["finetune_seconds"] = time.perf_counter() - started
        return fitted

    def _keep_the_better(self, module: nn.Module, validation: TrainingData, fitted: Fitted) -> None:
        """Keep the fine-tuned network, or the head alone where that is better on validation."""
        classifier = self.classifier
        head = classifier.trained_head()
        setback = setback_of(
            head.history[head.best_epoch - 1], fitted.history[fitted.weights_of_epoch - 1]
        )
        if setback is not None:
            classifier.listener.warn(setback)
            classifier.facts["kept"] = "head"
            classifier.use_head(head, tried=fitted.history)
            return
        network = self.suffix.join()
        temperature = calibrated(module, network, validation, fitted.mode)
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
                provenance=classifier.provenance() | {"frozen_blocks": self.unfreezing.frozen},
                frozen=None if self.encoder is None else self.encoder.backbone,
            )
        )

    def learning_rate_curve(
        self, *, steps: int, on_step: Callable[[int, int, float], None]
    ) -> LearningRateCurve:
        """Try ever larger learning rates on a copy of what would be trained.

        Args:
            steps: how many learning rates, at least 10.
            on_step: is given the steps done, how many there are, and the loss.

        Returns:
            The curve and a suggestion for the head's learning rate; the blocks' is `lr_mult` of it.
        """
        source = self._source(None)
        return find_learning_rate(
            self._module(source),
            self._data("train", source, self.classifier.views),
            self.config,
            groups=self.suffix.groups(self.tuning.lr_mult),
            steps=steps,
            device=self.classifier.processes.device,
            on_step=on_step,
        )

    def _source(self, checkpoints: str | Path | None) -> Source:
        """Return where activations come from; a resumed training stays with what it began with."""
        file = None if checkpoints is None else Path(checkpoints) / PLAN
        if file is not None and file.is_file():
            found: Source = read_json(file)["source"]
            return found
        plan = self.plan()
        self.classifier.listener.plan(self.rows(plan))
        if file is not None and self.classifier.processes.rank == 0:
            write_json(file, {"source": plan.source, "plan": dict(self.rows(plan))})
        agreed: Source = self.classifier.processes.same(plan.source)
        return agreed

    def _encoder(self) -> FrozenEncoder | None:
        whole, frozen = self.classifier.encoder.backbone, self.unfreezing.frozen
        if frozen == 0:
            return None
        cut = choose_backbone(
            whole.name,
            whole.preprocess,
            device=whole.device,
            blocks=frozen,
            weights=whole.weights,
            seed=whole.seed,
            calibration=whole.calibration,
        )
        return FrozenEncoder(cut, notify=self.classifier.listener.warn)

    def _identity(self, source: Source) -> dict[str, Any]:
        backbone = (self.encoder or self.classifier.encoder).backbone
        return {
            "backbone": backbone.fingerprint,
            "frozen": self.unfreezing.frozen,
            "activations": source,
            "views": self.classifier.views.count,
        }

    def _module(self, source: Source) -> nn.Module:
        if source != "pixels":
            return self.suffix
        preprocess = self.classifier.preprocess
        return RawPixels(self.suffix, preprocess.mean, preprocess.std)

    def _data(
        self, split: Literal["train", "validation"], source: Source, views: Views
    ) -> TrainingData:
        samples = self.classifier.data.subset(split)
        if source == "cached" and self.encoder is not None:
            return self._cached(self.encoder, split, samples, views)
        pixels = self._pixels(split, samples)
        if self.encoder is None:
            return pixels
        return StreamedData(pixels, self.encoder.backend, self.encoder.dtype)

    def _cached(
        self, encoder: FrozenEncoder, split: str, samples: Sequence[Sample], views: Views
    ) -> ActivationData:
        classifier = self.classifier
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
        learns = split == "train"
        augment = classifier.views.augment if learns else Augment.preset("none")
        pixels = PixelData(
            samples,
            classifier.data.targets(samples),
            classifier.preprocess,
            augment,
            policy=self.tuning.policy if learns else "none",
            seed=classifier.seed,
            notify=classifier.listener.note,
        )
        pixels.prepare(classifier.progress(f"Reading {split} photos"))
        return pixels


def _chosen(network: Any, tuning: Tuning) -> Unfreezing:
    if tuning.unfreeze_layers is not None:
        return unfreeze_layers(network, tuning.unfreeze_layers)
    if tuning.unfreeze == "all":
        return unfreeze_blocks(network, None)
    third = max(1, round(len(network.blocks) / 3))
    return unfreeze_blocks(network, third if tuning.unfreeze is None else tuning.unfreeze)
