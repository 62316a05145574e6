"""The gallery of the worst mistakes."""

from __future__ import annotations

from pathlib import Path, PurePath

from foveal.evaluation.evaluate import Evaluation, Mistake
from foveal.evaluation.markup import Html, element, name, shortened
from foveal.evaluation.parts import bullets, folded, paragraph, section
from foveal.evaluation.prose import NBSP, counted, percent
from foveal.evaluation.report_data import ReportData
from foveal.evaluation.thumbnails import Thumbnail, picture

OPEN, LISTED = 12, 24


def mistakes_section(data: ReportData, thumbnail: Thumbnail) -> Html | None:
    """Return the photos it got most confidently wrong.

    Args:
        data: the report.
        thumbnail: makes a small JPEG of a photo; whatever it raises is shown in the photo's place.

    Returns:
        A ``section`` element; None where nothing was measured.
    """
    result = data.main
    if result is None or not result.n:
        return None
    worst = result.mistakes(LISTED)
    tiles = [_tile(mistake, data.image_root, thumbnail) for mistake in worst]
    return section(
        "mistakes",
        "What it got wrong",
        paragraph(_lead(result, len(worst)), class_="lead"),
        bullets(tiles[:OPEN], class_="gallery") if tiles else None,
        folded(f"{len(tiles) - OPEN} more", bullets(tiles[OPEN:], class_="gallery"))
        if len(tiles) > OPEN
        else None,
    )


def _lead(result: Evaluation, shown: int) -> str:
    """Return how many mistakes there are and what to look for."""
    wrong = result.n - result.correct
    if not wrong:
        return (
            f"Nothing: every one of the {counted(result.n, 'photo')} was named correctly. "
            "That does not mean that it never errs; more photos to test with would show how rarely."
        )
    some = "They are all here" if shown == wrong else f"Here are the {shown} it was most sure of"
    if wrong == 1:
        some = "Here it is"
    return (
        f"{counted(wrong, 'photo')} of {result.n:,}. {some}, the most confident first. Look for "
        "what they have in common, and for photos whose label is wrong rather than the answer."
    )


def _tile(mistake: Mistake, root: Path, thumbnail: Thumbnail) -> Html:
    """Return one mistake: the photo, the answer, the truth and the file."""
    file = PurePath(mistake.path).name
    answer = element(
        "div",
        element("dt", "It said"),
        element("dd", name(mistake.predicted, 40), f", {percent(mistake.probability)}{NBSP}sure"),
        class_="said",
    )
    words = f"{file}: labelled {mistake.true}, taken for {mistake.predicted}"
    truth = element("div", element("dt", "Label"), element("dd", name(mistake.true, 40)))
    return element(
        "figure",
        picture(root / mistake.path, words, thumbnail),
        element(
            "figcaption",
            element("dl", answer, truth),
            element("span", element("bdi", shortened(file, 48)), class_="file", title=mistake.path),
        ),
        class_="tile",
    )
