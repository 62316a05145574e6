"""The filter visualizer as somebody uses it."""

from __future__ import annotations

import re
import subprocess
import sys

import pytest

from foveal.ops import KERNELS, trace_convolution
from web.conftest import go

ROUTE = "#/visualizer"
SUMS = """
() => {
  const number = text => Number(text.replace("−", "-").replace("+", ""));
  const bad = [];
  let seen = 0;
  const radios = legend => [...document.querySelectorAll("fieldset")].find(
    one => one.querySelector("legend").textContent === legend).querySelectorAll("input");
  const scrubber = document.querySelector('.stepper input[aria-label="Step"]');
  for (const kernel of radios("Filter")) for (const pattern of radios("Input pattern")) {
    kernel.click();
    pattern.click();
    for (let i = 1; i <= Number(scrubber.max); i += 1) {
      scrubber.value = i;
      scrubber.dispatchEvent(new Event("input"));
      const products = [...document.querySelectorAll(".products b")].map(
        one => number(one.textContent));
      const total = number(document.querySelector("[data-stage=total]").textContent);
      const running = [...document.querySelectorAll(".products small")].map(
        one => number(one.textContent.replace("Σ ", "")));
      const factors = [...document.querySelectorAll(".products span")].map(
        one => one.textContent.replaceAll(/[()]/g, "").split(" · ").map(number));
      const sum = products.reduce((a, b) => a + b, 0);
      const multiplied = factors.every(([x, w], k) => x * w === products[k]);
      seen += 1;
      if (sum !== total || running.at(-1) !== total || !multiplied) {
        bad.push([kernel.value, pattern.value, i, sum, total]);
      }
    }
  }
  return {seen, bad};
}
"""


def cell(page, grid: str, row: int, column: int):
    return page.locator(f'[aria-label^="{grid},"] td[data-row="{row}"][data-col="{column}"]')


def marked(page, grid: str, name: str) -> list[tuple[int, int]]:
    return page.eval_on_selector_all(
        f'[aria-label^="{grid},"] td.{name}',
        "all => all.map(td => [Number(td.dataset.row), Number(td.dataset.col)])",
    )


def status(page) -> str:
    return page.locator("#step-status").text_content()


def values(page, grid: str) -> list[float]:
    return page.eval_on_selector_all(
        f'[aria-label^="{grid},"] td[data-row]', "all => all.map(td => Number(td.dataset.value))"
    )


def test_the_displayed_products_add_up_for_every_filter_pattern_and_cell(open_page):
    page = open_page(ROUTE)
    found = page.evaluate(SUMS)
    assert found["bad"] == []
    # 10 named filters and "custom", 8 patterns and "painted", 36 cells each.
    assert found["seen"] == 11 * 9 * 36


def test_the_first_view_is_8_by_8_with_3_by_3_and_6_by_6(open_page):
    page = open_page(ROUTE)
    assert [len(values(page, name)) for name in ("Input", "Filter", "Output")] == [64, 9, 36]
    assert values(page, "Output")[:6] == [0, 0, 30, 30, 0, 0]
    assert cell(page, "Output", 0, 2).text_content() == "+30"
    assert page.get_by_text("Σ = 0: flat areas vanish").is_visible()
    assert page.get_by_text("Finds borders that run up and down").is_visible()


def test_the_status_is_empty_at_load_and_says_each_manual_step(open_page):
    page = open_page(f"{ROUTE}?v=1&cell=0,0")
    assert status(page) == ""
    page.get_by_role("button", name="Next cell").click()
    assert status(page).startswith("Row 1, column 2: 0·(−1) + 0·0 + 0·1 + ")
    page.get_by_role("button", name="Next cell").click()
    assert status(page).endswith("10·1 = 30")
    page.get_by_role("button", name="Previous cell").click()
    assert status(page).startswith("Row 1, column 2")
    page.get_by_role("button", name="Last cell").click()
    assert status(page).startswith("Row 6, column 6")
    page.get_by_role("button", name="Next cell").click()
    assert status(page).startswith("Row 6, column 6")
    page.get_by_role("button", name="First cell").click()
    assert status(page).startswith("Row 1, column 1")


