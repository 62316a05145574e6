"""Which trained weights on the Hub belong to which architecture. Nothing here imports PyTorch.

How sure each row is:

- Repositories, preprocessing and licences are those of timm 1.0.31 (``pretrained_cfg``).
- ``top1`` is the figure at the size the preprocessing uses: from timm's
  ``results-imagenet.csv``, or, where that file only has a larger size, from the comparison table
  in timm's model cards.
- ``revision`` is a commit where two or more independent public projects pin the same commit and
  the same checksum; elsewhere it is ``"main"``.
- ``sha256`` was found in public lock lists, for ResNet-34, MobileNetV2 and Inception-v3 in one
  list only; for VGG19 and ResNet-101 in none, so there the checksum that the Hub itself sends is
  all that is checked.
"""

from __future__ import annotations

from foveal.images.preprocess import Preprocess
from foveal.models.hub import HubWeights

_CSV = "timm results-imagenet.csv"
_CARD = "timm model cards"


def _weights(
    name: str,
    top1: float,
    source: str,
    *,
    size: int = 224,
    scaling: str = "imagenet",
    crop: float = 0.875,
    interpolation: str = "bicubic",
    licence: str = "Apache-2.0",
    revision: str = "main",
    sha256: str | None = None,
) -> HubWeights:
    return HubWeights(
        repo=f"timm/{name}",
        preprocess=Preprocess.preset(
            scaling,
            size,
            crop_fraction=crop,
            interpolation=interpolation,
        ),
        top1=top1,
        top1_source=f"{source}, {size} px",
        licence=licence,
        revision=revision,
        sha256=sha256,
    )


HUB_WEIGHTS = {
    "vgg16": _weights(
        "vgg16.tv_in1k",
        71.59,
        _CSV,
        interpolation="bilinear",
        licence="BSD-3-Clause",
        revision="b8d8aa2dd860af9233c8c67385a8097fd6c35d3f",
        sha256="57b026918159a6bf9faf8405c3a551903768e7138989d9c6224a14227203fad8",
    ),
    "vgg19": _weights(
        "vgg19.tv_in1k",
        72.38,
        _CSV,
        interpolation="bilinear",
        licence="BSD-3-Clause",
    ),
    "resnet18": _weights(
        "resnet18.a1_in1k",
        71.49,
        _CARD,
        crop=0.95,
        revision="491b427b45c94c7fb0e78b5474cc919aff584bbf",
        sha256="80c49dee3da4822c009c5a7fe591e9223c5a2cfcf95a4067ca4dfb5a7b89c612",
    ),
    "resnet34": _weights(
        "resnet34.a1_in1k",
        76.42,
        _CARD,
        crop=0.95,
        sha256="829a220f9529d2b1ffdc8719d3273463001e0daf411eaf1916865d9db62c0ed2",
    ),
    "resnet50": _weights(
        "resnet50.a1_in1k",
        80.38,
        _CARD,
        crop=0.95,
        revision="767268603ca0cb0bfe326fa87277f19c419566ef",
        sha256="773525d5821de224f8f30c33377b7a795d7863e08522698200d3217d3f2a41bb",
    ),
    "resnet101": _weights("resnet101.a1_in1k", 81.5, _CARD, crop=0.95),
    "inception_v3": _weights(
        "inception_v3.tv_in1k",
        77.43,
        _CSV,
        size=299,
        scaling="symmetric",
        sha256="9c452c63a67fd03a38a78c401ba12d4be0e926df63c93403de3a29f6df20fefb",
    ),
    "mobilenet_v2": _weights(
        "mobilenetv2_100.ra_in1k",
        72.98,
        _CSV,
        sha256="55ea4fb3a96010b933710ebf44fc965b070d5cd054d3f35e44f2d1320b4a714e",
    ),
    "efficientnet_b0": _weights(
        "efficientnet_b0.ra_in1k",
        77.69,
        _CSV,
        revision="1b5383e5f79cc0f7fc067e372f8f26a5fa73f26a",
        sha256="d569899762ea9b1384ee07f4af64805cf8caa1c55f9253ebb1080dc40e87a2cd",
    ),
}
