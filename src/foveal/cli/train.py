"""``foveal train``."""

from __future__ import annotations

import shlex
from dataclasses import dataclass
from typing import Any

from foveal.cli.output import console, duration, listener, percent, print_json
from foveal.models import architecture
from foveal.workflow.settings import DEFAULT_BACKBONE, TrainSettings

FAST_BACKBONE = "efficientnet_lite0"


@dataclass(frozen=True, kw_only=True)
class Train(TrainSettings):
    """Train a classifier on folders of photos."""

    json: bool = False
    """Write the result as JSON for a program to read."""

    def run(self) -> int:
        """Train, and say what came of it.

        Returns:
            0.
        """
        from foveal.workflow.run import train_run

        heard = listener()
        if self.backbone == DEFAULT_BACKBONE:
            heard.note(fast_alternative())
        run = train_run(self, heard)
        if self.json:
            print_json(_as_dict(run))
        else:
            _show(run)
        return 0


def fast_alternative() -> str:
    """Say what the fast backbone would cost and give.

    Returns:
        One sentence.
    """
    default, fast = architecture(DEFAULT_BACKBONE), architecture(FAST_BACKBONE)
    cost = default.macs / fast.macs
    first, second = (row.weights.top1 if row.weights else 0.0 for row in (default, fast))
    return (
        f"Backbone {default.name}, {first} % on ImageNet. --backbone {fast.name} encodes about "
        f"{cost:.1f} times as fast and has {second} %."
    )


def _as_dict(run: Any) -> dict[str, Any]:
    return {
        "run": str(run.folder),
        "report": str(run.folder / "report.html"),
        "classes": list(run.classifier.data.classes),
        "splits": {name: evaluation.as_dict() for name, evaluation in run.evaluations.items()},
        "timing": run.timing,
        "warnings": list(run.warnings),
        "rejected": [str(rejection.path) for rejection in run.classifier.data.rejected],
        "next_steps": list(run.next_steps),
    }


def _show(run: Any) -> None:
    screen, evaluation = console(), run.main
    for warning in run.warnings:
        screen.print(f"! {warning}", style="yellow", markup=False)
    screen.print()
    show_headline(evaluation)
    screen.print(f"in {duration(run.timing['total_seconds'])}", style="dim")
    screen.print()
    folder = shlex.quote(str(run.folder))
    lines = [
        ("report", str(run.folder / "report.html")),
        ("model", str(run.folder / "model")),
        ("next", f"foveal predict {folder} PHOTO"),
    ]
    for label, text in lines:
        screen.print(f"{label:<8}{text}", markup=False, soft_wrap=True)
    if run.next_steps:
        screen.print(f"{'better':<8}{run.next_steps[0]}", markup=False, soft_wrap=True)


def show_headline(evaluation: Any) -> None:
    """Say how good a classifier is, and where it is weakest.

    Args:
        evaluation: of one split.
    """
    screen = console()
    low, high = evaluation.accuracy_ci95 or (None, None)
    screen.print(
        f"[bold]{percent(evaluation.accuracy)}[/bold] of {evaluation.n:,} {evaluation.split} "
        f"photos named rightly; the true figure lies between {percent(low)} and {percent(high)} "
        "(95 % interval)"
    )
    known = {
        name: figures.recall
        for name, figures in evaluation.per_class.items()
        if figures.recall is not None
    }
    if known:
        weakest = min(known, key=lambda name: known[name])
        screen.print(f"weakest class: {weakest}, {percent(known[weakest])} found", markup=False)
