"""One trained network, ready to be asked why."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Literal, get_args

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from foveal.arguments import require_choice
from foveal.errors import UnknownNameError, UsageError
from foveal.explain.activations import block_maps, target_block
from foveal.explain.gradcam import grad_cam, grad_cam_plus_plus
from foveal.explain.occlusion import occlusion
from foveal.images import Preprocess
from foveal.models.convnet import ConvNet
from foveal.runtime.backends import Backend, Images, OpenVinoBackend, batch_for_many
from foveal.runtime.convert import RawPixels, to_openvino
from foveal.runtime.imagenet import load_imagenet
from foveal.runtime.model_folder import find_model, read_config
from foveal.runtime.network import load_network

Method = Literal["gradcam", "gradcam++", "occlusion"]
_GRADIENTS = {"gradcam": grad_cam, "gradcam++": grad_cam_plus_plus}


@dataclass(frozen=True, eq=False)
class Explanation:
    """Where in an image the evidence for one class lies."""

    label: str
    """The class."""
    index: int
    """Its position in the model's class list."""
    probability: float
    """The probability that the model gives it, 0 … 1."""
    method: Method
    """How it was found out."""
    block: str | None
    """The block whose maps were weighed; None for occlusion."""
    map_HW: NDArray[np.float32]
    """Evidence, float32, of the block's own size, 0 or more and not scaled; for occlusion of the
    image's size, in units of probability, below 0 where something speaks against the class."""


class Explainer:
    """A trained network, ready to be asked why.

    Args:
        network: normalised images (N, C, S, S) → logits (N, K).
        preprocess: what brings photos into its input.
        classes: names in the order of the logits.
        backend: runs the same network on raw pixels; None to make one on OpenVINO when needed.

    Raises:
        UsageError: the number of names is not that of the logits.
    """

    def __init__(
        self,
        network: ConvNet,
        preprocess: Preprocess,
        classes: Sequence[str],
        backend: Backend | None = None,
    ) -> None:
        if len(classes) != network.num_classes:
            raise UsageError(
                f"`classes` must be {network.num_classes} names, one a logit; got {len(classes)}."
            )
        self.network, self.preprocess = network.eval(), preprocess
        self.classes = tuple(classes)
        self._backend = backend

    @classmethod
    def load(cls, path: str | Path) -> Explainer:
        """Load a trained classifier.

        Args:
            path: a run or model folder.

        Returns:
            Its explainer.

        Raises:
            ModelError: there is no model, or its weights are not those of its network.
            CorruptFileError: one of its files has changed since it was written.
        """
        config = read_config(find_model(path))
        return cls(load_network(path), config.preprocess, config.classes)

    @classmethod
    def imagenet(cls, name: str = "efficientnet_lite2") -> Explainer:
        """Load a pre-trained network with its own 1,000 classes.

        Args:
            name: a registered architecture with trained weights.

        Returns:
            Its explainer.

        Raises:
            UnknownNameError: there is no such architecture.
            ModelError: its weights are not installed.
        """
        from foveal.models.create import create_model

        config = load_imagenet(name).config
        return cls(create_model(name, pretrained=True), config.preprocess, config.classes)

    @cached_property
    def backend(self) -> Backend:
        """The same network on OpenVINO, converted when it is first needed."""
        if self._backend is not None:
            return self._backend
        preprocess = self.preprocess
        pixels = RawPixels(self.network, preprocess.mean, preprocess.std)
        graph = to_openvino(pixels, preprocess.image_size, preprocess.channels)
        return OpenVinoBackend(graph, batch=batch_for_many(), throughput=True)

    def probabilities(self, image_HWC: Images) -> NDArray[np.float32]:
        """Name one image.

        Args:
            image_HWC: what the network sees, uint8 (S, S, C); see `Preprocess.load`.

        Returns:
            The probabilities of all classes, float32 (K,).
        """
        with torch.inference_mode():
            logits = self.network(self.normalised(image_HWC))
        shares: NDArray[np.float32] = torch.softmax(logits.float(), dim=1)[0].numpy()
        return shares

    def explain(
        self,
        image_HWC: Images,
        method: Method = "gradcam",
        *,
        label: str | None = None,
        block: str | None = None,
        top_k: int = 3,
    ) -> list[Explanation]:
        """Say where the evidence for one class, or for the most probable ones, lies.

        Args:
            image_HWC: what the network sees, uint8 (S, S, C); see `Preprocess.load`.
            method: ``"gradcam"``, ``"gradcam++"`` or ``"occlusion"``.
            label: the class that is asked about; None for the most probable ones.
            block: whose maps are weighed; None for the last one that still has places. Occlusion
                needs none.
            top_k: how many classes, where `label` is None.

        Returns:
            One explanation a class, the most probable first.

        Raises:
            UnknownNameError: there is no such class or block.
            UsageError: an argument is out of range, or has no effect.
        """
        require_choice("method", method, get_args(Method))
        shares = self.probabilities(image_HWC)
        indices = self._asked(shares, label, top_k)
        if method == "occlusion":
            if block is not None:
                raise UsageError("`block` has no effect on occlusion, which looks at no block.")
            maps_KHW = occlusion(self.backend, image_HWC, indices, fill=self.preprocess.mean)
        else:
            x_NCHW = self.normalised(image_HWC)
            block = block or target_block(self.network, x_NCHW)
            repeated = x_NCHW.repeat(len(indices), 1, 1, 1)
            maps_KHW = _GRADIENTS[method](self.network, repeated, indices, block)
        return [
            Explanation(self.classes[i], i, float(shares[i]), method, block, map_HW)
            for i, map_HW in zip(indices, maps_KHW, strict=True)
        ]

    def feature_maps(self, image_HWC: Images, block: str) -> NDArray[np.float32]:
        """Return what one block answers to an image.

        Args:
            image_HWC: what the network sees, uint8 (S, S, C); see `Preprocess.load`.
            block: the name of one of the network's blocks.

        Returns:
            One map a channel, float32 (C', H', W').

        Raises:
            UnknownNameError: there is no such block.
            UsageError: the block gives no maps.
        """
        maps = block_maps(self.network, self.normalised(image_HWC), block)[0]
        if maps.ndim != 3:
            raise UsageError(f"block {block!r} gives a row of numbers, no maps; choose another.")
        answer: NDArray[np.float32] = maps.float().numpy()
        return answer

    def normalised(self, image_HWC: Images) -> Tensor:
        """Return an image as the first layer takes it.

        Args:
            image_HWC: uint8 (S, S, C).

        Returns:
            float (1, C, S, S).

        Raises:
            UsageError: the image has another shape.
        """
        size, channels = self.preprocess.image_size, self.preprocess.channels
        if image_HWC.shape != (size, size, channels) or image_HWC.dtype != np.uint8:
            raise UsageError(
                f"`image_HWC` must be uint8 ({size}, {size}, {channels}), as preprocess.load gives "
                f"it; got {image_HWC.dtype} {image_HWC.shape}."
            )
        scaled = self.preprocess.normalize(image_HWC)
        return torch.from_numpy(np.ascontiguousarray(np.moveaxis(scaled, -1, 0)))[None]

    def _asked(self, shares: NDArray[np.float32], label: str | None, top_k: int) -> list[int]:
        if label is not None:
            if label not in self.classes:
                raise UnknownNameError("class", label, self.classes)
            return [self.classes.index(label)]
        if top_k < 1:
            raise UsageError(f"`top_k` must be at least 1; got {top_k}.")
        order: list[int] = np.argsort(-shares, kind="stable")[:top_k].tolist()
        return order
