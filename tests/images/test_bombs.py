"""Files that declare far more than they hold: refused from the header, fast, in little memory.

The time limit is generous, since test machines are busy; typical is below 2 ms.
"""

from __future__ import annotations

import io
import resource
import struct
import time
import zlib
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from foveal.errors import ImageError
from foveal.images import inspect_image, load_image

SIZES = {
    "14000²": (14000, 14000),
    "10⁶×1": (1_000_000, 1),
    "1×10⁶": (1, 1_000_000),
    "10001×10000": (10001, 10000),
    "13000²": (13000, 13000),  # below the size at which Pillow itself refuses
    "65535²": (65535, 65535),
    "30001×1": (30001, 1),
    "2³¹−1 squared": (2**31 - 1, 2**31 - 1),
}
SECONDS, MEGABYTES = 1.0, 100


def chunk(name: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))


def png(width: int, height: int, *before_pixels: bytes) -> bytes:
    header = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0))
    pixels = chunk(b"IDAT", zlib.compress(bytes(100_000)))
    return b"\x89PNG\r\n\x1a\n" + header + b"".join(before_pixels) + pixels + chunk(b"IEND", b"")


def bmp(width: int, height: int) -> bytes:
    header = struct.pack("<IiiHHIIiiII", 40, width, height, 1, 24, 0, 0, 0, 0, 0, 0)
    return b"BM" + struct.pack("<IHHI", 54 + 30, 0, 0, 54) + header + bytes(30)


def tiff(width: int, height: int) -> bytes:
    tags = [(256, width), (257, height), (258, 8), (259, 1), (262, 1), (273, 8), (277, 1)]
    tags += [(278, height), (279, 100)]
    directory = struct.pack("<H", len(tags))
    directory += b"".join(struct.pack("<HHII", tag, 4, 1, value) for tag, value in tags)
    return b"II*\0" + struct.pack("<I", 8) + directory + bytes(104)


def gif(width: int, height: int, disposal: int = 0, frame: tuple[int, int] = (1, 1)) -> bytes:
    control = b"!\xf9\x04" + bytes([disposal << 2]) + bytes(4)
    picture = b"," + struct.pack("<4HB", 0, 0, *frame, 0) + b"\x02\x02D\x01\0;"
    palette = bytes([0, 0, 0, 255, 255, 255])
    return b"GIF89a" + struct.pack("<2H3B", width, height, 128, 0, 0) + palette + control + picture


def webp(width: int, height: int, kind: bytes) -> bytes:
    if kind == b"VP8X":
        body = bytes(4) + (width - 1).to_bytes(3, "little") + (height - 1).to_bytes(3, "little")
    elif kind == b"VP8L":
        body = b"\x2f" + struct.pack("<I", (width - 1) | (height - 1) << 14)
    else:
        body = b"\0\0\0\x9d\x01\x2a" + struct.pack("<2H", width, height)
    body += bytes(64)
    riff = b"WEBP" + kind + struct.pack("<I", len(body)) + body
    return b"RIFF" + struct.pack("<I", len(riff)) + riff


def jpeg(width: int, height: int) -> bytes:
    file = io.BytesIO()
    Image.new("RGB", (16, 16)).save(file, "JPEG")
    data = bytearray(file.getvalue())
    at = data.index(b"\xff\xc0") + 5
    data[at : at + 4] = struct.pack(">2H", height, width)
    return bytes(data)


def bombs() -> dict[str, bytes]:
    found: dict[str, bytes] = {}
    for name, (width, height) in SIZES.items():
        found[f"png {name}"] = png(width, height)
        found[f"bmp {name}"] = bmp(width, height)
        found[f"tiff {name}"] = tiff(width, height)
        if max(width, height) <= 65535:
            found[f"gif {name}"] = gif(width, height)
            found[f"gif {name} that paints its canvas"] = gif(width, height, 2, (width, height))
            found[f"gif {name} in a frame beyond its canvas"] = gif(9, 9, 2, (width, height))
            found[f"jpeg {name}"] = jpeg(width, height)
        if max(width, height) <= 16383:
            found[f"webp lossy {name}"] = webp(width, height, b"VP8 ")
            found[f"webp lossless {name}"] = webp(width, height, b"VP8L")
        if width * height < 2**32:
            found[f"webp extended {name}"] = webp(width, height, b"VP8X")
    return found


BOMBS = bombs()


@contextmanager
def cheaply(seconds: float = SECONDS) -> Iterator[None]:
    """Fail if the block takes long or much memory, counting what it has given back since."""
    with suppress(OSError):
        Path("/proc/self/clear_refs").write_text("5")  # Linux: start a new peak
    memory, start = peak_megabytes(), time.perf_counter()
    yield
    assert time.perf_counter() - start < seconds
    assert peak_megabytes() - memory < MEGABYTES


def peak_megabytes() -> float:
    status = Path("/proc/self/status")
    if not status.exists():
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6  # bytes on macOS
    line = next(line for line in status.read_text().splitlines() if line.startswith("VmHWM"))
    return int(line.split()[1]) / 1e3


