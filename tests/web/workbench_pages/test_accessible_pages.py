"""WCAG 2.2 AA on every page of the workbench, and all of it by keyboard."""

from __future__ import annotations

import pytest

from web.conftest import go
from web.test_accessibility import COLOURS, problems
from web.workbench_pages.conftest import until
from web.workbench_pages.fake_server import CLASSES, RUN, SET, metrics, one_run, whole_run

PHOTO = {"name": "mine.jpg", "mimeType": "image/jpeg", "buffer": b"not really"}
PAGES = {
    "start": "#/workbench",
    "photos": f"#/workbench/photos/{SET}",
    "check": f"#/workbench/check/{SET}",
    "train": f"#/workbench/train/{SET}",
    "training": f"#/workbench/train/{SET}/{RUN}?with=run-2",
    "try": f"#/workbench/use/{RUN}",
    "quality": f"#/workbench/use/{RUN}/quality",
    "inside": f"#/workbench/use/{RUN}/inside",
    "take": f"#/workbench/use/{RUN}/take",
    "runs": "#/workbench/runs",
    "compare": f"#/workbench/compare?a={RUN}&b=run-2",
}


def running(fake) -> None:
    """A training in the middle, and one that has failed in the list."""
    fake.answers[f"GET runs/{RUN}"] = whole_run(state="running")
    epoch = {"event": "epoch", "epoch": 1, "phase": "fine-tune", "train_loss": 0.9}
    epoch |= {"train_accuracy": 0.5, "validation_loss": 0.8, "validation_accuracy": 0.6}
    step = {"event": "step", "epoch": 2, "epochs": 9, "done": 32, "total": 90, "loss": 0.8}
    step |= {"accuracy": 0.6, "images_per_second": 41.2, "seconds_left": 125.0}
    warning = {"event": "warning", "text": "the class spoon has few photos."}
    events = [warning, epoch, step]
    fake.answers[f"GET runs/{RUN}/events"] = {"events": events, "next": 3, "state": "running"}
    lines = [one_run(), one_run("run-2", "failed"), one_run("run-3", "stopped")]
    fake.answers["GET runs"] = {"runs": lines, "running": RUN}


def fill(page, name: str) -> None:
    """Bring a page into the state in which most of it shows."""
    page.evaluate("document.querySelectorAll('details').forEach(one => { one.open = true; })")
    if name in ("try", "inside"):
        page.locator("input[type=file]").set_input_files([PHOTO])
    if name == "try":
        page.get_by_role("group", name="Class to explain").get_by_role("button").first.click()
        page.locator("canvas.heat").wait_for()
    if name == "inside":
        page.locator(".feature-maps canvas").first.wait_for()
    if name == "photos":
        page.get_by_role("option").first.click()
    if name == "check":
        page.get_by_role("region", name="Verdict").wait_for()
    if name == "quality":
        page.locator("td.wrong").first.click()
        page.locator(".cell-photos img").first.wait_for()
    if name == "take":
        page.get_by_role("button", name="Make the file").click()
        page.get_by_role("link", name="Download (ONNX)").wait_for()
    if name == "compare":
        page.get_by_role("region", name="Figures").wait_for()


@pytest.mark.parametrize("name", PAGES)
def test_axe_finds_nothing_in_either_theme(open_faked, name: str):
    page, _ = open_faked(PAGES[name], bypass_csp=True, reduced_motion="reduce")
    fill(page, name)
    page.emulate_media(color_scheme="light")
    assert problems(page) == []
    page.emulate_media(color_scheme="dark")
    assert problems(page, COLOURS) == []


def test_axe_finds_nothing_in_a_training_that_runs(open_faked):
    page, _ = open_faked(PAGES["training"], running, bypass_csp=True, reduced_motion="reduce")
    page.get_by_text("41 images/s · about 2 min left · validation accuracy 60.0 %").wait_for()
    assert problems(page) == []
    page.emulate_media(color_scheme="dark")
    assert problems(page, COLOURS) == []
    go(page, "#/workbench/runs")
    assert problems(page) == []


def test_every_page_reflows_and_every_target_is_large_enough(open_faked):
    page, _ = open_faked("#/workbench", viewport={"width": 320, "height": 700})
    for name, route in PAGES.items():
        go(page, route)
        fill(page, name)
        wider = page.evaluate("document.documentElement.scrollWidth - innerWidth")
        assert wider <= 0, name
        small = page.evaluate(
            """() => [...document.querySelectorAll(
                `main :is(button, select, summary, [role=option], [role=gridcell], .button,
                nav a, input:not([type=radio]):not([type=checkbox]))`)]
              .filter(one => one.checkVisibility({visibilityProperty: true})
                && !one.matches(".visually-hidden"))
              .map(one => [one, one.getBoundingClientRect()])
              .filter(([, box]) => box.width < 23.9 || box.height < 23.9)
              .map(([one, box]) => `${one.outerHTML.slice(0, 90)} ${box.width}x${box.height}`)"""
        )
        assert small == [], name


