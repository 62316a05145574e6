"""OpenVINO graphs: writing them, and joining parts of them. Nothing here needs PyTorch."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from foveal.errors import ModelError, StorageError
from foveal.runtime.backends import openvino
from foveal.runtime.model_folder import GRAPH, ModelConfig
from foveal.runtime.reasons import plain_reason
from foveal.storage import read_bytes, require_free_space

_XML_BYTES = 2_000_000
Dense = tuple[NDArray[np.float32], NDArray[np.float32]]  # weight (out, in), bias (out,)


def read_graph(folder: Path, config: ModelConfig) -> Any:
    """Read the graph of a model folder.

    Args:
        folder: a model folder.
        config: what it says of itself, its checksums already checked.

    Returns:
        An ``openvino.Model`` from raw pixels uint8 (?, S, S, C) to logits (?, K).

    Raises:
        ModelError: the graph cannot be read, or is not one of such a model.
    """
    file = folder / GRAPH
    if not read_bytes(file, 5) == b"<?xml":  # OpenVINO would read any format, whatever the name
        raise ModelError(f"{file} is no graph of OpenVINO; restore the model folder.")
    core = openvino().Core()
    core.set_property({"ENABLE_MMAP": False})  # a file cut short while mapped ends the process
    try:
        graph = core.read_model(file)
    except RuntimeError as error:
        raise ModelError(f"OpenVINO cannot read {folder / GRAPH}: {plain_reason(error)}") from error
    size, channels = config.preprocess.image_size, config.preprocess.channels
    wanted = [f"u8 [?,{size},{size},{channels}]", f"f32 [?,{len(config.classes)}]"]
    found = [
        f"{port.get_element_type().get_type_name()} {port.get_partial_shape()}"
        for port in (*graph.inputs, *graph.outputs)
    ]
    if found != wanted:
        raise ModelError(
            f"{file} must go from {wanted[0]} to {wanted[1]}, as its config.json says; "
            f"it has {', '.join(found[:4])[:200] or 'nothing'}. Use the folder as it was written."
        )
    return graph


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


def join_graphs(prefix: Any, rest: Any) -> Any:
    """Put the last blocks of a network behind the first.

    Args:
        prefix: an ``openvino.Model`` from raw pixels to maps (?, H, W, C). It is changed.
        rest: an ``openvino.Model`` with the input (?, C, H, W). It is changed.

    Returns:
        An ``openvino.Model`` with the inputs of `prefix` and the output of `rest`.
    """
    ov = openvino()
    maps_NHWC = prefix.output(0).get_node().input_value(0)
    maps_NCHW = ov.opset13.transpose(maps_NHWC, [0, 3, 1, 2])
    for reader in rest.input(0).get_target_inputs():
        reader.replace_source_output(maps_NCHW.output(0))
    return ov.Model(rest.get_results(), prefix.get_parameters(), "foveal")
