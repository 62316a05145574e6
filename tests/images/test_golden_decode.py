"""Every decoding rule against pixels worked out here, without the decoder's own steps.

Lossless formats must give exactly the expected array; the tolerance of the others is stated.
"""

from __future__ import annotations

import io
import struct
import zlib
from collections.abc import Callable

import numpy as np
import pytest
from PIL import Image

from foveal.errors import ImageError
from foveal.images import inspect_image, load_image

HEIGHT, WIDTH = 24, 40
GOLDEN: dict[str, tuple[bytes, np.ndarray, float]] = {}  # name: file, pixels, tolerance


def smooth_rgb() -> np.ndarray:
    """A picture without symmetry that JPEG keeps well."""
    y, x = np.mgrid[0:HEIGHT, 0:WIDTH]
    return np.stack([40 + 5 * x, 20 + 9 * y, 230 - 3 * x - 3 * y], axis=2).astype(np.uint8)


def grey_rgb(grey: np.ndarray) -> np.ndarray:
    return np.dstack([grey.astype(np.uint8)] * 3)


def encoded(image: Image.Image, kind: str, **options: object) -> bytes:
    file = io.BytesIO()
    image.save(file, kind, **options)
    return file.getvalue()


def exif(orientation: int) -> bytes:
    tags = Image.Exif()
    tags[0x0112] = orientation
    return tags.tobytes()


def over_white(rgb: np.ndarray, alpha: np.ndarray) -> np.ndarray:
    opacity = alpha[:, :, None] / 255
    return rgb * opacity + 255 * (1 - opacity)


# Where the pixel seen at row r, column c of an upright H × W picture is stored (Exif 2.32, tag 274:
# what the 0th stored row and the 0th stored column are in the picture seen).
STORED_AT: dict[int, Callable[[int, int], tuple[int, int]]] = {
    1: lambda r, c: (r, c),  # row 0 = top, column 0 = left
    2: lambda r, c: (r, WIDTH - 1 - c),  # top, right
    3: lambda r, c: (HEIGHT - 1 - r, WIDTH - 1 - c),  # bottom, right
    4: lambda r, c: (HEIGHT - 1 - r, c),  # bottom, left
    5: lambda r, c: (c, r),  # left, top
    6: lambda r, c: (WIDTH - 1 - c, r),  # right, top
    7: lambda r, c: (WIDTH - 1 - c, HEIGHT - 1 - r),  # right, bottom
    8: lambda r, c: (c, HEIGHT - 1 - r),  # left, bottom
}


def add_orientations() -> None:
    seen = smooth_rgb()
    for orientation, stored_at in STORED_AT.items():
        shape = (WIDTH, HEIGHT, 3) if orientation >= 5 else (HEIGHT, WIDTH, 3)
        stored = np.zeros(shape, np.uint8)
        for r in range(HEIGHT):
            for c in range(WIDTH):
                stored[stored_at(r, c)] = seen[r, c]
        image, tags = Image.fromarray(stored), exif(orientation)
        jpeg = {"quality": 98, "subsampling": 0}
        GOLDEN[f"jpeg orientation {orientation}"] = (
            encoded(image, "JPEG", exif=tags, **jpeg),
            seen,
            6,
        )
        GOLDEN[f"png orientation {orientation}"] = encoded(image, "PNG", exif=tags), seen, 0
        webp = encoded(image, "WEBP", lossless=True, exif=tags)
        GOLDEN[f"webp orientation {orientation}"] = webp, seen, 0
        for compression in ("raw", "tiff_lzw"):
            tiff = encoded(image, "TIFF", exif=tags, compression=compression)
            GOLDEN[f"tiff {compression} orientation {orientation}"] = tiff, seen, 0


