"""Mutated files: each is decoded, or refused with a reason, in two seconds; none is changed."""

from __future__ import annotations

import hashlib
import io
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from functools import cache

import numpy as np
import pytest
from PIL import Image

from foveal.errors import ImageError
from foveal.images import inspect_image, load_image

SECONDS = 2.0
Decode = Callable[[bytes], object]


@cache
def originals() -> dict[str, list[bytes]]:
    """A few small files of each of the six formats, with the parts that decoders trip over."""
    y, x = np.mgrid[0:48, 0:64]
    rgb = Image.fromarray(np.stack([4 * x, 5 * y, x * y % 256], axis=2).astype(np.uint8))
    rgba = Image.fromarray(np.dstack([np.asarray(rgb), (3 * x + y) % 256]).astype(np.uint8))
    deep = Image.fromarray((x * y * 20).astype(np.uint16))
    tags = Image.Exif()
    tags[0x0112], tags[0x010E] = 6, "a photo"
    extra = {"exif": tags.tobytes()}
    many = {"save_all": True, "append_images": [rgb.rotate(9), rgb.rotate(18)]}

    def file(image: Image.Image, kind: str, **options: object) -> bytes:
        target = io.BytesIO()
        image.save(target, kind, **options)
        return target.getvalue()

    return {
        "JPEG": [
            file(rgb, "JPEG", **extra),
            file(rgb, "JPEG", progressive=True),
            file(rgb.convert("CMYK"), "JPEG"),
            file(rgb.convert("L"), "JPEG", comment=b"hello"),
        ],
        "PNG": [
            file(rgb, "PNG", **extra),
            file(rgba, "PNG"),
            file(rgb.quantize(16), "PNG", transparency=3),
            file(deep, "PNG"),
            file(rgb, "PNG", **many),
        ],
        "WEBP": [
            file(rgb, "WEBP", **extra),
            file(rgba, "WEBP", lossless=True),
            file(rgb, "WEBP", **many),
        ],
        "GIF": [
            file(rgb.quantize(32), "GIF", transparency=1, comment=b"hello"),
            file(
                rgb.quantize(32), "GIF", save_all=True, append_images=[rgb.quantize(8)], disposal=2
            ),
        ],
        "BMP": [file(rgb, "BMP"), file(rgb.quantize(16), "BMP"), file(rgb.convert("1"), "BMP")],
        "TIFF": [
            file(rgb, "TIFF", **extra),
            file(rgb, "TIFF", compression="tiff_lzw"),
            file(rgb, "TIFF", compression="jpeg"),
            file(rgba, "TIFF", compression="tiff_adobe_deflate"),
            file(deep, "TIFF"),
            file(rgb.convert("1"), "TIFF", compression="group4"),
            file(rgb, "TIFF", **many),
        ],
    }


def mutated(data: bytes, rng: np.random.Generator) -> bytes:
    """Return a damaged copy: one to three faults of eight kinds."""
    result = bytearray(data)
    for _ in range(rng.integers(1, 4)):
        if len(result) < 16:
            break
        # Headers are short and matter most, so half of the faults hit the first 200 bytes.
        limit = min(len(result), 200) if rng.random() < 0.5 else len(result)
        at, size = int(rng.integers(limit)), int(rng.integers(1, 33))
        match int(rng.integers(8)):
            case 0:
                result[at] ^= 1 << int(rng.integers(8))
            case 1:
                result[at : at + size] = rng.bytes(size)
            case 2:
                result[at : at + 4] = b"\xff\xff\xff\xff"
            case 3:
                result[at : at + 4] = (1 << int(rng.integers(32))).to_bytes(4, "little")
            case 4:
                result[at : at + size] = b""
            case 5:
                result[at:at] = result[at : at + size]
            case 6:
                del result[at:]
            case 7:
                other = int(rng.integers(len(result)))
                result[at : at + size] = result[other : other + size]
    return bytes(result)


