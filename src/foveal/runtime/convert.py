"""From a PyTorch network to an OpenVINO graph that takes raw pixels."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import safetensors.torch
import torch
from torch import Tensor, nn

from foveal.runtime.backends import openvino
from foveal.runtime.signals import signals_held
from foveal.storage import write_bytes


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
    return _converted(module, [image_size, image_size, channels], torch.uint8)


def maps_to_openvino(module: nn.Module, shape_HWC: Sequence[int]) -> Any:
    """Convert the last blocks of a network to an OpenVINO graph with any batch size.

    Args:
        module: takes maps, float (N, C, H, W).
        shape_HWC: the shape of its maps, (H, W, C).

    Returns:
        An ``openvino.Model`` with the input float32 (?, C, H, W).
    """
    height, width, channels = shape_HWC
    return _converted(module, [channels, height, width], torch.float32)


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


def _converted(module: nn.Module, shape: Sequence[int], dtype: torch.dtype) -> Any:
    convert = openvino().convert_model  # before its parts, so that it sends nothing home
    from openvino.frontend.pytorch.ts_decoder import TorchScriptPythonDecoder

    example = torch.zeros(1, *shape, dtype=dtype)
    with signals_held(), warnings.catch_warnings(), torch.inference_mode():
        warnings.simplefilter("ignore")  # the tracer warns of every shape turned into an int
        # By itself OpenVINO has PyTorch trace a second time to compare: half of the seconds.
        traced = TorchScriptPythonDecoder(
            module.eval(), example_input=example, trace_kwargs={"check_trace": False}
        )
        return convert(traced, example_input=example, input=[-1, *shape])
