"""Classifiers that can answer "none of these"; `foveal.runtime.rejector` says how they decide."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from foveal.errors import ModelError
from foveal.runtime.backends import Backend, OpenVinoBackend, batch_for_many, openvino
from foveal.runtime.graphs import read_graph
from foveal.runtime.model_folder import ModelConfig, read_config
from foveal.runtime.predictor import Prediction, Predictor
from foveal.runtime.reasons import said_by_openvino
from foveal.runtime.rejector import Rejector, read_rejector
from foveal.runtime.views import AveragedViews


class FeaturePredictor(Predictor):
    """A classifier that also gives the features its last layers judge by.

    Args:
        config: what its model folder says of it.
        backend: uint8 (N, S, S, C) → logits and features side by side (N, K + D).
        views: looks at several views of each image; None for one look.
    """

    def __init__(
        self, config: ModelConfig, backend: Backend, views: AveragedViews | None = None
    ) -> None:
        super().__init__(config, backend, views)

    def features(self, row: NDArray[np.float32]) -> NDArray[np.float32]:
        """Return the features in a row of `outputs`.

        Args:
            row: float32 (K + D,).

        Returns:
            float32 (D,).
        """
        return row[len(self.classes) :]

    def _logits(self, row: NDArray[np.float32]) -> NDArray[np.float32]:
        return row[: len(self.classes)]


class RejectingPredictor(FeaturePredictor):
    """A classifier that can answer "none of these"; its predictions say so in `rejected`.

    Args:
        config: what its model folder says of it.
        backend: uint8 (N, S, S, C) → logits and features side by side (N, K + D).
        rejector: decides.
        views: looks at several views of each image; None for one look.
    """

    def __init__(
        self,
        config: ModelConfig,
        backend: Backend,
        rejector: Rejector,
        views: AveragedViews | None = None,
    ) -> None:
        super().__init__(config, backend, views)
        self.rejector = rejector

    def _prediction(self, path: str, row: NDArray[np.float32], top_k: int) -> Prediction:
        answer = super()._prediction(path, row, top_k)
        (distance,) = self.rejector.distances(self.features(row)[None])
        return replace(answer, rejected=bool(distance > self.rejector.threshold))


def open_with_features(
    folder: Path, *, many: bool, views: AveragedViews | None = None
) -> FeaturePredictor:
    """Load a model folder so that it gives its features too.

    Args:
        folder: an existing model folder.
        many: arrange the cores for many photos at once.
        views: looks at several views of each image; None for one look.

    Returns:
        The classifier on OpenVINO.

    Raises:
        ModelError: this version cannot read it.
        CorruptFileError: one of its files has changed since it was written.
    """
    config = read_config(folder)
    return FeaturePredictor(config, _backend(folder, config, many=many), views)


def open_rejecting(
    folder: Path,
    coverage: float,
    *,
    many: bool,
    views: AveragedViews | None = None,
    any_number: bool = False,
) -> RejectingPredictor:
    """Load a model folder that can answer "none of these".

    Args:
        folder: an existing model folder.
        coverage: the share of photos of its classes to keep, above 0 to below 1.
        many: arrange the cores for many photos at once.
        views: looks at several views of each image; None for one look.
        any_number: see `foveal.runtime.loading.open_folder`.

    Returns:
        The classifier on OpenVINO.

    Raises:
        ModelError: this version cannot read it, or it keeps no rejector.
        CorruptFileError: one of its files has changed since it was written.
        UsageError: `coverage` is out of range.
    """
    config = read_config(folder)
    rejector = read_rejector(folder, config, coverage)
    features = rejector.known_MD.shape[1]
    backend = _backend(folder, config, many=many, any_number=any_number, features=features)
    return RejectingPredictor(config, backend, rejector, views)


def with_features(graph: Any, dense_layers: int) -> Any:
    """Let a graph give, beside its logits, what enters its last dense layers.

    Args:
        graph: an ``openvino.Model`` with the output (?, K).
        dense_layers: how many dense layers from the end, 1 or more.

    Returns:
        An ``openvino.Model`` with the output (?, K + D).

    Raises:
        ModelError: the graph does not end in dense layers.
    """
    logits = graph.output(0).get_node().input_value(0)
    node = logits
    for _ in range(dense_layers):
        while node.get_node().get_type_name() != "MatMul":
            node = _data_input(node)
        node = _data_input(node)
    opset = openvino().opset13
    with said_by_openvino():
        joined = opset.concat([logits, node], axis=1)
    return openvino().Model([opset.result(joined)], graph.get_parameters(), "foveal")


def _backend(
    folder: Path,
    config: ModelConfig,
    *,
    many: bool,
    any_number: bool = False,
    features: int | None = None,
) -> OpenVinoBackend:
    layers = max(1, len(config.head_widths) - 1)
    graph = with_features(read_graph(folder, config), layers)
    batch = batch_for_many() if many and not any_number else None
    width = str(graph.output(0).get_partial_shape()[1])
    if features is not None and width != str(len(config.classes) + features):
        raise ModelError(
            f"{folder} knows {features:,} features of each photo to reject by, and its network "
            "gives another number of them; restore the model folder."
        )
    return OpenVinoBackend(graph, batch=batch, throughput=many)


def _data_input(output: Any) -> Any:
    """Return the input that carries data rather than weights."""
    for source in output.get_node().input_values():
        kind, above = source.get_node().get_type_name(), source.get_node().input_values()
        converted = kind == "Convert" and above[0].get_node().get_type_name() == "Constant"
        if kind != "Constant" and not converted:
            return source
    raise ModelError("the network does not end in dense layers, so it has no features to judge by.")
