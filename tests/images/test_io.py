from __future__ import annotations

import io
import os
import pickle
import subprocess
import sys
import threading
import warnings
import zlib
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from foveal.errors import ImageError, UsageError
from foveal.images import IMAGE_SUFFIXES, encode_thumbnail, load_image
from foveal.images.quiet import quiet_pillow


def jpeg(width: int, height: int, **options: object) -> bytes:
    y, x = np.mgrid[0:height, 0:width]
    pixels = np.stack([x * 255 / width, y * 255 / height, (x + y) % 256], axis=2)
    file = io.BytesIO()
    Image.fromarray(pixels.astype(np.uint8)).save(file, "JPEG", quality=95, **options)
    return file.getvalue()


def broken_png_animation() -> bytes:
    """A PNG about which Pillow warns: it declares an animation of no frames."""
    file = io.BytesIO()
    frames = [Image.new("RGB", (8, 8), colour) for colour in ("red", "blue")]
    frames[0].save(file, "PNG", save_all=True, append_images=frames[1:])
    data = bytearray(file.getvalue())
    at = data.index(b"acTL") + 4
    data[at : at + 4] = bytes(4)
    data[at + 8 : at + 12] = zlib.crc32(data[at - 4 : at + 8]).to_bytes(4, "big")
    return bytes(data)


@pytest.mark.parametrize(
    ("min_side", "shape"),
    [(None, (600, 800, 3)), (301, (600, 800, 3)), (300, (300, 400, 3)), (80, (150, 200, 3))],
)
def test_a_large_jpeg_is_decoded_smaller_but_not_below_the_side_asked_for(
    min_side: int | None, shape: tuple[int, ...]
) -> None:
    assert load_image(jpeg(800, 600), min_side=min_side).shape == shape


def test_a_jpeg_decoded_smaller_shows_the_same_picture() -> None:
    data = jpeg(800, 600)
    whole, half = load_image(data), load_image(data, min_side=300)
    averaged = whole.reshape(300, 2, 400, 2, 3).mean(axis=(1, 3))
    assert np.abs(averaged[..., :2] - half[..., :2]).max() < 10


def test_min_side_counts_the_upright_picture_too() -> None:
    tags = Image.Exif()
    tags[0x0112] = 6
    assert load_image(jpeg(800, 600, exif=tags.tobytes()), min_side=300).shape == (400, 300, 3)


def test_min_side_of_zero_is_refused() -> None:
    with pytest.raises(UsageError, match=r"`min_side` must be at least 1 pixel; got 0\."):
        load_image(jpeg(8, 8), min_side=0)


def test_the_content_counts_not_the_suffix(tmp_path) -> None:
    path = tmp_path / "photo.png"
    path.write_bytes(jpeg(20, 10))
    assert load_image(path).shape == (10, 20, 3)
    assert load_image(str(path)).shape == (10, 20, 3)


def test_a_text_file_is_refused_with_what_can_be_read(tmp_path) -> None:
    path = tmp_path / "notes.jpg"
    path.write_text("these are my notes")
    message = r"notes\.jpg: not a JPEG, PNG, WebP, GIF, BMP, TIFF or HEIC file; remove it, or save"
    with pytest.raises(ImageError, match=message) as caught:
        load_image(path)
    assert caught.value.path == str(path)


def test_a_header_without_sense_is_called_corrupt() -> None:
    message = (
        r"x\.png: corrupt PNG \(its header makes no sense\); copy or download it again, or rem"
    )
    with pytest.raises(ImageError, match=message):
        load_image(b"\x89PNG\r\n\x1a\n" + bytes(100) + b"IEND", name="x.png")


def test_a_missing_file_says_so() -> None:
    message = r"none\.jpg: cannot be read \(No such file or directory\); check that the path"
    with pytest.raises(ImageError, match=message):
        load_image("none.jpg")


def test_a_folder_is_not_a_file(tmp_path) -> None:
    with pytest.raises(ImageError, match="not a file; give the path of one image file"):
        load_image(tmp_path)


def test_a_path_with_a_null_character_is_refused() -> None:
    with pytest.raises(ImageError, match=r"cannot be read \(embedded null"):
        load_image("a\0b.jpg")


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this system has no named pipes")
def test_a_named_pipe_does_not_make_it_wait_for_ever(tmp_path) -> None:
    os.mkfifo(tmp_path / "pipe.jpg")
    with pytest.raises(ImageError, match="not a file"):
        load_image(tmp_path / "pipe.jpg")


def test_bytes_are_called_by_the_name_given() -> None:
    with pytest.raises(ImageError, match=r"upload 3: the file is empty"):
        load_image(b"", name="upload 3")
    with pytest.raises(ImageError, match=r"image: the file is empty"):
        load_image(b"")


