"""What a trained classifier says of a photo, why, and what is in it."""

from __future__ import annotations

import base64
import time
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from foveal.arguments import require_choice
from foveal.errors import DataError
from foveal.images import Preprocess, load_image
from foveal.web.workbench.adding import MOST_PIXELS
from foveal.web.workbench.models_kept import LoadedModels
from foveal.workflow.listener import Listener

if TYPE_CHECKING:
    from foveal.explain import Explanation

METHODS = ("gradcam", "gradcam++", "occlusion")
MAPS = 24
_LARGEST_MAP = 112  # pixels of a map's side on the page
_MOST_FILTERS = 256


def predict(models: LoadedModels, run: Path, data: bytes, reject: bool) -> dict[str, Any]:
    """Name a photo.

    Args:
        models: keeps classifiers loaded.
        run: the run folder.
        data: the content of an image file.
        reject: whether "none of these" is an answer.

    Returns:
        ``classes`` (all, best first), ``rejected``, ``milliseconds`` (decoding and the network)
        and ``preprocess``.

    Raises:
        ImageError: the photo cannot be used.
        DataError: what to reject cannot be learned.
    """
    predictor = models.predictor(run, reject)
    started = time.perf_counter()
    pixels = load_image(data, name="the photo", max_pixels=MOST_PIXELS)
    found = predictor.predict(pixels, top_k=len(predictor.classes))
    passed = time.perf_counter() - started
    return {
        "classes": [
            {"label": label, "probability": probability}
            for label, probability in zip(found.labels, found.probabilities, strict=True)
        ],
        "rejected": found.rejected if reject else None,
        "milliseconds": round(1000 * passed, 1),
        "preprocess": in_words(predictor.config.preprocess),
    }


def explain(
    models: LoadedModels, run: Path, data: bytes, label: str | None, method: str
) -> dict[str, Any]:
    """Say where in a photo the evidence for a class lies.

    Args:
        models: keeps classifiers loaded.
        run: the run folder.
        data: the content of an image file.
        label: the class; None for the most probable one.
        method: one of `METHODS`, but not ``"occlusion"``; see `foveal.web.workbench.covering`.

    Returns:
        ``class``, ``probability``, ``map`` (values 0 to 1, of the strongest evidence), ``picture``
        (what the network saw) and ``crop`` (in words).

    Raises:
        ImageError: the photo cannot be used.
        UnknownNameError: there is no such class.
        UsageError: there is no such method, or the network has no maps to weigh.
    """
    require_choice("method", method, METHODS)
    explainer = models.explainer(run)
    image = what_it_sees(explainer.preprocess, data)
    with models.in_torch:
        (found,) = explainer.explain(image, method, label=label, top_k=1)  # type: ignore[arg-type]  # checked
    return explained(found, image, explainer.preprocess)


def feature_maps(models: LoadedModels, run: Path, data: bytes, block: str | None) -> dict[str, Any]:
    """Show what a block of the network answers to a photo.

    Args:
        models: keeps classifiers loaded.
        run: the run folder.
        data: the content of an image file.
        block: its name; None for the first.

    Returns:
        ``blocks`` (all names), ``block``, ``shape``, and ``maps``: the channels that differ most
        over the photo, each from its least to its largest value.

    Raises:
        ImageError: the photo cannot be used.
        UnknownNameError: there is no such block.
        UsageError: the block gives no maps.
    """
    explainer = models.explainer(run)
    names = explainer.network.block_names
    block = block or names[0]
    image = what_it_sees(explainer.preprocess, data)
    with models.in_torch:
        maps_CHW = explainer.feature_maps(image, block)
    spread = maps_CHW.std(axis=(1, 2))
    chosen = np.argsort(-spread, kind="stable")[:MAPS]
    return {
        "blocks": list(names),
        "block": block,
        "shape": [int(size) for size in maps_CHW.shape],
        "maps": [_map(int(channel), maps_CHW[channel]) for channel in chosen],
    }


def filters(models: LoadedModels, run: Path) -> dict[str, Any]:
    """Show the filters of the first layer.

    Args:
        models: keeps classifiers loaded.
        run: the run folder.

    Returns:
        ``layer``, ``shape`` and ``filters``: grey is 0, brighter counts for, darker against.

    Raises:
        ModelError: the network has no convolution.
    """
    from foveal.explain import filter_images, first_filters

    network = models.explainer(run).network
    weights_OIHW = first_filters(network)
    images = filter_images(weights_OIHW)[:_MOST_FILTERS]
    return {
        "layer": network.block_names[0],
        "shape": [int(size) for size in weights_OIHW.shape],
        "filters": [_picture(image) for image in images],
    }


