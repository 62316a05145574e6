"""A classifier made from a pre-trained backbone and photos."""

from __future__ import annotations

import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from foveal.arguments import require_choice
from foveal.data import ImageData, Rejection, Sample
from foveal.errors import DataError, UsageError
from foveal.features import Encoded, FrozenEncoder, Views, choose_backbone
from foveal.images import Augment, Preprocess
from foveal.images.policies import PolicyName
from foveal.images.preprocess import Resize
from foveal.metrics import softmax
from foveal.training import Callback, HeadConfig, NetworkConfig
from foveal.training.processes.parallel import Processes
from foveal.training.record import EpochRecord
from foveal.training.trainer.engine import Fitted
from foveal.training.transfer.dense import dense_logits
from foveal.training.transfer.head import Features, TrainedHead, train_head
from foveal.workflow.assemble import provenance
from foveal.workflow.base import TrainableClassifier
from foveal.workflow.listener import Listener
from foveal.workflow.scores import rejector_from
from foveal.workflow.settings import DEFAULT_BACKBONE, DEFAULT_VIEWS
from foveal.workflow.team import wait_for_all
from foveal.workflow.trained import HeadModel
from foveal.workflow.tune import FineTuning
from foveal.workflow.tuning import CACHE_GB, LR_MULT, Tuning, tuning_config

_TELLING = 300  # views from which on the time they took says how fast encoding is


