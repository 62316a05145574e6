"""What every block of the built-in pre-trained network responds to on a photo."""

from __future__ import annotations

import base64
import threading
from functools import cache
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from foveal.images import load_image

if TYPE_CHECKING:
    from foveal.models.convnet import ConvNet

NETWORK = "efficientnet_lite0"
MAPS = 8  # a block: the channels that differ most over the photo
MAX_PIXELS = 50_000_000
_LARGEST = 56  # px of a map's side on the page
_TOP = 5
_one_at_a_time = threading.Lock()


def feature_maps(data: bytes, name: str) -> dict[str, Any]:
    """Run a photo through the network and keep what each block makes of it.

    Args:
        data: the content of an image file.
        name: what to call it in errors.

    Returns:
        ``network``, ``parameters``, ``input`` (the pixels the network saw), ``blocks`` (name,
        channels, size, receptive field, and the maps of the most varied channels), ``classes``
        (the five likeliest). Pixels are base64; maps are int8 with their own scale.

    Raises:
        ImageError: the photo cannot be used.
    """
    import torch

    from foveal.models import architecture

    pixels = load_image(data, name=name, max_pixels=MAX_PIXELS)
    preprocess = architecture(NETWORK).trained()[0].preprocess
    view = preprocess.apply(pixels)
    with _one_at_a_time, torch.inference_mode():
        network, fields = _network()
        x_NCHW = torch.from_numpy(preprocess.normalize(view)).float().permute(2, 0, 1)[None]
        blocks = []
        for block_name, block in zip(network.block_names, network.blocks, strict=True):
            x_NCHW = block(x_NCHW)
            blocks.append(_block(block_name, x_NCHW[0].numpy(), fields[block_name]))
        logits = network.head(network.pool(x_NCHW))[0]
        probabilities = torch.softmax(logits, 0).numpy()
    return {
        "network": NETWORK,
        "input": {"side": int(view.shape[0]), "rgb": base64.b64encode(view.tobytes()).decode()},
        "blocks": blocks,
        "classes": _likeliest(probabilities),
    }


@cache
def _network() -> tuple[ConvNet, dict[str, int | None]]:
    from foveal.models.create import create_model
    from foveal.models.summary import summary

    network = create_model(NETWORK, pretrained=True)
    fields = {
        block.name: block.receptive_field[0] if block.receptive_field else None
        for block in summary(network).blocks
    }
    return network, fields


def _block(name: str, maps_CHW: NDArray[np.float32], field: int | None) -> dict[str, Any]:
    spread = maps_CHW.std(axis=(1, 2))
    chosen = np.argsort(-spread, kind="stable")[:MAPS]
    return {
        "name": name,
        "channels": int(maps_CHW.shape[0]),
        "side": int(maps_CHW.shape[1]),
        "receptive_field": field,
        "silent": int((spread < 1e-6).sum()),
        "maps": [_map(int(channel), maps_CHW[channel]) for channel in chosen],
    }


def _map(channel: int, map_HW: NDArray[np.float32]) -> dict[str, Any]:
    import cv2

    side = map_HW.shape[0]
    small = map_HW
    if side > _LARGEST:
        small = cv2.resize(map_HW, (_LARGEST, _LARGEST), interpolation=cv2.INTER_AREA)
    strongest = float(np.abs(small).max()) or 1.0
    levels = np.rint(small * (127 / strongest)).astype(np.int8)
    return {
        "channel": channel,
        "side": int(small.shape[0]),
        "scale": strongest / 127,
        "least": float(map_HW.min()),
        "most": float(map_HW.max()),
        "mean": float(map_HW.mean()),
        "levels": base64.b64encode(levels.tobytes()).decode(),
    }


def _likeliest(probabilities: NDArray[np.float32]) -> list[dict[str, Any]]:
    from foveal.runtime.imagenet import imagenet_classes

    names = imagenet_classes()
    best = np.argsort(-probabilities)[:_TOP]
    return [{"name": names[i], "probability": float(probabilities[i])} for i in best]
