"""Embedded colour profiles, converted to sRGB."""

from __future__ import annotations

import io
from functools import lru_cache

import numpy as np
from PIL import Image, ImageCms

_MAX_PROFILE_BYTES = 4_000_000
_SAME = 3  # 8-bit levels; a profile this close to sRGB over the whole gamut is sRGB


def to_srgb(image: Image.Image) -> Image.Image:
    """Convert an image with an embedded colour profile to sRGB.

    A profile that is broken, huge, made for another kind of pixels or (nearly) sRGB itself
    changes nothing. Pixels in CIE LAB need no profile.

    Args:
        image: a loaded image of mode L, RGB, RGBA, CMYK or LAB.

    Returns:
        The converted image (RGB, or RGBA for RGBA), or `image` itself where nothing changes.
    """
    profile = image.info.get("icc_profile")
    if image.mode == "LAB":
        profile = b"LAB"
    if not isinstance(profile, bytes) or not 0 < len(profile) <= _MAX_PROFILE_BYTES:
        return image
    transform = _transform(profile, image.mode)
    return image if transform is None else transform.apply(image)


@lru_cache(maxsize=16)
def _transform(profile: bytes, mode: str) -> ImageCms.ImageCmsTransform | None:
    target = "RGBA" if mode == "RGBA" else "RGB"
    try:
        source = ImageCms.createProfile("LAB") if mode == "LAB" else io.BytesIO(profile)
        transform = ImageCms.ImageCmsTransform(
            ImageCms.ImageCmsProfile(source),
            ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")),
            mode,
            target,
            flags=ImageCms.Flags.NOCACHE,  # one transform serves many threads
        )
        return None if _changes_nothing(transform, mode) else transform
    except (ImageCms.PyCMSError, OSError, ValueError, TypeError):
        return None


def _changes_nothing(transform: ImageCms.ImageCmsTransform, mode: str) -> bool:
    if mode not in ("L", "RGB", "RGBA"):
        return False
    levels = np.linspace(0, 255, 9).astype(np.uint8)
    cube = np.stack(np.meshgrid(levels, levels, levels), axis=-1).reshape(-1, 27, 3)
    probe = Image.fromarray(cube).convert(mode)
    before = np.asarray(probe.convert("RGB"), np.int16)
    after = np.asarray(transform.apply(probe).convert("RGB"), np.int16)
    return int(np.abs(before - after).max()) <= _SAME
