"""What is wrong: the worst mistakes, the labels that are doubtful, the photos unlike the rest."""

from __future__ import annotations

import csv
import datetime
import io
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from foveal.data.scan import scan_images
from foveal.data.similarity import near_identical
from foveal.errors import DataError
from foveal.evaluation import Evaluation
from foveal.evaluation.errors_data import Doubt, ErrorAnalysis, LearningCurve
from foveal.evaluation.errors_page import PAGE_MARK, render_errors
from foveal.metrics import neighbour_distances, suspect_labels
from foveal.storage import read_json, write_text
from foveal.workflow.cross_validation import cross_validated
from foveal.workflow.evaluate import evaluate_run
from foveal.workflow.learning_curve import better_than, learning_curve
from foveal.workflow.listener import Listener
from foveal.workflow.outputs import require_new_or_ours
from foveal.workflow.run_features import RunFeatures, run_features
from foveal.workflow.run_photos import CONFIG, RunPhoto, photos_of_run

PAGE, TABLE = "errors.html", "errors.csv"
COLUMNS = ("path", "given", "suggested", "score", "reason")
_NEIGHBOURS = 5
_OUTSIDE = 1.5  # quartile distances above the upper quartile, by Tukey's rule
_WORST = 24  # mistakes that are listed


@dataclass(frozen=True)
class WrittenErrors:
    """An error analysis and where it was written."""

    analysis: ErrorAnalysis
    """What was found."""
    page: Path
    """The HTML page."""
    table: Path
    """The CSV table."""


def write_errors(
    run: Path, out: Path | None = None, listener: Listener | None = None
) -> WrittenErrors:
    """Analyse a run and write a page for people and a table to act on.

    Args:
        run: a run folder.
        out: the folder for both files; None for the run folder.
        listener: hears what is being done; None for silence.

    Returns:
        What was found, and the files.

    Raises:
        DataError: the folder is no run, or its photos are gone.
        ModelError: there is no model.
        UsageError: a file is in the way that is not ours.
        StorageError: a file cannot be written.
    """
    page, table = (out or run) / PAGE, (out or run) / TABLE
    require_new_or_ours(page, PAGE_MARK)
    require_new_or_ours(table, ",".join(COLUMNS))
    analysis = analyse_errors(run, listener)
    write_text(table, as_csv(analysis.doubts))
    write_text(page, render_errors(analysis))
    return WrittenErrors(analysis, page, table)


def analyse_errors(run: Path, listener: Listener | None = None) -> ErrorAnalysis:
    """Look for mistakes, doubtful labels and odd photos.

    Args:
        run: a run folder.
        listener: hears what is being done; None for silence.

    Returns:
        What was found.

    Raises:
        DataError: the folder is no run, or its photos are gone.
        ModelError: there is no model.
    """
    listener = listener or Listener()
    features = run_features(run, listener)
    shares_NK = cross_validated(
        features.x_ND,
        features.labels_N,
        [sample.content for sample in features.samples],
        len(features.classes),
        lambda done, total: listener.progress("Checking labels", done, total),
    )
    two_labels = list(_two_labels(features, shares_NK, listener))
    listed = {doubt.path for doubt in two_labels}
    suspects = [doubt for doubt in _suspects(features, shares_NK) if doubt.path not in listed]
    result = _evaluation(run, listener)
    values = read_json(run / CONFIG)
    now = datetime.datetime.now().astimezone()
    return ErrorAnalysis(
        title=Path(values["data_root"]).name,
        run_name=run.absolute().name,
        created=f"{now.day} {now:%B %Y, %H:%M}",
        evaluation=result,
        photos=len(features.photos),
        backbone=features.backbone,
        doubts=[*two_labels, *suspects, *_mistakes(run, result), *_unlike_the_rest(features)],
        curve=_curve(features, values, result, listener),
        image_root=Path(values["data_root"]),
    )


def as_csv(doubts: Sequence[Doubt]) -> str:
    """Return doubts as a table.

    Args:
        doubts: in any order.

    Returns:
        CSV with the columns path, given, suggested, score, reason, one row a doubt.
    """
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(COLUMNS)
    for item in doubts:
        reason = f"{item.kind}: {item.reason}"
        writer.writerow([item.path, item.given, item.suggested, f"{item.score:.4f}", reason])
    return text.getvalue()


def _two_labels(
    features: RunFeatures, shares_NK: NDArray[np.float64], listener: Listener
) -> Iterator[Doubt]:
    """Find copies, to the byte and nearly, that carry different labels."""
    for how, rows in _copies(features, listener):
        labels = features.labels_N[rows]
        best = int(max(np.unique(labels).tolist(), key=shares_NK[rows].mean(axis=0).__getitem__))
        for row in _disputed(rows, labels):
            other = next(i for i in rows if features.labels_N[i] != features.labels_N[row])
            twin = features.photos[other]
            yield Doubt(
                kind="two labels",
                path=features.photos[row].name,
                given=features.photos[row].label,
                suggested=features.classes[best],
                score=1.0,
                reason=f"{how} {twin.name}, which is labelled {twin.label}",
            )


