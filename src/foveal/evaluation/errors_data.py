"""What an error analysis is made of."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from foveal.evaluation.evaluate import Evaluation

DoubtKind = Literal["two labels", "label", "mistake", "unlike the rest"]


@dataclass(frozen=True)
class Doubt:
    """One photo that somebody should look at."""

    kind: DoubtKind
    """What is doubtful about it."""
    path: str
    """The photo, relative to the folder of the data where it lies in it."""
    given: str
    """The class it was given."""
    suggested: str
    """The class it probably has; empty where there is no suggestion."""
    score: float
    """How doubtful it is among its kind: larger is worse."""
    reason: str
    """Why, as a phrase."""


@dataclass(frozen=True)
class CurvePoint:
    """How good a head was with some of the photos."""

    photos: int
    """How many it learned from."""
    accuracy: float
    """The share of held-back photos that it named correctly, the mean of several draws."""
    lowest: float
    """The least of the draws."""
    highest: float
    """The best of the draws."""


@dataclass(frozen=True)
class LearningCurve:
    """How the accuracy grew with the number of photos."""

    points: tuple[CurvePoint, ...]
    """From few photos to all."""
    held_back: int
    """Photos that it was measured on."""
    doubled: float | None
    """The accuracy to expect of twice as many photos, if it goes on like that; None where that
    cannot be told."""
    sentence: str
    """What it means."""


@dataclass(frozen=True)
class ErrorAnalysis:
    """Everything an error page shows."""

    title: str
    """What the classifier tells apart, in the user's words."""
    run_name: str
    """Name of the run folder."""
    created: str
    """When it was made, as it is to be shown."""
    evaluation: Evaluation
    """The classifier's answers on the test photos, or on the validation photos."""
    photos: int
    """How many photos were looked at."""
    backbone: str
    """The network whose features were used."""
    doubts: Sequence[Doubt]
    """Photos to look at, grouped by kind, the most doubtful first."""
    curve: LearningCurve | None
    """Whether more photos would help; None where there was too little to tell."""
    image_root: Path
    """Folder that relative photo paths start from."""

    def of_kind(self, kind: DoubtKind) -> list[Doubt]:
        """Return the doubts of one kind.

        Args:
            kind: which.

        Returns:
            The most doubtful first.
        """
        return [doubt for doubt in self.doubts if doubt.kind == kind]
