"""What a prediction server takes on at once, and how it refuses the rest."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from foveal.arguments import require_number, require_whole
from foveal.errors import UsageError
from foveal.images.io import MAX_PIXELS
from foveal.runtime.cores import usable_cores
from foveal.web.uploads import RefusedUpload

_LEAST_HELD_MB = 256


@dataclass(frozen=True)
class Limits:
    """The limits of a prediction server; each refusal names the one that was met."""

    queue: int = 64
    """Images that may wait or be in work at once."""
    batch_window: float = 5.0
    """Milliseconds that an image waits for others to share a run of the network with, while others
    are being decoded."""
    max_mb: int = 20
    """Megabytes (of 2**20 bytes) of one request."""
    max_pixels: int = 50_000_000
    """Pixels of one image, width times height."""
    max_images: int = 16
    """Images of one request."""
    workers: int = field(default_factory=lambda: max(2, usable_cores()))
    """Processes that decode."""
    body_seconds: float = 30.0
    """Seconds in which all of a request must arrive."""
    decode_seconds: float = 10.0
    """Seconds of the processor for decoding one image, and twice as many by the clock."""

    def __post_init__(self) -> None:
        require_whole("queue", self.queue, 1, 100_000, "images")
        require_number("batch_window", self.batch_window, 0, 1000, "milliseconds")
        require_whole("max_mb", self.max_mb, 1, 512, "megabytes")
        require_whole("max_pixels", self.max_pixels, 1, MAX_PIXELS, "pixels")
        require_whole("max_images", self.max_images, 1, 1000, "images")
        require_whole("workers", self.workers, 1, 256, "processes")
        require_number("body_seconds", self.body_seconds, 0.1, 3600, "seconds")
        require_number("decode_seconds", self.decode_seconds, 0.1, 3600, "seconds")
        if self.max_images > self.queue:
            raise UsageError(
                f"`max_images` must be at most the queue of {self.queue}, or such a request could "
                f"never be answered; got {self.max_images}."
            )

    @property
    def max_bytes(self) -> int:
        """Bytes of one request."""
        return self.max_mb * 2**20

    @property
    def held_bytes(self) -> int:
        """Bytes that all requests together may hold, so that memory is bounded."""
        return max(_LEAST_HELD_MB, 2 * self.max_mb) * 2**20


class Room:
    """Counts what is held and in work, and refuses what does not fit.

    Args:
        limits: how much fits.
    """

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self.images = 0
        self.bytes = 0

    @contextmanager
    def for_images(self, count: int) -> Iterator[None]:
        """Keep places for the images of a request while a block runs.

        Args:
            count: how many.

        Yields:
            Nothing.

        Raises:
            RefusedUpload: there is no room now (429).
        """
        if self.images + count > self._limits.queue:
            raise RefusedUpload(
                429,
                f"the queue has room for {self._limits.queue} images and {self.images} are in it; "
                "try again in a moment.",
            )
        self.images += count
        try:
            yield
        finally:
            self.images -= count

    @contextmanager
    def for_bytes(self) -> Iterator[Held]:
        """Count the bytes of a request while a block runs.

        Yields:
            What to tell of each piece that arrived.
        """
        held = Held(self, self._limits.held_bytes)
        try:
            yield held
        finally:
            self.bytes -= held.count


class Held:
    """The bytes that one request holds.

    Args:
        room: of all requests.
        most: bytes of all requests together.
    """

    def __init__(self, room: Room, most: int) -> None:
        self._room, self._most = room, most
        self.count = 0

    def arrived(self, count: int) -> None:
        """Count a piece.

        Args:
            count: its bytes.

        Raises:
            RefusedUpload: all requests together hold too much (429).
        """
        if self._room.bytes + count > self._most:
            raise RefusedUpload(
                429,
                f"the requests that are arriving hold {self._most // 2**20} MB together, which is "
                "the most; try again in a moment.",
            )
        self.count += count
        self._room.bytes += count
