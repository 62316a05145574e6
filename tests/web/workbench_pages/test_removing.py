"""What is deleted for good is asked for first; what waits can be left out."""

from __future__ import annotations

import re

from web.test_accessibility import problems
from web.workbench_pages.conftest import forgive, until
from web.workbench_pages.fake_server import RUN, SET, one_run, photo, whole_run

CLEAR, REMOVE = f"POST photos/{SET}/clear", f"POST runs/{RUN}/remove"
PIXEL = {"mimeType": "image/jpeg", "buffer": b"not really"}


def test_a_failed_training_is_deleted_after_a_question(open_faked):
    def failed(fake) -> None:
        fake.answers["GET runs"]["runs"] = [one_run(RUN, "failed"), one_run("run-3", "running")]
        fake.answers[REMOVE] = {}

    page, fake = open_faked("#/workbench/runs", failed, bypass_csp=True)  # for axe
    assert page.get_by_role("button", name=re.compile("Delete")).count() == 1  # none that runs
    press = page.get_by_role("button", name="Delete kitchen-001…")
    press.click()
    question = page.get_by_role("dialog", name="Delete kitchen-001?")
    # axe does not see what lies behind a dialog: its colours are those of a card.
    assert [found for found in problems(page) if not found.startswith("color-contrast")] == []
    assert page.evaluate("document.activeElement.textContent") == "Cancel"
    page.keyboard.press("Enter")
    question.wait_for(state="detached")
    assert REMOVE not in fake.asked
    press.click()
    fake.answers["GET runs"]["runs"] = []
    question.get_by_role("button", name="Delete", exact=True).click()
    page.get_by_text("None yet.").wait_for()
    assert REMOVE in fake.asked
    assert page.get_by_role("status").get_by_text("kitchen-001 is deleted.").count() == 1
    assert page.evaluate("document.activeElement.tagName") == "H1"


def test_a_training_that_cannot_be_deleted_says_why(open_faked):
    def failed(fake) -> None:
        fake.answers[f"GET runs/{RUN}"] = whole_run(state="failed", error="no photos.")
        fake.answers[f"GET runs/{RUN}/events"]["state"] = "failed"
        fake.answers[REMOVE] = (409, {"error": "'kitchen-001' is in use; stop that first."})

    page, _ = open_faked(f"#/workbench/train/{SET}/{RUN}", failed)
    page.get_by_role("button", name="Delete this training…").click()
    page.get_by_role("dialog").get_by_role("button", name="Delete", exact=True).click()
    page.get_by_role("alert").get_by_text("'kitchen-001' is in use; stop that first.").wait_for()
    forgive(page, 409)


def test_a_class_and_a_collection_are_removed_after_a_question(open_faked):
    def told(fake) -> None:
        fake.answers[CLEAR] = {"removed": 33, "left": 0, "gone": False}

    page, fake = open_faked(f"#/workbench/photos/{SET}", told)
    page.get_by_role("button", name="Remove class mug").click()
    question = page.get_by_role("dialog", name="Remove mug?")
    question.get_by_text("Its 33 photos are deleted").wait_for()
    question.get_by_role("button", name="Remove", exact=True).click()
    page.locator('[data-class="mug"]').wait_for(state="detached")
    page.get_by_text("66 photos in 2 classes.").wait_for()

    fake.answers[CLEAR] = {"removed": 66, "left": 0, "gone": True}
    page.get_by_role("button", name="Remove this collection…").click()
    page.get_by_role("dialog").get_by_role("button", name="Remove", exact=True).click()
    page.get_by_role("heading", level=1, name="Train your own classifier").wait_for()
    assert fake.asked.count(CLEAR) == 2


def test_a_class_of_ones_own_photos_cannot_be_removed(open_faked):
    def own(fake) -> None:
        about = fake.answers[f"GET photos/{SET}"]
        about["photos"]["mug"] = [photo("mug", 1) | {"removable": False}]
        about["removable"] = False

    page, _ = open_faked(f"#/workbench/photos/{SET}", own)
    assert page.get_by_role("button", name="Remove class mug").count() == 0
    assert page.get_by_role("button", name="Remove class keys").count() == 1
    assert page.get_by_role("button", name="Remove this collection…").count() == 0


def test_sending_can_be_stopped_and_at_most_sixty_photos_of_a_class_are_drawn(open_faked):
    page, fake = open_faked(f"#/workbench/photos/{SET}")
    number = iter(range(100, 300))
    fake.answers[f"POST photos/{SET}/add"] = lambda query: (
        201,
        {"fresh": True, "photo": photo("mug", next(number))},
    )
    page.evaluate(
        """() => {
        window.held = [];
        const send = XMLHttpRequest.prototype.send;
        XMLHttpRequest.prototype.send = function (body) {
            if (window.hold) window.held.push(() => send.call(this, body));
            else send.call(this, body);
        };
        }"""
    )
    card = page.locator('[data-class="mug"]')
    many = [{"name": f"{i}.jpg"} | PIXEL for i in range(50)]
    card.locator("input[type=file]").set_input_files(many)
    card.get_by_text("83 photos").wait_for()
    card.get_by_text("60 of 83 are shown.").wait_for()
    assert card.get_by_role("option").count() == 60

    page.evaluate("window.hold = true")
    card.locator("input[type=file]").set_input_files(many)
    page.get_by_role("button", name="Stop sending").click()
    until(page, "held.length === 3")
    page.evaluate("held.forEach(go => go())")
    card.get_by_text("86 photos").wait_for()
    page.get_by_text("152 photos in 3 classes.").wait_for()
    assert page.get_by_role("button", name="Stop sending").count() == 0


def test_what_was_said_of_the_photo_before_goes_when_the_next_one_cannot_be_read(open_faked):
    page, fake = open_faked(f"#/workbench/use/{RUN}")
    chosen = page.locator("input[type=file]")
    chosen.set_input_files([{"name": "mine.jpg"} | PIXEL])
    page.get_by_role("group", name="Class to explain").get_by_role("button").first.click()
    share = page.get_by_text("What speaks for “mug” (81.0 %)")  # as it was answered
    share.first.wait_for()
    fake.answers[f"POST runs/{RUN}/predict"] = (422, {"error": "the photo is damaged."})
    chosen.set_input_files([{"name": "other.jpg"} | PIXEL])
    page.get_by_role("region", name="Answer").get_by_text("the photo is damaged.").wait_for()
    assert page.locator(".answer").text_content() == "No answer."
    assert page.locator(".answers-list li").count() == 0
    assert not page.locator("canvas.heat").is_visible()
    forgive(page, 422)