def test_playing_is_silent_keeps_time_and_sums_up_on_pause(open_page):
    page = open_page(ROUTE, wait=None)
    page.clock.install(time=0)
    page.goto(f"{page.opened_at}{ROUTE}?v=1&cell=0,0&speed=4")
    page.wait_for_selector("html[data-ready]")
    page.clock.pause_at(10_000)
    page.get_by_role("button", name="First cell").click()
    assert status(page).startswith("Row 1, column 1")
    page.get_by_role("button", name="Animate").click()
    assert status(page) == ""
    page.clock.run_for(100)
    assert page.locator(".stepper .number").first.text_content() == "1 / 36"
    page.clock.run_for(1000)
    assert page.locator(".stepper .number").first.text_content() == "5 / 36"
    assert status(page) == ""
    assert marked(page, "Output", "pending")[0] == [0, 5]
    page.clock.run_for(1500)
    assert page.locator(".stepper .number").first.text_content() == "11 / 36"
    page.get_by_role("button", name="Pause").click()
    assert status(page).startswith("Paused at row 2, column 5: output 0. 11 of 36 cells")
    page.clock.run_for(5000)
    assert page.locator(".stepper .number").first.text_content() == "11 / 36"
    page.get_by_role("button", name="Animate").click()
    page.clock.run_for(10_000)
    assert status(page).startswith("Finished at row 6, column 6")
    assert marked(page, "Output", "pending") == []


def test_nothing_moves_before_somebody_presses_animate(open_page):
    page = open_page(ROUTE)
    page.wait_for_timeout(700)
    assert page.locator(".stepper .number").first.text_content() == "3 / 36"


@pytest.mark.parametrize("way", ["hover", "focus", "click"])
def test_an_output_cell_shows_its_window(open_page, way: str):
    page = open_page(f"{ROUTE}?v=1&stride=2&pad=1")
    target = cell(page, "Output", 1, 2)
    {"hover": target.hover, "focus": target.focus, "click": target.click}[way]()
    assert marked(page, "Output", "active") == [[1, 2]]
    wanted = trace_convolution([[0] * 8] * 8, KERNELS["sobel_x"], stride=2, padding=1)
    cells = [list(c) for row in wanted.grid.window_cells(1, 2) for c in row if c]
    assert marked(page, "Input", "linked") == cells
    assert page.get_by_role("heading", name="Output at row 2, column 3").is_visible()


@pytest.mark.parametrize("way", ["hover", "focus", "click"])
def test_an_input_cell_shows_every_output_it_feeds(open_page, way: str):
    page = open_page(f"{ROUTE}?v=1&pad=2&mode=reflect&dil=2")
    target = cell(page, "Input", 2, 3)
    {"hover": target.hover, "focus": target.focus, "click": target.click}[way]()
    grid = trace_convolution(
        [[0] * 8] * 8, KERNELS["sobel_x"], padding=2, padding_mode="reflect", dilation=2
    ).grid
    assert marked(page, "Output", "linked") == [list(c) for c in grid.outputs_of(2, 3)]


@pytest.mark.parametrize("way", ["hover", "focus", "click"])
def test_a_weight_shows_every_input_it_touches(open_page, way: str):
    page = open_page(f"{ROUTE}?v=1&stride=3")
    target = cell(page, "Filter", 0, 2)
    {"hover": target.hover, "focus": target.focus, "click": target.click}[way]()
    grid = trace_convolution([[0] * 8] * 8, KERNELS["sobel_x"], stride=3).grid
    assert marked(page, "Input", "linked") == [list(c) for c in grid.inputs_of_weight(0, 2)]


def test_a_tap_links_as_a_click_does(open_page):
    page = open_page(ROUTE, has_touch=True)
    cell(page, "Input", 4, 4).tap()
    assert len(marked(page, "Output", "linked")) == 9
    cell(page, "Output", 5, 0).tap()
    assert len(marked(page, "Input", "linked")) == 9


def test_a_click_pins_and_escape_lets_go(open_page):
    page = open_page(ROUTE)
    cell(page, "Input", 4, 4).click()
    page.mouse.move(5, 5)
    assert marked(page, "Input", "active") == [[4, 4]]
    cell(page, "Filter", 0, 0).hover()
    assert marked(page, "Filter", "active") == [[0, 0]]
    page.mouse.move(5, 5)
    assert marked(page, "Input", "active") == [[4, 4]]
    page.keyboard.press("Escape")
    assert marked(page, "Input", "active") == []


