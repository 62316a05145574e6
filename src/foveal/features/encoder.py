"""Photos to features: decoded and encoded at the same time, each photo once in its life."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from foveal.data import Rejection, Sample
from foveal.errors import ModelError, UsageError
from foveal.features.backbone import INSTALLED, Backbone
from foveal.features.cache import DType, FeatureStore, Rows, view_key
from foveal.features.decoding import Decoder, Job, Views
from foveal.features.opening import open_backend
from foveal.models import architecture
from foveal.runtime.backends import Backend
from foveal.storage import cache_folder

_SHARD_ROWS = 512  # what a kill can lose at most: some seconds of work
_SHARD_BYTES = 32 << 20  # what is written, or read, at once
Progress = Callable[[int, int], None]


@dataclass(frozen=True)
class Encoded:
    """The features of some photos."""

    features_NVD: Rows
    """A row for every photo that could be read: vectors, float32 (n, views, D); from a cut
    backbone maps, float16 or float32 (n, views, H, W, C)."""
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
        dtype: the numbers that are kept; None for float32 vectors and float16 maps. A float16
            holds every bf16 of a usual size exactly.
    """

    def __init__(
        self,
        backbone: Backbone,
        notify: Callable[[str], None] = lambda sentence: None,
        workers: int | None = None,
        dtype: DType | None = None,
    ) -> None:
        self.backbone = backbone
        self._workers = workers
        self._backend: Backend | None = None
        self.shape, self.dtype = row_shape(backbone), dtype or row_dtype(backbone)
        kind = "features" if self.dtype == "float32" else f"features-{self.dtype}"
        folder = cache_folder() / kind / backbone.fingerprint
        self._store = FeatureStore(folder, self.shape, notify, self.dtype)

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
        share: tuple[int, int] = (0, 1),
    ) -> Encoded:
        """Return the features of some photos, computing only what the cache does not hold.

        Several processes compute a share each, and then find everything in the cache that they
        have in common.

        Args:
            samples: the photos.
            views: which views of each; None for the plain photo alone.
            progress: called with (views computed, views to compute).
            share: (rank, number of ranks): which of the photos to encode, and to return.

        Returns:
            The features, and what could not be read.

        Raises:
            UsageError: there is no such share.
            ModelError: a value is too large for float16.
            DiskFullError: there is no room for the cache.
        """
        started = time.perf_counter()
        views = views or Views()
        asked = _share(len(samples), *share)
        samples = [samples[index] for index in asked]
        keys = [view_key(s.content, views.name(v)) for s in samples for v in range(views.count)]
        rows, found = self._store.find(keys)
        features = rows.reshape(len(samples), views.count, *self.shape)
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
            features_NVD=_compacted(features, kept),
            kept=asked[kept],
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
        limit = max(1, min(_SHARD_ROWS, _SHARD_BYTES // features[0, 0].nbytes))

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
                for (job, view), row in zip(tags, as_kept(outputs, self.dtype), strict=True):
                    features[job.index, view], known[job.index, view] = row, True
                    pending.append((job.index, view))
                done += len(tags)
                progress(done, total)
                if len(pending) >= limit:
                    flush()
        finally:
            flush()  # an interrupted run keeps what it has computed


def row_shape(backbone: Backbone) -> tuple[int, ...]:
    """Return the shape of what a backbone gives for one image, without its weights.

    Args:
        backbone: which backbone.

    Returns:
        ``(D,)``, or ``(H, W, C)`` if it is cut.
    """
    if not backbone.is_cut and backbone.weights == INSTALLED:
        return (architecture(backbone.name).feature_width,)  # the table needs no PyTorch
    from foveal.features.network import output_shape

    return output_shape(backbone)


def row_dtype(backbone: Backbone) -> DType:
    """Return the numbers in which a backbone's output is kept unless told otherwise.

    Args:
        backbone: which backbone.

    Returns:
        ``"float32"`` for vectors, ``"float16"`` for maps, of which there are many.
    """
    return "float16" if backbone.is_cut else "float32"


def cache_bytes(backbone: Backbone, photos: int, views: int = 1, dtype: DType | None = None) -> int:
    """Return what the features of some photos take, in memory and again on disk.

    Args:
        backbone: which backbone; it is not run.
        photos: how many photos.
        views: views of each.
        dtype: the numbers that are kept; None for the encoder's own choice.

    Returns:
        Bytes.
    """
    size = np.dtype(dtype or row_dtype(backbone)).itemsize
    return photos * views * size * math.prod(row_shape(backbone))


def as_kept(outputs: NDArray[np.float32], dtype: DType) -> Rows:
    """Turn a backend's output into the numbers that are kept.

    Args:
        outputs: float32 (n, ...).
        dtype: ``"float32"`` or ``"float16"``.

    Returns:
        The same values, as near as `dtype` has them.

    Raises:
        ModelError: a value is too large for float16.
    """
    if dtype == "float32":
        return outputs
    with np.errstate(over="ignore"):
        kept = outputs.astype(np.float16)
    if not np.isfinite(kept).all() and np.isfinite(outputs).all():
        raise ModelError(
            f"the frozen blocks give values up to {np.abs(outputs).max():.3g}; float16 holds "
            "65504 at most. Keep them as float32."
        )
    return kept


def _share(count: int, rank: int, ranks: int) -> NDArray[np.int64]:
    if not 0 <= rank < ranks:
        raise UsageError(f"`share` must be (rank, ranks) with 0 <= rank < ranks; got {rank, ranks}")
    return np.arange(rank, count, ranks)


def _compacted(rows: Rows, kept: NDArray[np.int64]) -> Rows:
    """Close the gaps in place: a copy of what may be gigabytes would not fit beside it."""
    if len(kept) == len(rows):
        return rows
    for target, source in enumerate(kept):
        rows[target] = rows[source]
    return rows[: len(kept)]
