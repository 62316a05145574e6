"""The report as people see it: in a browser, in both themes, wide and narrow."""

from __future__ import annotations

from pathlib import Path

import pytest

from evaluation.example_report import evaluation, hostile_data, report_data
from foveal.evaluation import ReportData, render_report

RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]


def hard() -> ReportData:
    names = tuple(f"class {i}" for i in range(17))
    return report_data(names, 170, evaluations={"test": evaluation(names, 170, skill=2)})


PAGES = {"hostile": hostile_data, "many classes": hard}


def axe_problems(page, options: dict[str, object]) -> list[str]:
    """Return what axe finds wrong, and every contrast it could not measure.

    It cannot measure text in drawings; test_report_style.py does that by arithmetic.
    """
    axe = pytest.importorskip("axe_playwright_python.sync_playwright").Axe()
    found = axe.run(page, options=options | {"resultTypes": ["violations", "incomplete"]}).response
    assert found["passes"], "axe checked nothing"
    unsure = [rule for rule in found["incomplete"] if rule["id"] == "color-contrast"]
    return [
        f"{rule['id']}: {node['html'][:200]}"
        for rule in (*found["violations"], *unsure)
        for node in rule["nodes"]
        if rule["id"] != "color-contrast" or not node["html"].startswith("<text")
    ]


@pytest.mark.parametrize(
    ("name", "themes"), [("hostile", ("light", "dark")), ("many classes", ("dark",))]
)
def test_the_report_is_accessible(browser, name: str, themes: tuple[str, ...], tmp_path: Path):
    file = tmp_path / "report.html"
    file.write_text(render_report(PAGES[name]()), encoding="utf-8")
    # axe itself is a script that is put into the page, which the page's policy forbids.
    page = browser.new_page(viewport={"width": 1280, "height": 900}, bypass_csp=True)
    page.goto(file.as_uri())
    page.eval_on_selector_all("details", "all => all.forEach(d => d.open = true)")
    # The shadows of scrolling tables end in the colour of the page; axe cannot see through them.
    page.add_style_tag(content=".scroll { background: none !important; }")
    for theme in themes:
        page.emulate_media(color_scheme=theme)
        assert axe_problems(page, {"runOnly": {"type": "tag", "values": RULES}}) == [], theme
    page.close()


@pytest.mark.parametrize("name", list(PAGES))
@pytest.mark.parametrize("width", [1440, 320])
def test_nothing_runs_nothing_is_asked_for_and_nothing_sticks_out(
    browser, name: str, width: int, tmp_path: Path
):
    file = tmp_path / "report.html"
    file.write_text(render_report(PAGES[name]()), encoding="utf-8")
    context = browser.new_context(viewport={"width": width, "height": 800})
    page = context.new_page()
    said: list[str] = []
    asked: list[str] = []
    page.on("console", lambda message: said.append(message.text))
    page.on("pageerror", lambda error: said.append(str(error)))
    page.on("dialog", lambda dialog: said.append(dialog.message))
    page.on("request", lambda request: asked.append(request.url))
    page.goto(file.as_uri())
    page.eval_on_selector_all("details", "all => all.forEach(d => d.open = true)")
    wider = page.evaluate("document.documentElement.scrollWidth - innerWidth")
    broken = page.eval_on_selector_all("img", "all => all.filter(i => !i.naturalWidth).length")
    context.close()
    assert said == []
    assert [url for url in asked if not url.startswith("data:")] == [file.as_uri()]
    assert wider <= 0
    assert broken == 0
