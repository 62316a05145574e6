"""A trained network as a traced PyTorch program: what the ONNX and the PyTorch file are made of."""

from __future__ import annotations

import warnings
from typing import Any

import torch
from torch import Tensor, nn

from foveal.errors import ModelError
from foveal.runtime.convert import RawPixels
from foveal.runtime.export.contents import INPUT, Contents
from foveal.runtime.network import load_network
from foveal.runtime.reasons import plain_reason

_TRACES = ("stack_trace", "nn_module_stack", "source_fn_stack", "torch_fn", "from_node")


class Probabilities(nn.Module):
    """A network with a softmax behind it.

    Args:
        logits: takes uint8 images (N, H, W, C) and gives logits (N, K).
    """

    def __init__(self, logits: RawPixels) -> None:
        super().__init__()
        self.logits = logits

    def forward(self, images: Tensor) -> Tensor:
        """Return the probabilities of a batch.

        Args:
            images: uint8 (N, H, W, C).

        Returns:
            float32 (N, K), each row summing to 1.
        """
        return torch.softmax(self.logits(images), dim=1)


def traced(contents: Contents) -> Any:
    """Trace a trained network for any batch size.

    Args:
        contents: what is to be exported.

    Returns:
        A ``torch.export.ExportedProgram``: uint8 (N, S, S, C) → float32 (N, K). It says nothing
        of the machine that it was made on.

    Raises:
        ModelError: the network cannot be traced, or contents are not those of PyTorch.
    """
    preprocess = contents.config.preprocess
    network = load_network(contents.folder)
    module = Probabilities(RawPixels(network, preprocess.mean, preprocess.std)).eval()
    size = preprocess.image_size
    example = torch.zeros(2, size, size, preprocess.channels, dtype=torch.uint8)
    batch = torch.export.Dim("batch", min=1)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of what the tracer itself does
            program = torch.export.export(module, (example,), dynamic_shapes={INPUT: {0: batch}})
    except Exception as error:  # whatever the tracer and the network's own code raise
        raise ModelError(
            f"{network.name} cannot be traced for this format ({plain_reason(error)}); export it "
            "as openvino."
        ) from error
    for graph in program.graph_module.modules():
        for node in getattr(getattr(graph, "graph", None), "nodes", ()):
            for name in _TRACES:  # paths of this machine, and lines of the source
                node.meta.pop(name, None)
    return program
