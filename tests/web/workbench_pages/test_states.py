"""What the pages say when there is nothing, when something is refused, and when it breaks."""

from __future__ import annotations

import io
import re
import zipfile

import pytest

from web.conftest import go
from web.workbench_pages.conftest import forgive
from web.workbench_pages.fake_server import RUN, SET, one_run, photo, whole_run

PIXEL = {"mimeType": "image/jpeg", "buffer": b"not really"}
PHOTO = {"name": "mine.jpg"} | PIXEL


def empty(fake) -> None:
    fake.answers["GET photos"]["sets"] = []
    fake.answers["GET runs"] = {"runs": [], "running": None}


def test_the_start_page_leads_to_the_workbench(open_page):
    page = open_page("#/")
    page.get_by_role("link", name="Train your own classifier").first.click()
    page.get_by_role("heading", level=1, name="Train your own classifier").wait_for()
    assert page.locator('.side a[aria-current="page"]').text_content() == "Train a classifier"


def test_files_without_a_server_say_which_command_starts_one(open_page):
    page = open_page("", wait=None)
    page.route(
        re.compile(r"/$"),
        lambda route: route.fulfill(
            response=(got := route.fetch()),
            body=re.sub(r'name="foveal-token" content="[^"]+"', 'name="foveal-token"', got.text()),
        ),
    )
    page.goto(page.opened_at + "#/workbench")
    page.get_by_text("foveal workbench", exact=True).wait_for()
    assert "made of files and cannot train" in page.locator("main").text_content()


def test_a_workbench_without_photos_and_runs_says_so(open_faked):
    page, _ = open_faked("#/workbench", empty)
    page.get_by_text("There are none yet.").wait_for()
    assert page.get_by_role("heading", name="Your classifiers").count() == 0
    go(page, "#/workbench/runs")
    page.get_by_text("None yet.").wait_for()
    go(page, "#/workbench/compare")
    page.get_by_text("Two finished trainings are needed; there are none.").wait_for()


def test_a_set_and_a_run_that_are_gone_are_named(open_faked):
    page, fake = open_faked("#/workbench")
    fake.answers["GET photos/old"] = (404, {"error": "there is no such set of photos."})
    go(page, "#/workbench/photos/old")
    page.get_by_text("there is no such set of photos.").wait_for()
    fake.answers["GET runs/old"] = (404, {"error": "there is no such run."})
    go(page, "#/workbench/use/old")
    page.get_by_text("there is no such run.").wait_for()
    forgive(page, 404)


def test_a_server_that_is_gone_is_asked_again_and_the_training_goes_on(open_faked):
    def training(fake) -> None:
        fake.answers[f"GET runs/{RUN}"] = whole_run(state="running")
        step = {"event": "progress", "stage": "Encoding train photos", "done": 3, "total": 12}
        told = {"events": [step], "next": 1, "state": "running"}
        fake.answers[f"GET runs/{RUN}/events"] = told

    page, fake = open_faked(f"#/workbench/train/{SET}/{RUN}", training)
    page.get_by_text("Encoding train photos: 3 of 12.").first.wait_for()
    told = fake.answers[f"GET runs/{RUN}/events"]
    fake.answers[f"GET runs/{RUN}/events"] = None  # the connection breaks
    alert = page.get_by_role("alert").get_by_text("The server does not answer")
    alert.wait_for()
    assert "a training goes on without this page" in alert.text_content()
    fake.answers[f"GET runs/{RUN}/events"] = told
    alert.wait_for(state="detached")
    page.said.clear()  # the browser logs the broken connections


def test_a_failed_training_shows_its_sentence(open_faked):
    def failed(fake) -> None:
        sentence = "spoons/3.jpg is damaged: its end is missing; replace it."
        fake.answers[f"GET runs/{RUN}"] = whole_run(state="failed", error=sentence)
        told = {"events": [], "next": 0, "state": "failed"}
        fake.answers[f"GET runs/{RUN}/events"] = told

    page, _ = open_faked(f"#/workbench/train/{SET}/{RUN}", failed)
    alert = page.get_by_role("alert").get_by_text("spoons/3.jpg is damaged")
    alert.wait_for()
    assert page.get_by_role("link", name="Next: use it").count() == 0
    go(page, f"#/workbench/use/{RUN}")
    page.get_by_text("This training failed, so there is nothing to use.").wait_for()