def _disputed(rows: list[int], labels: NDArray[np.int64]) -> list[int]:
    """Return all of a pair that disagrees; of many that look alike, those in the minority."""
    kinds, counts = np.unique(labels, return_counts=True)
    if len(kinds) < 2:
        return []
    if (counts == counts.max()).sum() > 1:
        return rows
    usual = kinds[counts.argmax()]
    return [row for row, label in zip(rows, labels.tolist(), strict=True) if label != usual]


def _copies(features: RunFeatures, listener: Listener) -> Iterator[tuple[str, list[int]]]:
    rows_of: defaultdict[str, list[int]] = defaultdict(list)
    for row, sample in enumerate(features.samples):
        rows_of[sample.content].append(row)
    disputed = set()
    for content, rows in rows_of.items():
        if len({features.photos[row].label for row in rows}) > 1:
            disputed.add(content)
            yield "the same file as", rows
    scans = scan_images(
        features.samples,
        lambda done, total: listener.progress("Looking for copies", done, total),
    )
    clear = [content for content in rows_of if content not in disputed]
    looks = [(content, look) for content in clear if (look := scans[content].look)]
    for group in near_identical([look for _, look in looks]):
        yield "looks the same as", [rows_of[looks[at][0]][0] for at in group]


def _suspects(features: RunFeatures, shares_NK: NDArray[np.float64]) -> Iterator[Doubt]:
    for found in suspect_labels(shares_NK, features.labels_N):
        given, suggested = (features.classes[i] for i in (found.given, found.suggested))
        shares = shares_NK[found.position]
        yield Doubt(
            kind="label",
            path=features.photos[found.position].name,
            given=given,
            suggested=suggested,
            score=found.score,
            reason=f"a head that never saw it says {suggested} {100 * shares[found.suggested]:.0f} "
            f"%, {given} {100 * shares[found.given]:.0f} %",
        )


def _unlike_the_rest(features: RunFeatures) -> Iterator[Doubt]:
    """Find photos whose neighbours are far away, by Tukey's rule."""
    different = {sample.content: row for row, sample in enumerate(features.samples)}
    rows = np.array(sorted(different.values()), np.int64)
    if len(rows) <= _NEIGHBOURS + 1:
        return
    known_MD = features.x_ND[rows]
    distances = neighbour_distances(known_MD, known_MD, _NEIGHBOURS + 1)  # the nearest is itself
    lower, upper = np.quantile(distances, [0.25, 0.75])
    for at in np.argsort(-distances, kind="stable").tolist():
        if distances[at] <= upper + _OUTSIDE * (upper - lower):
            return
        photo = features.photos[int(rows[at])]
        yield Doubt(
            kind="unlike the rest",
            path=photo.name,
            given=photo.label,
            suggested="",
            score=float(distances[at]),
            reason=f"its nearest photos are at a distance of {distances[at]:.2f}; half of all have "
            f"them within {np.median(distances):.2f}",
        )


def _curve(
    features: RunFeatures, values: Mapping[str, Any], result: Evaluation, listener: Listener
) -> LearningCurve | None:
    curve = learning_curve(
        features, lambda done, total: listener.progress("Training heads", done, total)
    )
    if curve is None or not values.get("settings", {}).get("from_scratch"):
        return curve
    better = better_than(curve, result, features.backbone)
    return replace(curve, sentence=f"{curve.sentence} {better}") if better else curve


def _evaluation(run: Path, listener: Listener) -> Evaluation:
    there = {photo.split for photo in photos_of_run(run)}
    for split in ("test", "validation"):
        if split in there:
            return evaluate_run(run, split=split, listener=listener)
    raise DataError(f"{run} has neither test nor validation photos, so no mistake can be counted.")


def _mistakes(run: Path, result: Evaluation) -> Iterator[Doubt]:
    by_path: dict[str, RunPhoto] = {str(photo.path): photo for photo in photos_of_run(run)}
    for mistake in result.mistakes(_WORST):
        yield Doubt(
            kind="mistake",
            path=by_path[mistake.path].name,
            given=mistake.true,
            suggested=mistake.predicted,
            score=mistake.probability,
            reason=f"the classifier says {mistake.predicted} "
            f"{100 * mistake.probability:.0f} %, {mistake.true} "
            f"{100 * mistake.true_probability:.0f} % ({result.split} photo)",
        )