def test_each_grid_is_one_tab_stop_with_arrows_home_and_end(open_page):
    page = open_page(ROUTE)
    for name, last in (("Input", [7, 7]), ("Filter", [2, 2]), ("Output", [5, 5])):
        stops = page.locator(f'[role="grid"][aria-label^="{name},"] td[tabindex="0"]')
        assert stops.count() == 1
        stops.focus()
        at = "document.activeElement.dataset.row + ',' + document.activeElement.dataset.col"
        page.keyboard.press("Control+Home")
        assert page.evaluate(at) == "0,0"
        page.keyboard.press("ArrowRight")
        page.keyboard.press("ArrowDown")
        assert page.evaluate(at) == "1,1"
        page.keyboard.press("End")
        assert page.evaluate(at) == f"1,{last[1]}"
        page.keyboard.press("Home")
        assert page.evaluate(at) == "1,0"
        page.keyboard.press("ArrowLeft")
        assert page.evaluate(at) == "1,0"
        page.keyboard.press("Control+End")
        assert page.evaluate(at) == ",".join(map(str, last))
        assert stops.count() == 1


def test_shortcuts_act_only_inside_the_workbench(open_page):
    page = open_page(f"{ROUTE}?v=1&cell=0,0")
    page.locator("h1").first.focus()
    page.keyboard.press("l")
    assert status(page) == ""
    cell(page, "Output", 0, 0).focus()
    page.keyboard.press("l")
    assert status(page).startswith("Row 1, column 2")
    page.keyboard.press("j")
    assert status(page).startswith("Row 1, column 1")
    page.keyboard.press("k")
    assert page.get_by_role("button", name="Pause").is_visible()


def test_hovering_shows_nothing_that_clicking_does_not(open_page):
    page = open_page(ROUTE)
    cell(page, "Output", 3, 3).hover()
    hovered = page.locator(".sum").text_content()
    page.mouse.move(5, 5)
    assert page.locator(".sum").text_content() != hovered
    cell(page, "Output", 3, 3).click()
    page.mouse.move(5, 5)
    assert page.locator(".sum").text_content() == hovered


def test_the_formula_goes_through_products_sum_division_bias_and_relu(open_page):
    page = open_page(f"{ROUTE}?v=1&kernel=box_blur&pattern=circle&bias=-8&relu=1&cell=0,0")
    stage = {
        name: page.locator(f"[data-stage={name}]").text_content()
        for name in ("total", "scaled", "biased", "relu", "result")
    }
    assert stage == {
        "total": "30",
        "scaled": "3.333",
        "biased": "−4.667",
        "relu": "0",
        "result": "0",
    }
    assert "≈" in page.locator(".stages").text_content()
    page.get_by_label("Full precision").check()
    assert page.locator("[data-stage=scaled]").text_content() == "3.3333333333333335"


def test_describe_all_steps_opens_a_real_table(open_page):
    page = open_page(f"{ROUTE}?v=1&kernel=laplacian&pattern=cross")
    page.get_by_role("button", name="Describe all steps").click()
    page.locator("dialog").wait_for()
    rows = page.locator("dialog tbody tr")
    assert rows.count() == 36
    first = rows.nth(8).locator("td").all_text_contents()
    assert first[:2] == ["2", "3"]
    assert first[2].endswith(f"= {first[3]}")
    page.keyboard.press("Escape")
    assert page.locator("dialog").count() == 0


def test_painting_and_typing_change_the_input(open_page):
    page = open_page(ROUTE)
    cell(page, "Input", 2, 1).focus()
    page.keyboard.press("F2")
    page.keyboard.type("7")
    page.keyboard.press("Enter")
    assert cell(page, "Input", 2, 1).get_attribute("data-value") == "7"
    page.get_by_role("button", name="Paint").click()
    cell(page, "Input", 0, 0).click()
    assert cell(page, "Input", 0, 0).get_attribute("data-value") == "10"
    page.mouse.move(*center(cell(page, "Input", 5, 0)))
    page.mouse.down()
    page.mouse.move(*center(cell(page, "Input", 6, 1)), steps=8)
    page.mouse.up()
    assert cell(page, "Input", 6, 1).get_attribute("data-value") == "10"
    page.go_back()
    assert cell(page, "Input", 6, 1).get_attribute("data-value") == "0"


def center(locator) -> tuple[float, float]:
    box = locator.bounding_box()
    return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2


