"""From the start page to an answer and a downloaded model, as somebody new would do it."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from conftest import write_photos
from web.conftest import READY

pytestmark = pytest.mark.timeout(900)  # a busy machine trains slowly
CLASSES = ("plain", "spots", "stripes")


@pytest.fixture(scope="module")
def pictures(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_photos(tmp_path_factory.mktemp("pictures"), dict.fromkeys(CLASSES, 12))


def of(page, name: str):
    return page.locator(f'[data-class="{name}"]')


def heading(page, text: str) -> None:
    page.get_by_role("heading", level=1, name=re.compile(text)).wait_for()
    assert page.evaluate("document.activeElement.tagName") == "H1"


def choose_network(page, kind: str, network: str, epochs: int) -> None:
    page.locator("summary").get_by_text("Details").click()
    page.get_by_role("radio", name=kind).check()
    page.get_by_label("Network", exact=True).select_option(network)
    page.get_by_label("Epochs at most").fill(str(epochs))


def upload(page, pictures: Path) -> None:
    page.get_by_role("button", name="Next: add photos").click()
    heading(page, "Photos: my-photos")
    for name in CLASSES:
        page.get_by_label("Add a class").fill(name)
        page.keyboard.press("Enter")
        files = sorted((pictures / name).iterdir())
        of(page, name).locator("input[type=file]").set_input_files(files)
    page.get_by_text("36 photos in 3 classes.").wait_for()


def test_the_whole_path_of_a_newcomer(open_bench, bench, pictures, shared_graphs, tmp_path):
    page = open_bench("#/")
    page.get_by_role("link", name="Train your own classifier").first.click()
    heading(page, "Train your own classifier")
    upload(page, pictures)
    assert sorted(path.name for path in (bench[1] / "my-photos").iterdir()) == list(CLASSES)

    _a_photo_can_be_removed_again(page, bench[1])

    page.get_by_role("link", name="Next: check the photos").click()
    page.get_by_role("region", name="Verdict").get_by_text("They can be trained on.").wait_for()
    assert page.locator("main img").first.evaluate("i => i.decode().then(() => i.naturalWidth)")
    page.get_by_role("link", name=re.compile("Next: train|Train anyway")).click()

    heading(page, "Train: my-photos")
    choose_network(page, "Everything, from scratch", "lenet5", 3)
    page.get_by_role("button", name="Train", exact=True).click()
    heading(page, "Train(ing)?: my-photos-001")
    place = page.url
    page.reload()
    page.wait_for_selector(READY)
    assert page.url == place
    page.get_by_role("link", name="Next: use it").wait_for()
    assert page.get_by_role("img", name=re.compile("Accuracy")).is_visible()
    page.get_by_role("button", name="Show as a table").first.click()
    assert page.locator(".chart tbody tr").count() == 3
    _the_report_opens(page)

    page.get_by_role("link", name="Next: use it").click()
    heading(page, "Use: my-photos-001")
    _a_photo_is_named_and_explained(page, pictures)
    _cells_show_their_photos(page)
    _inside_shows_maps_and_filters(page)
    _the_model_is_downloaded(page, tmp_path)

    # Back and forward go through the steps again.
    for wanted in ("/inside", "/quality", "/use/", "/train/", "/check/"):
        while wanted not in page.url or (wanted == "/train/" and page.url.endswith("my-photos")):
            page.go_back()
            page.wait_for_selector(READY)
    page.go_forward()
    page.wait_for_selector(READY)
    assert "/train/" in page.url


def _a_photo_can_be_removed_again(page, photos: Path) -> None:
    card = of(page, "plain")
    card.get_by_role("option").first.click()
    name = card.get_by_role("option").first.get_attribute("title")
    card.get_by_role("button", name=f"Remove {name}").click()
    card.get_by_text("11 photos").wait_for()
    assert len(list((photos / "my-photos" / "plain").iterdir())) == 11


def _the_report_opens(page) -> None:
    with page.context.expect_page() as opened:
        page.get_by_role("link", name="Open the report").click()
    opened.value.wait_for_load_state()
    assert "my-photos" in opened.value.content()
    opened.value.close()


def _a_photo_is_named_and_explained(page, pictures: Path) -> None:
    page.locator("input[type=file]").set_input_files(sorted((pictures / "spots").iterdir())[0])
    page.locator(".answers-list li").first.wait_for()
    shares = page.locator(".answers-list b").all_text_contents()
    assert sum(float(share.removesuffix(" %")) for share in shares) == pytest.approx(100, abs=0.3)
    page.get_by_role("group", name="Class to explain").get_by_role("button").first.click()
    heat = page.locator("canvas.heat")
    heat.wait_for()
    assert re.search("speaks for|nothing", heat.get_attribute("aria-label"), re.IGNORECASE)
    before = heat.evaluate("c => c.toDataURL()")
    page.get_by_label("Opacity of the map").fill("0")
    assert heat.evaluate("c => c.toDataURL()") != before
    page.get_by_role("radio", name="Grad-CAM++").check()
    page.get_by_text("Grad-CAM++, ").wait_for()


def _cells_show_their_photos(page) -> None:
    page.get_by_role("link", name="How good it is").click()
    heading(page, "How good it is")
    cell = page.locator('[role=gridcell]:not([data-n="0"])').first
    n = int(cell.get_attribute("data-n"))
    cell.click()
    page.locator(".cell-photos img").first.wait_for()
    assert page.locator(".cell-photos img").count() == n
    assert page.locator(".cell-photos img").first.evaluate("i => i.decode().then(() => true)")


def _inside_shows_maps_and_filters(page) -> None:
    page.get_by_role("link", name="Look inside").click()
    page.locator(".feature-maps canvas").first.wait_for()  # of the photo that was chosen before
    first = page.get_by_label("Block", exact=True).input_value()
    page.get_by_role("button", name="Next block").click()
    page.get_by_text(re.compile("^Block .* are shown")).wait_for()
    assert page.get_by_label("Block", exact=True).input_value() != first
    page.get_by_role("list", name="Filters").locator("canvas").first.wait_for()


def _the_model_is_downloaded(page, folder: Path) -> None:
    page.get_by_role("link", name="Take it with you").click()
    page.get_by_role("button", name="Make the file").click()
    link = page.get_by_role("link", name="Download (ONNX)")
    link.wait_for()
    with page.expect_download() as download:
        link.click()
    assert download.value.suggested_filename.endswith(".onnx")
    download.value.save_as(folder / "model.onnx")
    assert (folder / "model.onnx").stat().st_size > 100_000  # the weights of LeNet-5 are inside