def add_depths() -> None:
    ramp = np.arange(HEIGHT * WIDTH).reshape(HEIGHT, WIDTH)
    sixteen = (ramp * 68).astype(np.uint16)  # 0 .. 65,212
    eight = grey_rgb(np.floor(sixteen / 257 + 0.5))
    GOLDEN["png 16-bit grey"] = encoded(Image.fromarray(sixteen), "PNG"), eight, 0
    GOLDEN["tiff 16-bit grey"] = encoded(Image.fromarray(sixteen), "TIFF"), eight, 0
    GOLDEN["tiff 16-bit grey lzw"] = (
        encoded(Image.fromarray(sixteen), "TIFF", compression="tiff_lzw"),
        eight,
        0,
    )
    swapped = np.ascontiguousarray(sixteen.astype(">u2"))
    GOLDEN["tiff 16-bit big-endian"] = tiff_file(swapped.tobytes(), 16, order=">"), eight, 0
    inverted = tiff_file((65535 - sixteen).tobytes(), 16, photometric=0)
    GOLDEN["tiff 16-bit white is zero"] = inverted, eight, 0
    twelve = (ramp * 4).astype(np.uint16)  # 0 .. 3,836 of 4,095
    packed = np.zeros((HEIGHT, WIDTH // 2, 3), np.uint8)  # two values in three bytes
    packed[..., 0] = twelve[:, ::2] >> 4
    packed[..., 1] = (twelve[:, ::2] & 15) << 4 | twelve[:, 1::2] >> 8
    packed[..., 2] = twelve[:, 1::2] & 255
    GOLDEN["tiff 12-bit"] = (
        tiff_file(packed.tobytes(), 12),
        grey_rgb(np.floor(twelve / 4095 * 255 + 0.5)),
        0,
    )
    signed = (sixteen.astype(np.int32) - 32768).astype(np.int16)
    GOLDEN["tiff signed 16-bit"] = tiff_file(signed.tobytes(), 16, sample_format=2), eight, 0
    wide = ramp.astype(np.uint32) * 4_400_000
    GOLDEN["tiff unsigned 32-bit"] = (
        tiff_file(wide.tobytes(), 32),
        grey_rgb(np.floor(wide / (2**32 - 1) * 255 + 0.5)),
        0,
    )
    unit = (ramp / ramp.max()).astype(np.float32)
    for name, values, top in (
        ("0..1", unit, 1),
        ("0..255", unit * np.float32(250), 255),
        ("0..65535", unit * np.float32(60000), 65535),
    ):
        expected = grey_rgb(np.floor(values.astype(float) / top * 255 + 0.5))
        GOLDEN[f"tiff float {name}"] = encoded(Image.fromarray(values), "TIFF"), expected, 1
    GOLDEN["png 16-bit rgb"] = (
        png_file(np.dstack([sixteen] * 3).astype(">u2").tobytes(), 6 * WIDTH, 16, 2),
        grey_rgb(sixteen >> 8),
        0,
    )
    key = png_file(
        np.dstack([sixteen] * 3).astype(">u2").tobytes(), 6 * WIDTH, 16, 2, (68 * 20,) * 3
    )
    expected = grey_rgb(sixteen >> 8)
    expected[(sixteen >> 8) == (68 * 20 >> 8)] = 255  # what shares the high byte goes with it
    GOLDEN["png 16-bit rgb, one colour transparent"] = key, expected, 0
    grey_key = png_file(sixteen.astype(">u2").tobytes(), 2 * WIDTH, 16, 0, (68 * 20,))
    expected = eight.copy()
    expected[sixteen == 68 * 20] = 255
    GOLDEN["png 16-bit grey, one value transparent"] = grey_key, expected, 0


def tiff_file(
    pixels: bytes,
    bits: int,
    *,
    order: str = "<",
    photometric: int = 1,
    sample_format: int = 1,
) -> bytes:
    """A TIFF with one strip of grey pixels, written byte by byte."""
    tags = [(256, WIDTH), (257, HEIGHT), (258, bits), (259, 1), (262, photometric), (273, 8)]
    tags += [(277, 1), (278, HEIGHT), (279, len(pixels)), (339, sample_format)]
    head = (b"II" if order == "<" else b"MM") + struct.pack(f"{order}HI", 42, 8 + len(pixels))
    directory = struct.pack(f"{order}H", len(tags))
    directory += b"".join(struct.pack(f"{order}HHII", tag, 4, 1, value) for tag, value in tags)
    return head + pixels + directory + bytes(4)


def png_file(
    pixels: bytes, stride: int, bits: int, colour: int, transparent: tuple[int, ...] = ()
) -> bytes:
    """A PNG written byte by byte."""

    def chunk(name: bytes, body: bytes) -> bytes:
        return (
            struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))
        )

    rows = b"".join(b"\0" + pixels[i : i + stride] for i in range(0, len(pixels), stride))
    header = struct.pack(">IIBBBBB", WIDTH, len(pixels) // stride, bits, colour, 0, 0, 0)
    key = struct.pack(f">{len(transparent)}H", *transparent)
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", header)
        + (chunk(b"tRNS", key) if transparent else b"")
        + chunk(b"IDAT", zlib.compress(rows))
        + chunk(b"IEND", b"")
    )