def test_a_training_that_is_refused_says_why_and_leaves_the_form(open_faked):
    page, fake = open_faked(f"#/workbench/train/{SET}")
    fake.answers["POST runs"] = (409, {"error": "'birds-002' is being trained; wait."})
    page.get_by_role("button", name="Train", exact=True).click()
    page.get_by_role("alert").get_by_text("'birds-002' is being trained; wait.").wait_for()
    page.get_by_text("Details").click()
    page.get_by_label("Epochs at most").fill("many")
    page.get_by_role("button", name="Train", exact=True).click()
    problem = page.get_by_role("alert").get_by_text("Epochs at most must be a whole number")
    assert "got “many”" in problem.text_content()
    assert page.evaluate("document.activeElement.dataset.field") == "epochs"
    assert sum(asked.startswith("POST runs") for asked in fake.asked) == 1
    forgive(page, 409)


def test_another_training_that_runs_is_named_beside_the_form(open_faked):
    def busy(fake) -> None:
        other = one_run("run-9", "running", name="birds-002")
        fake.answers["GET runs"] = {"runs": [other], "running": "run-9"}

    page, _ = open_faked(f"#/workbench/train/{SET}", busy)
    link = page.get_by_role("link", name="birds-002")
    assert link.get_attribute("href") == f"#/workbench/train/{SET}/run-9"


def test_photos_that_cannot_be_trained_on_hold_the_next_step_back(open_faked):
    def untrainable(fake) -> None:
        fake.answers[f"GET photos/{SET}/check"] = {
            "verdict": "3 photos, but nothing can be learned yet: add a second class.",
            "trainable": False,
            "n": 3,
            "findings": [
                {
                    "kind": "one_class",
                    "level": "error",
                    "sentence": "there is one class only. Add another.",
                    "count": 1,
                    "photos": [photo("mug", 1)],
                }
            ],
        }

    page, _ = open_faked(f"#/workbench/check/{SET}", untrainable)
    page.get_by_role("heading", name="To mend (1)").wait_for()
    button = page.get_by_role("button", name="Train anyway")
    assert button.get_attribute("aria-disabled") == "true"
    page.get_by_text("Mend what is listed above").wait_for()


def test_refused_photos_are_listed_with_the_servers_sentence_and_can_be_tried_again(open_faked):
    page, fake = open_faked(f"#/workbench/photos/{SET}")
    fake.answers[f"POST photos/{SET}/add"] = (422, {"error": "mine.jpg is no image; replace it."})
    card = page.locator('[data-class="mug"]')
    card.locator("input[type=file]").set_input_files([PHOTO])
    card.get_by_text("1 photo refused").wait_for()
    assert card.locator("li").text_content() == "mine.jpg is no image; replace it."
    fake.answers[f"POST photos/{SET}/add"] = (201, {"fresh": True, "photo": photo("mug", 99)})
    card.get_by_role("button", name="Try again").click()
    card.get_by_text("34 photos").wait_for()
    assert card.get_by_text("refused").count() == 0
    forgive(page, 422)


def test_photos_that_were_there_already_are_not_counted_as_added(open_faked):
    page, fake = open_faked(f"#/workbench/photos/{SET}")
    told = [
        (201, {"fresh": True, "photo": photo("mug", 99)}),
        (200, {"fresh": False, "photo": photo("mug", 99)}),
        (422, {"error": "mine.jpg is no image; replace it."}),
    ]
    fake.answers[f"POST photos/{SET}/add"] = lambda query: told.pop(0)
    card = page.locator('[data-class="mug"]')
    text = {"name": "notes.txt", "mimeType": "text/plain", "buffer": b"x"}
    card.locator("input[type=file]").set_input_files([PHOTO, PHOTO, PHOTO, text])
    page.get_by_text("mug: 1 photo added, 1 there already, 1 refused.").wait_for()
    card.get_by_text("1 photo was there already. 1 file that is no photo left out.").wait_for()
    card.get_by_text("34 photos").wait_for()
    forgive(page, 422)


def test_what_is_still_missing_for_the_next_step_is_named(open_faked):
    def thin(fake) -> None:
        about = fake.answers[f"GET photos/{SET}"]
        about["classes"] = [{"name": "ants", "n": 1}, {"name": "bees", "n": 3}]
        about["photos"] = {"ants": [photo("ants", 1)], "bees": [photo("bees", i) for i in range(3)]}

    page, _ = open_faked(f"#/workbench/photos/{SET}", thin)
    page.get_by_text("Needed: two classes of at least 2 photos each; “ants” has 1.").wait_for()


