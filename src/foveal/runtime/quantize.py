"""Graphs in 8 bits, through OpenVINO's NNCF: what runs between layers is rounded to 256 steps."""

from __future__ import annotations

import logging
import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, TypeVar

from foveal.errors import MissingExtraError, ModelError
from foveal.runtime.backends import Images, openvino
from foveal.runtime.reasons import plain_reason

CALIBRATION_PHOTOS = 300
Item = TypeVar("Item")
# Activations that give values below zero: rounding steps need a zero point of their own for them.
_TWO_SIDED = {"Swish", "HSwish", "Gelu", "Elu", "PRelu", "Mish", "SoftPlus", "HSigmoid"}


def require_nncf() -> Any:
    """Import NNCF, with its telemetry switched off and nothing printed.

    Returns:
        The ``nncf`` module.

    Raises:
        MissingExtraError: it is not installed.
    """
    openvino()  # switches the telemetry off, which NNCF shares
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # deprecations in what it imports
            import nncf
    except ImportError as error:
        raise MissingExtraError("computing in int8", "int8") from error
    nncf.set_log_level(logging.ERROR)
    return nncf


def is_quantized(graph: Any) -> bool:
    """Tell whether a graph computes in 8 bits.

    Args:
        graph: an ``openvino.Model``.

    Returns:
        True if `quantize` or something like it made it.
    """
    return any(node.get_type_name() == "FakeQuantize" for node in graph.get_ops())


def require_float(graph: Any) -> None:
    """Refuse a graph that computes in 8 bits already.

    Args:
        graph: an ``openvino.Model``.

    Raises:
        ModelError: it does.
    """
    if is_quantized(graph):
        raise ModelError("the network computes in int8 already; leave int8 out.")


def quantize(
    graph: Any,
    images: Sequence[Images],
    progress: Callable[[int, int], None] = lambda done, total: None,
) -> Any:
    """Return a graph in 8 bits; the same images in the same order give the same numbers.

    Args:
        graph: an ``openvino.Model`` that takes uint8 (N, S, S, C). It stays as it is.
        images: uint8 (S, S, C), typical of what the graph will see; about 300.
        progress: called with (images looked at, images to look at).

    Returns:
        An ``openvino.Model`` of the same shapes.

    Raises:
        MissingExtraError: NNCF is not installed.
        ModelError: there are no images, the graph is in 8 bits already, or NNCF cannot convert it.
    """
    nncf = require_nncf()
    if not len(images):
        raise ModelError("computing in int8 needs images to measure its steps on; got none.")
    require_float(graph)
    seen = 0

    def batch_of_one(image: Images) -> Images:
        nonlocal seen
        seen += 1
        progress(min(seen, len(images)), len(images))
        return image[None]

    kinds = {node.get_type_name() for node in graph.get_ops()}
    preset = nncf.QuantizationPreset
    try:
        with _no_bars(), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return nncf.quantize(
                graph.clone(),
                nncf.Dataset(images, batch_of_one),
                preset=preset.MIXED if kinds & _TWO_SIDED else preset.PERFORMANCE,
                subset_size=len(images),
            )
    except (RuntimeError, nncf.InternalError, nncf.ValidationError) as error:
        raise ModelError(
            f"NNCF cannot bring the network to int8: {plain_reason(error)}."
        ) from error


def spread(items: Sequence[Item], most: int) -> list[Item]:
    """Choose some things evenly from all of them.

    Args:
        items: all of them.
        most: how many to choose at most.

    Returns:
        Those chosen, in the same order.
    """
    count = min(len(items), most)
    return [items[number * len(items) // count] for number in range(count)]


@contextmanager
def _no_bars() -> Iterator[None]:
    """Keep NNCF's progress bars off the standard output, which is for results."""
    import rich

    shared = rich.get_console()
    before, shared.quiet = shared.quiet, True
    try:
        yield
    finally:
        shared.quiet = before
