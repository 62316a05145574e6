"""``foveal predict``."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import tyro

from foveal.cli.live import listener
from foveal.cli.output import console, percent, print_json, require_new_table
from foveal.cli.rules import (
    require_built_in,
    require_photos_given,
    require_rejection,
    require_top_k,
)
from foveal.errors import DataError, UsageError
from foveal.runtime.model_folder import find_model
from foveal.storage import write_text
from foveal.workflow.settings import DEFAULT_BACKBONE, IMAGENET

if TYPE_CHECKING:
    from foveal.runtime.predictor import Prediction, Predictor

MANY = 20  # photos above which throughput matters more than the first answer
NONE_OF_THESE = "none of these"
COLUMNS = ("path", "rank", "label", "index", "probability", "reason")


@dataclass(frozen=True)
class Predict:
    """Name photos."""

    model: Annotated[str, tyro.conf.arg(metavar="RUN|imagenet")]
    """A run or model folder, or ``imagenet`` for the built-in network with its 1,000 classes."""
    paths: Annotated[
        tuple[Path, ...],
        tyro.conf.arg(metavar="PHOTO [PHOTO ...]", help_behavior_hint="(required)"),
    ]
    """Photos, or folders of photos."""
    top_k: int = 5
    """How many names each photo gets."""
    backbone: str | None = None
    """With ``imagenet``: which network; by default efficientnet_lite2."""
    reject: Literal["auto"] | None = None
    """auto: answer "none of these" where a photo is unlike all that RUN learned from. What is
    unlike is fitted on the photos of RUN when first asked for, and kept in its model."""
    coverage: float | None = None
    """With --reject: the share of photos of the classes to keep, 0.95 by default."""
    tta: int | None = None
    """Look at this many augmented views of each photo and average: slower, a little more exact."""
    csv: Path | None = None
    """Write a table here: one row per photo and rank."""
    json: bool = False
    """Write JSON for a program to read."""

    def __post_init__(self) -> None:
        require_top_k(self.top_k)
        require_built_in(self.backbone, self.model)
        if self.reject is not None and self.model == IMAGENET:
            raise UsageError(
                "`reject` goes with a run of your own; the built-in network does not come with the "
                "photos that it learned from: leave --reject out."
            )
        require_rejection(self.coverage, self.reject)
        require_photos_given(self.paths)

    def run(self) -> int:
        """Name the photos.

        Returns:
            0, or 1 if a photo could not be read.
        """
        if self.csv is not None:
            require_new_table("--csv", self.csv, ",".join(COLUMNS))
        if self.model != IMAGENET:
            find_model(self.model)  # swapped arguments are noticed before photos are looked for
        photos = list(find_photos(self.paths))
        many = len(photos) > MANY
        predictor = self._load(many)
        heard = listener() if many else None
        predictions = []
        for prediction in predictor.stream(
            photos,
            self.top_k,
            lambda done: heard.progress("Naming photos", done, len(photos)) if heard else None,
        ):
            predictions.append(prediction)
        unreadable = [item for item in predictions if item.reason is not None]
        if self.csv is not None:
            from foveal.data import counted

            write_text(self.csv, as_csv(predictions))
            told = f"{self.csv}: {counted(len(predictions), 'photo')}, {len(unreadable)} not read"
            console(stderr=True).print(told, markup=False, soft_wrap=True)
        if self.json:
            print_json([_as_dict(prediction) for prediction in predictions])
        elif self.csv is None:
            _show(predictions)
        if self.reject is not None and len(predictions) > 1:
            console(stderr=True).print(rejected_sentence(predictions), markup=False)
        return 1 if unreadable else 0

    def _load(self, many: bool) -> Predictor:
        from foveal.workflow.scores import averaged_views, ensure_rejection

        views = averaged_views(self.model, self.tta)
        if self.model == IMAGENET:
            from foveal.runtime.imagenet import load_imagenet

            name = self.backbone or DEFAULT_BACKBONE
            predictor = load_imagenet(name, many=many)
            told = f"{name}, with the {len(predictor.classes):,} classes of ImageNet"
            chosen = "" if self.backbone else "; --backbone chooses another network"
            console(stderr=True).print(told + chosen, style="dim")
            predictor.views = views
            return predictor
        from foveal.runtime.loading import load

        coverage = None
        if self.reject is not None:
            coverage = ensure_rejection(self.model, self.coverage, listener())
        return load(self.model, many=many, views=views, coverage=coverage)


def find_photos(paths: Sequence[Path]) -> Iterator[Path]:
    """Yield the photos that a user means.

    Args:
        paths: photos, or folders that are searched for photos.

    Yields:
        Files, in the order given, a folder's in the order of their names.

    Raises:
        DataError: a path does not exist, or a folder holds no photo.
    """
    from foveal.images import IMAGE_SUFFIXES

    for path in paths:
        if path.is_dir():
            found = sorted(
                file
                for file in path.rglob("*")
                if file.suffix.lower() in IMAGE_SUFFIXES and not _is_hidden(file, path)
            )
            if not found:
                raise DataError(f"{path} holds no photos; expected files such as photo.jpg.")
            yield from found
        elif path.exists():
            yield path
        else:
            raise DataError(f"{path} does not exist; expected a photo or a folder of photos.")


def _is_hidden(file: Path, root: Path) -> bool:
    return any(part.startswith(".") for part in file.relative_to(root).parts)


def as_csv(predictions: Sequence[Prediction]) -> str:
    """Return predictions as a table.

    Args:
        predictions: of any photos.

    Returns:
        CSV with the columns path, rank, label, index, probability, reason: one row per photo and
        rank, and one with an empty label for a photo that could not be read. The reason of a photo
        that was rejected is "none of these"; its labels are the nearest classes.
    """
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(COLUMNS)
    for item in predictions:
        ranks = zip(item.labels, item.indices, item.probabilities, strict=True)
        for rank, (label, index, probability) in enumerate(ranks, start=1):
            reason = NONE_OF_THESE if item.rejected else ""
            writer.writerow([item.path, rank, label, index, f"{probability:.6f}", reason])
        if item.reason is not None:
            writer.writerow([item.path, 1, "", "", "", item.reason])
    return text.getvalue()


def rejected_sentence(predictions: Sequence[Prediction]) -> str:
    """Say how many photos are like none of the classes.

    Args:
        predictions: of a classifier that can answer "none of these".

    Returns:
        Such as ``"none of these: 98 of 100 photos (98.0 %)."``, of the photos that could be read.
    """
    from foveal.data import counted

    read = [item for item in predictions if item.reason is None]
    rejected = sum(item.rejected for item in read)
    share = f" ({percent(rejected / len(read))})" if read else ""
    return f"{NONE_OF_THESE}: {rejected} of {counted(len(read), 'photo')}{share}."


def _as_dict(item: Prediction) -> dict[str, Any]:
    ranks = zip(item.labels, item.indices, item.probabilities, strict=True)
    return {
        "path": item.path,
        "predictions": [
            {"label": label, "index": index, "probability": probability}
            for label, index, probability in ranks
        ],
        "reason": item.reason,
        "rejected": item.rejected,
    }


def _show(predictions: Sequence[Prediction]) -> None:
    screen = console()
    for item in predictions:
        screen.print(item.path, style="bold", markup=False, soft_wrap=True)
        if item.reason is not None:
            screen.print(f"  not read: {item.reason}", style="yellow", markup=False)
        if item.rejected:
            screen.print(f"  {NONE_OF_THESE}; the nearest would be:", style="yellow", markup=False)
        style = "dim" if item.rejected else ""
        for label, probability in zip(item.labels, item.probabilities, strict=True):
            bar = "█" * round(20 * probability)
            line = f"  {percent(probability):>7}  {bar:<20}  {label}"
            screen.print(line, style=style, markup=False)
