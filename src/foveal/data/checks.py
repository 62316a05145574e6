"""Checks of a data set before anyone trains on it."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from foveal.data.findings import DataReport, Finding, Kind, Severity, worst_first
from foveal.data.records import (
    MISPLACED,
    NOT_AN_IMAGE,
    SPLITS,
    Rejection,
    Sample,
    counted,
    first_few,
    relative_name,
)
from foveal.data.requirements import Fault
from foveal.data.scan import TINY, Scan, scan_images
from foveal.data.similarity import near_identical

_KEEP_TOGETHER = (
    "look at them; keep one, or keep them in one split (--group-by, or a column group in a table)"
)
FEW = 10  # photos of a class; fewer can hardly be learned from and tested on
IMBALANCE = 10  # times; beyond, accuracy says little about the small class


@dataclass(frozen=True)
class _Data:
    root: Path
    classes: tuple[str, ...]
    samples: Sequence[Sample]
    rejected: Sequence[Rejection]
    hidden: Sequence[Path]
    scans: Mapping[str, Scan]

    def names(self, samples: Sequence[Sample]) -> str:
        return first_few([relative_name(sample.path, self.root) for sample in samples], limit=4)


def check_samples(
    root: Path,
    classes: tuple[str, ...],
    samples: Sequence[Sample],
    rejected: Sequence[Rejection] = (),
    hidden: Sequence[Path] = (),
    progress: Callable[[int, int], None] | None = None,
    faults: Sequence[Fault] = (),
) -> DataReport:
    """Decode every image and report what is wrong with the data.

    Args:
        root: the folder of the data, for names in messages.
        classes: the classes.
        samples: the images, with their splits.
        rejected: files that were left out when the data was listed.
        hidden: hidden folders that were passed over.
        progress: called with (done, total) images, from the calling thread.
        faults: why training would refuse the data.

    Returns:
        The findings, the worst first.
    """
    scans = scan_images(samples, progress)
    data = _Data(root, classes, samples, rejected, hidden, scans)
    findings = [Finding(item.kind, "error", f"{item.message}.", item.remedy) for item in faults]
    findings += [finding for check in _CHECKS for finding in check(data)]
    return DataReport(
        root=root,
        images=len(samples),
        classes=classes,
        findings=worst_first(findings),
        unreadable=_undecodable(data),
    )


def _undecodable(data: _Data) -> tuple[Rejection, ...]:
    return tuple(
        Rejection(sample.path, error.reason, error.remedy)
        for sample in data.samples
        if (error := data.scans[sample.content].error)
    )


def _unreadable(data: _Data) -> Iterator[Finding]:
    others = [item for item in data.rejected if item.reason not in (NOT_AN_IMAGE, MISPLACED)]
    for item in (*others, *_undecodable(data)):
        message = f"{relative_name(item.path, data.root)}: {item.reason}."
        yield Finding("unreadable", "error", message, item.remedy, (item.path,))


def _left_out(data: _Data) -> Iterator[Finding]:
    kinds: tuple[tuple[Kind, Severity, str], ...] = (
        ("misplaced", "warning", MISPLACED),
        ("not-an-image", "info", NOT_AN_IMAGE),
    )
    for kind, severity, reason in kinds:
        items = [item for item in data.rejected if item.reason == reason]
        if items:
            names = first_few([relative_name(item.path, data.root) for item in items], limit=4)
            message = f"{counted(len(items), 'file')} left out, {reason}: {names}."
            paths = tuple(item.path for item in items)
            yield Finding(kind, severity, message, items[0].remedy, paths)


def _same_bytes(data: _Data) -> Iterator[Finding]:
    """Find byte-identical files: one finding for each set of them, by the worst that it means."""
    for twins in _together(data.samples, lambda sample: sample.content):
        names, paths = data.names(twins), _paths(twins)
        labels, splits = _labels(twins), _splits(twins)
        kind: Kind = "byte-identical"
        severity: Severity = "warning"
        facts, remedies = [], []
        if len(labels) > 1:
            kind, severity = "conflict", "error"
            facts.append(f"is labelled {_and(labels)}")
            remedies.append("decide which class is right and remove it from the other")
        if len(splits) > 1:
            kind, severity = "leak", "error"
            facts.append(f"is in {_and(splits)}")
            remedies.append(
                f"remove it from {splits[0]}, or figures on {splits[-1]} come out too good"
            )
        message = (
            f"the same image {_and(facts)}" if facts else f"{len(twins)} files are the same image"
        )
        remedy = "; ".join(remedies) or "keep one of them"
        yield Finding(kind, severity, f"{message}: {names}.", remedy, paths)


def _groups_apart(data: _Data) -> Iterator[Finding]:
    grouped = [sample for sample in data.samples if sample.group is not None]
    for members in _together(grouped, lambda sample: str(sample.group)):
        splits = _splits(members)
        if len(splits) > 1:
            yield Finding(
                "leak",
                "error",
                f"group {members[0].group!r} is in {_and(splits)}: {data.names(members)}.",
                "move all images of the group to one split",
                _paths(members),
            )


def _near(data: _Data) -> Iterator[Finding]:
    copies: defaultdict[str, list[Sample]] = defaultdict(list)
    for sample in data.samples:
        copies[sample.content].append(sample)
    looks = [(content, look) for content in copies if (look := data.scans[content].look)]
    for group in near_identical([look for _, look in looks]):
        members = [sample for position in group for sample in copies[looks[position][0]]]
        members.sort(key=lambda sample: sample.path.as_posix())
        labels, splits = _labels(members), _splits(members)
        where = f", labelled {_and(labels)}" if len(labels) > 1 else ""
        where += f", in {_and(splits)}" if len(splits) > 1 else ""
        yield Finding(
            "near-identical",
            "warning" if where else "info",
            f"{len(members)} images look nearly the same{where}: {data.names(members)}.",
            _KEEP_TOGETHER,
            _paths(members),
        )


def _tiny(data: _Data) -> Iterator[Finding]:
    small = [sample for sample in data.samples if 0 < data.scans[sample.content].side < TINY]
    if small:
        count = counted(len(small), "image has", "images have")
        yield Finding(
            "tiny",
            "warning",
            f"{count} a side below {TINY} pixels: {data.names(small)}.",
            "look whether they are thumbnails; use the originals",
            _paths(small),
        )


def _imbalance(data: _Data) -> Iterator[Finding]:
    trained = Counter(sample.label for sample in data.samples if sample.split == "train")
    if not trained:
        return
    (most, many), *_, (least, few) = trained.most_common() * 2
    if many > IMBALANCE * few:
        yield Finding(
            "imbalance",
            "warning",
            f"class {most!r} has {counted(many, 'image')} to train on, {least!r} has {few:,}: "
            f"{many / few:.0f} times fewer.",
            "add images of the small classes, or train with balanced class weights",
        )


def _few(data: _Data) -> Iterator[Finding]:
    counts = Counter(sample.label for sample in data.samples)  # one alone is a fault
    few = [(name, counts[name]) for name in data.classes if 1 < counts[name] < FEW]
    if few:
        told = first_few([f"{name} ({number})" for name, number in few], limit=4)
        yield Finding(
            "few",
            "warning",
            f"{counted(len(few), 'class has', 'classes have')} fewer than {FEW} photos, which "
            f"teach little and test less: {told}.",
            "add photos; about 50 of each class are a good start",
        )


def _oddities(data: _Data) -> Iterator[Finding]:
    grey = [sample for sample in data.samples if data.scans[sample.content].grey]
    if grey and len(grey) < len(data.samples):
        message = f"{counted(len(grey), 'image')} of {len(data.samples):,} without colour"
        remedy = "nothing, unless one class has most of them: then colour would give it away"
        yield Finding("greyscale", "info", f"{message}: {data.names(grey)}.", remedy, _paths(grey))
    clear = [sample for sample in data.samples if data.scans[sample.content].transparent]
    if clear:
        message = f"{counted(len(clear), 'image')} with transparency, seen over white"
        remedy = "nothing, unless white is wrong: then export without transparency"
        yield Finding(
            "transparency", "info", f"{message}: {data.names(clear)}.", remedy, _paths(clear)
        )


def _hidden(data: _Data) -> Iterator[Finding]:
    if data.hidden:
        names = first_few([relative_name(path, data.root) for path in data.hidden], limit=4)
        count = counted(len(data.hidden), "hidden folder is", "hidden folders are")
        remedy = "nothing, if no images of yours are in there"
        yield Finding("hidden", "info", f"{count} not read: {names}.", remedy, tuple(data.hidden))


def _together(samples: Sequence[Sample], key: Callable[[Sample], str]) -> Iterator[list[Sample]]:
    sets: defaultdict[str, list[Sample]] = defaultdict(list)
    for sample in samples:
        sets[key(sample)].append(sample)
    return (members for members in sets.values() if len(members) > 1)


def _labels(samples: Sequence[Sample]) -> list[str]:
    return sorted({sample.label for sample in samples})


def _splits(samples: Sequence[Sample]) -> list[str]:
    present = {sample.split for sample in samples}
    return [split for split in SPLITS if split in present]


def _paths(samples: Sequence[Sample]) -> tuple[Path, ...]:
    return tuple(sample.path for sample in samples)


def _and(words: Sequence[str]) -> str:
    *others, last = words
    return f"{', '.join(others)} and {last}" if others else last


_CHECKS: tuple[Callable[[_Data], Iterator[Finding]], ...] = (
    _unreadable,
    _left_out,
    _same_bytes,
    _groups_apart,
    _near,
    _tiny,
    _few,
    _imbalance,
    _oddities,
    _hidden,
)
