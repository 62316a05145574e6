"""WCAG 2.2 AA on every view: axe in both themes, reflow, targets, motion, forced colours."""

from __future__ import annotations

import pytest

from evaluation.test_report_in_browser import RULES
from web.conftest import go

LESSONS = ("images-as-arrays", "convolution-and-pooling", "architectures", "transfer-learning")
VIEWS = [
    "#/",
    "#/visualizer?v=1&kernel=emboss&pattern=noise&pad=1&stride=2&bias=1&relu=1",
    "#/visualizer?v=1&n=3&dil=4",
    "#/channels",
    "#/pooling",
    "#/gradient",
    "#/features",
    "#/explorer?model=lenet5&compare=vgg11",
    "#/check",
    "#/takeaways",
    "#/glossary",
    "#/search?q=stride",
    "#/source/models-lenet",
    "#/nowhere",
    "#/lessons",
    *(f"#/lessons/{slug}" for slug in LESSONS),
]
OPTIONS = {"runOnly": {"type": "tag", "values": RULES}, "resultTypes": ["violations", "incomplete"]}
COLOURS = OPTIONS | {
    "runOnly": {"type": "rule", "values": ["color-contrast", "link-in-text-block"]}
}
# What axe cannot measure: single characters (a test below works their contrast out), symbols,
# and text in drawings, which is coloured as text elsewhere is.
UNMEASURABLE = ("shortTextContent", "nonBmp", "imgNode")


def problems(page, options: dict[str, object] = OPTIONS) -> list[str]:
    """Return what axe finds wrong, and every contrast it was unsure of without a good reason."""
    axe = pytest.importorskip("axe_playwright_python.sync_playwright").Axe()
    # The window over the grid lies above the cells; axe cannot see through it.
    page.add_style_tag(content=".overlay { display: none !important; }")
    found = axe.run(page, options=options).response
    assert found["passes"], "axe checked nothing"
    wrong = [(rule["id"], node) for rule in found["violations"] for node in rule["nodes"]]
    for rule in found["incomplete"]:
        for node in rule["nodes"] if rule["id"] == "color-contrast" else ():
            reasons = {(check["data"] or {}).get("messageKey") for check in node["any"]}
            if not reasons & set(UNMEASURABLE):
                wrong.append(("color-contrast", node))
    return [f"{name}: {node['html'][:200]}" for name, node in wrong]


def settle(page) -> None:
    """Wait for what a view loads after it has shown itself."""
    page.evaluate(
        """async () => {
        document.querySelectorAll("details").forEach(one => { one.open = true; });
        for (let i = 0; i < 200; i += 1) {
            const busy = document.querySelector("[aria-busy]") || [...document.querySelectorAll(
                "[role=status]")].some(one => one.textContent.endsWith("…"));
            if (!busy) break;
            await new Promise(done => setTimeout(done, 50));
        }
        for (const figure of document.querySelectorAll("foveal-figure")) await figure.load();
        }"""
    )


@pytest.mark.parametrize("route", VIEWS)
def test_axe_finds_nothing_in_either_theme(open_page, route: str):
    wide = {"width": 1900, "height": 1000}
    page = open_page(route, bypass_csp=True, reduced_motion="reduce", viewport=wide)
    settle(page)
    page.emulate_media(color_scheme="light")
    assert problems(page) == []
    page.emulate_media(color_scheme="dark")  # another theme changes colours and nothing else
    assert problems(page, COLOURS) == []


def test_axe_finds_nothing_in_dialogs_menus_and_answers(open_page):
    page = open_page("#/visualizer", bypass_csp=True, viewport={"width": 360, "height": 740})
    page.get_by_role("button", name="Menu").click()
    assert problems(page) == []
    page.keyboard.press("Escape")
    for name in ("Describe all steps", "Copy as Python"):
        page.get_by_role("button", name=name).click()
        page.locator("dialog").wait_for()
        assert problems(page) == [], name
        page.keyboard.press("Escape")
    go(page, "#/check")
    for _ in range(6):
        page.locator("input[name=choice]").first.check()
        page.get_by_role("button", name="Check answer").click()
        assert problems(page) == []
        page.locator("button[type=submit]").last.click()
    assert problems(page) == []


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_ink_on_every_shade_of_a_cell_has_contrast_of_4_5(open_page, theme: str):
    page = open_page("#/visualizer", color_scheme=theme)
    worst = page.evaluate(
        """() => {
        const cell = document.querySelector("[aria-label^='Output,'] td[data-row]");
        cell.style.transition = "none";
        const light = text => {
            const [r, g, b] = text.match(/[0-9.]+/g).map(Number).map(v => v / 255)
                .map(v => (v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4));
            return 0.2126 * r + 0.7152 * g + 0.0722 * b;
        };
        const levels = ["z", "g0", ...["g", "p", "n"].flatMap(
            k => Array.from({length: 10}, (_, i) => k + (i + 1)))];
        return Math.min(...levels.map(level => {
            cell.dataset.level = level;
            const style = getComputedStyle(cell);
            const [a, b] = [light(style.color), light(style.backgroundColor)].sort((x, y) => y - x);
            return (a + 0.05) / (b + 0.05);
        }));
        }"""
    )
    assert worst >= 4.5


