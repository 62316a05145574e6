"""OpenVINO: ``model.xml`` and ``model.bin``, made from the graph that a model folder holds."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from foveal.errors import ModelError
from foveal.runtime.backends import OpenVinoBackend, openvino
from foveal.runtime.export.contents import INPUT, OUTPUT, Contents, Opened
from foveal.runtime.graphs import read_graph, save_openvino

FILE = "model.xml"
SECTION = "foveal"  # of the graph's runtime information


def write(contents: Contents, folder: Path) -> None:
    """Write the graph, with probabilities as its output.

    Args:
        contents: what to write.
        folder: an empty folder.

    Raises:
        StorageError: it cannot be written.
    """
    graph = contents.graph
    if graph is None:
        graph = read_graph(contents.folder, contents.config)
    graph = with_probabilities(graph)
    for name, text in contents.metadata().items():
        graph.set_rt_info(text, [SECTION, name])
    save_openvino(graph, folder / FILE)


def with_probabilities(graph: Any) -> Any:
    """Put a softmax behind a graph's logits, and name its input and output.

    Args:
        graph: an ``openvino.Model`` from raw pixels to logits. It is changed.

    Returns:
        An ``openvino.Model`` from raw pixels to probabilities.
    """
    ov = openvino()
    logits = graph.output(0).get_node().input_value(0)
    result = ov.opset13.result(ov.opset13.softmax(logits, axis=1))
    parameters = graph.get_parameters()
    whole = ov.Model([result], parameters, "foveal")
    parameters[0].set_friendly_name(INPUT)
    whole.input(0).set_names({INPUT})
    whole.output(0).set_names({OUTPUT})
    return whole


def open_file(folder: Path) -> Opened:
    """Load the graph on the CPU, in full precision.

    Args:
        folder: what `write` filled.

    Returns:
        The model on OpenVINO.

    Raises:
        ModelError: it does not say what it is.
    """
    graph = openvino().Core().read_model(folder / FILE)
    if not graph.has_rt_info(SECTION):
        raise ModelError(f"{folder / FILE} does not name its classes; export it again.")
    metadata = {name: str(value) for name, value in graph.get_rt_info(SECTION).value.items()}
    return Opened(OpenVinoBackend(graph, precision="f32"), metadata)
