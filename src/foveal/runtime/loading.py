"""From a folder on disk to a classifier that answers."""

from __future__ import annotations

from pathlib import Path

from foveal.runtime.backends import OpenVinoBackend, batch_for_many
from foveal.runtime.graphs import read_graph
from foveal.runtime.model_folder import find_model, read_config
from foveal.runtime.predictor import Predictor
from foveal.runtime.rejection import open_rejecting
from foveal.runtime.views import AveragedViews

__all__ = ["load", "open_folder"]


def load(
    path: str | Path,
    *,
    many: bool = False,
    views: AveragedViews | None = None,
    coverage: float | None = None,
) -> Predictor:
    """Load a trained classifier.

    Args:
        path: a run folder or a model folder.
        many: arrange the cores for many photos at once rather than for one quick answer.
        views: looks at several views of each image; None for one look.
        coverage: reject what looks like none of the classes, so that this share of photos of the
            classes is kept, such as 0.95; None to reject nothing.

    Returns:
        The classifier on OpenVINO.

    Raises:
        ModelError: there is no model, this version cannot read it, or it cannot reject.
        CorruptFileError: one of its files has changed since it was written.
    """
    folder = find_model(path)
    return open_folder(folder, many=many, views=views, coverage=coverage)


def open_folder(
    folder: Path,
    *,
    many: bool,
    views: AveragedViews | None = None,
    coverage: float | None = None,
    any_number: bool = False,
) -> Predictor:
    """Load a model folder.

    Args:
        folder: an existing model folder; see `find_model`.
        many: arrange the cores for many photos at once rather than for one quick answer.
        views: looks at several views of each image; None for one look.
        coverage: see `load`.
        any_number: with `many`: let each request have any number of images, as a server needs it;
            a fixed number is some 3 % faster.

    Returns:
        The classifier on OpenVINO.

    Raises:
        ModelError: this version cannot read it, or it cannot reject.
        CorruptFileError: one of its files has changed since it was written.
    """
    if coverage is not None:
        return open_rejecting(folder, coverage, many=many, views=views, any_number=any_number)
    batch = batch_for_many() if many and not any_number else None
    config = read_config(folder)
    backend = OpenVinoBackend(read_graph(folder, config), batch=batch, throughput=many)
    return Predictor(config, backend, views)
