"""Frozen features of a run's photos, from the cache where they are there already."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from foveal.data import Sample
from foveal.errors import DataError
from foveal.features import Backbone, FrozenEncoder, choose_backbone
from foveal.runtime.model_folder import find_model, read_config
from foveal.storage import file_content_hash, read_json
from foveal.workflow.listener import Listener
from foveal.workflow.run_photos import CONFIG, RunPhoto, require_photos

OTHER_EYES = "efficientnet_lite0"  # for networks from scratch, which have learned the labels


@dataclass(frozen=True, eq=False)
class RunFeatures:
    """What a pre-trained network that never saw the labels makes of a run's photos."""

    backbone: str
    """The name of that network."""
    classes: tuple[str, ...]
    """The classes of the run."""
    photos: tuple[RunPhoto, ...]
    """N photos that could be read."""
    samples: tuple[Sample, ...]
    """The same photos, with their content hashes."""
    x_ND: NDArray[np.float32]
    """Their features, float32 (N, D)."""
    labels_N: NDArray[np.int64]
    """The indices of their classes, int64 (N,)."""

    def of(self, *splits: str) -> NDArray[np.int64]:
        """Return the rows of some splits.

        Args:
            *splits: such as ``"train"``.

        Returns:
            Row numbers, int64.
        """
        return np.array([i for i, p in enumerate(self.photos) if p.split in splits], np.int64)


def run_features(run: Path, listener: Listener) -> RunFeatures:
    """Encode the photos of a run with its frozen backbone.

    The blocks of a fine-tuned network, and a network from scratch, have learned the labels, wrong
    ones too; so the features come from the pre-trained backbone as it was, and for a network from
    scratch from EfficientNet-Lite0.

    Args:
        run: a run folder.
        listener: hears what is being done.

    Returns:
        The features of every photo that can be read.

    Raises:
        DataError: the folder is no run, its photos are gone, or fewer than two can be read.
        ModelError: there is no model, or the backbone's weights are not there.
    """
    photos = require_photos(run, "to look at")
    classes = read_config(find_model(run)).classes
    samples = [
        Sample(photo.path, photo.label, photo.split, None, file_content_hash(photo.path))  # type: ignore[arg-type]  # a split by the table
        for photo in photos
    ]
    backbone = _backbone(run)
    encoder = FrozenEncoder(backbone, notify=listener.warn)
    encoded = encoder.encode(
        samples, progress=lambda done, total: listener.progress("Encoding photos", done, total)
    )
    for rejection in encoded.rejected:
        listener.warn(f"{rejection.path}: {rejection.reason}; {rejection.remedy}.")
    kept = encoded.kept.tolist()
    if len(kept) < 2:
        raise DataError(f"fewer than two photos of {run} can be read; put them back.")
    index = {name: number for number, name in enumerate(classes)}
    return RunFeatures(
        backbone.name,
        classes,
        tuple(photos[i] for i in kept),
        tuple(samples[i] for i in kept),
        encoded.features_NVD[:, 0].astype(np.float32, copy=False),
        np.array([index[photos[i].label] for i in kept], np.int64),
    )


def _backbone(run: Path) -> Backbone:
    values: dict[str, Any] = read_json(run / CONFIG).get("settings", {})
    if values.get("from_scratch"):
        return choose_backbone(OTHER_EYES)
    config = read_config(find_model(run))
    return choose_backbone(
        config.architecture,
        config.preprocess,
        device=values.get("device", "auto"),
        weights=values.get("weights") or "default",
        seed=values.get("seed", 0),
    )