def test_the_measure_notices_memory_that_was_given_back() -> None:
    with pytest.raises(AssertionError, match="< 100"), cheaply(seconds=60):
        np.full(150_000_000, 1, np.uint8)


def test_there_are_at_least_forty_bombs() -> None:
    assert len(BOMBS) >= 40


@pytest.mark.parametrize("read", [load_image, inspect_image])
@pytest.mark.parametrize("name", BOMBS)
def test_a_bomb_is_refused_from_its_header(name: str, read) -> None:
    message = r"bomb: too large: .* the limit is .*; save a smaller"
    with cheaply(), pytest.raises(ImageError, match=message):
        read(BOMBS[name], name="bomb")


def test_a_size_below_the_limits_passes_the_same_check() -> None:
    image = load_image(png(100, 332)[:-12] + chunk(b"IEND", b""))
    assert image.shape == (332, 100, 3)


def test_the_limit_can_be_lowered_and_is_named() -> None:
    assert load_image(png(100, 332), max_pixels=33_200).shape == (332, 100, 3)
    with pytest.raises(
        ImageError, match=r"too large: 100 × 332 pixels, the limit is 33,199 pixels"
    ):
        load_image(png(100, 332), max_pixels=33_199)


@pytest.mark.parametrize("kind", [b"zTXt", b"iTXt", b"iCCP"])
def test_text_that_unpacks_to_many_megabytes_is_refused(kind: bytes) -> None:
    packed = zlib.compress(bytes(200_000_000), 9)
    heads = {b"zTXt": b"key\0\0", b"iTXt": b"key\0\1\0\0\0", b"iCCP": b"name\0\0"}
    data = png(4, 4, chunk(kind, heads[kind] + packed))
    assert len(data) < 250_000
    with cheaply(), pytest.raises(ImageError, match="corrupt PNG"):
        load_image(data)


def test_many_texts_below_the_limit_of_one_are_refused_together() -> None:
    text = chunk(b"zTXt", b"key\0\0" + zlib.compress(bytes(1_000_000), 9))
    with cheaply(seconds=10), pytest.raises(ImageError, match="corrupt PNG"):
        load_image(png(4, 4, *[text] * 200))


def test_a_tiff_that_declares_huge_tags_is_refused_or_read_in_little_memory() -> None:
    tags = [(256, 4), (257, 4), (258, 8), (259, 1), (262, 1), (277, 1), (278, 4), (279, 16)]
    directory = struct.pack("<H", len(tags) + 2)
    directory += b"".join(struct.pack("<HHII", tag, 4, 1, value) for tag, value in tags)
    directory += struct.pack("<HHII", 273, 4, 2**30 - 1, 8) + struct.pack(
        "<HHII", 700, 1, 2**32 - 1, 8
    )
    with cheaply(), pytest.raises(ImageError, match="TIFF"):
        load_image(b"II*\0" + struct.pack("<I", 8) + directory + bytes(104))


def test_a_gif_of_two_hundred_thousand_frames_is_counted_quickly() -> None:
    frame = b"," + struct.pack("<4HB", 0, 0, 1, 1, 0) + b"\x02\x02D\x01\0"
    data = gif(1, 1)[:-1] + frame * 200_000 + b";"
    start = time.perf_counter()
    assert inspect_image(data).frames == 10_000
    assert time.perf_counter() - start < 2


def test_a_file_on_disk_that_is_too_long_is_not_read(tmp_path) -> None:
    path = tmp_path / "huge.jpg"
    with path.open("wb") as file:
        file.write(b"\xff\xd8\xff")
        file.truncate(600 * 1024 * 1024)  # sparse: takes no room
    with cheaply(), pytest.raises(ImageError, match=r"huge\.jpg: too large: 629,145,600 bytes"):
        load_image(path)


def test_pillow_keeps_the_limit_its_other_users_set(monkeypatch: pytest.MonkeyPatch) -> None:
    before = Image.MAX_IMAGE_PIXELS
    load_image(png(100, 332))
    assert before == Image.MAX_IMAGE_PIXELS
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 1000)
    with pytest.raises(ImageError, match="too large: a decompression bomb"):
        load_image(png(100, 332))


def test_sizes_between_the_warning_of_pillow_and_our_limit_are_decoded_without_a_word() -> None:
    rows = zlib.compress(bytes((9_600 + 8 - 1) // 8 + 1) * 9_600, 1)  # 92 megapixels of 1 bit
    header = chunk(b"IHDR", struct.pack(">IIBBBBB", 9_600, 9_600, 1, 0, 0, 0, 0))
    data = b"\x89PNG\r\n\x1a\n" + header + chunk(b"IDAT", rows) + chunk(b"IEND", b"")
    from foveal.images.io import open_image

    with open_image(data) as image:  # warnings are errors here
        assert image.size == (9_600, 9_600)
    assert np.prod(image.size) > Image.MAX_IMAGE_PIXELS