def add_modes() -> None:
    rgb = smooth_rgb()
    grey = rgb[:, :, 0]
    alpha = (np.arange(HEIGHT * WIDTH).reshape(HEIGHT, WIDTH) % 256).astype(np.uint8)
    rgba = Image.fromarray(np.dstack([rgb, alpha]))
    for kind, options in (("PNG", {}), ("WEBP", {"lossless": True, "exact": True}), ("TIFF", {})):
        GOLDEN[f"{kind} rgba"] = encoded(rgba, kind, **options), over_white(rgb, alpha), 1
    la = Image.merge("LA", [Image.fromarray(grey), Image.fromarray(alpha)])
    GOLDEN["png la"] = encoded(la, "PNG"), over_white(grey_rgb(grey), alpha), 1
    GOLDEN["tiff la"] = encoded(la, "TIFF"), over_white(grey_rgb(grey), alpha), 1
    for kind, options in (("PNG", {}), ("BMP", {}), ("TIFF", {}), ("JPEG", {"quality": 98})):
        tolerance = 3 if kind == "JPEG" else 0
        GOLDEN[f"{kind} l"] = (
            encoded(Image.fromarray(grey), kind, **options),
            grey_rgb(grey),
            tolerance,
        )
    for kind in ("BMP", "PNG", "TIFF"):
        GOLDEN[f"{kind} rgb"] = encoded(Image.fromarray(rgb), kind), rgb, 0
    bits = grey > 128
    for kind in ("PNG", "TIFF", "BMP"):
        GOLDEN[f"{kind} 1-bit"] = encoded(Image.fromarray(bits), kind), grey_rgb(bits * 255), 0
    fax = encoded(Image.fromarray(bits), "TIFF", compression="group4")
    GOLDEN["tiff fax"] = fax, grey_rgb(bits * 255), 0
    key = png_file(rgb.tobytes(), 3 * WIDTH, 8, 2, tuple(int(v) for v in rgb[3, 4]))
    transparent = rgb.copy()
    transparent[(rgb == rgb[3, 4]).all(axis=2)] = 255
    GOLDEN["png rgb, one colour transparent"] = key, transparent, 0


def add_palettes() -> None:
    indices = (np.arange(HEIGHT * WIDTH).reshape(HEIGHT, WIDTH) % 7).astype(np.uint8)
    colours = np.array([[i * 30, 250 - i * 20, 7 * i] for i in range(7)], np.uint8)
    image = Image.fromarray(indices, "L").convert("L")
    image.putpalette(colours.tobytes())
    seen = colours[indices]
    for kind in ("PNG", "GIF", "BMP", "TIFF"):
        GOLDEN[f"{kind} palette"] = encoded(image, kind), seen, 0
    one_clear = seen.copy()
    one_clear[indices == 2] = 255
    GOLDEN["png palette, one index transparent"] = (
        encoded(image, "PNG", transparency=2),
        one_clear,
        0,
    )
    GOLDEN["gif palette, one index transparent"] = (
        encoded(image, "GIF", transparency=2),
        one_clear,
        0,
    )
    alphas = np.array([255, 200, 150, 100, 50, 25, 0], np.uint8)
    GOLDEN["png palette with alphas"] = (
        encoded(image, "PNG", transparency=alphas.tobytes()),
        over_white(seen, alphas[indices]),
        1,
    )


