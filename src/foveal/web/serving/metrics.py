"""Figures of a running server, in the text format of Prometheus."""

from __future__ import annotations

from collections.abc import Callable

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, ProcessCollector
from prometheus_client.exposition import CONTENT_TYPE_LATEST, generate_latest

from foveal.runtime.predictor import Prediction

CONTENT_TYPE = CONTENT_TYPE_LATEST
_SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30)
_IMAGES = (1, 2, 3, 4, 6, 8)


class Metrics:
    """Counts what a server does; each server has figures of its own.

    Args:
        version: of the model.
        architecture: of the model.
        queued: tells how many images are waiting or in work.
        decoders: tells how many decoding processes there are.
    """

    def __init__(
        self,
        version: str,
        architecture: str,
        queued: Callable[[], float],
        decoders: Callable[[], float],
    ) -> None:
        self._registry = registry = CollectorRegistry()
        ProcessCollector(registry=registry)
        self._requests = Counter(
            "foveal_requests", "Requests by path and status", ["path", "status"], registry=registry
        )
        self._seconds = Histogram(
            "foveal_request_seconds",
            "Seconds from a request's headers to the end of its answer",
            ["path"],
            buckets=_SECONDS,
            registry=registry,
        )
        self._images = Counter(
            "foveal_images", "Images by what became of them", ["outcome"], registry=registry
        )
        self._answers = Counter(
            "foveal_predictions", "Images by the name they were given", ["label"], registry=registry
        )
        self._batches = Histogram(
            "foveal_batch_images",
            "Images that the network looked at together",
            buckets=_IMAGES,
            registry=registry,
        )
        self._network = Histogram(
            "foveal_network_seconds",
            "Seconds of one run of the network",
            buckets=_SECONDS,
            registry=registry,
        )
        self._replaced = Counter(
            "foveal_decoders_replaced", "Decoding processes that were lost", registry=registry
        )
        for name, meaning, tell in (
            ("foveal_queue_images", "Images that are waiting or in work", queued),
            ("foveal_decoders", "Decoding processes", decoders),
        ):
            Gauge(name, meaning, registry=registry).set_function(tell)
        model = Gauge("foveal_model", "The model", ["version", "architecture"], registry=registry)
        model.labels(version, architecture).set(1)

    def request(self, path: str, status: int, seconds: float) -> None:
        """Count a request.

        Args:
            path: one of the server's own, or "other".
            status: of the answer.
            seconds: that it took.
        """
        self._requests.labels(path, str(status)).inc()
        self._seconds.labels(path).observe(seconds)

    def run(self, images: int, seconds: float) -> None:
        """Count a run of the network.

        Args:
            images: that it looked at.
            seconds: that it took.
        """
        self._batches.observe(images)
        self._network.observe(seconds)

    def image(self, prediction: Prediction) -> None:
        """Count an image.

        Args:
            prediction: what was answered.
        """
        if prediction.reason is not None:
            self._images.labels("unreadable").inc()
            return
        self._images.labels("rejected" if prediction.rejected else "named").inc()
        if not prediction.rejected:
            self._answers.labels(prediction.label).inc()

    def decoder_replaced(self) -> None:
        """Count a decoding process that was lost."""
        self._replaced.inc()

    def as_text(self) -> bytes:
        """Return all figures.

        Returns:
            The text that Prometheus reads.
        """
        return generate_latest(self._registry)
