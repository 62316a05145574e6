"""What the workbench's own scripts and styles may weigh, and that others do not load them."""

from __future__ import annotations

from foveal.web.documents import STATIC
from web.conftest import go
from web.workbench_pages.test_accessible_pages import PAGES, fill

# Uncompressed. The four steps are what everybody loads; the rest comes when it is asked for.
STEPS, MOST_OF_STEPS = ("start", "photos", "check", "train", "training", "try"), 117_000
MOST_BYTES = 142_000  # with what cancels long computations, and what deletes
# What other pages of the site load too.
SHARED = {
    *("app.js", "local.js", "router.js", "server.js", "theme.js"),
    *(f"css/{name}.css" for name in ("base", "shell", "levels", "grids", "lessons", "labs")),
    *("math/display.js", "math/format.js", "math/visualizer_state.js", "math/grid.js"),
    *("math/convolution.js", "math/patterns.js", "math/pooling.js"),
    *("widgets/dom.js", "widgets/chart.js", "widgets/choices.js", "widgets/pixels.js"),
}


def test_the_four_steps_and_all_that_can_be_asked_for_stay_within_their_budgets(open_faked):
    page, _ = open_faked("#/workbench")
    for name in STEPS:
        go(page, PAGES[name])
        fill(page, name)
    steps = own_bytes(page)
    assert {"css/workbench.css", "views/workbench/follow.js", "uploads.js"} <= set(steps)
    assert sum(steps.values()) <= MOST_OF_STEPS, steps
    for name in PAGES.keys() - STEPS:
        go(page, PAGES[name])
        fill(page, name)
    everything = own_bytes(page)
    assert "views/workbench/compare.js" in everything
    assert sum(everything.values()) <= MOST_BYTES, everything


def own_bytes(page) -> dict[str, int]:
    """Sizes of the scripts and styles that were loaded for the workbench alone."""
    urls = page.evaluate("performance.getEntriesByType('resource').map(one => one.name)")
    paths = {url.removeprefix(page.opened_at) for url in urls if url.endswith((".js", ".css"))}
    return {path: (STATIC / path).stat().st_size for path in paths - SHARED}


def test_the_other_pages_load_nothing_of_the_workbench(open_page):
    page = open_page("#/visualizer")
    go(page, "#/lessons/convolution-and-pooling")
    loaded = page.evaluate("performance.getEntriesByType('resource').map(one => one.name)")
    assert [name for name in loaded if "workbench" in name or "uploads" in name] == []