def compare(first: Path, second: Path, listener: Listener) -> dict[str, Any]:
    """Say whether one of two classifiers is really better.

    Args:
        first: a run folder.
        second: another.
        listener: hears how far it is.

    Returns:
        What ``foveal compare-runs --json`` writes, the runs called by their names, and the
        conclusion as ``sentence``.

    Raises:
        DataError: the two have no test photos in common, or photos are gone.
    """
    from foveal.workflow.compare_runs import compare_runs

    names = (first.name, second.name)
    try:
        found = replace(compare_runs(first, second, listener=listener), names=names).as_dict()
    except DataError as error:
        told = str(error)
        for run in sorted((first, second), key=lambda path: -len(str(path))):
            told = told.replace(str(run), run.name)
        raise DataError(told) from error
    return found | {"sentence": found["conclusion"]}


def explained(
    found: Explanation, image: NDArray[np.uint8], preprocess: Preprocess
) -> dict[str, Any]:
    """Return what a page shows of an explanation.

    Args:
        found: the explanation.
        image: what the network saw.
        preprocess: of the network.

    Returns:
        See `explain`.
    """
    evidence = np.clip(found.map_HW, 0, None)
    strongest = float(evidence.max())
    shown = evidence / strongest if strongest > 0 else evidence
    height, width = found.map_HW.shape
    return {
        "class": found.label,
        "probability": found.probability,
        "method": found.method,
        "block": found.block,
        "map": {
            "width": int(width),
            "height": int(height),
            "strongest": strongest,
            "values": [round(float(value), 4) for value in shown.ravel()],
        },
        "picture": _picture(image),
        "crop": in_words(preprocess),
    }


def in_words(preprocess: Preprocess) -> str:
    """Say how a photo becomes what the network sees.

    Args:
        preprocess: of the network.

    Returns:
        A sentence.
    """
    side = preprocess.image_size
    share = 100 * preprocess.crop_fraction
    how = {
        "crop": f"the middle square, {share:.0f} % of the shorter side, scaled",
        "squash": "the whole photo, its sides squashed",
        "pad": "the whole photo with bars beside it, scaled",
    }[preprocess.resize]
    grey = ", without colour" if preprocess.channels == 1 else ""
    return f"The network sees {how} to {side} × {side} pixels{grey}."


def what_it_sees(preprocess: Preprocess, data: bytes) -> NDArray[np.uint8]:
    """Return the pixels of a photo as a network takes them.

    Args:
        preprocess: of the network.
        data: the content of an image file.

    Returns:
        uint8 (S, S, C).

    Raises:
        ImageError: the photo cannot be used.
    """
    return preprocess.apply(load_image(data, name="the photo", max_pixels=MOST_PIXELS))


def _picture(image_HWC: NDArray[np.uint8]) -> dict[str, Any]:
    height, width, channels = image_HWC.shape
    rgb = np.repeat(image_HWC, 3, axis=2) if channels == 1 else image_HWC
    return {"width": int(width), "height": int(height), "rgb": _base64(rgb)}


def _map(channel: int, map_HW: NDArray[np.float32]) -> dict[str, Any]:
    import cv2

    least, most = float(map_HW.min()), float(map_HW.max())
    small = map_HW
    if max(map_HW.shape) > _LARGEST_MAP:
        scale = _LARGEST_MAP / max(map_HW.shape)
        size = [max(1, round(side * scale)) for side in map_HW.shape[::-1]]
        small = cv2.resize(map_HW, size, interpolation=cv2.INTER_AREA)
    span = most - least
    levels = (small - least) * (255 / span) if span > 0 else small * 0
    return {
        "channel": channel,
        "width": int(small.shape[1]),
        "height": int(small.shape[0]),
        "min": least,
        "max": most,
        "values": _base64(np.rint(np.clip(levels, 0, 255)).astype(np.uint8)),
    }


def _base64(values: NDArray[np.uint8]) -> str:
    return base64.b64encode(np.ascontiguousarray(values).tobytes()).decode()