def add_inks() -> None:
    y, x = np.mgrid[0:HEIGHT, 0:WIDTH]
    inks = np.stack([5 * x, 9 * y, 200 - 4 * x, 2 * y], axis=2).astype(np.uint8)
    cmyk = Image.frombytes("CMYK", (WIDTH, HEIGHT), inks.tobytes())
    light = 1 - inks / 255
    seen = 255 * light[..., :3] * light[..., 3:]
    GOLDEN["tiff cmyk"] = encoded(cmyk, "TIFF"), seen, 1
    GOLDEN["jpeg cmyk (stored inverted, as Adobe does)"] = (
        encoded(cmyk, "JPEG", quality=98),
        seen,
        5,
    )
    ycc = np.stack([60 + 3 * x, 100 + 2 * y, 150 - 2 * x], axis=2).astype(np.uint8)
    luma, blue, red = (ycc[..., i].astype(float) - shift for i, shift in enumerate((0, 128, 128)))
    weights = [(0, 1.402), (-0.344136, -0.714136), (1.772, 0)]  # JFIF
    seen = np.stack([luma + b * blue + r * red for b, r in weights], axis=2)
    image = Image.frombytes("YCbCr", (WIDTH, HEIGHT), ycc.tobytes())
    GOLDEN["tiff ycbcr"] = encoded(image, "TIFF"), np.clip(seen, 0, 255), 1
    lab = np.zeros((HEIGHT, WIDTH, 3), np.uint8)
    lab[:, :, 0] = 255  # L* = 100, a* = b* = 0: white
    image = Image.frombytes("LAB", (WIDTH, HEIGHT), lab.tobytes())
    GOLDEN["tiff lab"] = encoded(image, "TIFF"), np.full((HEIGHT, WIDTH, 3), 255), 1


def icc_profile(*colorants: tuple[float, float, float]) -> bytes:
    """A display profile with sRGB's tone curve and the given red, green and blue, D50 XYZ."""

    def fixed(*values: float) -> bytes:
        return b"".join(struct.pack(">i", round(value * 65536)) for value in values)

    curve = b"para" + bytes(4) + struct.pack(">HH", 3, 0)
    curve += fixed(2.4, 1 / 1.055, 0.055 / 1.055, 1 / 12.92, 0.04045)
    text = (
        b"mluc"
        + bytes(4)
        + struct.pack(">II", 1, 12)
        + b"enUS"
        + struct.pack(">II", 2, 28)
        + b"\0x"
    )
    bodies = {b"desc": text, b"cprt": text, b"wtpt": b"XYZ " + bytes(4) + fixed(0.9642, 1, 0.8249)}
    for name, colorant in zip((b"rXYZ", b"gXYZ", b"bXYZ"), colorants, strict=True):
        bodies[name] = b"XYZ " + bytes(4) + fixed(*colorant)
    bodies |= {b"rTRC": curve, b"gTRC": curve, b"bTRC": curve}
    table, data, offset = b"", b"", 128 + 4 + 12 * len(bodies)
    for name, body in bodies.items():
        body += bytes(-len(body) % 4)
        table += name + struct.pack(">II", offset + len(data), len(body))
        data += body
    rest = struct.pack(">I", len(bodies)) + table + data
    header = struct.pack(
        ">I4sI4s4s4s", 128 + len(rest), bytes(4), 0x04300000, b"mntr", b"RGB ", b"XYZ "
    )
    header += bytes(12) + b"acsp" + bytes(28) + fixed(0.9642, 1, 0.8249)
    return header.ljust(128, b"\0") + rest


RED, GREEN, BLUE = (0.4361, 0.2225, 0.0139), (0.3851, 0.7169, 0.0971), (0.1431, 0.0606, 0.7139)


def add_profiles() -> None:
    rgb = smooth_rgb()
    image = Image.fromarray(rgb)
    exchanged = icc_profile(BLUE, GREEN, RED)  # says: the first channel is blue, the third is red
    for kind, options in (("PNG", {}), ("TIFF", {}), ("WEBP", {"lossless": True})):
        data = encoded(image, kind, icc_profile=exchanged, **options)
        GOLDEN[f"{kind} profile with red and blue exchanged"] = data, rgb[:, :, ::-1], 2
    jpeg = encoded(image, "JPEG", icc_profile=exchanged, quality=98, subsampling=0)
    GOLDEN["jpeg profile with red and blue exchanged"] = jpeg, rgb[:, :, ::-1], 8
    srgb = encoded(image, "PNG", icc_profile=icc_profile(RED, GREEN, BLUE))
    GOLDEN["png profile that is sRGB"] = srgb, rgb, 0
    GOLDEN["png broken profile"] = encoded(image, "PNG", icc_profile=b"no profile at all"), rgb, 0
    grey = rgb[:, :, 0]
    misplaced = encoded(Image.fromarray(grey), "PNG", icc_profile=exchanged)
    GOLDEN["png grey with a profile for colours"] = misplaced, grey_rgb(grey), 0
    alpha = np.full((HEIGHT, WIDTH), 128, np.uint8)
    clear = encoded(Image.fromarray(np.dstack([rgb, alpha])), "PNG", icc_profile=exchanged)
    GOLDEN["png rgba with a profile"] = clear, over_white(rgb[:, :, ::-1], alpha), 3


