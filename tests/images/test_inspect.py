from __future__ import annotations

import io
import json

import numpy as np
import pytest
from PIL import Image

from foveal.errors import ImageError
from foveal.images import ImageInfo, inspect_image


def file(image: Image.Image, kind: str = "PNG", **options: object) -> bytes:
    target = io.BytesIO()
    image.save(target, kind, **options)
    return target.getvalue()


def plain(height: int = 48, width: int = 64) -> Image.Image:
    pixels = np.zeros((height, width, 3), np.uint8)
    pixels[: height // 2] = (10, 20, 30)
    pixels[height // 2 :] = (30, 40, 90)
    return Image.fromarray(pixels)


def test_an_ordinary_photo_is_described_without_warnings(tmp_path) -> None:
    path = tmp_path / "photo.png"
    plain().save(path)
    assert inspect_image(path) == ImageInfo(
        path=str(path),
        format="PNG",
        mode="RGB",
        shape=(48, 64, 3),
        dtype="uint8",
        bits=8,
        minimum=10.0,
        maximum=90.0,
        channel_means=(20.0, 30.0, 60.0),
        channel_stds=(10.0, 10.0, 30.0),
        orientation=1,
        has_alpha=False,
        frames=1,
        loaded_shape=(48, 64, 3),
        warnings=(),
    )


def test_statistics_agree_with_numpy_on_noise() -> None:
    noise = np.random.default_rng(0).integers(0, 256, (200, 130, 3), dtype=np.uint8)
    info = inspect_image(file(Image.fromarray(noise)))
    assert info.channel_means == pytest.approx(noise.mean(axis=(0, 1)))
    assert info.channel_stds == pytest.approx(noise.std(axis=(0, 1)))


def warnings_of(data: bytes) -> tuple[str, ...]:
    return inspect_image(data).warnings


def test_each_peculiarity_has_its_sentence() -> None:
    rgb = plain()
    tags = Image.Exif()
    tags[0x0112] = 6
    rgba, grey = rgb.convert("RGBA"), rgb.convert("L")
    deep = Image.fromarray(np.full((48, 64), 999, np.uint16))
    palette = rgb.quantize(4)
    many = {
        "save_all": True,
        "append_images": [Image.new("RGB", (64, 48), c) for c in ("red", "blue")],
    }
    assert warnings_of(file(rgba)) == ("has transparency: it is composited over white",)
    assert warnings_of(file(deep)) == (
        "has more than 8 bits a pixel (mode I;16): it is scaled to 8 bits",
    )
    assert warnings_of(file(rgb.convert("CMYK"), "JPEG")) == (
        "has printing colours (CMYK): they are converted to RGB",
    )
    assert warnings_of(file(palette)) == ("has a palette: its colours are converted to RGB",)
    assert warnings_of(file(grey)) == ("is grey: the three channels are equal",)
    assert warnings_of(file(rgb, "JPEG", exif=tags.tobytes())) == ("EXIF orientation 6 is applied",)
    assert warnings_of(file(rgb, "TIFF", exif=tags.tobytes())) == ("EXIF orientation 6 is applied",)
    for kind in ("PNG", "WEBP", "TIFF"):
        assert warnings_of(file(rgb, kind, **many)) == ("the first of 3 frames is used",)
    assert "the first of 3 frames is used" in warnings_of(file(rgb, "GIF", **many))
    assert warnings_of(file(plain(20, 300))) == ("is very small: 300 × 20 pixels",)


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "TIFF"])
def test_shape_is_as_stored_and_loaded_shape_is_upright(kind: str) -> None:
    tags = Image.Exif()
    tags[0x0112] = 8
    info = inspect_image(file(plain(40, 90), kind, exif=tags.tobytes()))
    assert info.orientation == 8
    assert info.loaded_shape == (90, 40, 3)
    if kind != "TIFF":  # Pillow turns a TIFF while loading it
        assert info.shape == (40, 90, 3)


def test_bits_and_range_are_those_stored() -> None:
    deep = inspect_image(file(Image.fromarray(np.array([[7, 60000]], np.uint16))))
    assert (deep.dtype, deep.bits, deep.minimum, deep.maximum) == ("uint16", 16, 7.0, 60000.0)
    black = inspect_image(file(Image.fromarray(np.array([[True, False]]))))
    assert (black.mode, black.bits, black.shape, black.maximum) == ("1", 1, (1, 2), 255.0)


def test_alpha_is_a_channel_of_its_own() -> None:
    info = inspect_image(file(Image.new("RGBA", (64, 48), (1, 2, 3, 4))))
    assert (info.shape, info.channel_means) == ((48, 64, 4), (1.0, 2.0, 3.0, 4.0))
    assert info.has_alpha


def test_a_description_fits_into_json() -> None:
    values = inspect_image(file(plain())).as_dict()
    assert json.loads(json.dumps(values, allow_nan=False)) == values


def test_a_truncated_file_is_refused_though_its_header_is_whole() -> None:
    data = file(plain(), "JPEG")
    with pytest.raises(ImageError, match="upload: truncated JPEG"):
        inspect_image(data[:-200], name="upload")
