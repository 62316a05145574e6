"""From a PyTorch network to an OpenVINO graph that takes raw pixels."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import safetensors.torch
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from foveal.errors import StorageError
from foveal.runtime.backends import openvino
from foveal.storage import require_free_space, write_bytes

_XML_BYTES = 2_000_000
Dense = tuple[NDArray[np.float32], NDArray[np.float32]]  # weight (out, in), bias (out,)


class RawPixels(nn.Module):
    """A network with its normalisation folded in: it takes uint8 images (N, H, W, C).

    Args:
        body: any module that takes normalised images, float (N, C, H, W).
        mean: subtracted from each channel, in units of 0 … 255.
        std: divides each channel, in units of 0 … 255.
    """

    def __init__(self, body: nn.Module, mean: Sequence[float], std: Sequence[float]) -> None:
        super().__init__()
        self.body = body
        self.mean: Tensor
        self.std: Tensor
        self.register_buffer("mean", torch.tensor(mean).view(1, -1, 1, 1))
        self.register_buffer("std", torch.tensor(std).view(1, -1, 1, 1))

    def forward(self, images_NHWC: Tensor) -> Tensor:
        """Return the body's output.

        Args:
            images_NHWC: uint8 (N, H, W, C).

        Returns:
            What `body` gives.
        """
        x_NCHW = (images_NHWC.permute(0, 3, 1, 2).float() - self.mean) / self.std
        output: Tensor = self.body(x_NCHW)
        return output


def to_openvino(module: RawPixels, image_size: int, channels: int = 3) -> Any:
    """Convert a network to an OpenVINO graph with any batch size.

    Args:
        module: a network that takes raw pixels.
        image_size: side of its square images in pixels.
        channels: channels of its images.

    Returns:
        An ``openvino.Model`` with the input uint8 (?, image_size, image_size, channels).
    """
    example = torch.zeros(1, image_size, image_size, channels, dtype=torch.uint8)
    with warnings.catch_warnings(), torch.inference_mode():
        warnings.simplefilter("ignore")  # the tracer warns of every shape turned into an int
        return openvino().convert_model(
            module.eval(),
            example_input=example,
            input=[-1, image_size, image_size, channels],
        )


def save_openvino(model: Any, path: Path) -> None:
    """Write an OpenVINO graph as ``.xml`` and ``.bin``, in full precision.

    Args:
        model: an ``openvino.Model``.
        path: the ``.xml`` file, inside a folder that `foveal.storage.replace_folder` gave.

    Raises:
        DiskFullError: there is no room for it.
        StorageError: it cannot be written.
    """
    constants = (node for node in model.get_ops() if node.get_type_name() == "Constant")
    size = sum(node.get_byte_size() for node in constants)
    require_free_space(path, size + _XML_BYTES)
    try:
        openvino().save_model(model, path, compress_to_fp16=False)
    except RuntimeError as error:
        require_free_space(path, size + _XML_BYTES)  # the disk may have filled up meanwhile
        raise StorageError(f"cannot write {path}: {error}; check the folder.") from error


def save_weights(network: nn.Module, path: Path) -> None:
    """Write every weight of a network as safetensors.

    Args:
        network: any module.
        path: the target file.

    Raises:
        DiskFullError: there is no room for it.
        StorageError: it cannot be written.
    """
    state = {name: tensor.contiguous() for name, tensor in network.state_dict().items()}
    write_bytes(path, safetensors.torch.save(state))


def attach_head(prefix: Any, layers: Sequence[Dense]) -> Any:
    """Add dense layers, with ReLU between them, to the end of a graph.

    Joining graphs costs milliseconds where converting the whole network again costs seconds.

    Args:
        prefix: an ``openvino.Model`` with the output (?, D). It is changed.
        layers: weights (out, in) and biases (out,), first to last.

    Returns:
        An ``openvino.Model`` with the output (?, K).
    """
    ov = openvino()
    from openvino import opset13 as opset

    node = prefix.output(0).get_node().input_value(0)
    for index, (weight, bias) in enumerate(layers):
        node = opset.relu(node) if index else node
        node = opset.matmul(node, opset.constant(weight), False, True)
        node = opset.add(node, opset.constant(bias))
    result = opset.result(node)
    return ov.Model([result], prefix.get_parameters(), "foveal")