def test_link_and_back_and_forward_round_trip(open_page):
    page = open_page(ROUTE)
    page.get_by_role("radio", name="Sobel y").check(force=True)
    page.get_by_role("radio", name="Noise").check(force=True)
    page.get_by_role("button", name="Same (⌈n/s⌉)").click()
    after = values(page, "Output")
    address = page.url
    assert "kernel=sobel_y" in address
    assert "pattern=noise" in address
    assert "pad=same" in address
    page.go_back()
    assert "pad=same" not in page.url
    assert len(values(page, "Output")) == 36
    page.go_forward()
    assert values(page, "Output") == after
    other = open_page(address.split("/", 3)[3])
    assert values(other, "Output") == after
    page.get_by_role("button", name="Copy link").click()
    assert page.evaluate("navigator.clipboard.readText()") == address


def test_every_setting_survives_the_address_below_2_kilobytes(open_page):
    cells = ".".join(",".join(str((r * c * 37) % 1998 - 999) for c in range(12)) for r in range(12))
    weights = ".".join(",".join(f"-99{c}~12{r + 1}" for c in range(5)) for r in range(5))
    query = (
        f"v=1&pattern=custom&seed=9&kernel=custom&div=3&bias=-1.5&pad=2&mode=reflect&stride=2&dil=2"
        f"&show=abs&speed=9.5&x={cells}&k={weights}&relu=1&flip=1&cell=1,0&hide=photo"
    )
    page = open_page(f"{ROUTE}?{query}")
    page.get_by_role("button", name="Next cell").click()
    page.get_by_role("button", name="Previous cell").click()
    page.wait_for_timeout(400)
    assert page.url.split("?")[1] == query
    assert len(page.url) < 2048


@pytest.mark.parametrize(
    "query",
    [
        "v=2&kernel=emboss",
        "v=1&kernel=nothing&pattern=%3Cscript%3E&pad=-1&stride=0&dil=99&n=1000&div=0",
        "v=1&pattern=custom&x=1,2.3",
        "v=1&pattern=custom&x=a,b.c,d",
        "v=1&kernel=custom&k=1e999",
        "v=1&cell=99,99&speed=1e9&hide=everything&show=constructor&bias=NaN",
        "v=1&pattern=custom",
        "%%%&&&===",
    ],
)
def test_an_address_that_makes_no_sense_shows_a_working_page(open_page, query: str):
    page = open_page(f"{ROUTE}?{query}")
    assert len(values(page, "Output")) == 36
    assert page.locator("#geometry-problem").text_content() == ""


def test_teachers_can_hide_parts(open_page):
    page = open_page(f"{ROUTE}?v=1&hide=formula,kernel,output")
    assert page.locator(".sum").is_hidden()
    assert page.get_by_role("button", name="Rotate 90°").is_hidden()
    assert page.get_by_role("grid", name="Output").count() == 0
    page.get_by_text("For teachers").click()
    page.get_by_label("the sum").uncheck()
    assert page.locator(".sum").is_visible()
    assert "hide=kernel,output" in page.url


@pytest.mark.parametrize(
    "query",
    [
        "v=1",
        "v=1&kernel=box_blur&pattern=noise&seed=4&pad=same&stride=2&cell=1,1",
        "v=1&kernel=custom&k=0~5,-1.2,3&bias=1.5&relu=1&flip=1&pad=1&mode=replicate&dil=2&n=6",
    ],
)
def test_copy_as_python_runs_and_prints_the_same_numbers(open_page, query: str):
    page = open_page(f"{ROUTE}?{query}")
    page.get_by_role("button", name="Copy as Python").click()
    program = page.locator("dialog textarea").input_value()
    page.get_by_role("button", name="Copy", exact=True).click()
    assert page.evaluate("navigator.clipboard.readText()") == program
    page.keyboard.press("Escape")
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    table, sentence = done.stdout.rsplit("\n", 2)[:2]
    printed = [float(n) for n in re.findall(r"-?\d+\.?\d*(?:e-?\d+)?", table.split("\n", 1)[1])]
    shown = values(page, "Output")
    assert printed == pytest.approx(shown, abs=1e-6)
    page.get_by_role("button", name="Next cell").click()
    page.get_by_role("button", name="Previous cell").click()
    assert status(page).split(": ", 1)[1] == sentence


def test_a_route_that_does_not_exist_says_so(open_page):
    page = open_page("#/nowhere")
    assert page.get_by_role("heading", name="There is no such page").is_visible()
    go(page, ROUTE)
    assert len(values(page, "Output")) == 36
