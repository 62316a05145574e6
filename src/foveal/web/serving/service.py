"""The way of a photo through the server: a place in the queue, decoding, the network."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from foveal.errors import ImageError
from foveal.runtime.backends import Images, OpenVinoBackend, batch_for_many
from foveal.runtime.loading import open_folder
from foveal.runtime.model_folder import CONFIG, find_model
from foveal.runtime.predictor import Prediction, Predictor
from foveal.runtime.rejection import RejectingPredictor
from foveal.storage import sha256_file
from foveal.web.serving.batching import Batcher
from foveal.web.serving.decoding import DecodingPool
from foveal.web.serving.forms import Photo
from foveal.web.serving.guard import STOPPING
from foveal.web.serving.limits import Limits, Room
from foveal.web.serving.metrics import Metrics
from foveal.web.uploads import RefusedUpload


@dataclass(frozen=True)
class Served:
    """A model, ready to be served."""

    name: str
    """What people call it: the name of its run folder."""
    version: str
    """A hash of its content."""
    predictor: Predictor
    """The classifier."""

    @property
    def rejecting(self) -> RejectingPredictor | None:
        """The classifier, where it can answer "none of these"."""
        return self.predictor if isinstance(self.predictor, RejectingPredictor) else None


def open_served(path: str | Path, coverage: float | None = None) -> Served:
    """Load a model for a server.

    Args:
        path: a run folder or a model folder.
        coverage: reject what looks like none of the classes, so that this share of photos of the
            classes is kept; None to reject nothing.

    Returns:
        The model.

    Raises:
        ModelError: there is no model, this version cannot read it, or it cannot reject.
        CorruptFileError: one of its files has changed since it was written.
        UsageError: `coverage` is out of range.
    """
    folder = find_model(path)
    # The settings name the checksum of every other file, so their hash stands for all of them.
    version = sha256_file(folder / CONFIG)[:12]
    predictor = open_folder(folder, many=True, coverage=coverage, any_number=True)
    size = predictor.config.preprocess.image_size
    predictor.predict(np.zeros((size, size, 3), np.uint8))  # what cannot answer is not served
    return Served(Path(path).resolve().name, version, predictor)


class Service:
    """Everything that answers predictions.

    Args:
        served: the model.
        limits: what is taken on at once.
    """

    def __init__(self, served: Served, limits: Limits) -> None:
        self.served, self.limits, self.room = served, limits, Room(limits)
        predictor = served.predictor
        if not isinstance(predictor.backend, OpenVinoBackend):
            raise TypeError(f"a server needs the OpenVINO backend; got {predictor.backend.name}.")
        self.pool = DecodingPool(predictor.config.preprocess, limits, self._replaced)
        self.metrics = Metrics(
            served.version,
            predictor.config.architecture,
            lambda: self.room.images,
            lambda: self.pool.alive,
        )
        self._decoding = 0
        self._batcher = Batcher(
            predictor,
            predictor.backend.runners(),
            batch_for_many(),
            limits.batch_window / 1000,
            more_coming=lambda: self._decoding > 0,
            ran=self.metrics.run,
        )
        self._arriving: set[asyncio.Task[object]] = set()
        self.requests = 0  # predictions that are being answered
        self.stopping = False

    @property
    def ready(self) -> bool:
        """Whether it takes images; a process that is being replaced is waited for."""
        return not self.stopping and (self.pool.alive > 0 or not self.pool.failing)

    async def start(self) -> None:
        """Start what decodes and what computes.

        Raises:
            FovealError: the processes that decode do not start.
        """
        await self.pool.start()
        self._batcher.start()

    async def close(self) -> None:
        """End what decodes and what computes."""
        await self._batcher.close()
        await self.pool.close()

    def refuse_new(self) -> None:
        """Take no more: what has arrived is answered, what is still arriving is refused."""
        self.stopping = True
        for task in self._arriving:
            task.cancel()

    def require_ready(self) -> None:
        """Refuse when no image can be taken.

        Raises:
            RefusedUpload: the server is stopping or not ready (503).
        """
        if self.stopping:
            raise RefusedUpload(503, STOPPING)
        if not self.ready:
            raise RefusedUpload(503, "the server is not ready; try again in a moment.")

    @contextmanager
    def arriving(self) -> Iterator[None]:
        """Let a block that reads a request be refused when the server stops.

        Yields:
            Nothing.

        Raises:
            RefusedUpload: the server is stopping (503).
        """
        task = asyncio.current_task()
        if task is None:
            raise RuntimeError("requests are read in tasks.")
        self._arriving.add(task)
        try:
            yield
        except asyncio.CancelledError:
            if not self.stopping:
                raise
            task.uncancel()
            self.require_ready()
        finally:
            self._arriving.discard(task)

    @contextmanager
    def answering(self) -> Iterator[None]:
        """Count a prediction while a block answers it.

        Yields:
            Nothing.
        """
        self.requests += 1
        try:
            yield
        finally:
            self.requests -= 1

    async def predict(self, photos: Sequence[Photo], top_k: int) -> list[Prediction]:
        """Name photos.

        Args:
            photos: of one request.
            top_k: how many names each gets.

        Returns:
            One prediction for each, in order; a photo that cannot be read has a reason.

        Raises:
            RefusedUpload: the queue is full (429).
        """
        with self.room.for_images(len(photos)):
            self._decoding += len(photos)
            if len(photos) == 1:
                return [await self._predict(photos[0], top_k)]
            return await asyncio.gather(*(self._predict(photo, top_k) for photo in photos))

    async def _predict(self, photo: Photo, top_k: int) -> Prediction:
        try:
            pixels = await self._decode(photo)
        except ImageError as error:
            prediction = Prediction(photo.name, (), (), (), f"{error.reason}; {error.remedy}")
        else:
            prediction = await self._batcher.predict(photo.name, pixels, top_k)
        self.metrics.image(prediction)
        return prediction

    async def _decode(self, photo: Photo) -> Images:
        try:
            return await self.pool.decode(photo.data, photo.name)
        finally:
            self._decoding -= 1

    def _replaced(self) -> None:
        self.metrics.decoder_replaced()
