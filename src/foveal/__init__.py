"""Foveal: understand, train and ship convolutional image classifiers.

Names are loaded when first used, so that ``import foveal`` costs milliseconds and imports
neither PyTorch nor OpenCV.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

from foveal.version import __version__

if TYPE_CHECKING:
    from foveal.data import ImageData
    from foveal.errors import FovealError
    from foveal.evaluation import Evaluation
    from foveal.images import Augment, Preprocess, inspect_image, load_image
    from foveal.models import create_model, list_models
    from foveal.runtime.loading import load
    from foveal.runtime.predictor import Prediction, Predictor
    from foveal.training import HeadConfig
    from foveal.workflow.classifier import Classifier
    from foveal.workflow.export import Exported, export_model

__all__ = [
    "Augment",
    "Classifier",
    "Evaluation",
    "Exported",
    "FovealError",
    "HeadConfig",
    "ImageData",
    "Prediction",
    "Predictor",
    "Preprocess",
    "__version__",
    "create_model",
    "export_model",
    "inspect_image",
    "list_models",
    "load",
    "load_image",
]

_HOMES = {
    "foveal.data": ("ImageData",),
    "foveal.errors": ("FovealError",),
    "foveal.evaluation": ("Evaluation",),
    "foveal.images": ("Augment", "Preprocess", "inspect_image", "load_image"),
    "foveal.models": ("create_model", "list_models"),
    "foveal.runtime.loading": ("load",),
    "foveal.runtime.predictor": ("Prediction", "Predictor"),
    "foveal.training": ("HeadConfig",),
    "foveal.workflow.classifier": ("Classifier",),
    "foveal.workflow.export": ("Exported", "export_model"),
}
_LAZY = {name: module for module, names in _HOMES.items() for name in names}


def __getattr__(name: str) -> Any:
    if name in _LAZY:
        return getattr(importlib.import_module(_LAZY[name]), name)
    raise AttributeError(f"module 'foveal' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted([*globals(), *_LAZY])