def test_a_busy_server_is_asked_again_as_it_says(open_faked):
    page, fake = open_faked(f"#/workbench/photos/{SET}")
    seen = []

    def busy_once(query):
        seen.append(query)
        if len(seen) < 3:
            return (503, {"error": "too many at once."}, {"Retry-After": "1"})
        return (201, {"fresh": True, "photo": photo("mug", 99)})

    fake.answers[f"POST photos/{SET}/add"] = busy_once
    card = page.locator('[data-class="mug"]')
    card.locator("input[type=file]").set_input_files([PHOTO])
    card.get_by_text("The server is busy; going on in 1 s.").wait_for()
    card.get_by_text("34 photos").wait_for()
    assert len(seen) == 3
    forgive(page, 503)


def test_at_most_three_photos_travel_at_once(open_faked):
    page, fake = open_faked(f"#/workbench/photos/{SET}")
    page.evaluate(
        """() => {
        window.most = 0;
        let now = 0;
        const send = XMLHttpRequest.prototype.send;
        XMLHttpRequest.prototype.send = function (body) {
            now += 1;
            window.most = Math.max(window.most, now);
            this.addEventListener("readystatechange", () => { now -= this.readyState === 4; });
            send.call(this, body);
        };
        }"""
    )
    number = iter(range(100, 200))
    fake.answers[f"POST photos/{SET}/add"] = lambda query: (
        201,
        {"fresh": True, "photo": photo("mug", next(number))},
    )
    many = [{"name": f"{i}.jpg"} | PIXEL for i in range(9)]
    card = page.locator('[data-class="mug"]')
    card.locator("input[type=file]").set_input_files(many)
    card.get_by_text("42 photos").wait_for()
    assert page.evaluate("most") == 3


def test_a_zip_that_is_refused_or_too_large_says_why(open_faked):
    page, fake = open_faked("#/workbench")
    fake.answers["POST photos/zip"] = (422, {"error": "pets.zip holds ../evil; nothing was kept."})
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("a/1.jpg", b"x")
    pets = {"name": "pets.zip", "mimeType": "application/zip", "buffer": buffer.getvalue()}
    chooser = page.locator('input[accept*="zip"]')
    chooser.set_input_files([pets])
    page.get_by_role("alert").get_by_text("pets.zip holds ../evil; nothing was kept.").wait_for()
    fake.answers["GET photos"]["limits"]["zip_mb"] = 1
    page.reload()
    large = pets | {"buffer": bytes(2 * 2**20)}
    chooser.set_input_files([large])
    page.get_by_role("alert").get_by_text("pets.zip has 2 MB; at most 1 MB, please.").wait_for()
    assert sum(asked.startswith("POST photos/zip") for asked in fake.asked) == 1
    forgive(page, 422)


def test_what_is_unlike_all_classes_is_none_of_these(open_faked):
    page, fake = open_faked(f"#/workbench/use/{RUN}")
    fake.answers[f"POST runs/{RUN}/predict"]["rejected"] = True
    page.locator("input[type=file]").set_input_files([PHOTO])
    page.locator(".answer").get_by_text("None of these").wait_for()
    assert "The nearest would be “mug”." in page.locator("main").text_content()
    assert page.get_by_text("this browser cannot show it").count() == 1


def test_where_nothing_can_be_rejected_the_answer_comes_without(open_faked):
    page, fake = open_faked(f"#/workbench/use/{RUN}")
    plain = fake.answers[f"POST runs/{RUN}/predict"]
    fake.answers[f"POST runs/{RUN}/predict"] = lambda query: (
        (422, {"error": "too few validation photos."}) if query["reject"] == ["1"] else plain
    )
    page.locator("input[type=file]").set_input_files([PHOTO])
    page.locator(".answer").get_by_text("mug").wait_for()
    page.get_by_text("Too few validation photos.").wait_for()
    assert page.get_by_label("Say “none of these”").is_disabled()
    forgive(page, 422)


def test_an_export_that_fails_shows_the_sentence_and_no_download(open_faked):
    page, fake = open_faked(f"#/workbench/use/{RUN}/take")
    fake.answers["GET exports/job-1"] = {
        "state": "failed",
        "sentence": "the exported file answers differently: 3 of 18 labels changed.",
        "download": None,
    }
    page.get_by_role("button", name="Make the file").click()
    page.get_by_role("alert").get_by_text("3 of 18 labels changed").wait_for()
    assert page.get_by_role("link", name=re.compile("Download")).count() == 0


@pytest.mark.parametrize("route", ["photos/nothing/", "nowhere"])
def test_a_page_that_is_not_there_leads_back(open_faked, route: str):
    page, _ = open_faked(f"#/workbench/{route}")
    page.get_by_role("link", name="Back to the start").wait_for()
    forgive(page, 404)
