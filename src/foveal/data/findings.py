"""What a check of the data found, as data: rendering is for others."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, get_args

from foveal.data.records import Rejection, counted
from foveal.data.requirements import FaultKind
from foveal.errors import DataError

Severity = Literal["error", "warning", "info"]
Kind = Literal[
    FaultKind,
    "unreadable",
    "leak",
    "conflict",
    "byte-identical",
    "near-identical",
    "tiny",
    "few",
    "imbalance",
    "misplaced",
    "greyscale",
    "transparency",
    "not-an-image",
    "hidden",
]
SEVERITIES: tuple[Severity, ...] = get_args(Severity)
KINDS: tuple[Kind, ...] = get_args(Kind)


@dataclass(frozen=True)
class Finding:
    """One thing that was found, and what to do about it."""

    kind: Kind
    """What it is."""

    severity: Severity
    """``"error"``, a fault: figures would be wrong, a photo is lost, or training would refuse;
    ``"warning"``: look at it; ``"info"``: good to know."""

    message: str
    """A sentence that names the files or classes."""

    remedy: str
    """What to do, as a phrase."""

    paths: tuple[Path, ...] = ()
    """Every file it is about."""

    def as_dict(self) -> dict[str, Any]:
        """Return the finding as JSON can hold it.

        Returns:
            The fields by their names; paths as strings.
        """
        return {
            "kind": self.kind,
            "severity": self.severity,
            "message": self.message,
            "remedy": self.remedy,
            "paths": [str(path) for path in self.paths],
        }


@dataclass(frozen=True)
class DataReport:
    """Everything that a check found, the worst first."""

    root: Path
    """The folder of the data."""

    images: int
    """How many images were looked at."""

    classes: tuple[str, ...]
    """The classes."""

    findings: tuple[Finding, ...]
    """Sorted by severity, then kind, then path."""

    unreadable: tuple[Rejection, ...]
    """Listed images that do not decode: what `ImageData.without` takes."""

    @property
    def is_bad(self) -> bool:
        """Whether there is a fault: a finding of severity ``"error"``."""
        return self.count("error") > 0

    def count(self, severity: Severity) -> int:
        """Count the findings of one severity.

        Args:
            severity: one of `SEVERITIES`.

        Returns:
            How many there are.
        """
        return sum(finding.severity == severity for finding in self.findings)

    def of_kind(self, kind: Kind) -> tuple[Finding, ...]:
        """Return the findings of one kind.

        Args:
            kind: one of `KINDS`.

        Returns:
            Its findings.
        """
        return tuple(finding for finding in self.findings if finding.kind == kind)

    def raise_if_bad(self) -> None:
        """Raise if there is a fault.

        Raises:
            DataError: the message counts the faults and names the first.
        """
        bad = [finding for finding in self.findings if finding.severity == "error"]
        if bad:
            numbers = Counter(finding.kind for finding in bad)
            kinds = [f"{number:,} × {kind}" for kind, number in numbers.items()]
            raise DataError(
                f"{self.root} has {counted(len(bad), 'fault')} ({', '.join(kinds)}); the first: "
                f"{bad[0].message} To do: {bad[0].remedy}."
            )

    def as_dict(self) -> dict[str, Any]:
        """Return the report as JSON can hold it.

        Returns:
            root, images, classes, is_bad, counts (findings of each kind) and findings.
        """
        return {
            "root": str(self.root),
            "images": self.images,
            "classes": list(self.classes),
            "is_bad": self.is_bad,
            "counts": {kind: len(self.of_kind(kind)) for kind in KINDS},
            "findings": [finding.as_dict() for finding in self.findings],
        }


def worst_first(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """Sort findings by severity, then kind, then their first path.

    Args:
        findings: in any order.

    Returns:
        The same, sorted.
    """

    def place(finding: Finding) -> tuple[int, int, str, str]:
        first = finding.paths[0].as_posix() if finding.paths else ""
        severity = SEVERITIES.index(finding.severity)
        return severity, KINDS.index(finding.kind), first, finding.message

    return tuple(sorted(findings, key=place))
