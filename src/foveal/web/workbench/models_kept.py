"""Trained classifiers that stay loaded: the last few that were asked, and the others let go."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from foveal.errors import FovealError
from foveal.runtime.loading import load
from foveal.runtime.model_folder import CONFIG, find_model, read_config
from foveal.runtime.predictor import Predictor

if TYPE_CHECKING:
    from foveal.explain import Explainer
    from foveal.workflow.listener import Listener

Loaded = TypeVar("Loaded")
_KEPT = 4  # a predictor takes about 100 MB, an explainer 50


@dataclass(frozen=True)
class _Key:
    kind: str
    folder: Path
    changed: int
    """When the model was written, in nanoseconds: another one in its place is loaded anew."""


class LoadedModels:
    """Loads classifiers when they are first asked, one at a time."""

    def __init__(self) -> None:
        self.in_torch = threading.Lock()
        """Held by whoever runs a network in PyTorch, where explanations hang hooks on it."""
        self._loading, self._fitting = threading.RLock(), threading.Lock()
        self._kept: OrderedDict[_Key, Any] = OrderedDict()

    def predictor(
        self, run: Path, reject: bool = False, listener: Listener | None = None
    ) -> Predictor:
        """Return a classifier.

        Args:
            run: its run folder.
            reject: whether it is to answer "none of these"; that is learned when first asked for.
            listener: hears how far that is; None for silence.

        Returns:
            The classifier.

        Raises:
            ModelError: there is no model.
            DataError: it has not learned what to reject, and the photos of the run are gone.
        """
        if not reject:
            return self._get("plain", run, lambda: load(run))
        from foveal.workflow.scores import ensure_rejection

        with self._fitting:  # which may take a minute: other classifiers answer meanwhile
            coverage = ensure_rejection(run, listener=listener)
        return self._get("rejecting", run, lambda: load(run, coverage=coverage))

    def rejects(self, run: Path) -> bool:
        """Tell whether a classifier has learned what to reject.

        Args:
            run: its run folder.

        Returns:
            False where that must be learned first, or there is no model that can be read.
        """
        try:
            return read_config(find_model(run)).rejection is not None
        except FovealError:
            return False

    def explainer(self, run: Path) -> Explainer:
        """Return what explains a classifier.

        Args:
            run: its run folder.

        Returns:
            The explainer.

        Raises:
            ModelError: there is no model.
        """
        from foveal.explain import Explainer

        return self._get("explaining", run, lambda: Explainer.load(run))

    def _get(self, kind: str, run: Path, make: Callable[[], Loaded]) -> Loaded:
        with self._loading:
            folder = find_model(run)
            key = _Key(kind, folder, (folder / CONFIG).stat().st_mtime_ns)
            if key not in self._kept:
                for old in [k for k in self._kept if (k.kind, k.folder) == (kind, folder)]:
                    del self._kept[old]
                self._kept[key] = make()
            self._kept.move_to_end(key)
            while len(self._kept) > _KEPT:
                self._kept.popitem(last=False)
            loaded: Loaded = self._kept[key]
            return loaded
