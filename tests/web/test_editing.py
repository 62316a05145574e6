"""The kernel editor and the geometry, with every kind of value that cannot be used."""

from __future__ import annotations

import pytest

from web.test_visualizer import ROUTE, cell, values

EDGE = [-1, 0, 1] * 3


def test_a_weight_is_changed_by_its_field_and_undone(open_page):
    page = open_page(ROUTE)
    cell(page, "Filter", 1, 1).click()
    page.locator("[data-field=weight]").fill("5")
    page.keyboard.press("Enter")
    assert values(page, "Filter") == [-1, 0, 1, -1, 5, 1, -1, 0, 1]
    assert page.get_by_role("radio", name="Custom").is_checked()
    page.get_by_role("button", name="Undo").click()
    assert values(page, "Filter") == EDGE
    assert page.get_by_role("radio", name="Vertical edge").first.is_checked()


def test_flip_rotate_and_normalise(open_page):
    page = open_page(f"{ROUTE}?v=1&kernel=emboss")
    before = values(page, "Filter")
    page.get_by_role("button", name="Flip 180°").click()
    assert values(page, "Filter") == before[::-1]
    assert page.get_by_role("button", name="Flip 180°").get_attribute("aria-pressed") == "true"
    page.get_by_role("button", name="Flip 180°").click()
    for _ in range(4):
        page.get_by_role("button", name="Rotate 90°").click()
    assert values(page, "Filter") == before
    page.locator("[data-field=kernel-size]").fill("2")
    page.keyboard.press("Enter")
    assert len(values(page, "Filter")) == 4
    page.get_by_role("radio", name="Box blur").check(force=True)
    page.locator("[data-field=divisor]").fill("1")
    page.keyboard.press("Enter")
    assert page.get_by_text("Σ = 9: flat areas times 9").is_visible()
    page.get_by_role("button", name="Normalise").click()
    badge = page.locator(".badge").text_content()
    assert badge == "Σ = 9, ÷ 9: flat areas keep their brightness"


def test_normalising_a_sum_of_zero_says_why_not(open_page):
    page = open_page(ROUTE)
    page.get_by_role("button", name="Normalise").click()
    assert page.get_by_text("Σ is 0: there is nothing to divide by.").is_visible()


def test_editing_a_flipped_kernel_changes_the_weight_that_is_shown(open_page):
    page = open_page(f"{ROUTE}?v=1&kernel=emboss&flip=1")
    cell(page, "Filter", 0, 0).focus()
    page.keyboard.press("9")
    page.keyboard.press("Enter")
    assert values(page, "Filter")[0] == 9


def test_a_value_that_cannot_be_used_is_explained_and_changes_nothing(open_page):
    page = open_page(ROUTE)
    before = values(page, "Output")
    for field in ("weight", "input-cell"):
        entry, problem = page.locator(f"[data-field={field}]"), page.locator(f"#{field}-problem")
        for text in ("", "x", "1e3", "1000", "-1000", "0.1234", "NaN", "1,5", "--1"):
            entry.fill(text)
            entry.press("Enter")
            assert "A number from -999 to 999, please" in problem.text_content(), text
            assert entry.get_attribute("aria-invalid") == "true"
            assert values(page, "Output") == before
        entry.press("Escape")
        assert problem.text_content() == ""


def test_every_number_of_the_geometry_is_checked(open_page):
    page = open_page(ROUTE)
    before = values(page, "Output")
    for field in ("stride", "dil", "pad", "n", "divisor", "kernel-size", "bias"):
        entry = page.locator(f"[data-field={field}]")
        message = page.locator(f"#{entry.get_attribute('aria-describedby')}")
        kind = "A number from " if field == "bias" else "A whole number from "
        usable = ("-1", "2.5") if field == "bias" else ()
        for text in {"", "-1", "2.5", "99999", "abc", "0x2", "1 2", "∞", "1e9"}.difference(usable):
            entry.fill(text)
            entry.press("Enter")
            assert entry.get_attribute("aria-invalid") == "true", (field, text)
            assert message.text_content().startswith(kind)
            assert f"got “{text}”" in message.text_content()
    assert values(page, "Output") == before


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ("n=3&dil=2", "The window spans 5 cells (3 with dilation 2), but the padded input has 3"),
        ("n=3&pad=3&mode=reflect", "Reflecting needs less padding than the input has cells"),
        ("n=3&kernel=custom&k=1,1,1,1.1,1,1,1.1,1,1,1.1,1,1,1", "use a smaller window"),
    ],
)
def test_an_impossible_geometry_says_so_and_can_be_mended(open_page, query: str, words: str):
    page = open_page(f"{ROUTE}?v=1&{query}")
    problem = page.locator("#geometry-problem")
    assert words in problem.text_content()
    assert page.get_by_text("The window does not fit: there is no output.").is_visible()
    assert page.get_by_role("grid", name="Input").is_visible()
    for stale in (".stepper", ".stages", ".legend", ".ramp"):  # nothing of an earlier output
        assert page.locator(f"main {stale}").first.is_hidden(), stale
    assert page.get_by_role("heading", name="Output at row").count() == 0
    page.get_by_role("grid", name="Input").locator("td[tabindex='0']").focus()
    page.keyboard.press("k")  # plays where there is something to play; breaks nothing here
    page.keyboard.press("l")
    page.get_by_role("button", name="Copy as Python").click()
    page.get_by_role("button", name="Reset").click()
    assert problem.text_content() == ""
    assert len(values(page, "Output")) == 36
    assert page.locator(".stepper").is_visible()
    assert page.get_by_role("heading", name="Output at row").is_visible()


@pytest.mark.parametrize(
    ("query", "formula", "shape"),
    [
        ("", "⌊(8 + 2·0 − 3) / 1⌋ + 1 = 6", 36),
        ("pad=same", "⌈8 / 1⌉ = 8", 64),
        ("pad=same&stride=2", "⌈8 / 2⌉ = 4", 16),
        ("pad=2&stride=3&dil=2", "⌊(8 + 2·2 − 2·(3 − 1) − 1) / 3⌋ + 1 = 3", 9),
    ],
)
def test_the_live_formula_says_the_output_size(open_page, query: str, formula: str, shape: int):
    page = open_page(f"{ROUTE}?v=1&{query}")
    assert page.locator(".size-formula").text_content() == formula
    assert len(values(page, "Output")) == shape


def test_unused_columns_are_shaded_and_counted(open_page):
    page = open_page(f"{ROUTE}?v=1&stride=2")
    assert page.locator("td.unused").count() == 15
    assert page.get_by_text("1 row and 1 column at the end are never used").is_visible()


def test_padding_is_shown_with_what_it_holds(open_page):
    page = open_page(f"{ROUTE}?v=1&pad=1&mode=replicate&pattern=checkerboard")
    pads = page.locator("td.pad")
    assert pads.count() == 100 - 64
    assert pads.nth(1).text_content() == "0"
    assert pads.nth(2).text_content() == "10"
