"""The photos behind a number of a confusion matrix."""

from __future__ import annotations

import threading
from collections import OrderedDict
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from foveal.errors import UnknownNameError
from foveal.runtime.model_folder import CONFIG, find_model
from foveal.web.uploads import RefusedUpload
from foveal.web.workbench.names import hashed
from foveal.web.workbench.runs import RunEntry
from foveal.workflow.evaluate import evaluate_run
from foveal.workflow.listener import Listener
from foveal.workflow.run_photos import RunPhoto, photos_of_run

SPLITS = ("train", "validation", "test")
_SHOWN = 120  # photos of a cell
_KEPT = 4  # splits whose answers are remembered


@dataclass(frozen=True)
class _Answer:
    photo: RunPhoto
    predicted: str
    probability: float


class Cells:
    """Names the photos of runs once, and remembers what was said."""

    def __init__(self) -> None:
        self._naming, self._listing = threading.Lock(), threading.Lock()
        self._answers: OrderedDict[tuple[Path, str, int], list[_Answer]] = OrderedDict()
        self._photos: dict[str, tuple[int, dict[str, Path]]] = {}

    def photos(
        self, run: RunEntry, split: str, actual: str, predicted: str, listener: Listener
    ) -> dict[str, Any]:
        """List the photos of one class that were taken for another, or for what they are.

        Args:
            run: a run that is done.
            split: ``"train"``, ``"validation"`` or ``"test"``.
            actual: the class that they have.
            predicted: the class that they were given.
            listener: hears how far it is, where the photos are named for the first time.

        Returns:
            ``n``, and ``photos``: the surest first, at most 120.

        Raises:
            DataError: the photos of the run are gone, or there is no such split.
            UnknownNameError: there is no such split or class.
        """
        if split not in SPLITS:
            raise UnknownNameError("split", split, SPLITS)
        answers = self._of(run.path, split, listener)
        classes = {answer.photo.label for answer in answers} | {a.predicted for a in answers}
        for name in (actual, predicted):
            if name not in classes:
                raise UnknownNameError("class", name, classes)
        chosen = [
            answer
            for answer in answers
            if answer.photo.label == actual and answer.predicted == predicted
        ]
        chosen.sort(key=lambda answer: -answer.probability)
        return {"n": len(chosen), "photos": [_entry(run, each) for each in chosen[:_SHOWN]]}

    def photo(self, run: RunEntry, key: str) -> Path:
        """Return a photo of a run.

        Args:
            run: the run.
            key: the opaque id of the photo.

        Returns:
            Its file.

        Raises:
            RefusedUpload: there is none.
        """
        table = run.path / "split.csv"
        changed = table.stat().st_mtime_ns if table.is_file() else 0
        with self._listing:
            kept = self._photos.get(run.id)
            if kept is None or kept[0] != changed:
                found = {hashed(photo.name): photo.path for photo in photos_of_run(run.path)}
                kept = self._photos[run.id] = (changed, found)
        if key not in kept[1]:
            raise RefusedUpload(404, "there is no such photo; reload the page.")
        return kept[1][key]

    def _of(self, run: Path, split: str, listener: Listener) -> list[_Answer]:
        key = (run, split, (find_model(run) / CONFIG).stat().st_mtime_ns)
        with self._naming:
            if key not in self._answers:
                self._answers[key] = _answers(run, split, listener)
            self._answers.move_to_end(key)
            while len(self._answers) > _KEPT:
                self._answers.popitem(last=False)
            return self._answers[key]


def _answers(run: Path, split: str, listener: Listener) -> list[_Answer]:
    found = evaluate_run(run, split=split, listener=listener)  # type: ignore[arg-type]  # one of SPLITS
    by_path = {str(photo.path): photo for photo in photos_of_run(run)}
    predicted = found.predictions
    return [
        _Answer(by_path[path], found.classes[number], float(row[number]))
        for path, number, row in zip(found.paths, predicted, found.probabilities_NK, strict=True)
    ]


def _entry(run: RunEntry, answer: _Answer) -> dict[str, Any]:
    key = hashed(answer.photo.name)
    return {
        "id": key,
        "name": Path(answer.photo.name).name,
        "thumb": f"/media/runs/{run.id}/{key}.jpg",
        "label": answer.photo.label,
        "predicted": answer.predicted,
        "probability": answer.probability,
    }
