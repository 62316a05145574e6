"""ONNX: one file with everything in it."""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import Any

import numpy as np

from foveal.errors import MissingExtraError, ModelError
from foveal.runtime.backends import Images, InTurn, Outputs
from foveal.runtime.cores import usable_cores
from foveal.runtime.export.contents import INPUT, OUTPUT, Contents, Opened
from foveal.runtime.reasons import plain_reason

OPSET = 18
_LIMIT = 2_000_000_000  # bytes; beyond it ONNX needs a second file for the weights


def encode(contents: Contents) -> bytes:
    """Return the content of the file.

    Args:
        contents: what to write.

    Returns:
        An ONNX model.

    Raises:
        MissingExtraError: ``onnx``, ``onnxscript`` or ``onnxruntime`` is not installed.
        ModelError: the network cannot be converted, or is too large for one file.
    """
    require_onnx()
    return encoded(model_proto(contents), contents)


def require_onnx() -> None:
    """Refuse to go on without the packages that write and run ONNX files.

    Raises:
        MissingExtraError: one is not installed.
    """
    try:
        import onnx  # noqa: F401  # only whether it is there
        import onnxruntime  # noqa: F401  # only whether it is there
        import onnxscript  # noqa: F401  # only whether it is there
    except ImportError as error:
        raise MissingExtraError("exporting to ONNX", "onnx") from error


def model_proto(contents: Contents) -> Any:
    """Convert a trained network.

    Args:
        contents: what to write.

    Returns:
        An ``onnx.ModelProto`` from raw pixels to probabilities, with any batch size.

    Raises:
        ModelError: the network cannot be converted.
    """
    import torch

    from foveal.runtime.export.program import traced

    program = traced(contents)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # deprecations inside the exporter
            converted = torch.onnx.export(
                program,
                dynamo=True,
                input_names=[INPUT],
                output_names=[OUTPUT],
                opset_version=OPSET,
                verbose=False,
            )
    except torch.onnx.errors.OnnxExporterError as error:
        name = contents.config.architecture
        raise ModelError(
            f"{name} cannot be written as ONNX ({plain_reason(error)}); export it as openvino."
        ) from error
    if converted is None:
        raise ModelError(f"{contents.config.architecture} cannot be written as ONNX.")
    return converted.model_proto


def encoded(proto: Any, contents: Contents) -> bytes:
    """Return a model as bytes, with what it says of itself.

    Args:
        proto: an ``onnx.ModelProto``. It is changed.
        contents: what it is.

    Returns:
        The content of the file.

    Raises:
        ModelError: it is too large for one file.
    """
    from foveal.version import __version__

    _forget_traces(proto)
    proto.producer_name, proto.producer_version = "foveal", __version__
    for value in (*proto.graph.input, *proto.graph.output):
        value.type.tensor_type.shape.dim[0].dim_param = "batch"
    for name, text in contents.metadata().items():
        proto.metadata_props.add(key=name, value=text)
    size = proto.ByteSize()
    if size > _LIMIT:
        raise ModelError(
            f"{contents.config.architecture} takes {size / 1e9:.1f} GB, and one ONNX file holds 2 "
            "at most; export it as openvino."
        )
    data: bytes = proto.SerializeToString(deterministic=True)
    return data


def open_file(path: Path) -> Opened:
    """Load the file in ONNX Runtime on the CPU.

    Args:
        path: the file.

    Returns:
        The model on ONNX Runtime.

    Raises:
        MissingExtraError: ONNX Runtime is not installed.
    """
    require_onnx()
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = usable_cores()
    options.log_severity_level = 3
    session = onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
    return Opened(OnnxBackend(session), dict(session.get_modelmeta().custom_metadata_map))


class OnnxBackend(InTurn):
    """ONNX Runtime on the CPU; see `foveal.runtime.backends.Backend`.

    Args:
        session: an ``onnxruntime.InferenceSession`` of an exported file.
    """

    name = "onnxruntime-f32"
    batch: int | None = None

    def __init__(self, session: Any) -> None:
        self._session = session

    def run(self, images_NHWC: Images) -> Outputs:
        """Return the network's outputs; see `Backend.run`.

        Args:
            images_NHWC: uint8 (N, H, W, C).

        Returns:
            float32 (N, K).
        """
        (output,) = self._session.run([OUTPUT], {INPUT: np.ascontiguousarray(images_NHWC)})
        return np.asarray(output, np.float32)


def _forget_traces(proto: Any) -> None:
    """Remove what the exporter notes of this machine: paths and lines of the source."""
    graph = proto.graph
    parts = (graph.node, graph.input, graph.output, graph.value_info, graph.initializer)
    for part in (proto, graph, *(item for group in parts for item in group)):
        del part.metadata_props[:]
        part.doc_string = ""
    del graph.value_info[:]