class Classifier(TrainableClassifier):
    """A frozen pre-trained backbone and a head trained on your photos.

    Args:
        backbone: a registered architecture with trained weights; see ``foveal.models``.
        data: the photos.
        views: views of each training photo, 1 or more; the first is the plain photo, the others
            are augmented.
        augment: a preset's name (``"none"``, ``"light"``, ``"medium"``, ``"heavy"``) or settings.
        preprocess: what brings photos into the network's input; None for what the weights need.
        image_size: side of that input in pixels; None for what `preprocess` says.
        resize: how a photo becomes a square; None for what `preprocess` says.
        weights: ``"default"`` for the trained ones on this machine, ``"hub"`` to download them if
            need be, ``"none"`` for random ones, or a file of weights for this architecture.
        device: ``"auto"``, ``"cpu"`` or ``"cuda"``.
        precision: ``"auto"``, or ``"int8"`` for frozen blocks in 8 bits, fitted to training photos.
        seed: decides the augmentation, the order and the first weights.
        listener: hears what is being done; None for silence.
        processes: who works on it together; None for what the launcher says.

    Raises:
        UnknownNameError: there is no such backbone or preset.
        UsageError: an argument is out of range.
        DataError: a split that is needed is empty.
    """

    def __init__(
        self,
        backbone: str = DEFAULT_BACKBONE,
        data: ImageData | None = None,
        *,
        views: int = DEFAULT_VIEWS,
        augment: str | Augment = "medium",
        preprocess: Preprocess | None = None,
        image_size: int | None = None,
        resize: Resize | None = None,
        weights: str = "default",
        device: str = "auto",
        precision: Literal["auto", "int8"] = "auto",
        seed: int = 0,
        listener: Listener | None = None,
        processes: Processes | None = None,
    ) -> None:
        super().__init__(data, seed=seed, device=device, listener=listener, processes=processes)
        self.device = device
        if views < 1:
            raise UsageError(f"`views` must be at least 1; got {views}.")
        self.views = Views(
            views, Augment.preset(augment) if isinstance(augment, str) else augment, seed
        )
        require_choice("precision", precision, ("auto", "int8"))
        given: dict[str, Any] = {"device": device, "weights": weights, "seed": seed}
        if precision == "int8":
            given["calibration"] = self.data.subset("train")
        chosen = choose_backbone(backbone, preprocess, **given)
        wanted = _with(chosen.preprocess, image_size=image_size, resize=resize)
        if wanted != chosen.preprocess:
            chosen = choose_backbone(backbone, wanted, **given)
        self.encoder = FrozenEncoder(chosen, notify=self.listener.warn)
        self.head: TrainedHead | None = None
        self.encoding_rate: float | None = None
        """Images a second that were encoded, or None where nearly all were in the cache."""
        self._features: dict[str, Features] = {}

    @property
    def backbone(self) -> str:
        """The name of the backbone."""
        return self.encoder.backbone.name

    @property
    def preprocess(self) -> Preprocess:
        """What brings photos into the network's input."""
        return self.encoder.backbone.preprocess

    def encode(self) -> None:
        """Compute the features of every photo, or find them in the cache.

        Photos that cannot be read leave `data` and are listed in ``data.rejected``.

        Raises:
            DataError: what could be read is not enough to train on.
        """
        if self._features:
            return
        plan = [("train", self.views), ("validation", Views()), ("test", Views())]
        started, decode, computed, seconds = time.perf_counter(), 0.0, 0, 0.0
        rejected: list[Rejection] = []
        for split, views in plan:
            samples = self.data.subset(split)
            encoded = self.encoded(self.encoder, split, samples, views, "Encoding")
            decode += encoded.decode_seconds
            computed, seconds = computed + encoded.computed, seconds + encoded.seconds
            rejected += encoded.rejected
            targets = self.data.targets([samples[index] for index in encoded.kept])
            self._features[split] = Features(
                encoded.features_NVD.astype(np.float32, copy=False), targets
            )
        self._drop_unreadable(rejected)
        self.encoding_rate = computed / seconds if computed >= _TELLING else None
        self.timing |= {
            "decode_seconds": decode,
            "encode_seconds": time.perf_counter() - started,
        }

    def encoded(
        self,
        encoder: FrozenEncoder,
        split: str,
        samples: Sequence[Sample],
        views: Views,
        verb: str,
    ) -> Encoded:
        """Run frozen blocks over photos; several processes take a share each.

        Args:
            encoder: which blocks.
            split: what the photos are for.
            samples: the photos.
            views: which views of each.
            verb: what is being done, for the listener.

        Returns:
            What the blocks gave, for all photos in every process.
        """
        what = "photos" if views.count == 1 else f"photos, {views.count} views each"
        team, tell = self.processes, self.progress(f"{verb} {split} {what}")
        if team.world > 1:
            encoder.encode(samples, views, tell, share=(team.rank, team.world))
            wait_for_all(team)
        return encoder.encode(samples, views, tell)

    def fit_head(self, config: HeadConfig | None = None, **settings: Any) -> TrainedHead:
        """Train the head on the frozen features.

        Args:
            config: the settings; None for the defaults with this classifier's seed.
            **settings: single settings of `HeadConfig` instead, such as ``epochs=30``.

        Returns:
            The trained head with its history.

        Raises:
            UsageError: a setting is out of range, or both ways of giving them were used.
            DataError: there is nothing to validate on.
        """
        if config is not None and settings:
            raise UsageError(f"give `config` or single settings, not both; got {sorted(settings)}.")
        config = config or HeadConfig(**{"seed": self.seed, **settings})
        self.encode()
        for split in ("train", "validation"):
            if not len(self._features[split].targets_N):
                raise DataError(
                    f"the {split} split of {self.data.root} is empty; add photos to it."
                )
        started = time.perf_counter()
        self.use_head(
            train_head(
                self._features["train"],
                self._features["validation"],
                len(self.data.classes),
                config,
                self.listener.epoch,
            )
        )
        self.timing["head_seconds"] = time.perf_counter() - started
        return self.trained_head()

    def fine_tune(
        self,
        config: NetworkConfig | None = None,
        *,
        unfreeze: int | Literal["all"] | None = None,
        unfreeze_layers: int | None = None,
        lr_mult: float = LR_MULT,
        cache_gb: float = CACHE_GB,
        batchnorm: Literal["fixed", "trained"] = "fixed",
        policy: PolicyName = "none",
        callbacks: Sequence[Callback] = (),
        checkpoints: str | Path | None = None,
        **settings: Any,
    ) -> Fitted:
        """Train the last blocks too, after the head, with a smaller learning rate.

        The frozen blocks run once for each view of a photo; the others learn from what they gave.
        Where that names fewer validation photos rightly than the head alone, the head is kept.

        Args:
            config: the settings; None for the defaults with this classifier's seed.
            unfreeze: how many of the last blocks learn, or ``"all"``; None for a third of them.
            unfreeze_layers: how many of the last layers, in whole blocks; instead of `unfreeze`.
            lr_mult: the blocks' learning rate, as a part of the head's; 0.01 to 0.2 is usual.
            cache_gb: the most that activations may take; beyond, frozen blocks run in every epoch.
            batchnorm: ``"fixed"`` keeps the statistics that the weights were trained with.
            policy: more random changes of photos; with any, frozen blocks run in every epoch.
            callbacks: hear of every epoch, and may stop it; see `foveal.training.callbacks`.
            checkpoints: a folder for what a killed training goes on from; None for none.
            **settings: single settings of `NetworkConfig` instead, such as ``epochs=8``.

        Returns:
            What happened, epoch by epoch.

        Raises:
            UsageError: a setting is out of range, or both ways of giving them were used.
            TrainingInterrupted: a signal came; the checkpoint says where to go on.
        """
        if config is not None and settings:
            raise UsageError(f"give `config` or single settings, not both; got {sorted(settings)}.")
        config = config or tuning_config(self.seed, **settings)
        if self.head is None:
            self.fit_head()
        tuning = Tuning(unfreeze, unfreeze_layers, lr_mult, cache_gb, batchnorm, policy)
        return FineTuning(self, tuning, config).run(callbacks, checkpoints)

    def use_head(self, head: TrainedHead, tried: Sequence[EpochRecord] = ()) -> None:
        """Put a trained head on the backbone.

        Args:
            head: what `fit_head` gave, now or in an earlier process.
            tried: the epochs of a fine-tuning that was no better than this head.
        """
        self.head = head
        rejector = rejector_from(self._features) if self._features else None
        backbone, classes, made = self.encoder.backbone, self.data.classes, self.provenance()
        self.became(HeadModel(backbone, head, classes, made, rejector, tuple(tried)))

    def trained_head(self) -> TrainedHead:
        """Return the head.

        Returns:
            The trained head.

        Raises:
            UsageError: it is not trained yet.
        """
        if self.head is None:
            raise UsageError("the head is not trained yet; call fit_head() first.")
        return self.head

    def provenance(self) -> dict[str, Any]:
        """Return where the model comes from.

        Returns:
            Versions, engine and the fingerprint of the data.
        """
        backbone = self.encoder.backbone
        engine: dict[str, Any] = {"device": backbone.device, "precision": backbone.precision}
        engine |= {"backbone_fingerprint": backbone.fingerprint}
        if backbone.calibration:
            engine["calibration_photos"] = len(backbone.calibration)
        return provenance(engine, self.data.fingerprint())

    def _probabilities(self, split: str, samples: Sequence[Sample]) -> NDArray[np.float32]:
        if not isinstance(self.model, HeadModel):
            return super()._probabilities(split, samples)
        self.encode()
        return softmax(dense_logits(self.model.head.layers, self._features[split].x_NVD[:, 0]))


def _with(preprocess: Preprocess, **values: Any) -> Preprocess:
    given = {name: value for name, value in values.items() if value is not None}
    return Preprocess.from_dict(preprocess.as_dict() | given)
