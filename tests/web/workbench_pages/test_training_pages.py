"""A training seen from the browser: stopped, gone on with, followed, laid over another."""

from __future__ import annotations

import re
import zipfile

import pytest

from web.conftest import READY
from web.workbench_pages.conftest import forgive
from web.workbench_pages.test_newcomer_path import choose_network, heading, pictures

__all__ = ["pictures"]
pytestmark = pytest.mark.timeout(900)  # a busy machine trains slowly


def unzip_set(page, pictures, folder, name: str) -> None:
    """Bring the photos in as a zip."""
    file = folder / f"{name}.zip"
    with zipfile.ZipFile(file, "w") as archive:
        for photo in sorted(pictures.rglob("*.jpg")):
            archive.write(photo, photo.relative_to(pictures))
    page.locator('input[accept*="zip"]').set_input_files(file)
    heading(page, f"Photos: {name}")


def test_a_training_is_stopped_and_gone_on_with(open_bench, pictures, tmp_path):
    page = open_bench()
    unzip_set(page, pictures, tmp_path, "patterns")
    page.get_by_role("link", name="Next: check the photos").click()
    page.get_by_role("link", name=re.compile("Next: train|Train anyway")).click()
    choose_network(page, "Everything, from scratch", "lenet5", 2000)
    page.get_by_role("button", name="Train", exact=True).click()
    page.get_by_text(re.compile("Training: epoch ")).first.wait_for()
    page.get_by_text("images/s").wait_for()

    page.get_by_role("button", name="Stop").click()
    page.get_by_role("button", name="Resume").wait_for()
    stopped = re.search(r"Stopped after (\d+) epoch", page.locator(".phase").text_content())
    assert stopped, page.locator(".phase").text_content()
    page.get_by_role("button", name="Resume").click()
    page.get_by_role("button", name="Stop").wait_for()
    page.get_by_text(re.compile("Training: epoch ")).first.wait_for()
    page.reload()
    page.wait_for_selector(READY)
    page.get_by_text(re.compile("Training: epoch ")).first.wait_for()
    number = int(re.search(r"epoch (\d+)", page.locator(".phase").text_content()).group(1))
    assert number >= int(stopped.group(1))
    page.get_by_role("button", name="Stop").click()
    page.get_by_role("button", name="Resume").wait_for()


def test_a_zip_that_is_no_zip_is_refused_in_words(open_bench, tmp_path):
    page = open_bench()
    file = tmp_path / "broken.zip"
    file.write_bytes(b"PK\x03\x04 and then nothing that makes sense")
    page.locator('input[accept*="zip"]').set_input_files(file)
    alert = page.get_by_role("alert").get_by_text(re.compile("zip"))
    alert.wait_for()
    assert alert.text_content().endswith(".")
    assert page.get_by_role("heading", level=1, name="Train your own classifier").is_visible()
    forgive(page, 400, 422)


def test_a_photo_that_is_none_is_refused_beside_its_name(open_bench, pictures, tmp_path):
    page = open_bench()
    page.get_by_label("Name of the collection").fill("with a bad one")
    page.get_by_role("button", name="Next: add photos").click()
    page.get_by_label("Add a class").fill("spots")
    page.keyboard.press("Enter")
    bad = tmp_path / "bad.jpg"
    bad.write_bytes(b"no picture at all")
    good = sorted((pictures / "spots").iterdir())[:2]
    card = page.locator('[data-class="spots"]')
    card.locator("input[type=file]").set_input_files([bad, *good])
    card.get_by_text("1 photo refused").wait_for()
    card.get_by_text("2 photos").wait_for()
    assert "bad.jpg" in card.locator("li").text_content()
    page.get_by_text("Needed: two classes of at least 2 photos each.").wait_for()
    assert page.get_by_role("button", name="Next: check the photos").is_visible()
    forgive(page, 422)


def test_a_page_with_the_token_of_an_earlier_server_loads_itself_again(open_bench):
    page = open_bench()
    page.evaluate("() => sessionStorage.clear()")
    old = {"error": "the token of this run is missing or wrong; reload the page."}
    page.route("**/api/workbench/**", lambda route: route.fulfill(status=403, json=old), times=1)
    with page.expect_event("load"):
        page.get_by_role("link", name="Your classifiers").first.click()
    page.get_by_role("heading", level=1, name="Your classifiers").wait_for()
    forgive(page, 403)
