"""The webcam, with the browser's pretended one: after a press only, off when its page goes."""

from __future__ import annotations

import re

import pytest

from web.conftest import go
from web.workbench_pages.conftest import until
from web.workbench_pages.fake_server import RUN, SET, photo

LIVE = "[...document.querySelectorAll('video')].some(v => v.srcObject?.active && v.videoWidth)"
COUNT_CAMERAS = """() => {
    window.cameras = [];
    const ask = navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices);
    navigator.mediaDevices.getUserMedia = async wanted => {
        const stream = await ask(wanted);
        window.cameras.push(stream);
        return stream;
    };
}"""


@pytest.fixture
def card(open_faked):
    page, fake = open_faked(f"#/workbench/photos/{SET}", permissions=["camera"])
    number = iter(range(100, 900))
    fake.answers[f"POST photos/{SET}/add"] = lambda query: (
        201,
        {"fresh": True, "photo": photo("mug", next(number)) | {"name": query["name"][0]}},
    )
    page.evaluate(COUNT_CAMERAS)
    return page, fake, page.locator('[data-class="mug"]')


def sent(fake) -> list[str]:
    return [asked for asked in fake.asked if asked.startswith(f"POST photos/{SET}/add")]


def test_frames_are_recorded_while_the_button_is_held(card):
    page, fake, box = card
    assert page.evaluate("cameras.length") == 0
    box.get_by_role("button", name="Webcam for mug").click()
    hold = box.get_by_role("button", name="Hold to record")
    until(page, LIVE)
    until(page, "!document.querySelector('.recorder .primary').disabled")
    hold.hover()
    page.mouse.down()
    page.wait_for_timeout(1200)
    page.mouse.up()
    box.get_by_text(re.compile("[0-9]+ recorded in this go")).wait_for()
    box.get_by_role("button", name="Hold to record").wait_for()
    page.wait_for_timeout(500)  # the last frame may still be made into a file
    page.get_by_text(re.compile("photos in 3 classes")).wait_for()
    recorded = sent(fake)
    assert 2 <= len(recorded) <= 8
    assert all(re.search(r"name=webcam-\d{8}-\d{6}-\d{3}\.jpg", asked) for asked in recorded)
    page.wait_for_timeout(600)
    assert len(sent(fake)) == len(recorded)  # nothing more comes after it was let go


def test_the_webcam_works_by_keyboard_and_one_by_one(card):
    page, fake, box = card
    box.get_by_role("button", name="Webcam for mug").focus()
    page.keyboard.press("Enter")
    until(page, LIVE)
    until(page, "document.activeElement.textContent === 'Hold to record'")
    page.keyboard.down(" ")
    page.wait_for_timeout(700)
    page.keyboard.up(" ")
    box.get_by_text(re.compile("recorded in this go")).wait_for()
    page.wait_for_timeout(500)  # the last frame may still be made into a file
    page.get_by_text(re.compile("photos in 3 classes")).wait_for()
    before = len(sent(fake))
    assert before >= 2
    box.get_by_role("button", name="Take one").click()
    box.get_by_text("1 photo taken.").wait_for()
    page.get_by_text(re.compile("photos in 3 classes")).wait_for()
    assert len(sent(fake)) == before + 1


def test_the_webcam_goes_off_with_its_page(card):
    page, _, box = card
    box.get_by_role("button", name="Webcam for mug").click()
    until(page, LIVE)
    page.locator('[data-class="keys"]').get_by_role("button", name="Webcam for keys").click()
    until(page, "cameras.length === 2 && !cameras[0].active && cameras[1].active")
    go(page, "#/workbench")
    assert page.evaluate("cameras.some(one => one.active)") is False


def test_live_answers_come_about_each_second_and_can_be_explained(open_faked):
    page, fake = open_faked(f"#/workbench/use/{RUN}", permissions=["camera"])
    page.evaluate(COUNT_CAMERAS)
    page.get_by_role("button", name="Use the webcam").click()
    page.locator(".answer").get_by_text("mug").wait_for()
    page.wait_for_timeout(2500)
    asked = sum("predict" in one for one in fake.asked)
    assert 2 <= asked <= 5
    page.get_by_role("button", name="Stop here and explain").click()
    page.locator("canvas.heat").wait_for()
    assert page.evaluate("cameras.some(one => one.active)") is False
    page.get_by_role("button", name="Use the webcam").click()
    until(page, LIVE)
    go(page, "#/workbench/runs")
    assert page.evaluate("cameras.some(one => one.active)") is False


def test_a_webcam_that_is_refused_says_what_to_do(open_faked):
    page, _ = open_faked(f"#/workbench/use/{RUN}")
    page.evaluate(
        """() => { navigator.mediaDevices.getUserMedia = () => Promise.reject(
            new DOMException("no", "NotAllowedError")); }"""
    )
    page.get_by_role("button", name="Use the webcam").click()
    alert = page.get_by_role("alert").get_by_text("The webcam was not allowed.")
    alert.wait_for()
    assert "use photos from files" in alert.text_content()
