"""How good a classifier is, in a line or two."""

from __future__ import annotations

from typing import TYPE_CHECKING

from foveal.cli.output import console, percent

if TYPE_CHECKING:
    from foveal.evaluation import Evaluation


def show_headline(evaluation: Evaluation, photos: str | None = None) -> None:
    """Say how good a classifier is, and where it is weakest.

    Args:
        evaluation: of one split.
        photos: what to call one of these photos; None for its split, such as ``"test photo"``.
    """
    from foveal.data import counted

    screen = console()
    told = counted(evaluation.n, photos or f"{evaluation.split} photo")
    low, high = evaluation.accuracy_ci95 or (None, None)
    screen.print(
        f"[bold]{percent(evaluation.accuracy)}[/bold] of {told} named rightly; the true figure "
        f"lies between {percent(low)} and {percent(high)} (95 % interval)"
    )
    known = {
        name: figures.recall
        for name, figures in evaluation.per_class.items()
        if figures.recall is not None
    }
    weakest = min(known, key=lambda name: known[name], default=None)
    if weakest is not None and known[weakest] < 1:
        screen.print(f"weakest class: {weakest}, {percent(known[weakest])} found", markup=False)
