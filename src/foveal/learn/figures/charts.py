"""Figures that are charts: the site draws them and offers their numbers as a table."""

from __future__ import annotations

import json
from typing import Any

from foveal.learn.elements import Html, element, join
from foveal.learn.figures.networks import stored
from foveal.learn.measured import measured
from foveal.models import architecture
from foveal.ops.shapes import conv_parameters

_SIZES = (
    "vgg16",
    "inception_v3",
    "resnet50",
    "efficientnet_b0",
    "efficientnet_lite0",
    "mobilenet_v2",
)


def same_preparation(caption: Html) -> Html:
    """Return the accuracy with the right and the wrong scaling of pixels.

    Args:
        caption: what it shows.

    Returns:
        A bar chart.
    """
    values = [_percent("preprocess_right"), _percent("preprocess_wrong")]
    names = ["its own: (x − 127) / 128", "ImageNet mean and std"]
    source = measured("preprocess_right").source
    return _chart(
        join(caption, " ", element("small", f"Measured: {source}.")),
        "bar",
        "Two ways of scaling",
        "scaling",
        names,
        "named rightly, %",
        {"photos": values},
    )


def network_sizes(caption: Html) -> Html:
    """Return parameters and work of well-known networks.

    Args:
        caption: what it shows.

    Returns:
        A bar chart.
    """
    rows = [architecture(name) for name in _SIZES]
    series = {
        "million parameters": [round(row.parameters / 1e6, 1) for row in rows],
        "hundred million multiplications": [round(row.macs / 1e8, 1) for row in rows],
    }
    return _chart(caption, "bar", "Sizes of six networks", "network", list(_SIZES), "", series)


def small_filters(caption: Html) -> Html:
    """Return the weights of one large filter and of small ones that see as far.

    Args:
        caption: what it shows.

    Returns:
        A line chart, per pair of channels.
    """
    sides = [3, 5, 7, 9, 11]
    series = {
        "one large filter": [int(conv_parameters(1, 1, side, bias=False)) for side in sides],
        "3 × 3 filters in a row": [9 * (side - 1) // 2 for side in sides],
    }
    return _chart(
        caption,
        "line",
        "Weights by receptive field",
        "side of the receptive field",
        sides,
        "weights",
        series,
    )


def degradation(caption: Html) -> Html:
    """Return the training loss of plain and residual networks by depth, as measured.

    Args:
        caption: what it shows.

    Returns:
        A line chart.
    """
    depths = stored()["depth"]["depths"]
    series = {
        "plain": stored()["depth"]["plain"],
        "with skip connections": stored()["depth"]["residual"],
    }
    told = join(caption, " ", element("small", f"Measured: {stored()['depth']['conditions']}."))
    return _chart(
        told,
        "line",
        "Training loss by depth",
        "convolution layers",
        depths,
        "training loss",
        series,
    )


def _percent(name: str) -> float:
    return float(measured(name).text.removesuffix(" %"))


def _chart(
    caption: Html,
    kind: str,
    title: str,
    x: str,
    values: list[Any],
    y: str,
    series: dict[str, list[Any]],
) -> Html:
    chart = {
        "type": kind,
        "title": title,
        "x": {"label": x, "values": values},
        "y": {"label": y},
        "series": [{"name": name, "values": numbers} for name, numbers in series.items()],
    }
    return element(
        "foveal-figure",
        caption,
        data_kind="chart",
        data_chart=json.dumps(chart, ensure_ascii=False),
    )