def add_sequences() -> None:
    first = Image.fromarray(smooth_rgb())
    others = [Image.new("RGB", (WIDTH, HEIGHT), colour) for colour in ("red", "blue")]
    many = {"save_all": True, "append_images": others}
    palette = first.quantize(64)
    seen = np.array(palette.convert("RGB"))
    rest = [other.quantize(4) for other in others]
    gif = encoded(palette, "GIF", save_all=True, append_images=rest)
    GOLDEN["gif animated"] = gif, seen, 0
    GOLDEN["png animated"] = encoded(first, "PNG", **many), smooth_rgb(), 0
    GOLDEN["webp animated"] = encoded(first, "WEBP", lossless=True, **many), smooth_rgb(), 0
    GOLDEN["tiff of three pages"] = encoded(first, "TIFF", **many), smooth_rgb(), 0


def add_extremes() -> None:
    dot = np.array([[[10, 200, 30]]], np.uint8)
    for kind, options in (("PNG", {}), ("BMP", {}), ("TIFF", {}), ("WEBP", {"lossless": True})):
        GOLDEN[f"{kind} 1×1"] = encoded(Image.fromarray(dot), kind, **options), dot, 0
    GOLDEN["jpeg 1×1"] = encoded(Image.fromarray(dot), "JPEG", quality=98, subsampling=0), dot, 3
    line = (np.arange(300 * 3).reshape(1, 300, 3) % 251).astype(np.uint8)
    GOLDEN["png 300×1"] = encoded(Image.fromarray(line), "PNG"), line, 0
    interlaced = encoded(Image.fromarray(smooth_rgb()), "JPEG", quality=98, progressive=True)
    GOLDEN["jpeg progressive"] = interlaced, smooth_rgb(), 8


for add in (
    add_orientations,
    add_depths,
    add_modes,
    add_palettes,
    add_inks,
    add_profiles,
    add_sequences,
    add_extremes,
):
    add()


def test_there_are_at_least_forty_golden_files() -> None:
    assert len(GOLDEN) >= 40


@pytest.mark.parametrize("name", GOLDEN)
def test_decoded_pixels_are_the_ones_worked_out_by_hand(name: str) -> None:
    data, expected, tolerance = GOLDEN[name]
    image = load_image(data)
    assert image.dtype == np.uint8
    assert image.shape == expected.shape
    assert image.flags.writeable
    assert image.flags.c_contiguous
    assert np.abs(image - expected.astype(float)).max() <= tolerance


@pytest.mark.parametrize("name", GOLDEN)
def test_a_path_and_its_bytes_give_the_same_array(name: str, tmp_path) -> None:
    path = tmp_path / "photo"  # no suffix: the content alone decides
    path.write_bytes(GOLDEN[name][0])
    assert np.array_equal(load_image(path), load_image(GOLDEN[name][0]))


@pytest.mark.parametrize("name", GOLDEN)
def test_inspection_foretells_the_shape_that_is_loaded(name: str) -> None:
    data, expected, _ = GOLDEN[name]
    assert inspect_image(data).loaded_shape == expected.shape


def test_an_empty_file_is_refused_by_name(tmp_path) -> None:
    path = tmp_path / "empty.jpg"
    path.touch()
    with pytest.raises(ImageError, match=r"empty\.jpg: the file is empty; copy it again"):
        load_image(path)


@pytest.mark.parametrize(
    "values", [[[0.0, 70000.0]], [[-1.0, 0.5]], [[np.nan, 0.5]], [[0, np.inf]]]
)
def test_float_greys_without_a_known_range_are_refused(values: list[list[float]]) -> None:
    data = encoded(Image.fromarray(np.array(values, np.float32)), "TIFF")
    with pytest.raises(ImageError, match=r"no known black and white; save it with 8 or 16 bits"):
        load_image(data)
