"""Explanations as pictures."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from foveal.explain.colours import overlaid, rising, signed
from foveal.explain.explainer import Explanation
from foveal.explain.filters import filter_images
from foveal.explain.sheet import PAPER, Legend, Panel, draw_sheet, enlarged
from foveal.runtime.backends import Images

SIDE = 320  # pixels of a panel
_NAMES = {"gradcam": "Grad-CAM", "gradcam++": "Grad-CAM++", "occlusion": "Occlusion"}
_STRONGEST = 0.75  # opacity of the strongest evidence
_MOST_MAPS = 64
_CELL = 88  # pixels of a feature map or a filter
_ALMOST_ALL = 0.995
_RAMP = np.linspace(0, 1, 256)


def explanation_sheet(
    title: str, image_HWC: Images, explanations: Sequence[Explanation]
) -> Image.Image:
    """Put a photo and its explanations side by side.

    Args:
        title: the words on top, such as the photo's name.
        image_HWC: what the network saw, uint8 (S, S, C).
        explanations: of one method.

    Returns:
        The picture, with a legend.
    """
    photo = enlarged(_coloured(image_HWC), SIDE, smooth=True)
    method = explanations[0].method
    if method == "occlusion":
        largest = max(float(np.abs(e.map_HW).max()) for e in explanations) or 1.0
        shown = [_signed_overlay(photo, e.map_HW / largest) for e in explanations]
        legend = _occlusion_legend(largest)
    else:
        shown = [_rising_overlay(photo, _scaled(e.map_HW)) for e in explanations]
        legend = _gradient_legend(explanations[0])
    panels = [Panel(photo, "The photo", "as the network sees it")]
    panels += [
        Panel(picture, e.label, _caption(e)) for e, picture in zip(explanations, shown, strict=True)
    ]
    return draw_sheet(f"{title}: {_NAMES[method]}", panels, legend)


def maps_sheet(title: str, image_HWC: Images, maps_CHW: NDArray[np.float32]) -> Image.Image:
    """Put the feature maps of a block into a grid.

    Args:
        title: the words on top.
        image_HWC: what the network saw, uint8 (S, S, C).
        maps_CHW: one map a channel; at most 64 are shown, evenly chosen.

    Returns:
        The picture, with a legend.
    """
    count = len(maps_CHW)
    chosen = np.unique(np.linspace(0, count - 1, min(count, _MOST_MAPS)).round().astype(np.int64))
    # A few extreme places, often at the border, would leave everything else pale.
    largest = float(np.quantile(np.abs(maps_CHW[chosen]), _ALMOST_ALL)) or 1.0
    photo = enlarged(_coloured(image_HWC), _CELL, smooth=True)
    panels = [Panel(photo, "", "the photo")]
    panels += [
        Panel(enlarged(signed(maps_CHW[c] / largest), _CELL, smooth=False), "", str(c))
        for c in chosen.tolist()
    ]
    height, width = maps_CHW.shape[1:]
    shown = "all" if len(chosen) == count else str(len(chosen))
    legend = Legend(
        signed(2 * _RAMP - 1),
        (f"{-largest:.2g} or less", f"{largest:.2g} or more"),
        f"What the channel answers at each of {height} x {width} places; white is 0. "
        f"Channels: {shown} of {count}.",
    )
    return draw_sheet(title, panels, legend, columns=13)


def filters_sheet(title: str, w_OIHW: NDArray[np.float32]) -> Image.Image:
    """Put the filters of the first layer into a grid.

    Args:
        title: the words on top.
        w_OIHW: filters; at most 64 are shown.

    Returns:
        The picture, with a legend.
    """
    images = filter_images(w_OIHW)[:_MOST_MAPS]
    panels = [
        Panel(enlarged(image, _CELL, smooth=False), "", str(number))
        for number, image in enumerate(images)
    ]
    height, width = w_OIHW.shape[2:]
    grey = np.repeat(np.round(255 * _RAMP)[:, None], 3, axis=1).astype(np.uint8)
    legend = Legend(
        grey,
        ("counts against", "counts for"),
        f"{len(images)} of {len(w_OIHW)} filters of {height} x {width} weights; middle grey is 0. "
        "Each is stretched by its own largest weight; one that hardly counts stays grey.",
    )
    return draw_sheet(title, panels, legend, columns=12)


def strongest_sheet(
    title: str, photos: Sequence[tuple[str, Images, NDArray[np.float32]]]
) -> Image.Image:
    """Put the photos that a channel answers to side by side.

    Args:
        title: the words on top.
        photos: name, what the network saw (S, S, C), and the channel's map (H', W') of each.

    Returns:
        The picture, with a legend.
    """
    largest = max(float(map_HW.max()) for *_, map_HW in photos)
    scale = largest if largest > 0 else 1.0
    panels = [
        Panel(
            _rising_overlay(enlarged(_coloured(image), SIDE, smooth=True), map_HW / scale),
            f"{number}. {map_HW.max():.2f}",
            name,
        )
        for number, (name, image, map_HW) in enumerate(photos, start=1)
    ]
    legend = Legend(rising(_RAMP), ("0 or less", f"{largest:.2f}"), "What the channel answers.")
    return draw_sheet(title, panels, legend, columns=3)


def _caption(explanation: Explanation) -> str:
    sure = f"{100 * explanation.probability:.1f} %"
    return sure if explanation.map_HW.any() else f"{sure}, no evidence in this block"


def _coloured(image_HWC: Images) -> Images:
    return np.repeat(image_HWC, 3, axis=2) if image_HWC.shape[2] == 1 else image_HWC


def _scaled(map_HW: NDArray[np.float32]) -> NDArray[np.float32]:
    largest = map_HW.max()
    return map_HW / largest if largest > 0 else map_HW


def _stretched(map_HW: NDArray[np.float32], side: int) -> NDArray[np.float64]:
    picture = Image.fromarray(map_HW.astype(np.float32))
    return np.asarray(picture.resize((side, side), Image.Resampling.BICUBIC), np.float64)


def _rising_overlay(photo: Images, shares_HW: NDArray[np.float32]) -> Images:
    """Show evidence; where there is none the photo stays, in grey so that colour means evidence."""
    shares = np.clip(_stretched(shares_HW, len(photo)), 0, 1)
    return overlaid(_greyed(photo), rising(shares), _STRONGEST * np.sqrt(shares))


def _signed_overlay(photo: Images, shares_HW: NDArray[np.float32]) -> Images:
    shares = np.clip(_stretched(shares_HW, len(photo)), -1, 1)
    return overlaid(_greyed(photo), signed(shares), _STRONGEST * np.sqrt(np.abs(shares)))


def _greyed(photo: Images) -> Images:
    grey = np.asarray(Image.fromarray(photo).convert("L"))
    return np.repeat(grey[:, :, None], 3, axis=2)


def _gradient_legend(explanation: Explanation) -> Legend:
    height, width = explanation.map_HW.shape
    shares = _RAMP[None]
    grey = np.full((1, len(_RAMP), 3), PAPER, np.uint8)
    return Legend(
        overlaid(grey, rising(shares), _STRONGEST * np.sqrt(shares))[0],
        ("no evidence", "most evidence"),
        f"For each class by itself, in the {height} x {width} maps of block {explanation.block!r}.",
    )


def _occlusion_legend(largest: float) -> Legend:
    return Legend(
        signed(2 * _RAMP - 1),
        (f"covered: +{100 * largest:.1f} points", f"covered: -{100 * largest:.1f} points"),
        "How the probability changes when this place is covered: orange speaks for the class.",
    )
