"""Tables of figures that were measured, with their conditions beneath."""

from __future__ import annotations

from foveal.errors import UnknownNameError
from foveal.learn.elements import Html, element, table
from foveal.learn.measured import measured

# Caption of the table, its head, and its rows; a cell in braces is the name of a measured figure.
_TABLES: dict[str, tuple[str, tuple[str, ...], tuple[tuple[str, ...], ...]]] = {
    "cache": (
        "Training twice on the same photos",
        ("run", "time for everything"),
        (
            ("first run: decode, encode, train the head", "{ants_cold_seconds}"),
            ("second run: features from the cache", "{ants_second_seconds}"),
        ),
    ),
    "views": (
        "Five flowers, by views of each training photo",
        ("views", "test accuracy", "work of encoding"),
        (
            ("1", "{flowers_1_view}", "1 ×"),
            ("2", "{flowers_2_views}", "{flowers_2_views_work}"),
            ("4", "{flowers_4_views}", "{flowers_4_views_work}"),
        ),
    ),
    "ants": (
        "Ants or bees",
        ("what", "measured"),
        (
            ("photos to learn from", "{ants_train}"),
            ("photos to validate on", "{ants_validation}"),
            ("named rightly in validation", "{ants_accuracy}"),
            ("everything, from the photos to the report", "{ants_cold_seconds}"),
            ("one prediction, in a new process", "{predict_seconds}"),
        ),
    ),
}


def results(caption: Html, rows: str) -> Html:
    """Return a table of measured figures.

    Args:
        caption: what it shows.
        rows: which table: ``"cache"``, ``"views"`` or ``"ants"``.

    Returns:
        The table, its caption, and where the figures come from.

    Raises:
        UnknownNameError: there is no such table.
    """
    if rows not in _TABLES:
        raise UnknownNameError("table of results", rows, _TABLES)
    title, head, cells = _TABLES[rows]
    names = [cell[1:-1] for row in cells for cell in row if cell.startswith("{")]
    filled = [
        [measured(cell[1:-1]).text if cell.startswith("{") else cell for cell in row]
        for row in cells
    ]
    sources = dict.fromkeys(measured(name).source for name in names)
    return element(
        "figure",
        table(title, head, filled),
        element(
            "figcaption",
            caption,
            " ",
            element("small", f"Measured: {'; '.join(sources)}."),
        ),
        class_="numbers",
    )
