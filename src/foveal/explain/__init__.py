"""Why a network answers as it does: maps of evidence, feature maps, filters, strongest photos.

::

    from foveal.explain import Explainer, explanation_sheet

    explainer = Explainer.load("runs/flowers-001")
    image = explainer.preprocess.load("tulip.jpg")
    explanation_sheet("tulip.jpg", image, explainer.explain(image)).show()
"""

from __future__ import annotations

from foveal.explain.explainer import Explainer, Explanation
from foveal.explain.filters import filter_images, first_filters
from foveal.explain.gradcam import grad_cam, grad_cam_plus_plus
from foveal.explain.occlusion import occlusion
from foveal.explain.pictures import (
    explanation_sheet,
    filters_sheet,
    maps_sheet,
    strongest_sheet,
)
from foveal.explain.strongest import Strongest, strongest_photos

__all__ = [
    "Explainer",
    "Explanation",
    "Strongest",
    "explanation_sheet",
    "filter_images",
    "filters_sheet",
    "first_filters",
    "grad_cam",
    "grad_cam_plus_plus",
    "maps_sheet",
    "occlusion",
    "strongest_photos",
    "strongest_sheet",
]
