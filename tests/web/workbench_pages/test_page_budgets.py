"""What the workbench's own scripts and styles may weigh, and that others do not load them."""

from __future__ import annotations

from foveal.web.documents import STATIC
from web.conftest import go
from web.workbench_pages.test_accessible_pages import PAGES, fill

MOST_BYTES = 120_000


def test_all_pages_of_the_workbench_load_at_most_120_kilobytes_of_their_own(open_faked):
    page, _ = open_faked("#/workbench", lambda fake: None)
    before = page.evaluate(
        "performance.getEntriesByType('resource').map(one => one.name).filter("
        "name => !name.includes('workbench'))"
    )
    for name, route in PAGES.items():
        go(page, route)
        fill(page, name)
    loaded = set(page.evaluate("performance.getEntriesByType('resource').map(one => one.name)"))
    shared = (STATIC / "widgets" / "dom.js", STATIC / "local.js")
    paths = {one.split(page.opened_at)[1].split("?")[0] for one in loaded | set(before)}
    own = {path for path in paths if is_own(path)}
    assert "views/workbench/follow.js" in own
    assert not {path.relative_to(STATIC).as_posix() for path in shared} & own
    sizes = {path: (STATIC / path).stat().st_size for path in own}
    assert sum(sizes.values()) <= MOST_BYTES, sizes


def is_own(path: str) -> bool:
    """Whether a script or style is there for the workbench alone."""
    return path.endswith((".js", ".css")) and path not in SHARED


SHARED = {
    *("app.js", "local.js", "router.js", "server.js", "theme.js"),
    *(f"css/{name}.css" for name in ("base", "shell", "levels", "grids", "lessons", "labs")),
    *("math/display.js", "math/format.js", "math/visualizer_state.js", "math/grid.js"),
    *("math/convolution.js", "math/patterns.js", "math/pooling.js"),
    *("widgets/dom.js", "widgets/chart.js", "widgets/choices.js"),
}


def test_the_other_pages_load_nothing_of_the_workbench(open_page):
    page = open_page("#/visualizer")
    go(page, "#/lessons/convolution-and-pooling")
    loaded = page.evaluate("performance.getEntriesByType('resource').map(one => one.name)")
    assert [name for name in loaded if "workbench" in name or "uploads" in name] == []