def test_grids_are_one_tab_stop_and_move_by_arrows(open_faked):
    page, _ = open_faked(PAGES["quality"])
    cells = page.get_by_role("gridcell")
    assert page.locator("[role=gridcell][tabindex='0']").count() == 1
    cells.first.focus()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("End")
    label = page.evaluate("document.activeElement.getAttribute('aria-label')")
    assert label == f"Is {CLASSES[1]}, named {CLASSES[2]}: 0 photos"
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Home")
    page.keyboard.press("Enter")
    page.get_by_role("heading", name="spoon, named mug: 2 photos").wait_for()
    assert page.locator("[role=gridcell][tabindex='0']").count() == 1

    go(page, PAGES["photos"])
    box = page.get_by_role("listbox", name="Photos of keys")
    assert box.locator("[tabindex='0']").count() == 1
    box.get_by_role("option").first.focus()
    page.keyboard.press("End")
    page.keyboard.press("ArrowLeft")
    page.keyboard.press("Delete")
    page.locator('[data-class="keys"]').get_by_text("32 photos").wait_for()
    assert box.get_by_role("option").count() == 19
    assert page.evaluate("document.activeElement.getAttribute('role')") == "option"


def test_a_matrix_of_many_classes_is_shown_when_asked(open_faked):
    many = [f"species number {i}" for i in range(60)]
    square = [[int(i == j) * 3 + int(j == (i + 1) % 60) for j in range(60)] for i in range(60)]

    def large(fake) -> None:
        fake.answers[f"GET runs/{RUN}"] = whole_run(metrics=metrics(many, square))

    page, _ = open_faked(PAGES["quality"], large, viewport={"width": 360, "height": 740})
    page.get_by_role("button", name="species number 0 named species number 1 (1)").wait_for()
    page.get_by_role("button", name="Show the matrix of 60 classes").click()
    assert page.get_by_role("gridcell").count() == 3600
    assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0


def press_until(page, what: str, key: str = "Tab") -> None:
    """Walk with the keyboard until the focus is on what matches."""
    for _ in range(80):
        page.keyboard.press(key)
        if page.evaluate("what => document.activeElement.matches(what)", what):
            return
    raise AssertionError(f"{what} cannot be reached by keyboard")


def test_the_steps_can_be_taken_by_keyboard_alone(open_faked):
    page, _ = open_faked("#/workbench")
    page.on("filechooser", lambda chooser: None)  # the browser hands choosers over from now on
    fake_set = f'a[href="#/workbench/check/{SET}"]'
    press_until(page, fake_set)
    page.keyboard.press("Enter")
    page.get_by_role("link", name="Train anyway").wait_for()
    until(page, "document.activeElement.textContent === 'Check: kitchen'")
    press_until(page, f'a.large[href="#/workbench/train/{SET}"]')
    page.keyboard.press("Enter")
    until(page, "document.activeElement.textContent === 'Train: kitchen'")
    press_until(page, "form button[type=submit].large")
    page.keyboard.press("Enter")
    page.get_by_role("link", name="Next: use it").wait_for()
    press_until(page, f'a.large[href="#/workbench/use/{RUN}"]')
    page.keyboard.press("Enter")
    until(page, "document.activeElement.textContent === 'Use: kitchen-001'")
    press_until(page, "main button.primary")
    with page.expect_file_chooser() as chooser:
        page.keyboard.press("Enter")
    chooser.value.set_files([PHOTO])
    page.locator(".answers-list li").first.wait_for()
    press_until(page, '[aria-label="Class to explain"] button')
    page.keyboard.press("Space")
    page.locator("canvas.heat").wait_for()
    press_until(page, 'input[type="range"]')
    page.keyboard.press("ArrowRight")
    assert page.evaluate("document.activeElement.getAttribute('aria-valuetext')") == "56 per cent"


def test_announcements_come_at_steps_and_not_each_second(open_faked):
    page, fake = open_faked(PAGES["training"], running)
    page.evaluate(
        """() => { window.told = []; const box = document.querySelector(
            "main [role=status].visually-hidden"); new MutationObserver(
            () => told.push(box.textContent)).observe(box, {childList: true}); }"""
    )
    step = fake.answers[f"GET runs/{RUN}/events"]["events"][2]
    for done in range(40, 90, 10):
        events = [step | {"done": done}]
        fake.answers[f"GET runs/{RUN}/events"] = {"events": events, "next": 3, "state": "running"}
        page.get_by_text(f"photo {done} of 90").first.wait_for()
    assert len(page.evaluate("told")) <= 1


def test_in_forced_colours_marks_do_not_rest_on_colour(open_faked):
    page, _ = open_faked(PAGES["quality"], forced_colors="active")
    page.locator("td.wrong").first.click()
    styles = page.evaluate(
        """() => ["[aria-current=step]", "[aria-selected=true]", "td.wrong:not([aria-selected])"]
            .map(what => getComputedStyle(document.querySelector(what)))
            .map(style => [style.outlineStyle, style.borderStyle])"""
    )
    assert styles[0][0] == "solid"
    assert styles[1][0] == "solid"
    assert styles[2][1] == "solid"


def test_nothing_moves_where_motion_is_not_wanted(open_faked):
    page, _ = open_faked(PAGES["training"], running, reduced_motion="reduce")
    moving = page.evaluate(
        """() => [...document.querySelectorAll("*")].filter(one => {
            const style = getComputedStyle(one);
            return parseFloat(style.transitionDuration) > 0 || style.animationName !== "none";
        }).length"""
    )
    assert moving == 0
