"""The views of a photo, and how they are decoded."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from foveal.data import Rejection, Sample
from foveal.data.reading import decode_sample
from foveal.errors import ImageError
from foveal.images import Augment, Preprocess, render_view, sample_number
from foveal.runtime.backends import Images
from foveal.runtime.decoding import decode_ahead, in_batches


@dataclass(frozen=True)
class Views:
    """Which views of a photo to encode."""

    count: int = 1
    """How many; the first is always the plain photo, without augmentation."""
    augment: Augment = field(default_factory=lambda: Augment.preset("none"))
    """How the others differ from it."""
    seed: int = 0
    """What the differences are drawn from, with the number of the view and the photo's content."""

    def name(self, view: int) -> str:
        """Return the part of a cache key that says which view this is.

        Args:
            view: its number, 0 … count − 1.

        Returns:
            ``"plain"`` for view 0, whatever the augmentation.
        """
        return "plain" if view == 0 else f"{self.augment.fingerprint()}/{self.seed}/{view}"


@dataclass(frozen=True)
class Job:
    """Some views of one photo, to be decoded."""

    index: int
    """The photo's position among those that were asked for."""
    sample: Sample
    """The photo."""
    views: tuple[int, ...]
    """The numbers of the views."""


Tag = tuple[Job, int]  # a job and the number of one of its views


class Decoder:
    """Decodes the views of photos, ahead of the network that eats them.

    Args:
        preprocess: the geometry of the network's input.
        views: which views there are.
        workers: threads; None for as many as there are usable cores. The result does not depend
            on it.
    """

    def __init__(self, preprocess: Preprocess, views: Views, workers: int | None = None) -> None:
        self.preprocess, self.views = preprocess, views
        self.workers = workers
        self.rejected: list[Rejection] = []
        """The photos that could not be read so far."""
        self.seconds = 0.0
        """Time spent decoding and warping so far, summed over the threads."""

    def batches(self, jobs: Sequence[Job], size: int) -> Iterator[tuple[list[Tag], Images]]:
        """Yield batches of views in order.

        Args:
            jobs: what to decode.
            size: images a batch; the last may have fewer.

        Yields:
            Tags, and their images uint8 (n, S, S, C).
        """
        return in_batches(self._images(jobs), size)

    def _images(self, jobs: Sequence[Job]) -> Iterator[tuple[Tag, Images]]:
        for job, images in decode_ahead(jobs, self._decode, self.workers):
            if isinstance(images, ImageError):
                self.rejected.append(Rejection(job.sample.path, images.reason, images.remedy))
            else:
                yield from zip([(job, view) for view in job.views], images, strict=True)

    def _decode(self, job: Job) -> list[Images]:
        started = time.perf_counter()
        image = decode_sample(job.sample, self.preprocess)
        key = sample_number(job.sample.content)
        views = [self._render(image, view, key) for view in job.views]
        self.seconds += time.perf_counter() - started
        return views

    def _render(self, image_HWC: Images, view: int, key: int) -> Images:
        seed = self.views.seed
        return render_view(
            image_HWC, self.preprocess, self.views.augment, seed=seed, view=view, sample=key
        )
