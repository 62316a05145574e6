"""Augmented views of a photo: one affine warp each, and a pure function of its number.

The settings carry the names that users of Keras' ``ImageDataGenerator`` know, with these
differences:

- Flips, rotation, shift, zoom and shear are composed with the crop and the resizing into one warp
  from the decoded photo: pixels are interpolated once, and a shifted window shows what really lies
  beside the crop. `fill_mode` is needed only beyond the photo's own edge.
- Shifts are fractions of the view, never pixels.
- `shear_range` is the angle by which upright lines lean.
- `brightness_range` multiplies the pixels; nothing is stretched to 0..255 before.
- Every view depends on (seed, view, sample) alone: not on what was drawn before, the number of
  threads or a global generator. View 0 is never augmented.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from numpy.typing import NDArray

from foveal.arguments import require_choice, require_number, require_pair
from foveal.errors import UnknownNameError
from foveal.images.draws import (
    AffineParameters,
    affine_matrix,
    draw_parameters,
    sample_number,
)
from foveal.images.settings import fingerprint_of, plain_dict, settings_from

if TYPE_CHECKING:
    from foveal.images.preprocess import Preprocess

FillMode = Literal["constant", "nearest", "reflect", "wrap"]

__all__ = [
    "AffineParameters",
    "Augment",
    "affine_matrix",
    "draw_parameters",
    "render_view",
    "sample_number",
]

FILL_MODES: tuple[FillMode, ...] = ("constant", "nearest", "reflect", "wrap")
VIEW_VERSION = 1  # goes up when the same settings and numbers give other views

_PRESETS: dict[str, dict[str, Any]] = {
    "none": {},
    "light": {
        "width_shift_range": 0.05,
        "height_shift_range": 0.05,
        "horizontal_flip": True,
        "zoom_range": 0.05,
    },
    "medium": {
        "rotation_range": 12.0,
        "width_shift_range": 0.1,
        "height_shift_range": 0.1,
        "horizontal_flip": True,
        "zoom_range": 0.15,
        "brightness_range": (0.8, 1.2),
    },
    "heavy": {
        "rotation_range": 25.0,
        "width_shift_range": 0.15,
        "height_shift_range": 0.15,
        "horizontal_flip": True,
        "zoom_range": 0.3,
        "shear_range": 10.0,
        "brightness_range": (0.6, 1.4),
    },
}


@dataclass(frozen=True)
class Augment:
    """How much the views of a training photo may differ from the plain one.

    Example:
        >>> Augment(zoom_range=0.2).zoom_limits
        (0.8, 1.2)
        >>> Augment.preset("medium").horizontal_flip
        True
    """

    rotation_range: float = 0.0
    """Turn by up to this many degrees either way, 0 to 180."""

    width_shift_range: float = 0.0
    """Shift left or right by up to this fraction of the view, 0 to below 1."""

    height_shift_range: float = 0.0
    """Shift up or down by up to this fraction of the view, 0 to below 1."""

    horizontal_flip: bool = False
    """Mirror left and right, every second time."""

    vertical_flip: bool = False
    """Mirror top and bottom, every second time."""

    zoom_range: float | tuple[float, float] = 0.0
    """Width and height of the window, each drawn by itself, as a factor from (lower, upper); z
    stands for (1 - z, 1 + z). Below 1 is closer, above 1 farther."""

    shear_range: float = 0.0
    """Lean upright lines by up to this many degrees either way, 0 to 60."""

    brightness_range: tuple[float, float] | None = None
    """Multiply pixels by a factor from (lower, upper), 0 to 10."""

    fill_mode: FillMode = "nearest"
    """What lies beyond the photo: constant (`pad_value`), nearest (its edge pixels, drawn out),
    reflect (mirrored) or wrap (repeated)."""

    def __post_init__(self) -> None:
        require_number("rotation_range", self.rotation_range, 0, 180, "degrees")
        require_number("width_shift_range", self.width_shift_range, 0, 0.99)
        require_number("height_shift_range", self.height_shift_range, 0, 0.99)
        require_number("shear_range", self.shear_range, 0, 60, "degrees")
        require_choice("horizontal_flip", self.horizontal_flip, (True, False))
        require_choice("vertical_flip", self.vertical_flip, (True, False))
        require_choice("fill_mode", self.fill_mode, FILL_MODES)
        if isinstance(self.zoom_range, tuple):
            require_pair("zoom_range", self.zoom_range, 0.1, 10)
        else:
            require_number("zoom_range", self.zoom_range, 0, 0.9)
        if self.brightness_range is not None:
            require_pair("brightness_range", self.brightness_range, 0, 10)

    @classmethod
    def preset(cls, name: str) -> Augment:
        """Return one of four strengths.

        Args:
            name: ``"none"``; ``"light"`` (flip, small shifts and zooms); ``"medium"`` (also
                rotation and brightness), the default for training; ``"heavy"`` (more of all, and
                shear).

        Returns:
            The settings.

        Raises:
            UnknownNameError: there is no such preset.
        """
        if name not in _PRESETS:
            raise UnknownNameError("augmentation preset", name, _PRESETS)
        return cls(**_PRESETS[name])

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Augment:
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
        """Return a short name: equal settings, equal views.

        Returns:
            16 hexadecimal digits.
        """
        return fingerprint_of(VIEW_VERSION, self.as_dict())

    @property
    def changes(self) -> bool:
        """Whether any view differs from the plain one."""
        return self != Augment(fill_mode=self.fill_mode)

    @property
    def zoom_limits(self) -> tuple[float, float]:
        """The smallest and the largest factor of the window."""
        if isinstance(self.zoom_range, tuple):
            return self.zoom_range
        return 1 - self.zoom_range, 1 + self.zoom_range


def render_view(
    image_HWC: NDArray[np.uint8],
    preprocess: Preprocess,
    augment: Augment,
    *,
    seed: int,
    view: int,
    sample: int,
) -> NDArray[np.uint8]:
    """Render one view of a photo.

    Args:
        image_HWC: uint8 (H, W, 3), RGB, as `Preprocess.decode` gives it.
        preprocess: the geometry.
        augment: the ranges.
        seed: of the run.
        view: 0 gives exactly ``preprocess.apply(image_HWC)``; above that, augmented views.
        sample: of the photo; `sample_number` derives it from the content hash.

    Returns:
        uint8 (S, S, C).

    Raises:
        UsageError: `image_HWC` is no such array, or a number is negative or too large.
    """
    from foveal.images.geometry import brighten, warped_view

    drawn = draw_parameters(augment, seed, view, sample)
    matrix = affine_matrix(drawn, preprocess.image_size)
    if np.array_equal(matrix, np.eye(3)):
        image = preprocess.apply(image_HWC)
    else:
        image = warped_view(image_HWC, preprocess, matrix, augment.fill_mode)
    return image if drawn.brightness == 1 else brighten(image, drawn.brightness)
