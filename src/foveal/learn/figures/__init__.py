"""The figures of the lessons: each is computed when its page is made."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from foveal.errors import UnknownNameError
from foveal.learn.elements import Html
from foveal.learn.figures import charts, grids, networks, pictured, results

Figure = Callable[..., Html]

FIGURES: Mapping[str, Figure] = {
    "channel-sums": grids.channel_sums,
    "degradation": charts.degradation,
    "layers": networks.layers,
    "model-table": networks.model_table,
    "normalisations": grids.normalisations,
    "network-sizes": charts.network_sizes,
    "photo-pixels": grids.photo_pixels,
    "picture": pictured.picture,
    "receptive-fields": grids.receptive_fields,
    "results": results.results,
    "same-preparation": charts.same_preparation,
    "sizes": grids.sizes,
    "small-filters": charts.small_filters,
    "step": grids.step,
    "unfreezing": networks.unfreezing,
}


def figure(name: str, caption: Html, values: Mapping[str, str]) -> Html:
    """Return a figure.

    Args:
        name: one of `FIGURES`.
        caption: what it shows.
        values: further arguments of that figure, by name.

    Returns:
        The markup.

    Raises:
        UnknownNameError: there is no such figure.
    """
    if name not in FIGURES:
        raise UnknownNameError("figure", name, FIGURES)
    return FIGURES[name](caption, **values)