def test_a_heic_photo_without_its_extra_names_the_extra() -> None:
    heic = b"\0\0\0\x18ftypheic" + bytes(40)
    if subprocess.run([sys.executable, "-c", "import pillow_heif"], capture_output=True).returncode:
        message = (
            r"HEIC photos need an extra; install it with: pip install 'foveal\[heic\]', or save"
        )
    else:
        message = r"(corrupt|truncated) HEIF"
    with pytest.raises(ImageError, match=message):
        load_image(heic)


def test_an_error_survives_the_way_between_processes() -> None:
    with pytest.raises(ImageError, match="empty") as caught:
        load_image(b"", name="x.jpg")
    copy = pickle.loads(pickle.dumps(caught.value))
    assert (copy.path, copy.reason, copy.remedy) == ("x.jpg", "the file is empty", copy.remedy)


def test_broken_metadata_does_not_cost_the_photo() -> None:
    data = jpeg(20, 10, exif=b"Exif\0\0this is no directory")
    assert load_image(data).shape == (10, 20, 3)


def test_warnings_of_pillow_neither_show_nor_change_the_result() -> None:
    data = broken_png_animation()
    with pytest.warns(UserWarning, match="Invalid APNG"):
        Image.open(io.BytesIO(data)).load()
    for action in ("error", "always", "ignore"):
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter(action)
            assert load_image(data).shape == (8, 8, 3)
        assert caught == []


def test_the_filters_of_warnings_are_left_as_they_were() -> None:
    before = list(warnings.filters)
    load_image(broken_png_animation())
    with pytest.raises(ImageError, match="empty"):
        load_image(b"")
    assert list(warnings.filters) == before


def test_warnings_stay_quiet_until_the_last_thread_is_done() -> None:
    inside, leave = threading.Event(), threading.Event()

    def stay() -> None:
        with quiet_pillow():
            inside.set()
            leave.wait(5)

    before = list(warnings.filters)
    thread = threading.Thread(target=stay)
    thread.start()
    inside.wait(5)
    with quiet_pillow():
        pass
    assert len(warnings.filters) == len(before) + 1
    leave.set()
    thread.join()
    assert list(warnings.filters) == before


def test_many_threads_decode_the_same_pixels() -> None:
    files = [jpeg(300, 200), broken_png_animation(), jpeg(100, 300, progressive=True)]
    expected = [load_image(data) for data in files]
    with ThreadPoolExecutor(8) as pool:
        results = list(pool.map(load_image, files * 40))
    assert all(np.array_equal(a, b) for a, b in zip(results, expected * 40, strict=True))


def test_a_thumbnail_is_small_and_carries_no_metadata() -> None:
    tags = Image.Exif()
    tags[0x010E] = "home address"
    photo = load_image(jpeg(800, 600, exif=tags.tobytes(), comment=b"home address"))
    data = encode_thumbnail(photo)
    thumbnail = Image.open(io.BytesIO(data))
    assert thumbnail.size == (160, 120)
    assert len(thumbnail.getexif()) == 0
    assert b"home" not in data
    assert set(thumbnail.info) <= {"jfif", "jfif_version", "jfif_unit", "jfif_density"}


def test_a_thumbnail_of_a_small_or_grey_picture_is_not_enlarged() -> None:
    assert load_image(encode_thumbnail(np.zeros((8, 9, 3), np.uint8))).shape == (8, 9, 3)
    assert Image.open(io.BytesIO(encode_thumbnail(np.zeros((8, 9, 1), np.uint8)))).mode == "L"


def test_suffixes_are_lower_case_with_a_dot() -> None:
    assert all(suffix == suffix.lower() and suffix[0] == "." for suffix in IMAGE_SUFFIXES)
    assert {".jpg", ".jpeg", ".png", ".webp", ".gif", ".bmp", ".tif", ".tiff"} <= IMAGE_SUFFIXES


def test_every_shared_photo_decodes(shared_data: Path) -> None:
    photos = sorted((shared_data / "imagenet100").glob("*.JPEG"))[:20]
    assert photos
    for path in photos:
        assert load_image(path).shape == (*np.asarray(Image.open(path)).shape[:2], 3)


def test_settings_and_decoding_do_not_import_opencv_or_torch() -> None:
    code = (
        "import sys, foveal.images as images\n"
        "images.Preprocess(); images.Augment.preset('medium')\n"
        "assert 'PIL' not in sys.modules, 'settings import Pillow'\n"
        "images.load_image; images.inspect_image\n"
        "assert 'cv2' not in sys.modules, 'decoding imports OpenCV'\n"
        "images.convert_color\n"
        "assert 'torch' not in sys.modules, 'colours import PyTorch'\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_every_exported_name_exists_and_others_do_not() -> None:
    import foveal.images as images

    for name in images.__all__:
        assert getattr(images, name) is not None
        assert name in dir(images)
    with pytest.raises(AttributeError, match=r"'foveal\.images' has no attribute 'nothing'"):
        images.nothing  # noqa: B018