def mutants(count: int, seed: int, but: str = "") -> Iterator[bytes]:
    rng = np.random.default_rng(seed)
    formats = [files for kind, files in originals().items() if kind != but]
    for number in range(count):
        files = formats[number % len(formats)]
        yield mutated(files[int(rng.integers(len(files)))], rng)


@dataclass
class Tally:
    decoded: int = 0
    rejected: int = 0
    faults: list[str] = field(default_factory=list)


def tally(decode: Decode, files: Iterator[bytes], seconds: float = SECONDS) -> Tally:
    result = Tally()
    for number, data in enumerate(files):
        start = time.perf_counter()
        try:
            decode(data)
            result.decoded += 1
        except ImageError as error:
            result.rejected += 1
            if not (error.path and error.reason and error.remedy and str(error).isprintable()):
                result.faults.append(f"{number}: no proper sentence: {error!r}")
        except Exception as error:
            result.faults.append(f"{number}: {error!r}")
        if time.perf_counter() - start > seconds:
            result.faults.append(f"{number}: took {time.perf_counter() - start:.1f} s")
    return result


def load_and_inspect(data: bytes) -> None:
    try:
        image = load_image(data, min_side=16)
        assert image.dtype == np.uint8
        assert image.ndim == 3
    finally:
        inspect_image(data)


@pytest.mark.parametrize("decode", [load_image, load_and_inspect])
def test_3000_mutants_are_decoded_or_refused_with_a_reason(decode: Decode) -> None:
    result = tally(decode, mutants(3000, seed=5))
    assert result.faults == []
    assert result.decoded + result.rejected == 3000
    assert min(result.decoded, result.rejected) > 300  # the mutations are neither mild nor total


@pytest.mark.long
@pytest.mark.parametrize("seed", range(10))
def test_30000_more_mutants_are_decoded_or_refused_with_a_reason(seed: int) -> None:
    result = tally(load_and_inspect, mutants(3000, seed=100 + seed))
    assert result.faults == []
    assert result.decoded + result.rejected == 3000


def test_the_count_notices_a_decoder_that_crashes_or_hangs() -> None:
    def crashes(data: bytes) -> None:
        raise KeyError("a fault")

    assert len(tally(crashes, mutants(5, seed=0)).faults) == 5
    assert len(tally(lambda data: time.sleep(0.02), mutants(5, seed=0), seconds=0.01).faults) == 5


def test_unharmed_files_of_all_six_formats_decode() -> None:
    files = [data for group in originals().values() for data in group]
    assert tally(load_and_inspect, iter(files)).decoded == len(files) >= 24


def test_mutated_files_on_disk_are_left_as_they_were(tmp_path) -> None:
    before = {}
    for number, data in enumerate(mutants(60, seed=7)):
        path = tmp_path / f"{number}.img"
        path.write_bytes(data)
        before[path] = hashlib.sha256(data).hexdigest(), path.stat().st_mtime_ns
    for path in before:
        with suppress(ImageError):
            load_image(path)
    after = {
        path: (hashlib.sha256(path.read_bytes()).hexdigest(), path.stat().st_mtime_ns)
        for path in tmp_path.iterdir()
    }
    assert after == before


def test_decoders_write_nothing_to_the_terminal(capfd: pytest.CaptureFixture[str]) -> None:
    tally(load_and_inspect, mutants(300, seed=11, but="TIFF"))  # libtiff prints lines of its own
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "GIF", "BMP"])
@pytest.mark.parametrize("part", [0.4, 0.7, 0.95])
def test_a_file_cut_short_is_called_truncated(kind: str, part: float) -> None:
    data = originals()[kind][0]
    with pytest.raises(ImageError, match=f"cut: truncated {kind}; copy or download it again"):
        load_image(data[: int(len(data) * part)], name="cut")


@pytest.mark.parametrize("part", [0.4, 0.7, 0.95])
def test_a_tiff_cut_short_is_refused(part: float) -> None:  # its directory may lie at the end
    data = originals()["TIFF"][1]
    with pytest.raises(ImageError, match=r"cut: (truncated|corrupt) TIFF"):
        load_image(data[: int(len(data) * part)], name="cut")
