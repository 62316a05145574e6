"""A classifier made from a pre-trained backbone and photos."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, overload

from foveal.data import ImageData, Rejection, relative_name
from foveal.errors import DataError, UsageError
from foveal.evaluation import Evaluation
from foveal.features import FrozenEncoder, Views, choose_backbone
from foveal.images import Augment, Preprocess
from foveal.metrics import softmax
from foveal.runtime.predictor import Prediction, Predictor, Source
from foveal.training import HeadConfig
from foveal.training.dense import dense_logits
from foveal.training.head import Features, TrainedHead, train_head
from foveal.workflow.assemble import assemble, save
from foveal.workflow.listener import Listener
from foveal.workflow.settings import DEFAULT_BACKBONE, DEFAULT_VIEWS


class Classifier:
    """A frozen pre-trained backbone and a head trained on your photos.

    Args:
        backbone: a registered architecture with trained weights; see ``foveal.models``.
        data: the photos.
        views: views of each training photo, 1 or more; the first is the plain photo, the others
            are augmented.
        augment: a preset's name (``"none"``, ``"light"``, ``"medium"``, ``"heavy"``) or settings.
        preprocess: what brings photos into the network's input; None for what the weights need.
        device: ``"auto"``, ``"cpu"`` or ``"cuda"``.
        seed: decides the augmentation, the order and the first weights.
        listener: hears what is being done; None for silence.

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
        device: str = "auto",
        seed: int = 0,
        listener: Listener | None = None,
    ) -> None:
        if data is None:
            raise UsageError(
                "`data` must be an ImageData; make one with ImageData.from_folder(...)."
            )
        if views < 1:
            raise UsageError(f"`views` must be at least 1; got {views}.")
        self.data = data
        self.listener = listener or Listener()
        self.seed = seed
        self.views = Views(
            views, Augment.preset(augment) if isinstance(augment, str) else augment, seed
        )
        self.encoder = FrozenEncoder(
            choose_backbone(backbone, preprocess, device=device), notify=self.listener.warn
        )
        self.timing: dict[str, float] = {}
        self.unreadable: list[Rejection] = []
        self.head: TrainedHead | None = None
        self._features: dict[str, Features] = {}
        self._predictor: Predictor | None = None

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
        started, decode = time.perf_counter(), 0.0
        for split, views in plan:
            samples = self.data.subset(split)
            encoded = self.encoder.encode(samples, views, self._progress(split))
            decode += encoded.decode_seconds
            self.unreadable += encoded.rejected
            targets = self.data.targets([samples[index] for index in encoded.kept])
            self._features[split] = Features(encoded.features_NVD, targets)
        if self.unreadable:
            self.data = self.data.without(self.unreadable)
        self.timing |= {
            "decode_seconds": decode,
            "encode_seconds": time.perf_counter() - started,
        }

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
        self.head = train_head(
            self._features["train"],
            self._features["validation"],
            len(self.data.classes),
            config,
            self.listener.epoch,
        )
        self.timing["head_seconds"] = time.perf_counter() - started
        self._predictor = None
        return self.head

    def evaluate(self, split: str = "test") -> Evaluation:
        """Measure the classifier on photos of one split.

        Args:
            split: ``"test"`` or ``"validation"``; ``"train"`` flatters.

        Returns:
            The evaluation.

        Raises:
            UsageError: the head is not trained, or the split is empty.
        """
        head = self._trained()
        self.encode()
        features = self._features.get(split)
        if features is None or not len(features.targets_N):
            present = [name for name, held in self._features.items() if len(held.targets_N)]
            raise UsageError(f"`split` must be one of {', '.join(present)}; got {split!r}.")
        return Evaluation(
            split=split,
            classes=self.data.classes,
            paths=tuple(relative_name(s.path, self.data.root) for s in self.data.subset(split)),
            targets_N=features.targets_N,
            probabilities_NK=softmax(dense_logits(head.layers, features.x_NVD[:, 0])),
        )

    @overload  # a str is iterable too; the first overload wins
    def predict(self, images: Source, top_k: int = 5) -> Prediction: ...  # type: ignore[overload-overlap]
    @overload
    def predict(self, images: Iterable[Source], top_k: int = 5) -> list[Prediction]: ...
    def predict(
        self, images: Source | Iterable[Source], top_k: int = 5
    ) -> Prediction | list[Prediction]:
        """Name one image or many; see `foveal.runtime.predictor.Predictor.predict`.

        Args:
            images: a path, an array uint8 (H, W, 3) in RGB, or several of them.
            top_k: how many names each gets; at most the number of classes.

        Returns:
            One `Prediction` for one image, a list for several.

        Raises:
            UsageError: the head is not trained yet, or `top_k` is less than 1.
            ImageError: the only image cannot be read.
        """
        if self._predictor is None:
            self._predictor = assemble(self.encoder.backbone, self._trained(), self.data)
        return self._predictor.predict(images, top_k)

    def save(self, folder: str | Path, metrics: dict[str, Any] | None = None) -> None:
        """Write a model folder that `foveal.load` reads without PyTorch.

        Args:
            folder: the target; an older model there is replaced.
            metrics: figures to keep with the model.

        Raises:
            UsageError: the head is not trained yet.
            StorageError: the folder cannot be written.
        """
        save(folder, self.encoder.backbone, self._trained(), self.data, metrics or {})

    def _trained(self) -> TrainedHead:
        if self.head is None:
            raise UsageError("the classifier is not trained yet; call fit_head() first.")
        return self.head

    def _progress(self, split: str) -> Callable[[int, int], None]:
        stage = f"Encoding {split} photos"
        return lambda done, total: self.listener.progress(stage, done, total)
