"""Photos to features: decoded and encoded at the same time, each photo once in its life."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from foveal.data import Rejection, Sample
from foveal.features.backbone import Backbone, open_backend
from foveal.features.cache import FeatureStore, Rows, view_key
from foveal.features.decoding import Decoder, Job, Views
from foveal.models import architecture
from foveal.runtime.backends import Backend
from foveal.storage import cache_folder

_SHARD_ROWS = 512  # what a kill can lose at most: some seconds of work
Progress = Callable[[int, int], None]


@dataclass(frozen=True)
class Encoded:
    """The features of some photos."""

    features_NVD: Rows
    """float32 (n, views, D), a row for every photo that could be read."""
    kept: NDArray[np.int64]
    """The positions, among the photos that were asked for, of those that could be read."""
    rejected: tuple[Rejection, ...]
    """The others, with the reason."""
    computed: int
    """How many views were computed now."""
    cached: int
    """How many views the cache held."""
    decode_seconds: float
    """Time spent decoding and warping, summed over the threads."""
    seconds: float
    """Time that passed."""


class FrozenEncoder:
    """Runs a frozen backbone over photos, and remembers what it gave.

    Args:
        backbone: which backbone; see `choose_backbone`.
        notify: is told in one sentence of every damaged cache file that was dropped.
        workers: threads that decode; None for as many as there are usable cores.
    """

    def __init__(
        self,
        backbone: Backbone,
        notify: Callable[[str], None] = lambda sentence: None,
        workers: int | None = None,
    ) -> None:
        self.backbone = backbone
        self._workers = workers
        self._backend: Backend | None = None
        self._store = FeatureStore(
            cache_folder() / "features" / backbone.fingerprint,
            (architecture(backbone.name).feature_width,),
            notify,
        )

    @property
    def backend(self) -> Backend:
        """The engine, loaded when it is first needed."""
        if self._backend is None:
            self._backend = open_backend(self.backbone)
        return self._backend

    def encode(
        self,
        samples: Sequence[Sample],
        views: Views | None = None,
        progress: Progress = lambda done, total: None,
    ) -> Encoded:
        """Return the features of some photos, computing only what the cache does not hold.

        Args:
            samples: the photos.
            views: which views of each; None for the plain photo alone.
            progress: called with (views computed, views to compute).

        Returns:
            The features, and what could not be read.

        Raises:
            DiskFullError: there is no room for the cache.
        """
        started = time.perf_counter()
        views = views or Views()
        keys = [view_key(s.content, views.name(v)) for s in samples for v in range(views.count)]
        rows, found = self._store.find(keys)
        features = rows.reshape(len(samples), views.count, *self._store.shape)
        known, cached = found.reshape(len(samples), views.count), int(found.sum())
        jobs = [
            Job(index, samples[index], tuple(np.flatnonzero(~known[index]).tolist()))
            for index in np.flatnonzero(~known.all(axis=1)).tolist()
        ]
        decoder = Decoder(self.backbone.preprocess, views, self._workers)
        if jobs:
            self._compute(jobs, decoder, features, known, progress)
        kept = np.flatnonzero(known.all(axis=1))
        return Encoded(
            features_NVD=features if len(kept) == len(samples) else features[kept],
            kept=kept,
            rejected=tuple(decoder.rejected),
            computed=int(known.sum()) - cached,
            cached=cached,
            decode_seconds=decoder.seconds,
            seconds=time.perf_counter() - started,
        )

    def _compute(
        self,
        jobs: Sequence[Job],
        decoder: Decoder,
        features: Rows,
        known: NDArray[np.bool_],
        progress: Progress,
    ) -> None:
        total, done = sum(len(job.views) for job in jobs), 0
        pending: list[tuple[int, int]] = []
        samples = {job.index: job.sample for job in jobs}

        def flush() -> None:
            keys = [
                view_key(samples[index].content, decoder.views.name(view))
                for index, view in pending
            ]
            self._store.add(keys, features[tuple(np.array(pending).T)] if pending else features[:0])
            pending.clear()

        backend = self.backend
        progress(0, total)
        try:
            for tags, outputs in backend.stream(decoder.batches(jobs, backend.batch or 1)):
                for (job, view), row in zip(tags, outputs, strict=True):
                    features[job.index, view], known[job.index, view] = row, True
                    pending.append((job.index, view))
                done += len(tags)
                progress(done, total)
                if len(pending) >= _SHARD_ROWS:
                    flush()
        finally:
            flush()  # an interrupted run keeps what it has computed
