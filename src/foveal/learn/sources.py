"""The files of this project that lessons refer to, shown as pages of their own."""

from __future__ import annotations

from functools import cache
from importlib import resources

from foveal.errors import UnknownNameError
from foveal.learn.elements import element
from foveal.learn.highlight import highlighted

SOURCES = (
    "images/augment.py",
    "images/color.py",
    "images/preprocess.py",
    "models/convnet.py",
    "models/custom.py",
    "models/efficientnet.py",
    "models/inception.py",
    "models/layers.py",
    "models/lenet.py",
    "models/mbconv.py",
    "models/mobilenet.py",
    "models/resnet.py",
    "models/vgg.py",
    "ops/convolution.py",
    "ops/correlation.py",
    "ops/kernels.py",
    "ops/pooling.py",
    "ops/shapes.py",
    "training/transfer/head.py",
    "workflow/classifier.py",
)


def source_slug(path: str) -> str:
    """Return the address of a source page.

    Args:
        path: one of `SOURCES`.

    Returns:
        Its slug.

    Raises:
        UnknownNameError: the file is not among them.

    Example:
        >>> source_slug("models/resnet.py")
        'models-resnet'
    """
    if path not in SOURCES:
        raise UnknownNameError("source file", path, SOURCES)
    return path.removesuffix(".py").replace("/", "-")


def sources() -> list[dict[str, str]]:
    """Return the source pages.

    Returns:
        ``slug``, ``path`` and ``html`` of each.
    """
    return [
        {"slug": source_slug(path), "path": f"foveal/{path}", "html": _page(path)}
        for path in SOURCES
    ]


@cache
def _page(path: str) -> str:
    text = (resources.files("foveal") / path).read_text("utf-8")
    return element("pre", element("code", highlighted(text), class_="language-python"))
