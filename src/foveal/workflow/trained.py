"""What training leaves: a classifier that can be tried at once and written to disk."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Protocol

from foveal.features.backbone import Backbone
from foveal.images import Preprocess
from foveal.models.convnet import ConvNet
from foveal.runtime.model_folder import ModelConfig
from foveal.runtime.predictor import Predictor
from foveal.runtime.rejector import Rejector, write_rejector
from foveal.training.record import EpochRecord, Phase
from foveal.training.transfer.head import TrainedHead
from foveal.workflow import assemble


class Trained(Protocol):
    """A trained classifier."""

    @property
    def history(self) -> Sequence[EpochRecord]:
        """One record an epoch, of every phase."""

    @property
    def phase(self) -> Phase:
        """The phase whose weights were kept."""

    @property
    def best_epoch(self) -> int:
        """The epoch of that phase whose weights were kept."""

    @property
    def temperature(self) -> float:
        """The calibration that is folded into the last layer."""

    def predictor(self, *, many: bool = False) -> Predictor:
        """Put the classifier on OpenVINO.

        Args:
            many: arrange the cores for many photos at once rather than for one quick answer.

        Returns:
            What names photos.
        """

    def write(self, folder: str | Path, metrics: dict[str, Any]) -> None:
        """Write a model folder that `foveal.load` reads without PyTorch.

        Args:
            folder: the target; an older model there is replaced.
            metrics: figures to keep with the model.

        Raises:
            StorageError: the folder cannot be written.
        """


@dataclass(frozen=True)
class HeadModel:
    """A trained head on a frozen backbone; see `Trained`."""

    backbone: Backbone
    """The frozen part."""
    head: TrainedHead
    """The trained part."""
    classes: tuple[str, ...]
    """Names in the order of the logits."""
    provenance: dict[str, Any]
    """Versions, engine and the fingerprint of the data."""
    rejector: Rejector | None = None
    """When to answer "none of these", where that was learned."""
    tried: tuple[EpochRecord, ...] = ()
    """The epochs of a fine-tuning that was not better."""

    @property
    def history(self) -> Sequence[EpochRecord]:
        """One record an epoch, of every phase."""
        return (*self.head.history, *self.tried)

    @property
    def phase(self) -> Phase:
        """The head's training."""
        return "head"

    @property
    def best_epoch(self) -> int:
        """The epoch of the head whose weights were kept."""
        return self.head.best_epoch

    @property
    def temperature(self) -> float:
        """The calibration that is folded into the last layer."""
        return self.head.temperature

    def predictor(self, *, many: bool = False) -> Predictor:
        """Put the classifier on OpenVINO; see `Trained.predictor`.

        Args:
            many: arrange the cores for many photos at once.

        Returns:
            What names photos.
        """
        graph = assemble.head_graph(self.backbone, self.head)
        config = assemble.head_config(self.backbone, self.head, self.classes, self.provenance, {})
        return assemble.on_openvino(config, graph, many=many)

    def write(self, folder: str | Path, metrics: dict[str, Any]) -> None:
        """Write a model folder; see `Trained.write`.

        Args:
            folder: the target.
            metrics: figures to keep with the model.
        """
        assemble.write_head(
            folder,
            assemble.head_config(self.backbone, self.head, self.classes, self.provenance, metrics),
            self.backbone,
            self.head,
        )
        if self.rejector is not None:
            write_rejector(Path(folder), self.rejector)


@dataclass(frozen=True)
class NetworkModel:
    """A network of which blocks were trained too; see `Trained`."""

    network: ConvNet
    """The network in evaluation mode, the temperature folded into its last layer."""
    preprocess: Preprocess
    """What brings photos into its input."""
    classes: tuple[str, ...]
    """Names in the order of the logits."""
    head_widths: tuple[int, ...]
    """Widths of a dense head that replaced the network's own; empty where it kept its own."""
    description: dict[str, Any] | None
    """The layers of a network that is in no table, or None."""
    history: tuple[EpochRecord, ...]
    """One record an epoch, of every phase."""
    best_epoch: int
    """The epoch of the last phase whose weights were kept."""
    temperature: float
    """The calibration that is folded into the last layer."""
    provenance: dict[str, Any]
    """Versions, engine and the fingerprint of the data."""
    frozen: Backbone | None = None
    """The blocks that were not trained, as they ran; None where all were."""

    @property
    def phase(self) -> Phase:
        """The last phase."""
        return self.history[-1].phase

    def predictor(self, *, many: bool = False) -> Predictor:
        """Put the classifier on OpenVINO; see `Trained.predictor`.

        Args:
            many: arrange the cores for many photos at once.

        Returns:
            What names photos.
        """
        return assemble.on_openvino(self._config({}), self._graph.clone(), many=many)

    def write(self, folder: str | Path, metrics: dict[str, Any]) -> None:
        """Write a model folder; see `Trained.write`.

        Args:
            folder: the target.
            metrics: figures to keep with the model.
        """
        assemble.write_network(folder, self._config(metrics), self.network, self._graph)

    @cached_property
    def _graph(self) -> Any:
        """Converted once: it takes seconds."""
        return assemble.network_graph(self.network, self.preprocess, self.frozen)

    def _config(self, metrics: dict[str, Any]) -> ModelConfig:
        return ModelConfig(
            architecture=self.network.name,
            classes=self.classes,
            preprocess=self.preprocess,
            head_widths=self.head_widths,
            description=self.description,
            temperature=self.temperature,
            provenance=self.provenance,
            metrics=metrics,
        )
