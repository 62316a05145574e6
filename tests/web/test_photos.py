"""Photos in the visualizer: odd sizes, transparency, EXIF, broken files, and every way in."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from foveal.ops import KERNELS, trace_convolution
from web.test_visualizer import ROUTE, values

FILE = '[data-part~="photo"] input[type=file]'


def save(folder: Path, name: str, image: Image.Image, **options) -> Path:
    path = folder / name
    image.save(path, **options)
    return path


def noise(width: int, height: int) -> Image.Image:
    chance = np.random.default_rng(width)
    return Image.fromarray(chance.integers(0, 256, (height, width, 3), np.uint8))


def choose(page, path: Path) -> None:
    page.locator(FILE).set_input_files(str(path))
    page.locator('canvas[data-map="input"]').wait_for(state="visible")


def sides(page, which: str) -> tuple[int, int]:
    return tuple(page.locator(f'canvas[data-map="{which}"]').evaluate("c => [c.width, c.height]"))


def preparation(page) -> str:
    return page.locator('[data-part~="photo"]').get_by_text("Preparation:").text_content()


@pytest.mark.parametrize(("width", "height"), [(3, 3), (48, 48), (64, 9), (200, 500)])
def test_small_and_odd_photos_are_filtered_whole(open_page, tmp_path, width: int, height: int):
    page = open_page(f"{ROUTE}?v=1&kernel=sobel_x&cell=0,0")
    choose(page, save(tmp_path, "photo.png", noise(width, height)))
    assert sides(page, "input") == sides(page, "output") == (width, height)
    assert len(values(page, "Input")) == min(width, 8) * min(height, 8)
    cells = np.array(values(page, "Input")).reshape(min(height, 8), min(width, 8))
    wanted = trace_convolution(cells.astype(int), KERNELS["sobel_x"]).output
    assert values(page, "Output") == wanted.ravel().tolist()


def test_a_photo_of_one_row_says_what_to_do_and_then_works(open_page, tmp_path):
    page = open_page(ROUTE)
    choose(page, save(tmp_path, "line.png", noise(500, 1)))
    assert sides(page, "output") == (500, 1)
    problem = page.locator("#geometry-problem")
    assert "use a smaller window, less dilation or more padding" in problem.text_content()
    page.get_by_role("button", name="Same (⌈n/s⌉)").click()
    assert problem.text_content() == ""
    assert len(values(page, "Output")) == 8


def test_a_12_megapixel_photo_is_shrunk_and_the_page_stays_alive(open_page, tmp_path):
    page = open_page(ROUTE)
    page.evaluate(
        """() => { window.longest = 0; new PerformanceObserver(list => list.getEntries().forEach(
            one => { window.longest = Math.max(window.longest, one.duration); }))
            .observe({entryTypes: ["longtask"]}); }"""
    )
    smooth = noise(40, 30).resize((4000, 3000), Image.Resampling.BICUBIC)
    choose(page, save(tmp_path, "large.jpg", smooth, quality=80))
    assert sides(page, "input") == (512, 384)
    assert "4000 × 3000 pixels" in preparation(page)
    assert "shrunk to 512 × 384" in preparation(page)
    # Decoding and shrinking happen off the main thread; generous, for a busy machine.
    assert page.evaluate("longest") < 1000


def test_transparent_parts_are_white_paper(open_page, tmp_path):
    page = open_page(ROUTE)
    pixels = np.zeros((8, 8, 4), np.uint8)
    pixels[:, 4:] = (255, 0, 0, 255)
    choose(page, save(tmp_path, "alpha.png", Image.fromarray(pixels)))
    assert values(page, "Input")[:8] == [255] * 4 + [76] * 4
    assert "transparent parts laid on white" in preparation(page)


@pytest.mark.parametrize("orientation", [1, 3, 6, 8])
def test_photos_are_turned_as_exif_says(open_page, tmp_path, orientation: int):
    stored = np.full((16, 24, 3), 255, np.uint8)
    stored[:, :12] = 0
    exif = Image.Exif()
    exif[0x0112] = orientation
    page = open_page(ROUTE)
    image = Image.fromarray(stored)
    choose(page, save(tmp_path, "turned.jpg", image, quality=95, exif=exif, subsampling=0))
    assert sides(page, "input") == ((24, 16) if orientation in (1, 3) else (16, 24))
    cells = np.array(values(page, "Input")).reshape(8, 8)
    upright = {1: cells, 3: cells[::-1, ::-1], 6: np.rot90(cells), 8: np.rot90(cells, -1)}
    assert upright[orientation][:, :3].mean() < 40 < 200 < upright[orientation][:, 5:].mean()


@pytest.mark.parametrize("content", [b"", b"no photo at all", b"\x89PNG\r\n\x1a\n" + b"\0" * 60])
def test_a_broken_file_is_named_and_nothing_else_changes(open_page, tmp_path, content: bytes):
    path = tmp_path / "broken.jpg"
    path.write_bytes(content)
    page = open_page(ROUTE)
    page.locator(FILE).set_input_files(str(path))
    page.get_by_text("broken.jpg cannot be read as an image").wait_for()
    assert len(values(page, "Output")) == 36
    assert page.locator('canvas[data-map="input"]').is_hidden()


@pytest.mark.parametrize("way", ["paste", "drop"])
def test_photos_can_be_pasted_and_dropped(open_page, way: str):
    file = io.BytesIO()
    noise(20, 10).save(file, "PNG")
    page = open_page(ROUTE)
    page.evaluate(
        """([way, bytes]) => {
        const data = new DataTransfer();
        data.items.add(new File([Uint8Array.from(bytes)], "given.png", {type: "image/png"}));
        const target = document.querySelector('[data-part~="photo"] .stack .stack');
        const options = {bubbles: true, cancelable: true};
        target.dispatchEvent(way === "paste"
            ? new ClipboardEvent(way, {...options, clipboardData: data})
            : new DragEvent(way, {...options, dataTransfer: data}));
        }""",
        [way, list(file.getvalue())],
    )
    page.locator('canvas[data-map="input"]').wait_for(state="visible")
    assert sides(page, "input") == (20, 10)


def test_a_picture_can_be_taken_with_the_webcam(open_page):
    page = open_page(ROUTE)
    page.context.grant_permissions(["camera"])
    page.get_by_role("button", name="Webcam").click()
    for _ in range(100):
        if page.evaluate("document.querySelector('video').videoWidth > 0"):
            break
        page.wait_for_timeout(50)
    page.get_by_role("button", name="Take picture").click()
    page.locator('canvas[data-map="output"]').wait_for(state="visible")
    assert page.locator("video").is_hidden()
    assert page.evaluate("document.querySelector('video').srcObject.active") is False


def test_the_loupe_moves_by_slider_and_by_click(open_page, tmp_path):
    page = open_page(ROUTE)
    image = noise(48, 48)
    choose(page, save(tmp_path, "photo.png", image))
    grey = np.rint(np.asarray(image, float) @ [0.299, 0.587, 0.114])
    page.get_by_label("Loupe, columns from the left").fill("3")
    page.get_by_label("Loupe, rows from the top").fill("30")
    assert np.abs(np.array(values(page, "Input")).reshape(8, 8) - grey[30:38, 3:11]).max() <= 1
    page.locator('canvas[data-map="output"]').click(position={"x": 20, "y": 20})
    assert np.abs(np.array(values(page, "Input")).reshape(8, 8) - grey[:8, :8]).max() <= 1


def test_a_photo_never_enters_an_address_nor_leaves_the_page(open_page, tmp_path):
    page = open_page(ROUTE)
    page.get_by_role("button", name="Temple").wait_for()
    asked: list[str] = []
    page.on("request", lambda request: asked.append(f"{request.method} {request.url}"))
    icon = f"GET {page.opened_at}icon.svg"  # browsers fetch it again when the address changes
    choose(page, save(tmp_path, "secret.png", noise(30, 30)))
    page.get_by_role("radio", name="Emboss").check(force=True)
    page.get_by_role("button", name="Next cell").click()
    page.wait_for_timeout(400)
    assert set(asked) <= {icon}
    assert "x=" not in page.url
    page.get_by_role("button", name="Back to patterns").click()
    assert max(values(page, "Input")) == 10


def test_maps_say_their_numbers_in_words(open_page):
    page = open_page(f"{ROUTE}?v=1&kernel=sobel_x")
    page.get_by_role("button", name="Shapes").click()
    output = page.locator('canvas[data-map="output"]')
    output.wait_for(state="visible")
    label = output.get_attribute("aria-label")
    for word in ("min −", "max ", "mean ", "peak at row "):
        assert word in label


@pytest.mark.parametrize("show", ["raw", "abs", "clamp", "minmax"])
def test_each_display_has_a_numeric_legend_and_prints_signs(open_page, show: str):
    page = open_page(f"{ROUTE}?v=1&kernel=laplacian&pattern=circle&show={show}")
    legend = page.locator(".legend").first.text_content()
    shown = page.locator('[aria-label^="Output,"] td[data-row]').all_text_contents()
    wanted = {
        "raw": ("−40+40", "−30"),
        "abs": ("040", "30"),
        "clamp": ("010", "0"),
        "minmax": ("−4020", "0"),
    }[show]
    assert legend == wanted[0] or show in ("raw", "abs", "minmax")
    assert any(text.startswith("−") for text in shown) == (show == "raw")
    assert any(text.startswith("+") for text in shown) == (show == "raw")
