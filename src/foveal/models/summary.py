"""What a network consists of: shapes, parameters, multiplications and receptive fields.

The numbers come from `foveal.ops.shapes`, and each remembers the formula it came from; no image
is run through the network.
"""

from __future__ import annotations

from collections.abc import Iterable

from torch import nn

from foveal.arguments import whole
from foveal.errors import UsageError
from foveal.models.convnet import ConvNet
from foveal.models.counts import ParameterCount, count_parameters
from foveal.models.layer_facts import Facts, Flow, UnknownLayerError, Windows, bytes_of
from foveal.models.layer_trace import Visit, trace
from foveal.models.observed import observed
from foveal.models.summary_rows import BlockSummary, LayerSummary, Summary
from foveal.ops.explained import Explained
from foveal.ops.shapes import receptive_field

__all__ = ["BlockSummary", "LayerSummary", "Summary", "summary"]

_NOTHING = ParameterCount(0, 0, 0)


def summary(model: ConvNet, image_size: int | None = None) -> Summary:
    """Work out what a network consists of.

    Args:
        model: any network; it is neither run nor changed.
        image_size: side of the images in pixels; None for the size it was designed for.

    Returns:
        Every block, every layer, and the totals.

    Raises:
        UsageError: the images are too small, or of another size than the dense layers were made
            for; the message names the layer.

    Example:
        >>> from foveal.models import create_model
        >>> lite0 = summary(create_model("efficientnet_lite0"))
        >>> lite0.parameters, lite0.macs
        (4652008, 385187552)
        >>> lite0.layers()[0].explain["shape"]
        '⌈224 / 2⌉ = 112'
    """
    size = model.image_size if image_size is None else whole(image_size, "image_size")
    flow = Flow((model.in_channels, size, size))
    total = count_parameters(model).parameters
    blocks: list[BlockSummary] = []
    unknown = ""  # the first reason; what comes after it is not known either
    seen: set[int] = set()
    for prefix, name, module in _parts(model):
        try:
            visits, flow = trace(name, module, flow)
            layers = [_layer(prefix + visit.name, visit, total, seen) for visit in visits]
        except UnknownLayerError as error:
            layers, flow = observed(prefix, name, module, flow, total)
            unknown = unknown or f"windows are not known from {name} on: {error}."
        except UsageError as error:
            raise UsageError(
                f"images of {size} pixels do not fit {model.name!r}: {error}"
            ) from None
        blocks.append(_block(name, module, layers, flow, total))
    return Summary(
        name=model.name,
        image_size=size,
        in_channels=model.in_channels,
        blocks=tuple(blocks),
        trainable=sum(block.trainable for block in blocks),
        frozen=sum(block.frozen for block in blocks),
        statistics=sum(block.statistics for block in blocks),
        macs=_sum(block.macs for block in blocks),
        weight_bytes=sum(value.nbytes for value in model.state_dict().values()),
        activation_bytes=sum(layer.stored_bytes for block in blocks for layer in block.layers),
        notes=(*model.notes, *filter(None, [unknown])),
    )


def _parts(model: ConvNet) -> Iterable[tuple[str, str, nn.Module]]:
    yield from (("blocks.", name, module) for name, module in model.blocks.named_children())
    yield "", "pool", model.pool
    yield "", "head", model.head


def _layer(name: str, visit: Visit, total: int, seen: set[int]) -> LayerSummary:
    layer, facts = visit.layer, visit.facts
    is_shared = facts.parameters > 0 and id(layer) in seen
    counts = _NOTHING if layer is None or is_shared else count_parameters(layer)
    if layer is not None:
        seen.add(id(layer))
    return LayerSummary(
        name=name,
        kind=visit.kind,
        output_shape=facts.flow.shape,
        trainable=counts.trainable,
        frozen=counts.frozen,
        statistics=counts.statistics,
        macs=int(facts.macs),
        receptive_field=_field(facts.flow),
        share=counts.parameters / total if total else 0.0,
        stored_bytes=bytes_of(facts.flow.shape) if facts.is_stored else 0,
        explain=_explanations(facts, "shared with a layer above" if is_shared else ""),
    )


def _explanations(facts: Facts, shared: str) -> dict[str, str]:
    rows, columns = _explained(facts.flow.rows), _explained(facts.flow.columns)
    found = {
        "shape": _both([size.explain() for size in facts.sizes]),
        "parameters": shared or (facts.parameters.explain() if facts.parameters else ""),
        "macs": facts.macs.explain() if facts.macs else "",
        "receptive_field": _both([size.explain() for size in (rows, columns) if size]),
    }
    return {name: text for name, text in found.items() if text}


def _both(texts: list[str]) -> str:
    """Write height and width, once where both are the same."""
    if len(set(texts)) < 2:
        return "".join(texts[:1])
    return f"height {texts[0]}; width {texts[1]}"


def _explained(windows: Windows | None) -> Explained | None:
    return None if windows is None else receptive_field(windows)


def _field(flow: Flow) -> tuple[int, int] | None:
    if flow.rows is None or flow.columns is None:
        return None
    return int(receptive_field(flow.rows)), int(receptive_field(flow.columns))


def _block(
    name: str, module: nn.Module, layers: list[LayerSummary], flow: Flow, total: int
) -> BlockSummary:
    parameters = sum(layer.parameters for layer in layers)
    return BlockSummary(
        name=name,
        kind=type(module).__name__,
        layers=tuple(layers),
        output_shape=flow.shape,
        receptive_field=_field(flow),
        trainable=sum(layer.trainable for layer in layers),
        frozen=sum(layer.frozen for layer in layers),
        statistics=sum(layer.statistics for layer in layers),
        macs=_sum(layer.macs for layer in layers),
        share=parameters / total if total else 0.0,
    )


def _sum(values: Iterable[int | None]) -> int | None:
    found = list(values)
    known = [value for value in found if value is not None]
    return sum(known) if len(known) == len(found) else None
