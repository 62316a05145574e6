"""Two classifiers on the same photos: is the difference more than chance?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from foveal.data import counted, list_labelled
from foveal.errors import DataError, UsageError
from foveal.evaluation import Evaluation
from foveal.metrics import Paired, compare_pairs, wilson_interval
from foveal.runtime.loading import load
from foveal.workflow.evaluate import measure
from foveal.workflow.listener import Listener
from foveal.workflow.run_photos import RunPhoto, photos_of_run

_ON_VALIDATION = (
    "Neither has test photos: these are their validation photos, which also chose when each of "
    "them stopped learning."
)
Labelled = tuple[Path, str]
_CHANCE = 0.05  # p-values below are called more than chance


@dataclass(frozen=True)
class RunsCompared:
    """What two classifiers make of the same photos."""

    names: tuple[str, str]
    """The folders that were compared."""
    photos: tuple[str, ...]
    """The photos that both could name."""
    paired: Paired
    """On which of them they were right."""
    left_out: int
    """Photos of one test that were not used, because the other learned from them or lacks them."""
    split: Literal["test", "validation"] = "test"
    """What the photos are for both runs; ``test`` also for photos that were given."""

    @property
    def accuracies(self) -> tuple[float, float]:
        """The share of these photos that each named correctly."""
        found = self.paired
        return (
            (found.both + found.only_first) / found.n,
            (found.both + found.only_second) / found.n,
        )

    @property
    def sentence(self) -> str:
        """What it means, in words."""
        told = in_words(self.names, self.paired)
        return told if self.split == "test" else f"{told} {_ON_VALIDATION}"

    def as_dict(self) -> dict[str, Any]:
        """Return what JSON can hold.

        Returns:
            Plain values.
        """
        found = self.paired
        correct = (found.both + found.only_first, found.both + found.only_second)
        runs = [
            {"run": name, "accuracy": share, "accuracy_ci95": wilson_interval(right, found.n)}
            for name, share, right in zip(self.names, self.accuracies, correct, strict=True)
        ]
        return {
            "runs": runs,
            "split": self.split,
            "n": found.n,
            "both_right": found.both,
            "only_first_right": found.only_first,
            "only_second_right": found.only_second,
            "both_wrong": found.neither,
            "difference": found.difference,
            "difference_ci95": found.interval,
            "mcnemar_p": found.p_value,
            "left_out": self.left_out,
            "conclusion": self.sentence,
        }


def compare_runs(
    first: Path, second: Path, data: Path | None = None, listener: Listener | None = None
) -> RunsCompared:
    """Measure two classifiers on the same photos.

    Args:
        first: a run folder; with `data`, a model folder will do.
        second: the same.
        data: labelled photos to compare them on; None for the photos in the test of both, or in
            the validation of both where neither has a test.
        listener: hears what is being done; None for silence.

    Returns:
        The comparison.

    Raises:
        UsageError: both are the same folder.
        DataError: there are no such photos, or a class is not one of both models'.
        ModelError: there is no model.
    """
    if first.resolve() == second.resolve():
        raise UsageError(f"two different runs are compared; got {first} twice.")
    listener = listener or Listener()
    split: Literal["test", "validation"] = "test"
    if data is None:
        split, photos, left_out = common_photos(first, second)
    else:
        photos, left_out = list_labelled(data), 0
        _warn_of_training_photos((first, second), photos, listener)
    results = [_measured(run, photos, listener) for run in (first, second)]
    rights = [_right_by_photo(result) for result in results]
    common = [str(path) for path, _ in photos if all(str(path) in right for right in rights)]
    found = compare_pairs(*([right[path] for path in common] for right in rights))
    return RunsCompared((str(first), str(second)), tuple(common), found, left_out, split)


def common_photos(
    first: Path, second: Path
) -> tuple[Literal["test", "validation"], list[Labelled], int]:
    """Find the photos that are in the test of two runs: neither has learned from them.

    Args:
        first: a run folder.
        second: a run folder.

    Returns:
        The split, which is ``validation`` where neither run has a test; photos with their labels,
        in the order of the first run; how many photos of the two splits are not among them.

    Raises:
        DataError: a folder is no run, the tests share no photo, or the two give one two labels.
    """
    split: Literal["test", "validation"] = "test"
    tests = [_photos_of(run, split) for run in (first, second)]
    if not any(tests):
        split = "validation"
        tests = [_photos_of(run, split) for run in (first, second)]
    shared = [path for path in tests[0] if path in tests[1]]
    if not shared:
        raise DataError(
            f"{first} and {second} have no test photo in common; give photos that neither has "
            f"learned from: foveal compare-runs {first} {second} PHOTOS"
        )
    for path in shared:
        labels = [test[path].label for test in tests]
        if labels[0] != labels[1]:
            raise DataError(
                f"{path} is {labels[0]!r} in {first} and {labels[1]!r} in {second}; compare runs "
                "whose labels agree."
            )
    missing = [path for path in shared if not path.is_file()]
    if missing:
        raise DataError(f"{len(missing)} {split} photos are gone; the first is {missing[0]}.")
    left_out = len(tests[0].keys() ^ tests[1].keys())
    return split, [(tests[0][path].path, tests[0][path].label) for path in shared], left_out


def in_words(names: tuple[str, str], found: Paired) -> str:
    """Say what a comparison means.

    Args:
        names: of both classifiers.
        found: the comparison.

    Returns:
        A sentence or two.
    """
    if found.difference is None or found.interval is None:
        return "There were no photos to compare them on."
    disagreed = found.only_first + found.only_second
    if not disagreed:
        return "On these photos they were right and wrong alike; more photos may part them."
    better, fewer = names[found.difference > 0], min(found.only_first, found.only_second)
    speak = counted(disagreed - fewer, "speaks", "speak")
    low, high = sorted(abs(100 * end) for end in found.interval)
    odds = f"(McNemar's exact test: {_probability(found.p_value)})"
    if found.p_value >= _CHANCE or found.interval[0] <= 0 <= found.interval[1]:
        return (
            f"The difference could be chance: of {counted(disagreed, 'photo')} that only one of "
            f"them named correctly, {speak} for {better} and {fewer} against it "
            f"{odds}. More test photos would tell."
        )
    return (
        f"{better} is better by {low:.1f} to {high:.1f} points, and that is hardly chance: of "
        f"{counted(disagreed, 'photo')} that only one of them named correctly, "
        f"{speak} for it and {fewer} against it {odds}."
    )


def _probability(p: float) -> str:
    return "p below 0.0001" if p < 0.0001 else f"p = {p:.2g}"


def _photos_of(run: Path, split: str) -> dict[Path, RunPhoto]:
    photos = photos_of_run(run)
    if not photos:
        raise DataError(
            f"{run} is no run folder, so it does not say which photos it was tested on; give "
            "photos to compare on."
        )
    return {photo.path.resolve(): photo for photo in photos if photo.split == split}


def _measured(run: Path, photos: Sequence[Labelled], listener: Listener) -> Evaluation:
    predictor = load(run, many=True)
    unknown = sorted({label for _, label in photos} - set(predictor.classes))
    if unknown:
        raise DataError(
            f"{run} does not know the class {unknown[0]!r}; it knows "
            f"{', '.join(predictor.classes[:10])}. Compare runs of the same classes."
        )
    return measure(predictor, photos, "test", listener)


def _right_by_photo(result: Evaluation) -> dict[str, bool]:
    right = result.predictions == result.targets_N
    return dict(zip(result.paths, right.tolist(), strict=True))


def _warn_of_training_photos(
    runs: Sequence[Path], photos: Sequence[Labelled], listener: Listener
) -> None:
    given = {path.resolve() for path, _ in photos}
    for run in runs:
        learned = {photo.path.resolve() for photo in photos_of_run(run) if photo.split == "train"}
        if seen := len(given & learned):
            listener.warn(
                f"{run} has learned from {seen} of these {len(given)} photos, which flatters it; "
                "compare on photos that neither has learned from."
            )