@pytest.mark.parametrize("width", [320, 768])
def test_every_view_reflows(open_page, width: int):
    page = open_page("#/", viewport={"width": width, "height": 700})
    for route in VIEWS:
        go(page, route)
        settle(page)
        wider = page.evaluate("document.documentElement.scrollWidth - innerWidth")
        assert wider <= 0, route


def test_every_target_is_at_least_24_pixels(open_page):
    page = open_page("#/", viewport={"width": 360, "height": 740})
    for route in VIEWS:
        go(page, route)
        settle(page)
        small = page.evaluate(
            """() => [...document.querySelectorAll(
                `button, select, input:not([type=radio]):not([type=checkbox]), summary,
                td[tabindex], .side a`)]
              .filter(one => one.checkVisibility({visibilityProperty: true})
                && !one.closest(".visually-hidden, .choices") && !one.matches(".visually-hidden"))
              .map(one => [one, one.getBoundingClientRect()])
              .filter(([, box]) => box.width && (box.width < 23.9 || box.height < 23.9))
              .map(([one, box]) => `${one.outerHTML.slice(0, 90)} ${box.width}x${box.height}`)"""
        )
        assert small == [], route


def test_without_motion_the_window_jumps_from_cell_to_cell(open_page):
    page = open_page("#/visualizer", reduced_motion="reduce")
    moving = page.evaluate(
        """() => [...document.querySelectorAll("*")].filter(one => {
            const style = getComputedStyle(one);
            return parseFloat(style.transitionDuration) > 0 || style.animationName !== "none";
        }).length"""
    )
    assert moving == 0
    calm = open_page("#/visualizer", reduced_motion="no-preference")
    window = calm.locator(".overlay .window")
    assert window.evaluate("one => parseFloat(getComputedStyle(one).transitionDuration)") > 0


def test_in_forced_colours_marks_do_not_rest_on_colour(open_page):
    page = open_page("#/visualizer", forced_colors="active")
    outlines = page.evaluate(
        """() => ["linked", "active"].map(name => {
            const style = getComputedStyle(document.querySelector(`td.${name}`));
            return [style.outlineStyle, parseFloat(style.outlineWidth) > 0, style.borderStyle];
        })"""
    )
    assert outlines == [["solid", True, "solid"], ["double", True, "solid"]]
    chosen = page.evaluate(
        "getComputedStyle(document.querySelector('.choices input:checked + span')).outlineStyle"
    )
    assert chosen == "solid"


def test_a_page_can_be_skipped_to_and_names_itself(open_page):
    page = open_page("#/pooling")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "main"
    assert page.title() == "Pooling · Foveal"
    go(page, "#/glossary")
    assert page.title() == "Glossary · Foveal"
    assert page.evaluate("document.activeElement.tagName") == "H1"
    assert page.locator('.side a[aria-current="page"]').text_content() == "Glossary"


@pytest.mark.parametrize("system", ["light", "dark"])
def test_the_first_press_of_the_theme_button_shows_and_is_remembered(open_page, system: str):
    page = open_page("#/", color_scheme=system)
    background = "getComputedStyle(document.documentElement).backgroundColor"
    before = page.evaluate(background)
    button = page.locator("#theme-button")
    assert button.get_attribute("aria-label") == "Theme: as the system"
    button.click()
    other = {"light": "dark", "dark": "light"}[system]
    assert button.get_attribute("aria-label") == f"Theme: {other}"
    after = page.evaluate(background)
    assert after != before
    page.reload()
    page.wait_for_selector("html[data-ready]")
    assert page.evaluate(background) == after
    button.click()
    assert button.get_attribute("aria-label") == f"Theme: {system}"
    assert page.evaluate(background) == before
    button.click()
    assert button.get_attribute("aria-label") == "Theme: as the system"
