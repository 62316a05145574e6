"""Every way for photos to come in: a folder of folders, dropped files, pasted ones."""

from __future__ import annotations

from pathlib import Path

import pytest

from web.workbench_pages.fake_server import RUN, SET, photo

DROP = """([what, names]) => {
    const transfer = new DataTransfer();
    for (const name of names) transfer.items.add(new File(["x"], name, {
        type: name.endsWith("jpg") ? "image/jpeg" : ""}));
    const target = document.querySelector(what);
    for (const type of ["dragover", "drop"]) target.dispatchEvent(
        new DragEvent(type, {dataTransfer: transfer, bubbles: true, cancelable: true}));
}"""


@pytest.fixture
def taking(open_faked):
    """A workbench that takes every photo."""

    def opened(route: str):
        page, fake = open_faked(route)
        number = iter(range(100, 900))
        fake.answers["POST photos"] = (201, {"id": SET, "name": "kitchen"})
        fake.answers[f"POST photos/{SET}/add"] = lambda query: (
            201,
            {
                "fresh": True,
                "photo": photo(query["class"][0], next(number)) | {"name": query["name"][0]},
            },
        )
        return page, fake

    return opened


def sent(fake) -> list[str]:
    return sorted(a.split("add?")[1] for a in fake.asked if a.startswith(f"POST photos/{SET}/add"))


def test_a_folder_of_folders_becomes_classes(taking, tmp_path: Path):
    page, fake = taking("#/workbench")
    for name in ("pets/cats/1.jpg", "pets/cats/2.png", "pets/dogs/3.jpg", "pets/read me.txt"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes(b"x")
    page.locator("input[webkitdirectory]").set_input_files(tmp_path / "pets")
    page.get_by_role("heading", name="cats").wait_for()
    page.get_by_role("link", name="Next: check the photos").wait_for()
    assert sent(fake) == ["class=cats&name=1.jpg", "class=cats&name=2.png", "class=dogs&name=3.jpg"]


def test_a_folder_without_class_folders_says_what_is_needed(taking, tmp_path: Path):
    page, fake = taking("#/workbench")
    (tmp_path / "1.jpg").write_bytes(b"x")
    page.locator("input[webkitdirectory]").set_input_files(tmp_path)
    page.get_by_role("alert").get_by_text("Choose the folder that holds one folder for").wait_for()
    assert sent(fake) == []


def test_photos_are_dropped_on_the_card_of_their_class(taking):
    page, fake = taking(f"#/workbench/photos/{SET}")
    page.evaluate(DROP, ['[data-class="keys"]', ["a.jpg", "b.jpg", "c.txt"]])
    page.locator('[data-class="keys"]').get_by_text("35 photos").wait_for()
    page.get_by_text("1 file that is no photo left out.").wait_for()
    assert sent(fake) == ["class=keys&name=a.jpg", "class=keys&name=b.jpg"]


def test_a_zip_is_dropped_on_the_start_page(taking):
    page, fake = taking("#/workbench")
    fake.answers["POST photos/zip"] = (
        201,
        {"id": SET, "name": "pets", "left_out": "2 files that are no photos were left out."},
    )
    page.evaluate(DROP, [".begin", ["pets.zip"]])
    page.get_by_role("heading", name="Photos: kitchen").wait_for()
    page.get_by_text("2 files that are no photos were left out.").wait_for()
    assert any(asked == "POST photos/zip?name=pets" for asked in fake.asked)


def test_classes_named_without_photos_are_still_there_after_a_reload(taking):
    page, _ = taking(f"#/workbench/photos/{SET}")
    field = page.get_by_label("Add a class")
    field.fill("forks & knives")
    page.keyboard.press("Enter")
    page.get_by_role("heading", name="forks & knives").wait_for()
    page.reload()
    page.get_by_role("heading", name="forks & knives").wait_for()
    page.get_by_role("button", name="Remove class forks & knives").click()
    page.reload()
    page.get_by_role("heading", name="mug").wait_for()
    assert page.get_by_role("heading", name="forks & knives").count() == 0
    for name, sentence in (
        ("mug", "There is a class “mug” already"),
        (" ", "A class needs a name"),
    ):
        field.fill(name)
        page.keyboard.press("Enter")
        page.get_by_role("alert").get_by_text(sentence).wait_for()


def test_a_pasted_photo_is_tried(open_faked):
    page, fake = open_faked(f"#/workbench/use/{RUN}")
    page.evaluate(
        """() => {
        const transfer = new DataTransfer();
        transfer.items.add(new File(["x"], "pasted.png", {type: "image/png"}));
        document.dispatchEvent(new ClipboardEvent("paste", {clipboardData: transfer}));
        }"""
    )
    page.locator(".answer").get_by_text("mug").wait_for()
    assert page.get_by_text("pasted.png").is_visible()
    assert sum("predict" in asked for asked in fake.asked) == 1
