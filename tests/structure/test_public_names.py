"""The public interface is a list, and the list is tested."""

from __future__ import annotations

import foveal

PUBLIC = {
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
}


def test_the_public_names_are_these_and_no_others():
    assert set(foveal.__all__) == PUBLIC


def test_every_public_name_can_be_imported():
    assert all(getattr(foveal, name) is not None for name in PUBLIC)
    assert set(dir(foveal)) >= PUBLIC


def test_the_version_is_the_package_s():
    from importlib.metadata import version

    assert foveal.__version__ == version("foveal")
