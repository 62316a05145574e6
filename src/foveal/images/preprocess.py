"""From a photo to what a network takes: one frozen object that every part of Foveal shares."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from foveal.arguments import require_choice, require_number, require_whole
from foveal.errors import UnknownNameError, UsageError
from foveal.images.settings import fingerprint_of, plain_dict, settings_from

Resize = Literal["crop", "squash", "pad"]
Interpolation = Literal["nearest", "bilinear", "bicubic", "area"]

RESIZES: tuple[Resize, ...] = ("crop", "squash", "pad")
INTERPOLATIONS: tuple[Interpolation, ...] = ("nearest", "bilinear", "bicubic", "area")
GEOMETRY_VERSION = 1  # goes up when the same settings give other pixels

_PRESETS: dict[str, tuple[tuple[float, ...], tuple[float, ...]]] = {
    "unit": ((0.0,), (255.0,)),
    "symmetric": ((127.5,), (127.5,)),
    "imagenet": ((123.675, 116.28, 103.53), (58.395, 57.12, 57.375)),
}
_NORMALISATION = ("mean", "std")


@dataclass(frozen=True)
class Preprocess:
    """How a photo becomes a square of pixels, and how a network scales those.

    Geometry (`apply`) gives uint8. Scaling, (x - mean) / std on 0..255 values, is folded into the
    network itself; `normalize` is the slow, clear definition that the folded one is tested with.

    Example:
        >>> import numpy as np
        >>> photo = np.zeros((300, 400, 3), np.uint8)
        >>> Preprocess(image_size=32).apply(photo).shape
        (32, 32, 3)
    """

    image_size: int = 224
    """Side of the square that the network takes, in pixels."""

    resize: Resize = "crop"
    """crop: the centre square; squash: the whole photo, its shape lost; pad: the whole photo with
    bars beside it."""

    interpolation: Interpolation = "bicubic"
    """How pixels between pixels are made. Sides that are two or more times too long are averaged
    instead (all but nearest), so that fine patterns do not turn into false coarse ones; area
    averages whenever it shrinks."""

    crop_fraction: float = 0.875
    """With crop: side of the centre square as a part of the photo's shorter side, above 0 to 1."""

    mean: tuple[float, ...] = (0.0,)
    """Subtracted from each channel, in units of 0..255; one value serves every channel."""

    std: tuple[float, ...] = (255.0,)
    """Divides each channel after that, in units of 0..255; one value serves every channel."""

    pad_value: int = 0
    """With pad: the grey of the bars, 0 to 255."""

    channels: Literal[1, 3] = 3
    """3 for RGB, 1 for grey."""

    def __post_init__(self) -> None:
        require_whole("image_size", self.image_size, 1, 8192, "pixels")
        require_choice("resize", self.resize, RESIZES)
        require_choice("interpolation", self.interpolation, INTERPOLATIONS)
        require_number("crop_fraction", self.crop_fraction, 0.01, 1)
        require_whole("pad_value", self.pad_value, 0, 255)
        require_choice("channels", self.channels, (1, 3))
        for name in _NORMALISATION:
            object.__setattr__(self, name, self._per_channel(name))

    def _per_channel(self, name: str) -> tuple[float, ...]:
        values = getattr(self, name)
        if not isinstance(values, tuple) or len(values) not in (1, self.channels):
            raise UsageError(
                f"`{name}` must be a tuple of 1 or {self.channels} numbers; got {values!r}."
            )
        for value in values:
            require_number(name, value, 1e-6 if name == "std" else -1e6, 1e6)
        return tuple(map(float, values)) * (self.channels // len(values))

    @classmethod
    def preset(cls, name: str, image_size: int = 224, **settings: Any) -> Preprocess:
        """Return a usual scaling: unit [0, 1], symmetric [-1, 1] or imagenet.

        Args:
            name: ``"unit"``, ``"symmetric"`` or ``"imagenet"``.
            image_size: side of the square in pixels.
            settings: any other field of `Preprocess`.

        Returns:
            The settings.

        Raises:
            UnknownNameError: there is no such preset.

        Example:
            >>> Preprocess.preset("symmetric").mean
            (127.5, 127.5, 127.5)
        """
        if name not in _PRESETS:
            raise UnknownNameError("preprocessing preset", name, _PRESETS)
        mean, std = _PRESETS[name]
        return cls(image_size=image_size, mean=mean, std=std, **settings)

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Preprocess:
        """Rebuild settings from `as_dict`.

        Args:
            values: every field and nothing else.

        Returns:
            The settings.

        Raises:
            UsageError: a field is missing, unknown or has an unusable value.
        """
        return settings_from(cls, values)

    def as_dict(self) -> dict[str, Any]:
        """Return the settings as JSON can hold them.

        Returns:
            Every field by its name.
        """
        return plain_dict(self)

    def fingerprint(self) -> str:
        """Return a short name of geometry and scaling together.

        Returns:
            16 hexadecimal digits.
        """
        return fingerprint_of(GEOMETRY_VERSION, self.as_dict())

    def geometry_fingerprint(self) -> str:
        """Return a short name of the geometry alone: of what `apply` and `load` depend on.

        Returns:
            16 hexadecimal digits.
        """
        geometry = {k: v for k, v in self.as_dict().items() if k not in _NORMALISATION}
        return fingerprint_of(GEOMETRY_VERSION, geometry)

    def resized(self, image_size: int) -> Preprocess:
        """Return the same settings for another size.

        Args:
            image_size: side of the square in pixels.

        Returns:
            New settings.
        """
        return replace(self, image_size=image_size)

    @property
    def min_side(self) -> int:
        """The shorter side, in pixels, below which a decoded photo would have to be enlarged."""
        fraction = self.crop_fraction if self.resize == "crop" else 1.0
        return math.ceil(self.image_size / fraction)

    def decode(
        self,
        source: str | Path | bytes,
        *,
        name: str | None = None,
        max_pixels: int | None = None,
    ) -> NDArray[np.uint8]:
        """Decode a photo as large as this geometry needs it; large JPEGs decode faster smaller.

        Args:
            source: a path, or the content of a file.
            name: what to call the image in errors.
            max_pixels: refuse images with more pixels than this; None for the usual limit.

        Returns:
            uint8 (H, W, 3), RGB: what `apply` and `render_view` take.

        Raises:
            ImageError: the image cannot be used; says why and what to do.
        """
        from foveal.images.io import MAX_PIXELS, load_image

        most = MAX_PIXELS if max_pixels is None else max_pixels
        return load_image(source, name=name, min_side=self.min_side, max_pixels=most)

    def apply(self, image_HWC: NDArray[np.uint8]) -> NDArray[np.uint8]:
        """Cut and resize a decoded photo.

        Args:
            image_HWC: uint8 (H, W, 3), RGB.

        Returns:
            uint8 (S, S, C): `image_size` squared by `channels`.

        Raises:
            UsageError: `image_HWC` is no such array.
        """
        from foveal.images.geometry import plain_view

        return plain_view(image_HWC, self)

    def load(self, source: str | Path | bytes, *, name: str | None = None) -> NDArray[np.uint8]:
        """Decode a photo, cut and resize it: `decode`, then `apply`.

        Args:
            source: a path, or the content of a file.
            name: what to call the image in errors.

        Returns:
            uint8 (S, S, C): `image_size` squared by `channels`.

        Raises:
            ImageError: the image cannot be used; says why and what to do.
        """
        return self.apply(self.decode(source, name=name))

    def normalize(self, batch_NHWC: NDArray[np.uint8]) -> NDArray[np.float32]:
        """Scale pixels as the network does inside: (x - mean) / std.

        Args:
            batch_NHWC: uint8 (N, H, W, C), or (H, W, C).

        Returns:
            float32 of the same shape.
        """
        mean, std = np.array(self.mean, np.float32), np.array(self.std, np.float32)
        return np.asarray((batch_NHWC.astype(np.float32) - mean) / std, np.float32)
