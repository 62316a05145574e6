"""Figures about whole networks: their layers, their sizes, what is trained of them."""

from __future__ import annotations

import json
from functools import cache
from typing import Any, cast

from foveal.learn.elements import Html, element, table
from foveal.learn.links import address
from foveal.learn.snippets import content
from foveal.models import architecture

COMPARED = (
    "vgg16",
    "inception_v3",
    "resnet50",
    "efficientnet_b0",
    "mobilenet_v2",
    "efficientnet_lite0",
    "efficientnet_lite1",
    "efficientnet_lite2",
)
# What is commonly quoted with the Keras weights, of the recipes that networks became known with;
# the weights that Foveal would load may come from newer ones. The Lite ones: by their authors.
_QUOTED = {
    "vgg16": 71.3,
    "resnet50": 74.9,
    "inception_v3": 77.9,
    "mobilenet_v2": 71.3,
    "efficientnet_b0": 77.1,
}


@cache
def stored() -> dict[str, Any]:
    """Return what `foveal.learn.run_networks` worked out with PyTorch, so that pages need none.

    Returns:
        ``layers`` by network, ``blocks`` by network, ``speed`` by network, ``depth``.
    """
    return cast(dict[str, Any], json.loads(content("networks.json")))


def layers(caption: Html, model: str) -> Html:
    """Return every layer of a network that has something to count.

    Args:
        caption: what it shows.
        model: its registered name.

    Returns:
        A table of layers: shape, parameters and the formula of these.
    """
    rows = [
        [
            layer["name"],
            " × ".join(map(str, layer["shape"])),
            f"{layer['parameters']:,}" if layer["parameters"] else "",
            layer["how"].partition(" = ")[0],
        ]
        for layer in stored()["layers"][model]
    ]
    rows.append(["all", "", f"{architecture(model).parameters:,}", ""])
    head = ["layer", "output", "parameters", "worked out as"]
    inside = table(f"The layers of {model}", head, rows)
    return element("figure", inside, element("figcaption", caption), class_="numbers")


def model_table(caption: Html) -> Html:
    """Return the networks to choose from: parameters, work, size, accuracy and speed.

    Args:
        caption: what it shows.

    Returns:
        A table; each name leads to the explorer.
    """
    rows = []
    for name in COMPARED:
        row = architecture(name)
        top1 = _QUOTED.get(name) or (row.weights.top1 if row.weights else None)
        speed = stored()["speed"]["images_per_second"][name]
        link = element("a", name, href=address(f"explorer:{name}"))
        rows.append(
            [
                link,
                f"{row.image_size} px",
                f"{row.parameters / 1e6:.1f}",
                f"{row.macs / 1e9:.1f}",
                f"{row.parameters * 4 / 1e6:,.0f} MB",
                f"{top1:.1f} %",
                f"{row.weights.top1:.1f} %" if row.weights and row.weights.top1 else "",
                f"{speed:.0f}",
            ]
        )
    head = [
        "network",
        "input",
        "parameters, millions",
        "multiplications, billions",
        "weights",
        "ImageNet, first recipe",
        "ImageNet, Foveal's weights",
        "images a second",
    ]
    inside = table("Networks to start from", head, rows)
    conditions = element("small", f"Speed: {stored()['speed']['conditions']}.")
    return element(
        "figure", inside, element("figcaption", caption, " ", conditions), class_="numbers"
    )


def unfreezing(caption: Html, model: str = "efficientnet_lite0", classes: str = "5") -> Html:
    """Return how many parameters are trained when the last blocks are unfrozen.

    Args:
        caption: what it shows.
        model: a registered network.
        classes: of the new head.

    Returns:
        A table by number of blocks.
    """
    row = architecture(model)
    blocks = [block["parameters"] for block in stored()["blocks"][model]]
    head = (row.feature_width + 1) * int(classes)
    total = sum(blocks) + head
    rows = []
    for count in (0, 1, 3, 5, len(blocks)):
        trained = head + sum(blocks[len(blocks) - count :])
        label = {0: "none: the head alone", len(blocks): "all"}.get(count, f"the last {count}")
        rows.append([label, f"{trained:,}", f"{100 * trained / total:.1f} %"])
    names = ["blocks unfrozen", "parameters trained", "of all"]
    inside = table(f"{model}, {len(blocks)} blocks, {classes} classes", names, rows)
    return element("figure", inside, element("figcaption", caption), class_="numbers")
